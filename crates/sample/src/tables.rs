//! The compact tables of `data/` (sources and licences: data/SOURCES.md), read once.
use std::sync::OnceLock;

use base::Sex;

/// A spelling and its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: &'static str,
    pub(crate) kana: &'static str,
}

/// A town (大字) of the sample city.
#[derive(Debug, PartialEq, Eq)]
pub struct Town {
    /// 町字ID, seven digits.
    pub id: &'static str,
    pub name: &'static str,
    /// Weight in hundred-thousandths; the model is invented.
    pub(crate) weight: u32,
}

/// A municipality that people came from or have their family register in.
#[derive(Debug, PartialEq, Eq)]
pub struct Municipality {
    /// 団体コード, six digits.
    pub code: &'static str,
    pub prefecture: &'static str,
    pub name: &'static str,
}

/// One cell of the age table: sex and five years.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgeCell {
    pub(crate) sex: Sex,
    pub(crate) from: u8,
    pub(crate) people: u32,
}

/// Rows with running totals of their weights.
pub(crate) struct Weighted<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) totals: Vec<u32>,
}

/// First names of one sex with the running totals of the five bands of birth years.
pub(crate) struct FirstNames {
    pub(crate) rows: Vec<Name>,
    pub(crate) totals: [Vec<u32>; 5],
}

pub(crate) struct Tables {
    pub(crate) family_names: Weighted<Name>,
    male: FirstNames,
    female: FirstNames,
    pub(crate) ages: Vec<AgeCell>,
    pub(crate) towns: Weighted<Town>,
    pub(crate) municipalities: Weighted<Municipality>,
    household_rates: Vec<(&'static str, &'static str, u32)>,
}

pub(crate) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::read)
}

impl Tables {
    fn read() -> Self {
        let name = |cells: &[&'static str]| Name { text: cells[0], kana: cells[1] };
        let town = |cells: &[&'static str]| Town { id: cells[0], name: cells[1], weight: number(cells[2]) };
        let municipality =
            |cells: &[&'static str]| Municipality { code: cells[0], prefecture: cells[1], name: cells[2] };
        let age = |cells: Vec<&'static str>| AgeCell {
            sex: Sex::from_code(cells[0]).expect("M or F"),
            from: u8::try_from(number(cells[1])).expect("an age"),
            people: number(cells[3]),
        };
        Self {
            family_names: weighted(include_str!("../data/family_names.tsv"), name),
            male: first_names(include_str!("../data/first_names_male.tsv")),
            female: first_names(include_str!("../data/first_names_female.tsv")),
            ages: rows(include_str!("../data/ages.tsv")).map(age).collect(),
            towns: weighted(include_str!("../data/towns.tsv"), town),
            municipalities: weighted(include_str!("../data/municipalities.tsv"), municipality),
            household_rates: rows(include_str!("../data/households.tsv"))
                .map(|cells| (cells[0], cells[1], number(cells[2])))
                .collect(),
        }
    }

    pub(crate) fn first_names(&self, sex: Sex) -> &FirstNames {
        match sex {
            Sex::Male => &self.male,
            Sex::Female => &self.female,
        }
    }

    /// A share of the household model in thousandths.
    pub(crate) fn household_rate(&self, kind: &str, key: &str) -> u32 {
        let found = self.household_rates.iter().find(|row| row.0 == kind && row.1 == key);
        found.expect("the table holds the share").2
    }

    /// People of a household in the model, in thousandths.
    pub(crate) fn mean_household(&self) -> u32 {
        (1..=7).map(|size| size * self.household_rate("size", &size.to_string())).sum()
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().map(|line| line.split('\t').collect())
}

fn number(text: &str) -> u32 {
    text.parse().expect("the tables hold whole numbers")
}

/// The weight is the last column.
fn weighted<T>(text: &'static str, read: impl Fn(&[&'static str]) -> T) -> Weighted<T> {
    let mut table = Weighted { rows: Vec::new(), totals: Vec::new() };
    let mut total = 0;
    for cells in rows(text) {
        total += number(cells.last().expect("a row has cells"));
        table.rows.push(read(&cells));
        table.totals.push(total);
    }
    table
}

fn first_names(text: &'static str) -> FirstNames {
    let mut names = FirstNames { rows: Vec::new(), totals: Default::default() };
    let mut sums = [0; 5];
    for cells in rows(text) {
        names.rows.push(Name { text: cells[0], kana: cells[1] });
        for (band, sum) in sums.iter_mut().enumerate() {
            *sum += number(cells[2 + band]);
            names.totals[band].push(*sum);
        }
    }
    names
}
