ALTER TABLE session ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE passkey_challenge ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE external_sign_in ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS passkey_challenge_client ON passkey_challenge (municipality_id, client, ends_at);
CREATE INDEX IF NOT EXISTS external_sign_in_client ON external_sign_in (municipality_id, client, ends_at);
CREATE TABLE IF NOT EXISTS account_news (
    -- 本人へのお知らせ: what changed about an account, until its owner has seen it.
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    what TEXT NOT NULL,
    terminal TEXT NOT NULL,
    at BIGINT NOT NULL,
    seen_at BIGINT,
    PRIMARY KEY (municipality_id, account_id, id)
);
