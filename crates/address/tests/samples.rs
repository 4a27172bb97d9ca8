//! Public samples of addresses: what is known here is right, what is not known is not guessed.
use std::path::PathBuf;

use address::{Level, Parsed, Town, municipality, parse};
use base::MunicipalityId;

const FUJIOKA: MunicipalityId = MunicipalityId(102_091);

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
    right: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, right: bool, text: &str) {
        self.all += 1;
        self.right += usize::from(right);
        if !right {
            self.wrong.push(text.to_owned());
        }
    }
    fn print(&self, name: &str) {
        println!("{name}: {} of {} ({:?})", self.right, self.all, self.wrong);
    }
}

/// Addresses of other prefectures: prefecture and municipality, and the rest as written.
#[test]
fn prefecture_and_municipality_of_all_japan() {
    let Some(text) = sample("addresses_dev.csv") else { return };
    let mut count = Count::default();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [input, prefecture, city, ..] = cells[..] else { panic!("{line}") };
        let parsed = parse(FUJIOKA, input);
        // 郡 may be left out on either side.
        let (found_prefecture, found) = place(&parsed);
        let right = found_prefecture == prefecture && (found == city || found.ends_with(city));
        count.add(right && parsed.level >= Level::Municipality, input);
        assert!(input.contains(&parsed.rest), "{input}");
    }
    count.print("addresses_dev.csv, municipality");
    assert!(count.all >= 700 && count.right * 1000 >= count.all * 995, "{} of {}", count.right, count.all);
}

#[test]
fn prefectural_offices() {
    let Some(text) = sample("jap_県庁所在地の住所データ.csv") else { return };
    let mut count = Count::default();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [input, prefecture, city, town, ..] = cells[..] else { panic!("{line}") };
        let parsed = parse(FUJIOKA, input);
        count.add(place(&parsed) == (prefecture, city), input);
        if prefecture == "群馬県" {
            assert_eq!((parsed.level, parsed.town.map(Town::name).as_deref()), (Level::Block, Some(town)));
        }
    }
    count.print("prefectural offices, municipality");
    assert!(count.all == 47 && count.wrong.is_empty(), "{:?}", count.wrong);
}

#[test]
fn pairs_of_the_registry() {
    let Some(text) = sample("addresses_abr_dev.json") else { return };
    let root: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut count = Count::default();
    for case in root.as_object().expect("groups").values().flat_map(|group| group.as_array().expect("cases"))
    {
        let input = case["query"]["input"].as_str().expect("an input");
        let parsed = parse(FUJIOKA, input);
        let expected = case["result"]["lg_code"].as_str().and_then(|code| code.parse().ok());
        // Without a municipality only home is looked at: then nothing must be claimed.
        let claimed = parsed.municipality.map(|id| id.0);
        count.add(claimed == expected, input);
        assert!(claimed.is_none() || claimed == expected, "{input} was read as {claimed:?}");
    }
    count.print("addresses_abr_dev.json, municipality");
    assert!(count.right >= 20, "{} of {}", count.right, count.all);
}
