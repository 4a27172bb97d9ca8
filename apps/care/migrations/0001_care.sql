CREATE TABLE IF NOT EXISTS insured_person (
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    acquired_on TEXT NOT NULL,
    needs_check BOOLEAN NOT NULL,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, person_id)
);
CREATE INDEX IF NOT EXISTS insured_person_acquired ON insured_person (municipality_id, acquired_on, event_id, person_id);
