CREATE TABLE IF NOT EXISTS plan (
    -- 計画: plan_id is the year it begins in.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    title TEXT NOT NULL,
    first_year BIGINT NOT NULL,
    last_year BIGINT NOT NULL,
    loaded_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id)
);
CREATE TABLE IF NOT EXISTS plan_measure (
    -- 個別施策. lead and related: names of offices with ; between them.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    policy TEXT NOT NULL,
    name TEXT NOT NULL,
    lead TEXT NOT NULL,
    related TEXT NOT NULL,
    aim TEXT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code)
);
CREATE TABLE IF NOT EXISTS plan_status (
    -- 進捗状況 with reason and date; never changed, the newest counts. merged_into: code within the same plan.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    id BIGINT NOT NULL,
    status TEXT NOT NULL,
    merged_into TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    set_by BIGINT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code, id)
);
CREATE TABLE IF NOT EXISTS plan_schedule (
    -- 年次計画: what the plan wants of a measure in a year.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code, fiscal_year)
);
CREATE TABLE IF NOT EXISTS plan_report (
    -- 年次報告; never changed: a returned or corrected one is a new version.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    version BIGINT NOT NULL,
    done TEXT NOT NULL,
    result TEXT NOT NULL,
    next_step TEXT NOT NULL,
    cost_yen BIGINT NOT NULL,
    hours_saved BIGINT,
    users BIGINT,
    section TEXT NOT NULL,
    reported_by BIGINT NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code, fiscal_year, version)
);
CREATE TABLE IF NOT EXISTS plan_review (
    -- 確認と承認: one row a decision on a version. step: 0 section, 1 総務課, 2 committee, 3 mayor.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    fiscal_year BIGINT NOT NULL,
    version BIGINT NOT NULL,
    step BIGINT NOT NULL,
    approved BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    section TEXT NOT NULL,
    decided_by BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code, fiscal_year, version, step)
);
CREATE TABLE IF NOT EXISTS plan_carry (
    -- 引継ぎ: which measure of the next plan goes on with a measure.
    municipality_id BIGINT NOT NULL,
    plan_id TEXT NOT NULL,
    code TEXT NOT NULL,
    to_plan TEXT NOT NULL,
    to_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (municipality_id, plan_id, code, to_plan, to_code)
);
