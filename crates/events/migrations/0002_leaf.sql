ALTER TABLE event ADD COLUMN leaf_salt BYTEA;
ALTER TABLE event ADD COLUMN personal_hash BYTEA;
ALTER TABLE event ADD COLUMN leaf_hash BYTEA;
ALTER TABLE event ADD COLUMN leaf_no BIGINT;
CREATE INDEX IF NOT EXISTS event_unsealed ON event (municipality_id, id) WHERE leaf_no IS NULL;
