CREATE TABLE IF NOT EXISTS population_counted (
    -- A counted day (調査年月日). Published with the threshold of that day, which then stays: published figures are never changed.
    municipality_id BIGINT NOT NULL,
    as_of_on TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    persons BIGINT NOT NULL,
    households BIGINT NOT NULL,
    smallest_shown BIGINT,
    published_at BIGINT,
    published_by BIGINT,
    PRIMARY KEY (municipality_id, as_of_on)
);
CREATE TABLE IF NOT EXISTS population_count (
    -- town_id 0: a town the registry does not know. age -1: 年齢不詳.
    municipality_id BIGINT NOT NULL,
    as_of_on TEXT NOT NULL,
    town_id BIGINT NOT NULL,
    sex TEXT NOT NULL,
    age BIGINT NOT NULL,
    persons BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, as_of_on, town_id, sex, age)
);
CREATE TABLE IF NOT EXISTS household_count (
    municipality_id BIGINT NOT NULL,
    as_of_on TEXT NOT NULL,
    town_id BIGINT NOT NULL,
    households BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, as_of_on, town_id)
);
CREATE TABLE IF NOT EXISTS statistics_threshold (
    -- From which figure on a count below city level is told (秘匿の下限), from a day on.
    municipality_id BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    smallest_shown BIGINT NOT NULL,
    reason TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, from_on)
);
CREATE TABLE IF NOT EXISTS open_data_set (
    -- What an office keeps as open data: the last import that had no mistake.
    municipality_id BIGINT NOT NULL,
    dataset TEXT NOT NULL,
    records BIGINT NOT NULL,
    source TEXT NOT NULL,
    sample BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BIGINT NOT NULL,
    PRIMARY KEY (municipality_id, dataset)
);
CREATE TABLE IF NOT EXISTS open_data_row (
    -- Cells in the order of the official columns, as a JSON list.
    municipality_id BIGINT NOT NULL,
    dataset TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    cells TEXT NOT NULL,
    PRIMARY KEY (municipality_id, dataset, row_no)
);
