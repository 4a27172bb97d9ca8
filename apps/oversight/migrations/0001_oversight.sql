CREATE TABLE IF NOT EXISTS account_person (
    -- 職員本人の住民票: which resident an account is, so that looks at the own family can be reported. Both days included.
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT,
    recorded_by BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, account_id, id)
);
CREATE TABLE IF NOT EXISTS oversight_setting (
    municipality_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, name)
);
CREATE TABLE IF NOT EXISTS log_disclosure (
    -- 本人開示: the log as it was handed out to the person. document: by what the person was recognised.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    document TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    handed_by BIGINT NOT NULL,
    handed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE TABLE IF NOT EXISTS account_review (
    -- 棚卸しの確認
    municipality_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    reviewed_by BIGINT NOT NULL,
    reviewed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, account_id, id)
);
