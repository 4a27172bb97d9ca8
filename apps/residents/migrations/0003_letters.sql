CREATE TABLE IF NOT EXISTS letter_batch (
    -- 一括のお知らせ: what is written to everybody of a list.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    contact TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    section TEXT NOT NULL,
    state TEXT NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS letter_batch_state ON letter_batch (municipality_id, state, id);
CREATE TABLE IF NOT EXISTS letter (
    -- One for each person. `waiting` → `set` in one transaction with its part, or `shut`, or `failed`.
    municipality_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    letter_no BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    part_no BIGINT NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (municipality_id, batch_id, letter_no)
);
CREATE INDEX IF NOT EXISTS letter_state ON letter (municipality_id, batch_id, state, letter_no);
CREATE INDEX IF NOT EXISTS letter_part_of ON letter (municipality_id, batch_id, part_no, letter_no);
CREATE TABLE IF NOT EXISTS letter_part (
    -- A file for the printer. It lies with the data, so that part and letters become true together.
    municipality_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    part_no BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    pdf BYTEA NOT NULL,
    PRIMARY KEY (municipality_id, batch_id, part_no)
);
