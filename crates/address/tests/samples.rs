//! Public samples of addresses (geolonia, abr-geocoder, japanese-address-parser): the town is right, or none is claimed.
use std::path::PathBuf;

use address::{Level, Parsed, municipality, parse_anywhere};

fn sample(name: &str) -> Option<String> {
    let path =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/residents")).join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {name} is not here");
    }
    text
}

fn place(parsed: &Parsed) -> (&str, &str) {
    let name = parsed.municipality.and_then(municipality).map_or("", |one| one.name);
    (parsed.prefecture.unwrap_or(""), name)
}

#[derive(Default)]
struct Count {
    all: usize,
    /// Prefecture, municipality and town as expected, letter for letter.
    right: usize,
    /// Another town than the expected one was claimed.
    wrong: usize,
}

impl Count {
    fn add(&mut self, input: &str, (prefecture, city, town): (&str, &str, &str)) {
        let parsed = parse_anywhere(input);
        self.all += 1;
        if place(&parsed) == (prefecture, city) && parsed.town_name == town {
            self.right += 1;
            return;
        }
        self.wrong += usize::from(!parsed.town_name.is_empty());
        let (prefecture, city) = place(&parsed);
        println!("{input}: expected {town}, read {prefecture} {city} {}", parsed.town_name);
        for warning in &parsed.warnings {
            println!("    {warning}");
        }
    }

    fn print(&self, name: &str) {
        println!("{name}: {} of {} right, {} otherwise named", self.right, self.all, self.wrong);
    }
}

#[test]
fn towns_of_all_japan() {
    let Some(text) = sample("addresses_dev.csv") else { return };
    let mut count = Count::default();
    for line in text.lines().skip(1) {
        let [input, prefecture, city, town, ..] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        count.add(input, (prefecture, city, town));
    }
    count.print("addresses_dev.csv");
    assert!(count.all >= 700 && count.right * 1000 >= count.all * 992, "{} of {}", count.right, count.all);
}

#[test]
fn cases_of_another_parser() {
    let mut count = Count::default();
    for name in [
        "jap_県庁所在地の住所データ.csv",
        "jap_丁目が算用数字の場合への対応.csv",
        "jap_略字・俗字による表記揺れ.csv",
    ] {
        let Some(text) = sample(name) else { return };
        for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
            let [input, prefecture, city, town, ..] = line.split(',').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            count.add(input, (prefecture, city, town));
        }
    }
    count.print("jap_*.csv");
    assert_eq!(count.right, count.all);
}

#[test]
fn pairs_of_the_registry() {
    let Some(text) = sample("addresses_abr_dev.json") else { return };
    let root: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let (mut all, mut right) = (0, 0);
    for case in root.as_object().expect("groups").values().flat_map(|group| group.as_array().expect("cases"))
    {
        let input = case["query"]["input"].as_str().expect("an input");
        let result = &case["result"];
        let parsed = parse_anywhere(input);
        let expected: Option<i64> = result["lg_code"].as_str().and_then(|code| code.parse().ok());
        let claimed = parsed.municipality.map(|id| id.0);
        let town = ["oaza_cho", "chome"].map(|part| result[part].as_str().unwrap_or("")).concat();
        all += 1;
        if claimed == expected && parsed.town_name == town {
            right += 1;
        } else {
            println!("{input}: expected {expected:?} {town}, read {claimed:?} {}", parsed.town_name);
        }
        assert!(claimed.is_none() || claimed == expected, "{input} was read as {claimed:?}");
        assert!(parsed.level >= Level::Town || parsed.town_name.is_empty());
    }
    println!("addresses_abr_dev.json: {right} of {all} right");
    assert!(right + 2 >= all, "{right} of {all}");
}
