ALTER TABLE resident_key ADD COLUMN birth_earliest_on TEXT;
ALTER TABLE resident_key ADD COLUMN birth_latest_on TEXT;
ALTER TABLE resident_key ADD COLUMN town_id BIGINT;
UPDATE resident_key SET
    birth_earliest_on = (SELECT c.birth_earliest_on FROM resident_current AS c
                          WHERE c.municipality_id = resident_key.municipality_id
                            AND c.person_id = resident_key.person_id),
    birth_latest_on = (SELECT c.birth_latest_on FROM resident_current AS c
                        WHERE c.municipality_id = resident_key.municipality_id
                          AND c.person_id = resident_key.person_id),
    town_id = (SELECT h.town_id FROM resident_current AS c
                 JOIN household AS h ON h.municipality_id = c.municipality_id AND h.id = c.household_id
                WHERE c.municipality_id = resident_key.municipality_id AND c.person_id = resident_key.person_id);
