CREATE TABLE IF NOT EXISTS submission (
    municipality_id BIGINT NOT NULL,
    submission_id TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    location TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, submission_id)
);
