CREATE TABLE IF NOT EXISTS event (
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE TABLE IF NOT EXISTS subscription (
    municipality_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    follower TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, kind, follower)
);
CREATE TABLE IF NOT EXISTS job (
    municipality_id BIGINT NOT NULL,
    follower TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    locked_until_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (municipality_id, follower, event_id)
);
CREATE INDEX IF NOT EXISTS job_stream ON job (municipality_id, follower, stream, event_id);
CREATE INDEX IF NOT EXISTS job_due ON job (follower, run_at, locked_until_at, municipality_id);
CREATE TABLE IF NOT EXISTS followed (
    municipality_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    follower TEXT NOT NULL,
    fact TEXT NOT NULL,
    path TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, event_id, follower)
);
CREATE TABLE IF NOT EXISTS replay (
    municipality_id BIGINT NOT NULL,
    follower TEXT NOT NULL,
    cursor_event_id BIGINT NOT NULL,
    last_event_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, follower)
);
CREATE INDEX IF NOT EXISTS followed_by ON followed (municipality_id, follower, event_id);
