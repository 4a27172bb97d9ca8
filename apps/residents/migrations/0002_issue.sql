CREATE TABLE IF NOT EXISTS issue (
    -- 交付簿: who asked, what was shown, and the papers as issued, so that they can be set again. Numbers of the law
    -- (個人番号, 住民票コード) never stand in `sheets`.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    document TEXT NOT NULL,
    form TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    issued_on TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    account_name TEXT NOT NULL,
    section TEXT NOT NULL,
    terminal TEXT NOT NULL,
    printer TEXT NOT NULL,
    household_id BIGINT NOT NULL,
    items TEXT NOT NULL,
    request TEXT NOT NULL,
    official_use BOOLEAN NOT NULL,
    released BOOLEAN NOT NULL,
    fee_yen BIGINT NOT NULL,
    sheets TEXT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS issue_day ON issue (municipality_id, issued_on, id);
CREATE TABLE IF NOT EXISTS issue_person (
    municipality_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    issue_id BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, person_id, issue_id)
);
CREATE INDEX IF NOT EXISTS issue_persons ON issue_person (municipality_id, issue_id);
CREATE TABLE IF NOT EXISTS issue_copy (
    municipality_id BIGINT NOT NULL,
    issue_id BIGINT NOT NULL,
    copy_no BIGINT NOT NULL,
    sheet_no BIGINT NOT NULL,
    issued_on TEXT NOT NULL,
    terminal TEXT NOT NULL,
    printer TEXT NOT NULL,
    day_no BIGINT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    disposal_reason TEXT,
    disposed_by TEXT,
    disposed_at BIGINT,
    PRIMARY KEY (municipality_id, issue_id, copy_no)
);
CREATE UNIQUE INDEX IF NOT EXISTS issue_copy_number ON issue_copy (municipality_id, issued_on, terminal, printer, day_no);
CREATE UNIQUE INDEX IF NOT EXISTS issue_copy_code ON issue_copy (municipality_id, code);
CREATE TABLE IF NOT EXISTS issue_serial (
    municipality_id BIGINT NOT NULL,
    issued_on TEXT NOT NULL,
    terminal TEXT NOT NULL,
    printer TEXT NOT NULL,
    next_no BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, issued_on, terminal, printer)
);
CREATE TABLE IF NOT EXISTS issue_fee (
    municipality_id BIGINT NOT NULL,
    document TEXT NOT NULL,
    from_on TEXT NOT NULL,
    yen BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, document, from_on)
);
CREATE TABLE IF NOT EXISTS certifier (
    -- 認証者. An acting mayor (職務代理者) has a last day; on the next one the mayor certifies again.
    municipality_id BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    title TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (municipality_id, from_on)
);
CREATE TABLE IF NOT EXISTS issue_terminal (
    municipality_id BIGINT NOT NULL,
    client TEXT NOT NULL,
    terminal TEXT NOT NULL,
    printer TEXT NOT NULL,
    PRIMARY KEY (municipality_id, client)
);
CREATE TABLE IF NOT EXISTS till_entry (
    -- A movement of the day's till; `closing_id` 0 until a closing has counted it. Only a closing changes a row, once.
    municipality_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    till_on TEXT NOT NULL,
    terminal TEXT NOT NULL,
    closing_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    copies BIGINT NOT NULL,
    yen BIGINT NOT NULL,
    issue_id BIGINT,
    reason TEXT NOT NULL,
    account_name TEXT NOT NULL,
    entered_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX IF NOT EXISTS till_entry_open ON till_entry (municipality_id, till_on, terminal, closing_id);
CREATE TABLE IF NOT EXISTS till_closing (
    municipality_id BIGINT NOT NULL,
    till_on TEXT NOT NULL,
    terminal TEXT NOT NULL,
    id BIGINT NOT NULL,
    expected_yen BIGINT NOT NULL,
    counted_yen BIGINT NOT NULL,
    reason TEXT NOT NULL,
    sums TEXT NOT NULL,
    account_name TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, till_on, terminal, id)
);
CREATE TABLE IF NOT EXISTS verification_try (
    municipality_id BIGINT NOT NULL,
    client TEXT NOT NULL,
    minute BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, client, minute)
);
