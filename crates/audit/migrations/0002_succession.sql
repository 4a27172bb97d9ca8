CREATE TABLE IF NOT EXISTS audit_succession (
    -- Which key signs after which: a note that names public_key, signed by the key before it.
    municipality_id BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, public_key)
);
