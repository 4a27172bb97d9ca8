ALTER TABLE session ADD COLUMN fresh_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN csrf TEXT NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS account_client (
    -- Addresses from which a name signed in: strangers' failures elsewhere do not count against it there.
    municipality_id BIGINT NOT NULL,
    sign_in_name TEXT NOT NULL,
    client TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, sign_in_name, client)
);
CREATE INDEX IF NOT EXISTS account_client_seen_at ON account_client (municipality_id, seen_at);
CREATE TABLE IF NOT EXISTS tried_name (
    -- Which names an address failed with lately. name_hash: people type passwords where a name belongs.
    municipality_id BIGINT NOT NULL,
    client TEXT NOT NULL,
    name_hash BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, client, name_hash)
);
CREATE INDEX IF NOT EXISTS tried_name_at ON tried_name (municipality_id, at);
CREATE TABLE IF NOT EXISTS alarm (
    -- 気づき: what 総務課 should look at, one row a kind, subject and day.
    municipality_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    began_on TEXT NOT NULL,
    count BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, kind, subject, began_on)
);
CREATE INDEX IF NOT EXISTS alarm_last_at ON alarm (municipality_id, last_at);
CREATE TABLE IF NOT EXISTS passkey (
    -- パスキー. public_key: COSE. used_at is NULL until the first use. sign_count: 0 where the key does not count.
    municipality_id BIGINT NOT NULL,
    credential_id BYTEA NOT NULL,
    account_id BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    title TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    synced BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (municipality_id, credential_id)
);
CREATE INDEX IF NOT EXISTS passkey_account ON passkey (municipality_id, account_id);
CREATE TABLE IF NOT EXISTS passkey_challenge (
    -- One-time challenges. use: sign_in, step_up or add. account_id: 0 before anybody is known.
    municipality_id BIGINT NOT NULL,
    challenge_hash BYTEA NOT NULL,
    use TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, challenge_hash)
);
CREATE INDEX IF NOT EXISTS passkey_challenge_ends_at ON passkey_challenge (municipality_id, ends_at);
CREATE TABLE IF NOT EXISTS account_external (
    -- The account behind a subject of the city's own directory (OpenID Connect), linked by a person.
    municipality_id BIGINT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    linked_by BIGINT NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, issuer, subject)
);
CREATE INDEX IF NOT EXISTS account_external_account ON account_external (municipality_id, account_id);
CREATE TABLE IF NOT EXISTS external_sign_in (
    -- On the way to the directory and back. token_hash: SHA-256 of the cookie that binds it to the browser.
    municipality_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    onward TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, token_hash)
);
CREATE INDEX IF NOT EXISTS external_sign_in_ends_at ON external_sign_in (municipality_id, ends_at);
