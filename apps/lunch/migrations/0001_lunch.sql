CREATE TABLE IF NOT EXISTS pupil (
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    entry_fiscal_year BIGINT NOT NULL,
    needs_check BOOLEAN NOT NULL,
    since_on TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, person_id)
);
CREATE INDEX IF NOT EXISTS pupil_year ON pupil (municipality_id, entry_fiscal_year);
