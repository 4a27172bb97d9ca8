CREATE TABLE IF NOT EXISTS recent_search (
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    typed TEXT NOT NULL,
    searched_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, account_id, typed)
);
CREATE TABLE IF NOT EXISTS draft (
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    answers TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, account_id, kind)
);
