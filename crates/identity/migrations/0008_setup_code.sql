CREATE TABLE IF NOT EXISTS account_setup (
    -- 設定コード: asked for by one, approved by another, handed over, used once. kind: begin, password or factor.
    -- code_hash: SHA-256, from the issue on; totp_secret: sealed, the new one. state by the instants alone.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_by BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    approved_by BIGINT,
    approved_at BIGINT,
    code_hash BYTEA,
    totp_secret BYTEA,
    ends_at BIGINT,
    used_at BIGINT,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS account_setup_code ON account_setup (municipality_id, code_hash);
CREATE INDEX IF NOT EXISTS account_setup_account ON account_setup (municipality_id, account_id);
