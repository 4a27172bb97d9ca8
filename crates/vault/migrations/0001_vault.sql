CREATE TABLE IF NOT EXISTS personal_number (
    -- 個人番号 and 住民票コード, apart from the person (residents §2.3); nothing here is in plain.
    municipality_id BIGINT NOT NULL,
    -- my_number | resident_code
    kind TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    -- key number, nonce, ciphertext, tag; bound to municipality, kind and person
    sealed BYTEA NOT NULL,
    -- HMAC-SHA256 of the number: finds exactly this one
    search_hash BYTEA NOT NULL,
    -- the key of search_hash
    lookup_no BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    -- kind before person: a rotation walks one kind in slices
    PRIMARY KEY (municipality_id, kind, person_id)
);

CREATE UNIQUE INDEX IF NOT EXISTS personal_number_search ON personal_number (municipality_id, kind, search_hash);
