CREATE TABLE IF NOT EXISTS break_glass (
    -- 緊急時の権限. ends_at is set by the approval, and again when it ends earlier; ended_by only then (also for an
    -- ask that was taken back).
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    reason TEXT NOT NULL,
    minutes BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    approved_by BIGINT,
    approved_at BIGINT,
    ends_at BIGINT,
    ended_by BIGINT,
    acknowledged_by BIGINT,
    acknowledged_at BIGINT,
    finding TEXT,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS break_glass_account ON break_glass (municipality_id, account_id, id);
