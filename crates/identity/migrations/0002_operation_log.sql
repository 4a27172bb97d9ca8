ALTER TABLE access ADD COLUMN operation TEXT;
ALTER TABLE access ADD COLUMN terminal TEXT;
ALTER TABLE access ADD COLUMN withheld_count BIGINT;
ALTER TABLE access ADD COLUMN number_touched BOOLEAN;
ALTER TABLE access ADD COLUMN leaf_salt BYTEA;
ALTER TABLE access ADD COLUMN personal_hash BYTEA;
ALTER TABLE access ADD COLUMN leaf_hash BYTEA;
ALTER TABLE access ADD COLUMN leaf_no BIGINT;
CREATE INDEX IF NOT EXISTS access_unsealed ON access (municipality_id, id) WHERE leaf_no IS NULL;
CREATE TABLE IF NOT EXISTS access_person (
    -- Who was looked at, by person: filled when rows are sealed, so that the desk does not wait for it.
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    access_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, person_id, access_id)
);
