//! Every way out of the program, with the door through which names and addresses reach it: a new route, command,
//! follower or table of the command line is written down here before it is anything.
use std::collections::{BTreeMap, BTreeSet};

use web::Listed;

use super::sample_city::SampleCity;
use crate::APPS;

/// Kind, name, door. The doors are functions of `register`, which ask at that moment whether somebody is shielded;
/// "nobody": shows no person; "own words": what the one who asks typed there before.
const DOORS: &str = include_str!("doors.md");

/// What a door may be.
const KNOWN: &[&str] = &[
    "nobody",
    "own words",
    "present",
    "headings",
    "search",
    "household_of",
    "household_record",
    "versions",
    "notice",
    "waiting",
    "may_issue",
    "protection",
    "reveal_number",
    "log",
];

/// The table, for tests that hold pages against it.
pub struct Doors(BTreeMap<(String, String), String>);

impl Doors {
    pub fn read() -> Self {
        Self(declared())
    }

    /// Whether the table says that a route shows nobody.
    pub fn is_closed(&self, route: &Listed) -> bool {
        let key = ("page".to_owned(), format!("{} {}", route.method, route.path));
        self.0.get(&key).is_some_and(|door| door == "nobody")
    }
}

fn declared() -> BTreeMap<(String, String), String> {
    let mut declared = BTreeMap::new();
    for line in DOORS.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| kind")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [kind, name, doors] = cells[..] else { panic!("doors.md: {line}") };
        for door in doors.split(", ") {
            assert!(KNOWN.contains(&door), "{line}: {door} is no door");
        }
        let before = declared.insert((kind.to_owned(), name.to_owned()), doors.to_owned());
        assert!(before.is_none(), "twice: {line}");
    }
    declared
}

fn present() -> BTreeSet<(String, String)> {
    let city = SampleCity::new();
    let routes = city.listed.iter().map(|one| ("page".to_owned(), format!("{} {}", one.method, one.path)));
    let commands = APPS.iter().flat_map(|app| app.commands);
    let commands = commands.map(|one| ("act".to_owned(), one.name.to_owned()));
    let jobs = APPS.iter().flat_map(|app| app.follow_ups).map(|one| ("job".to_owned(), one.name.to_owned()));
    let papers = register::DOCUMENTS.iter().map(|one| ("paper".to_owned(), one.key.to_owned()));
    routes.chain(commands).chain(jobs).chain(papers).collect()
}

#[test]
fn every_way_out_has_its_door() {
    let (declared, present): (BTreeSet<_>, _) = (declared().into_keys().collect(), present());
    let new: Vec<_> = present.difference(&declared).collect();
    let gone: Vec<_> = declared.difference(&present).collect();
    assert!(new.is_empty() && gone.is_empty(), "not in doors.md: {new:#?}\nno longer there: {gone:#?}");
}
