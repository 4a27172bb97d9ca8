//! The sample city keeps its promises: exact, repeatable, lawful words, real towns.
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use base::{HouseholdNo, PersonNo, Sex};
use sample::{HardCase, Household, HouseholdType, Person, Population, Spec, generate};

const ON: base::Date = jiff::civil::date(2026, 11, 24);

fn people(residents: u32) -> Population {
    generate(Spec { residents, seed: 1, on: ON })
}

fn official(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/residents").join(name);
    let read = fs::read_to_string(&path).ok();
    if read.is_none() {
        println!("skipped: {name} is absent");
    }
    read
}

fn csv(population: &Population, name: &str) -> (Vec<u8>, Vec<u8>) {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    sample::write_csv(population, &dir).expect("the folder for tests is writable");
    let read = |file: &str| fs::read(dir.join(file)).expect("just written");
    (read("persons.csv"), read("households.csv"))
}

/// FNV-1a, 64 bits.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[test]
fn same_bytes_on_every_run_and_machine() {
    let (persons, households) = csv(&people(2000), "same");
    // A change here changes every demo city: say so in the notes of the release.
    assert_eq!(
        (fingerprint(&persons), fingerprint(&households)),
        (2_911_561_562_556_033_168, 9_510_081_155_060_194_327)
    );
    let other = generate(Spec { residents: 2000, seed: 2, on: ON });
    assert_ne!(csv(&other, "other").0, persons);
}

#[test]
fn a_small_city_is_the_beginning_of_a_large_one() {
    let (small, large) = (csv(&people(3000), "small"), csv(&people(7000), "large"));
    assert!(large.0.starts_with(&small.0));
    assert!(large.1.starts_with(&small.1));
    // An unfinished block changes only itself.
    let cut = csv(&people(3456), "cut").0;
    assert!(cut.starts_with(&small.0));
}

#[test]
fn holds_exactly_so_many_people() {
    for residents in [0, 1, 2, 3, 5, 10, 37, 100, 999, 1000, 1001, 2600, 65_000] {
        let population = people(residents);
        assert_eq!(population.persons.len(), residents as usize);
        let members: u32 = population.households.iter().map(|h| u32::from(h.members)).sum();
        assert_eq!(members, residents);
    }
}

#[test]
fn meets_the_age_table() {
    let Some(model) = official("model_age_fujioka_65000.csv") else { return };
    for residents in [100, 2000, 65_000, 70_500] {
        let mut counts: HashMap<(&str, i32), i64> = HashMap::new();
        for person in &people(residents).persons {
            let age = base::age_on(person.birth, ON);
            *counts.entry((person.sex.code(), age / 5 * 5)).or_default() += 1;
        }
        for row in model.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let [from, model]: [i64; 2] = [cells[1], cells[3]].map(|cell| cell.parse().unwrap());
            let found = counts.remove(&(cells[0], i32::try_from(from).unwrap())).unwrap_or(0);
            let away = (found * 65_000 - model * i64::from(residents)).abs();
            assert!(away < 65_000, "{residents}: {row} has {found}");
        }
        assert!(counts.is_empty(), "ages outside the model: {counts:?}");
    }
}

#[test]
fn numbers_are_valid_and_marked() {
    let population = people(3000);
    let mut seen = HashSet::new();
    for person in &population.persons {
        let text = person.number.to_string();
        assert_eq!(PersonNo::parse(&text), Ok(person.number));
        assert!(person.number.serial() >= sample::SAMPLE_PERSONS_FROM && seen.insert(text));
    }
    for household in &population.households {
        let text = household.number.to_string();
        assert_eq!(HouseholdNo::parse(&text), Ok(household.number));
        assert!(household.number.serial() >= sample::SAMPLE_HOUSEHOLDS_FROM && seen.insert(text));
    }
}

#[test]
fn every_row_says_that_it_is_a_sample() {
    let (persons, households) = csv(&people(2000), "labelled");
    for (file, rows) in [(persons, 2000), (households, people(2000).households.len())] {
        let text = String::from_utf8(file).expect("UTF-8");
        assert!(text.lines().next().expect("a header").ends_with(",label"));
        assert_eq!(text.lines().filter(|line| line.ends_with(",見本")).count(), rows);
        assert_eq!(text.lines().count(), rows + 1);
    }
    // What is invented beside the people says it, too.
    for household in &people(2000).households {
        let flat = household.detail.as_str();
        assert!(flat.is_empty() || flat.contains("見本") || flat.contains("みほん"), "{flat}");
    }
    for domicile in people(2000).persons.iter().filter_map(|person| person.domicile) {
        let here = domicile.text().starts_with("群馬県藤岡市");
        assert!(here || domicile.text().contains("見本町"), "{}", domicile.text());
    }
}

const WORDS: [&str; 12] =
    ["夫", "妻", "夫（未届）", "妻（未届）", "子", "父", "母", "兄", "姉", "弟", "妹", "子（子の夫）"];

fn is_allowed(word: &str) -> bool {
    let links: Vec<&str> = word.split('の').collect();
    let chain = links.len() <= 4 && links.iter().all(|link| WORDS.contains(link));
    chain || ["世帯主", "縁故者", "同居人"].contains(&word)
}

fn check_family(household: &Household, members: &[Person]) {
    let heads = members.iter().filter(|m| m.relationship == "世帯主").count();
    assert_eq!(heads, usize::from(household.head.is_some()), "{household:?}");
    if let Some(head) = household.head {
        assert_eq!(members[usize::from(head)].relationship, "世帯主");
    }
    for (at, person) in members.iter().enumerate() {
        assert!(is_allowed(person.relationship), "{}", person.relationship);
        assert!(person.birth <= person.became_resident_on, "{person:?}");
        assert!(person.became_resident_on <= person.moved_in_on && person.moved_in_on <= ON, "{person:?}");
        assert_eq!(person.domicile.is_none(), person.foreign.is_some());
        let apart = |other: &Person| base::age_on(other.birth, person.birth);
        if let Some(mother) = person.mother {
            let mother = &members[usize::from(mother)];
            assert_eq!(mother.sex, Sex::Female);
            assert!((20..=40).contains(&apart(mother)), "mother {} child {}", mother.birth, person.birth);
        }
        if let Some(father) = person.father {
            let father = &members[usize::from(father)];
            assert!(father.sex == Sex::Male && apart(father) >= 18, "{} {}", father.birth, person.birth);
        }
        if let Some(spouse) = person.spouse {
            let spouse = &members[usize::from(spouse)];
            assert!(spouse.spouse.map(usize::from) == Some(at) && spouse.sex != person.sex);
            assert!(base::age_on(person.birth, ON) >= 18);
        }
    }
}

#[test]
fn families_are_plausible() {
    let population = people(20_000);
    let (mut couples, mut near, mut motherless) = (0, 0, 0);
    for household in &population.households {
        let members = population.members(household);
        check_family(household, members);
        let minor = |m: &&Person| base::age_on(m.birth, ON) < 18 && m.father.or(m.mother).is_none();
        motherless += members.iter().filter(minor).count();
        for person in members.iter().filter(|m| m.sex == Sex::Female) {
            if let Some(husband) = person.spouse {
                couples += 1;
                let years = person.birth.year() - members[usize::from(husband)].birth.year();
                near += i32::from(years.abs() <= 10);
            }
        }
    }
    assert!(near * 100 >= couples * 95, "{near} of {couples} couples within ten years");
    assert_eq!(motherless, 0);
}

#[test]
fn households_follow_the_model() {
    let population = people(65_000);
    let all = population.households.len();
    let types = [250, 210, 290, 90, 110, 40, 10];
    let sizes = [250, 290, 200, 160, 60, 30, 10];
    let near = |what: &str, found: usize, wanted: i32, within: i32| {
        let share = i32::try_from(found * 1000 / all).unwrap();
        println!("{what}: {share} ‰, model {wanted} ‰");
        assert!((share - wanted).abs() <= within, "{what}: {share} ‰, model {wanted} ‰");
    };
    for (kind, wanted) in HouseholdType::ALL.into_iter().zip(types) {
        near(kind.code(), population.households.iter().filter(|h| h.kind == kind).count(), wanted, 20);
    }
    for (size, wanted) in (1..).zip(sizes) {
        near(
            &size.to_string(),
            population.households.iter().filter(|h| h.members == size).count(),
            wanted,
            12,
        );
    }
    let old = |p: &&Person| base::age_on(p.birth, ON) >= 65;
    let alone =
        population.households.iter().filter(|h| h.members == 1 && old(&&population.members(h)[0])).count();
    let share = alone * 1000 / population.persons.iter().filter(old).count();
    assert!((110..=140).contains(&share), "{share} ‰ of the old live alone");
    assert!((24_000..=26_000).contains(&all), "{all} households");
}

#[test]
fn every_town_is_real_and_every_house_its_own() {
    let Some(register) = official("machiaza_fujioka.csv") else { return };
    let towns: HashSet<(&str, &str)> = register
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[2] == "1")
        .map(|cells| (cells[1], cells[8]))
        .collect();
    let population = people(65_000);
    let mut used = HashSet::new();
    let mut addresses: HashMap<(String, &str), Vec<&Household>> = HashMap::new();
    for household in &population.households {
        assert!(towns.contains(&(household.town.id, household.town.name)), "{:?}", household.town);
        used.insert(household.town.id);
        addresses.entry((household.address(), &household.detail)).or_default().push(household);
    }
    assert_eq!(used.len(), 44);
    let mut pairs = 0;
    for shared in addresses.values().filter(|shared| shared.len() > 1) {
        let head = |household: &Household| population.persons[household.first as usize].family_name;
        assert!(shared.len() == 2 && head(shared[0]) == head(shared[1]), "{shared:?}");
        pairs += 2;
    }
    let share = pairs * 1000 / population.households.len();
    assert!((50..=70).contains(&share), "{share} ‰ of the households share an address");
}

/// Households that drew their name and their town themselves: not the younger half of a divided household
/// (世帯分離), which has its parents'.
fn drawn(population: &Population) -> impl Iterator<Item = (&Household, &Person)> {
    let heads = population.households.iter().map(|h| (h, &population.members(h)[0]));
    heads.filter(|(_, head)| head.hard != Some(HardCase::SplitHousehold))
}

/// The commonest rows of a table (key columns, …, weight), each with its share; the rest together is the last.
fn shares(table: &'static str, keys: usize, most: usize) -> Vec<(String, f64)> {
    let rows = table.lines().map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let weight: f64 =
            cells.last().and_then(|cell| cell.parse().ok()).expect("a row ends with its weight");
        (cells[..keys].join(" "), weight)
    });
    let mut rows: Vec<(String, f64)> = rows.collect();
    rows.sort_by(|one, other| other.1.total_cmp(&one.1));
    let total: f64 = rows.iter().map(|row| row.1).sum();
    let rest: f64 = rows.iter().skip(most).map(|row| row.1).sum();
    rows.truncate(most);
    rows.push(("the rest".to_owned(), rest));
    rows.iter_mut().for_each(|row| row.1 /= total);
    rows.retain(|row| row.1 > 0.0);
    rows
}

/// Pearson's chi-square of what was found against the shares, per degree of freedom: about 1 for a right draw.
fn misfit(shares: &[(String, f64)], found: &HashMap<String, u32>) -> f64 {
    let all = f64::from(found.values().sum::<u32>());
    let listed: HashSet<&str> = shares.iter().map(|row| row.0.as_str()).collect();
    let rest = found.iter().filter(|(key, _)| !listed.contains(key.as_str())).map(|(_, n)| n).sum();
    let parts = shares.iter().map(|(key, share)| {
        let count = if key == "the rest" { rest } else { found.get(key).copied().unwrap_or(0) };
        (f64::from(count) - all * share).powi(2) / (all * share)
    });
    parts.sum::<f64>() / (shares.len() - 1) as f64
}

fn check_shares(what: &str, shares: Vec<(String, f64)>, keys: impl Iterator<Item = String>) {
    let mut found: HashMap<String, u32> = HashMap::new();
    keys.for_each(|key| *found.entry(key).or_default() += 1);
    let right = misfit(&shares, &found);
    // A table read one row off, or an even draw, is told from the right one.
    let mut shifted = shares.clone();
    (1..shares.len()).for_each(|at| shifted[at].1 = shares[at - 1].1);
    shifted[0].1 = shares[shares.len() - 1].1;
    let even: Vec<(String, f64)> =
        shares.iter().map(|row| (row.0.clone(), 1.0 / shares.len() as f64)).collect();
    println!(
        "{what}: {right:.2}, shifted {:.0}, even {:.0}",
        misfit(&shifted, &found),
        misfit(&even, &found)
    );
    assert!(right < 1.6, "{what}: {right}");
    assert!(misfit(&shifted, &found) > 5.0 && misfit(&even, &found) > 5.0, "{what}");
}

#[test]
fn names_and_towns_are_as_frequent_as_in_their_tables() {
    let population = people(65_000);
    let ordinary = |person: &Person| {
        let made = [HardCase::IvsName, HardCase::RareCharacter].map(Some).contains(&person.hard);
        person.foreign.is_none() && !made
    };
    let names = drawn(&population).filter(|(_, head)| ordinary(head));
    check_shares(
        "family names",
        shares(include_str!("../data/family_names.tsv"), 2, 60),
        names.map(|(_, head)| format!("{} {}", head.family_name, head.family_kana)),
    );
    check_shares(
        "towns",
        shares(include_str!("../data/towns.tsv"), 2, 44),
        drawn(&population).map(|(h, _)| format!("{} {}", h.town.id, h.town.name)),
    );
}

#[test]
fn hard_cases_are_there_on_purpose() {
    let population = people(65_000);
    let mut counts: HashMap<HardCase, usize> = HashMap::new();
    for person in &population.persons {
        let Some(case) = person.hard else { continue };
        *counts.entry(case).or_default() += 1;
        let household = &population.households[person.household as usize];
        let shows = match case {
            HardCase::IvsName => person.family_name.chars().any(|c| ('\u{E0100}'..='\u{E01EF}').contains(&c)),
            HardCase::RareCharacter => {
                person.family_name.contains(['𠮷', '髙', '﨑', '濵', '德', '\u{FA19}'])
            }
            HardCase::GenerationChain => person.relationship == "子の子の子",
            HardCase::SplitHousehold => person.relationship == "世帯主",
            HardCase::NoHead => household.head.is_none() && household.members >= 2,
            HardCase::UnknownBirthDate => {
                let parsed = base::PartialDate::parse(person.birth_text.as_ref().unwrap(), ON).unwrap();
                !parsed.is_exact() && (parsed.earliest()..=parsed.latest()).contains(&person.birth)
            }
            HardCase::ForeignCommonName => {
                person.foreign.as_ref().is_some_and(|foreign| !foreign.common_name.is_empty())
                    && person.family_name.is_ascii()
            }
            HardCase::Twins => {
                population.members(household).iter().filter(|m| m.birth == person.birth).count() == 2
            }
            HardCase::Centenarian => base::age_on(person.birth, ON) >= 100,
            HardCase::Protected => true,
        };
        assert!(shows, "{case:?} {person:?}");
    }
    println!("{counts:?}");
    for case in HardCase::ALL {
        assert!(counts.contains_key(&case), "no {case:?}");
    }
    let all: usize = counts.values().sum();
    assert!((1625..=2275).contains(&all), "{all} hard cases: {counts:?}");
    let foreign = population.persons.iter().filter(|p| p.foreign.is_some()).count();
    assert!((1500..=1800).contains(&foreign), "{foreign} foreign residents");
}

#[test]
fn variation_sequences_are_registered() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/residents/mj_moji_ivs.csv.gz");
    let Ok(file) = fs::File::open(&path) else {
        println!("skipped: mj_moji_ivs.csv.gz is absent");
        return;
    };
    let listed = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let listed: HashSet<&str> = listed.lines().filter_map(|line| line.split(',').nth(1)).collect();
    for person in people(20_000).persons.iter().filter(|p| p.hard == Some(HardCase::IvsName)) {
        let letters: Vec<char> = person.family_name.chars().collect();
        let at = letters.iter().position(|c| *c >= '\u{E0100}').unwrap();
        let sequence = format!("{:X}_{:X}", u32::from(letters[at - 1]), u32::from(letters[at]));
        assert!(listed.contains(sequence.as_str()), "{} {sequence}", person.family_name);
    }
}
