CREATE TABLE IF NOT EXISTS protection (
    -- 支援措置 (residents.md 8.1). The state alone ends it: no date does.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    acts TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    forwarded_from TEXT NOT NULL,
    forwarded_on TEXT,
    forwarded_to TEXT NOT NULL,
    forwarded_to_on TEXT,
    filed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS protection_state ON protection (municipality_id, state, id);
CREATE TABLE IF NOT EXISTS protection_person (
    -- Applicant (position 0), persons joined, and the other party. Names as told: the register may not know them.
    municipality_id BIGINT NOT NULL,
    protection_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    part TEXT NOT NULL,
    person_id BIGINT,
    birth_earliest_on TEXT NOT NULL,
    birth_latest_on TEXT NOT NULL,
    told TEXT NOT NULL,
    PRIMARY KEY (municipality_id, protection_id, position)
);
CREATE INDEX IF NOT EXISTS protection_of_person ON protection_person (municipality_id, person_id);
CREATE TABLE IF NOT EXISTS protection_key (
    municipality_id BIGINT NOT NULL,
    protection_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    search_key TEXT NOT NULL,
    PRIMARY KEY (municipality_id, protection_id, position, search_key)
);
CREATE TABLE IF NOT EXISTS protection_other_person (
    -- 別人: the same name and birth date, and somebody else, as an officer made sure.
    municipality_id BIGINT NOT NULL,
    protection_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, protection_id, person_id)
);
CREATE TABLE IF NOT EXISTS protection_act (
    municipality_id BIGINT NOT NULL,
    protection_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    act TEXT NOT NULL,
    told TEXT NOT NULL,
    reason TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    section_name TEXT NOT NULL,
    acted_at BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, protection_id, version)
);
CREATE TABLE IF NOT EXISTS protection_release (
    -- 解除 for one act: one person, one document, one who asks; used once.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    protection_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    document TEXT NOT NULL,
    channel TEXT NOT NULL,
    requester TEXT NOT NULL,
    requester_key TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS protection_release_person ON protection_release (municipality_id, person_id, document);
CREATE TABLE IF NOT EXISTS record_lock (
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    person_id BIGINT,
    household_id BIGINT,
    act TEXT NOT NULL,
    level TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT,
    reason TEXT NOT NULL,
    put_by TEXT NOT NULL,
    put_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT,
    end_reason TEXT,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS record_lock_person ON record_lock (municipality_id, person_id);
CREATE INDEX IF NOT EXISTS record_lock_household ON record_lock (municipality_id, household_id);
CREATE INDEX IF NOT EXISTS access_refused ON access (municipality_id, id) WHERE operation = 'refused';
