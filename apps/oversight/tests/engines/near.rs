use base::PersonId;
use serde_json::{Value, json};
use testkit::both;

use super::{Office, migrations};

const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("327番地3", "コーポ藤101", &["職員", "子"]),
    ("327番地3", "コーポ藤101", &["同居"]),
    ("327番地3", "コーポ藤102", &["隣室"]),
    ("328番地", "", &["隣"]),
    ("326番地9", "", &["裏"]),
    ("329番地", "", &["遠い"]),
    ("32番地7", "", &["遠い"]),
];

fn near(office: &Office) -> Vec<(String, String)> {
    let input = json!({ "report": "near", "from": "2026-11-24", "to": "2026-12-31" });
    let found = office.done("kansa", "oversight.report", &input);
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let rows = found["rows"].as_array().expect("rows");
    rows.iter().map(|row| (text(row, "at"), text(row, "nearness"))).collect()
}

#[test]
fn looks_at_the_own_family_and_neighbours_are_reported() {
    both(&migrations(), |store| {
        store.clock().set(super::instant("2026-11-23 23:00:00"));
        let office = Office::open(&store);
        let families = office.families(FAMILIES);
        let link = json!({ "account": "shimin", "person": families[0][0], "from": "2026-11-25" });
        office.done("kansa", "oversight.link_account", &link);
        // The day before she is known to be this resident; and another clerk.
        office.at("2026-11-24 23:59:59");
        office.look("shimin", &[families[0][1]]);
        office.at("2026-11-25 09:00:00");
        office.look("zeimu", &families.concat());
        let looks: [(&str, PersonId); 8] = [
            ("2026-11-25 10:00:00", families[0][0]),
            ("2026-11-25 10:01:00", families[0][1]),
            ("2026-11-25 10:02:00", families[1][0]),
            ("2026-11-25 10:03:00", families[2][0]),
            ("2026-11-25 10:04:00", families[3][0]),
            ("2026-11-25 10:05:00", families[4][0]),
            ("2026-11-25 10:06:00", families[5][0]),
            ("2026-11-25 10:07:00", families[6][0]),
        ];
        for (moment, person) in looks {
            office.at(moment);
            office.look("shimin", &[person]);
        }
        let expected: Vec<(String, String)> = [
            ("2026-11-25 10:05:00", "近所"),
            ("2026-11-25 10:04:00", "近所"),
            ("2026-11-25 10:03:00", "近所"),
            ("2026-11-25 10:02:00", "同じ住所"),
            ("2026-11-25 10:01:00", "同じ世帯"),
            ("2026-11-25 10:00:00", "本人"),
        ]
        .map(|(at, nearness)| (at.to_owned(), nearness.to_owned()))
        .into();
        assert_eq!(near(&office), expected, "before sealing");
        office.seal();
        assert_eq!(near(&office), expected, "from the index");
    });
}

#[test]
fn who_an_account_is_can_change() {
    both(&migrations(), |store| {
        store.clock().set(super::instant("2026-11-23 23:00:00"));
        let office = Office::open(&store);
        let families = office.families(&[("327番地3", "", &["職員"]), ("900番地", "", &["別人"])]);
        let link =
            |person: PersonId, from: &str| json!({ "account": "shimin", "person": person, "from": from });
        office.done("kansa", "oversight.link_account", &link(families[1][0], "2026-11-01"));
        office.done("kansa", "oversight.link_account", &link(families[0][0], "2026-11-25"));
        office.refused("kansa", "oversight.link_account", &link(families[1][0], "2026-11-25"), "後の日");
        office.refused("zeimu", "oversight.link_account", &link(families[1][0], "2026-12-25"), "担当の職員");
        let nobody = json!({ "account": "shimin", "person": "0000000000001" });
        office.refused("kansa", "oversight.link_account", &nobody, "1人に決まりません");
        office.at("2026-11-26 10:00:00");
        office.look("shimin", &[families[0][0]]);
        assert_eq!(near(&office).len(), 1);
    });
}
