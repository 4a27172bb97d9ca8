CREATE TABLE IF NOT EXISTS backup_report (
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    passed BOOLEAN NOT NULL,
    told TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
