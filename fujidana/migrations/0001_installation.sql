CREATE TABLE IF NOT EXISTS municipality (
    municipality_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    prefecture TEXT NOT NULL,
    mayor TEXT NOT NULL,
    sample BOOLEAN NOT NULL,
    PRIMARY KEY (municipality_id)
);
