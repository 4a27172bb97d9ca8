CREATE TABLE IF NOT EXISTS work_item (
    municipality_id BIGINT NOT NULL,
    office TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    household_id BIGINT NOT NULL,
    sentence TEXT NOT NULL,
    source TEXT NOT NULL,
    persons_count BIGINT NOT NULL,
    due_on TEXT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, office, event_id)
);
CREATE TABLE IF NOT EXISTS work_completion (
    municipality_id BIGINT NOT NULL,
    office TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, office, event_id)
);
