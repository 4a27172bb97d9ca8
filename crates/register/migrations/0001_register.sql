CREATE TABLE IF NOT EXISTS number_series (
    municipality_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    next_serial BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, kind)
);
CREATE TABLE IF NOT EXISTS household (
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    household_no TEXT NOT NULL,
    town_id BIGINT,
    town_text TEXT NOT NULL,
    lot TEXT NOT NULL,
    lot_key TEXT NOT NULL,
    address_detail TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS household_number ON household (municipality_id, household_no);
CREATE INDEX IF NOT EXISTS household_place ON household (municipality_id, town_id, lot_key);
CREATE TABLE IF NOT EXISTS resident_version (
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    version_no BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    event_reason TEXT NOT NULL,
    effective_on TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    person_no TEXT NOT NULL,
    household_id BIGINT NOT NULL,
    family_name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_kana TEXT NOT NULL,
    given_kana TEXT NOT NULL,
    common_name TEXT NOT NULL,
    nationality TEXT NOT NULL,
    birth_text TEXT NOT NULL,
    birth_kind TEXT NOT NULL,
    birth_earliest_on TEXT NOT NULL,
    birth_latest_on TEXT NOT NULL,
    sex TEXT NOT NULL,
    relationship TEXT NOT NULL,
    member_order BIGINT NOT NULL,
    town_id BIGINT,
    town_text TEXT NOT NULL,
    lot TEXT NOT NULL,
    address_detail TEXT NOT NULL,
    domicile TEXT NOT NULL,
    domicile_head TEXT NOT NULL,
    resident_since_on TEXT NOT NULL,
    address_since_on TEXT NOT NULL,
    filed_on TEXT,
    previous_address TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (municipality_id, person_id, version_no)
);
CREATE TABLE IF NOT EXISTS resident_current (
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    version_no BIGINT NOT NULL,
    kana_key TEXT NOT NULL,
    person_no TEXT NOT NULL,
    household_id BIGINT NOT NULL,
    family_name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_kana TEXT NOT NULL,
    given_kana TEXT NOT NULL,
    common_name TEXT NOT NULL,
    nationality TEXT NOT NULL,
    birth_text TEXT NOT NULL,
    birth_kind TEXT NOT NULL,
    birth_earliest_on TEXT NOT NULL,
    birth_latest_on TEXT NOT NULL,
    sex TEXT NOT NULL,
    relationship TEXT NOT NULL,
    member_order BIGINT NOT NULL,
    town_id BIGINT,
    town_text TEXT NOT NULL,
    lot TEXT NOT NULL,
    address_detail TEXT NOT NULL,
    domicile TEXT NOT NULL,
    domicile_head TEXT NOT NULL,
    resident_since_on TEXT NOT NULL,
    address_since_on TEXT NOT NULL,
    filed_on TEXT,
    previous_address TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (municipality_id, person_id)
);
CREATE UNIQUE INDEX IF NOT EXISTS resident_number ON resident_current (municipality_id, person_no);
CREATE INDEX IF NOT EXISTS resident_household ON resident_current (municipality_id, household_id);
CREATE INDEX IF NOT EXISTS resident_birth ON resident_current (municipality_id, birth_earliest_on);
CREATE TABLE IF NOT EXISTS resident_key (
    municipality_id BIGINT NOT NULL,
    search_key TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, search_key, person_id)
);
CREATE TABLE IF NOT EXISTS move_in (
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    answers TEXT NOT NULL,
    acknowledged TEXT NOT NULL,
    entered_by BIGINT NOT NULL,
    entered_by_name TEXT NOT NULL,
    entered_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_by_name TEXT,
    decided_at BIGINT,
    household_id BIGINT,
    event_id BIGINT,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS move_in_state ON move_in (municipality_id, state, id);
CREATE INDEX IF NOT EXISTS move_in_event ON move_in (municipality_id, event_id);
CREATE INDEX IF NOT EXISTS move_in_decided ON move_in (municipality_id, decided_at);
