CREATE TABLE IF NOT EXISTS section (
    -- 課・係
    municipality_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (municipality_id, code)
);
CREATE TABLE IF NOT EXISTS account (
    -- 利用者. sample: 見本, whose password and TOTP secret are public. totp_step: the last 30-second step used.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    sign_in_name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_secret BYTEA NOT NULL,
    totp_step BIGINT NOT NULL,
    sample BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS account_sign_in_name ON account (municipality_id, sign_in_name);
CREATE TABLE IF NOT EXISTS post (
    -- 職 (配属): a role in a section, both days included; without to_on it goes on.
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    section_code TEXT NOT NULL,
    role TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT,
    PRIMARY KEY (municipality_id, account_id, id)
);
CREATE TABLE IF NOT EXISTS sign_in (
    -- Between password and code. token_hash: SHA-256 of the cookie.
    municipality_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    account_id BIGINT NOT NULL,
    sign_in_name TEXT NOT NULL,
    client TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, token_hash)
);
CREATE TABLE IF NOT EXISTS session (
    -- seen_at is at most one minute behind.
    municipality_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    account_id BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, token_hash)
);
CREATE TABLE IF NOT EXISTS throttle (
    -- Failures to sign in since the last success. kind: name or client. free_at: the next attempt may come then.
    municipality_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    free_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, kind, subject)
);
CREATE INDEX IF NOT EXISTS throttle_free_at ON throttle (municipality_id, free_at);
CREATE TABLE IF NOT EXISTS access (
    -- 閲覧記録. persons: the ids in order, eight bytes each, the highest first.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    section_code TEXT NOT NULL,
    purpose TEXT NOT NULL,
    path TEXT,
    conditions TEXT,
    persons BYTEA NOT NULL,
    person_count BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
