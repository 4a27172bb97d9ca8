//! The city's plan as this program brings it: its measures, those of the plan before it, and which of them run here.
//! The state is derived from the tests that carry a measure's code and ran green (`cargo xtask measures`).
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

const MEASURES: &str = include_str!("../data/measures.tsv");
const FORMER: &str = include_str!("../data/former.tsv");
const CAPABILITIES: &str = include_str!("../data/capabilities.tsv");
const TESTS: &str = include_str!("../data/measures_tests.tsv");
const OFFICES: &str = include_str!("../data/offices.tsv");

/// The rows of a table without its head, each with so many cells.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        std::array::from_fn(|_| cells.next().expect("a test reads every table"))
    })
}

/// A measure (個別施策) of the plan of 2019–2023.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// 「3-1-7」
    pub code: &'static str,
    /// 基本施策
    pub policy: &'static str,
    pub group: &'static str,
    pub name: &'static str,
    pub name_en: &'static str,
    /// 担当課, with `;` between them.
    pub lead: &'static str,
    /// 関係課
    pub related: &'static str,
    pub state: &'static str,
    /// Folder of its app.
    pub folder: &'static str,
    /// Our summary of what it is for.
    pub aim: &'static str,
}

pub fn measures() -> impl Iterator<Item = Measure> {
    rows(MEASURES).map(|[code, policy, group, name, name_en, lead, related, state, folder, aim]| Measure {
        code,
        policy,
        group,
        name,
        name_en,
        lead,
        related,
        state,
        folder,
        aim,
    })
}

/// A measure of the plan of 2014–2018 as it was verified at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Former {
    pub(crate) code: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    /// Code of the measure it was merged into (統合).
    pub(crate) merged_into: &'static str,
    /// Code of the measure in the plan of 2019 that goes on with it.
    pub(crate) carried_to: &'static str,
    pub(crate) note: &'static str,
}

pub(crate) fn former() -> impl Iterator<Item = Former> {
    rows(FORMER).map(|[code, policy, name, state, merged_into, carried_to, note]| Former {
        code,
        policy,
        name,
        state,
        merged_into,
        carried_to,
        note,
    })
}

/// The city's section that the plan calls by another name.
pub(crate) fn section_of(office: &str) -> &str {
    rows::<2>(OFFICES).find(|[name, _]| *name == office).map_or(office, |[_, section]| section)
}

/// How much of a measure runs here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Every capability has a green test.
    Works,
    /// Some have.
    Part,
    /// None has.
    None,
}

impl Runs {
    pub fn key(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Part => "part",
            Self::None => "none",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Works => "動いています",
            Self::Part => "一部が動いています",
            Self::None => "まだありません",
        }
    }

    fn of(needed: usize, shown: usize) -> Self {
        match shown {
            0 => Self::None,
            _ if shown >= needed => Self::Works,
            _ => Self::Part,
        }
    }
}

/// What a system for the measure must do, and whether a green test shows it.
pub(crate) fn capabilities(code: &str) -> Vec<(&'static str, bool)> {
    let green: BTreeSet<&str> = tests(code).map(|(capability, _)| capability).collect();
    let needed = rows::<3>(CAPABILITIES).filter(move |[of, ..]| *of == code);
    needed.map(|[_, capability, sentence]| (sentence, green.contains(capability))).collect()
}

fn tests(code: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let green = rows::<5>(TESTS).filter(move |[of, _, _, state, _]| *of == code && *state == "green");
    green.map(|[_, capability, test, ..]| (capability, test))
}

pub fn runs(code: &str) -> Runs {
    let needed = capabilities(code);
    Runs::of(needed.len(), needed.iter().filter(|(_, shown)| *shown).count())
}

/// What `fujidana measures --json` prints.
pub fn measures_json() -> Value {
    let one = |measure: Measure| {
        let offices: Vec<&str> = measure
            .lead
            .split(';')
            .chain(measure.related.split(';'))
            .filter(|name| !name.is_empty())
            .collect();
        json!({
            "code": measure.code,
            "name": measure.name,
            "name_en": measure.name_en,
            "offices": offices,
            "state": runs(measure.code).key(),
            "path": format!("apps/{}", measure.folder),
            "tests": tests(measure.code).count(),
        })
    };
    measures().map(one).collect()
}

/// What `fujidana measures` prints for people.
pub fn measures_table() -> String {
    let mut out = String::from("番号\t状態\t試験\t場所\t施策\t担当課\n");
    for measure in measures() {
        let (state, count) = (runs(measure.code).key(), tests(measure.code).count());
        let Measure { code, folder, name, lead, .. } = measure;
        writeln!(out, "{code}\t{state}\t{count}\tapps/{folder}\t{name}\t{}", lead.replace(';', "、"))
            .expect("a String takes every text");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The former plan's verification, as published.
    #[test]
    fn the_second_plan_is_counted_as_published() {
        let count = |state: &str| former().filter(|one| one.state == state).count();
        let counts = ["推進中", "検討中", "廃止", "達成済み"].map(count);
        assert_eq!((former().count(), counts), (31, [13, 9, 4, 5]));
        let merged: Vec<_> = former().filter(|one| !one.merged_into.is_empty()).collect();
        let name = |code: &str| former().find(|one| one.code == code).expect("is there").name;
        let merged: Vec<_> = merged.iter().map(|one| (one.code, name(one.merged_into))).collect();
        assert_eq!(merged, [("2-1-3", "先端技術の調査"), ("3-1-1", "幅広い安全情報の提供")]);
    }

    #[test]
    fn every_measure_has_capabilities_and_every_line_its_measure() {
        let codes: BTreeSet<&str> = measures().map(|measure| measure.code).collect();
        assert_eq!(codes.len(), 25);
        for code in &codes {
            let count = capabilities(code).len();
            assert!((2..=6).contains(&count), "{code}: {count}");
        }
        assert!(rows::<3>(CAPABILITIES).all(|[code, ..]| codes.contains(code)));
        assert!(rows::<5>(TESTS).all(|[code, capability, ..]| {
            rows::<3>(CAPABILITIES).any(|[of, one, _]| (of, one) == (code, capability))
        }));
        assert!(former().all(|one| one.carried_to.is_empty() || codes.contains(one.carried_to)));
        assert!(measures().all(|one| !one.name_en.is_empty() && !one.folder.is_empty()));
    }

    #[test]
    fn the_state_follows_from_the_tests() {
        for (needed, shown, expect) in [(3, 0, Runs::None), (3, 1, Runs::Part), (3, 3, Runs::Works)] {
            assert_eq!(Runs::of(needed, shown), expect);
        }
        let all = measures_json();
        assert_eq!(all.as_array().map(Vec::len), Some(25));
        for one in all.as_array().expect("an array") {
            assert_eq!(one["state"] == "none", one["tests"] == 0, "{one}");
        }
    }
}
