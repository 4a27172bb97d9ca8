//! What a count says: the city in full, its towns after hiding what is small.
use address::TownId;
use base::{MunicipalityId, Sex};

use crate::suppress::{hidden, small_towns};

/// 5歳階級 of the city's own table, the last one open: 0–4 … 100以上.
pub(crate) const CITY_BANDS: usize = 21;
/// 5歳階級 of the official columns for towns: 0–4 … 85以上.
pub(crate) const TOWN_BANDS: usize = 18;
const SEXES: [Sex; 2] = [Sex::Male, Sex::Female];

/// Residents of one town, sex and age; town 0 is not in the registry, age −1 is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Persons {
    pub town: i64,
    pub sex: Sex,
    pub age: i64,
    pub persons: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub persons: Vec<Persons>,
    /// Town and households.
    pub households: Vec<(i64, i64)>,
}

/// A figure below city level; `None` is not told.
pub(crate) type Told = Option<i64>;

/// A town of the published table, or the small ones together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TownRow {
    pub place: Place,
    pub men: Told,
    pub women: Told,
    pub households: Told,
    /// Men and women by [`TOWN_BANDS`] and, last, of unknown age. Empty where the town tells nothing.
    pub bands: [Vec<Told>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Town(i64),
    /// 合算: so many small towns.
    Together(usize),
}

impl TownRow {
    pub(crate) fn total(&self) -> Told {
        Some(self.men? + self.women?)
    }

    pub(crate) fn name(&self, city: MunicipalityId) -> String {
        match self.place {
            Place::Town(town) => town_name(city, town),
            Place::Together(towns) => format!("その他{towns}町"),
        }
    }
}

/// As the registry writes it.
pub(crate) fn town_name(city: MunicipalityId, town: i64) -> String {
    let known = town_id(town).and_then(|id| address::town(city, id));
    known.map_or_else(|| "町名簿にない町".to_owned(), address::Town::name)
}

pub(crate) fn town_id(town: i64) -> Option<TownId> {
    u32::try_from(town).ok().filter(|number| *number > 0).and_then(TownId::new)
}

fn band(age: i64, bands: usize) -> usize {
    usize::try_from(age / 5).unwrap_or(0).min(bands - 1)
}

/// 「0–4」 … 「100以上」.
pub(crate) fn band_labels(bands: usize) -> Vec<String> {
    let label = |band: usize| {
        if band + 1 == bands {
            format!("{}以上", band * 5)
        } else {
            format!("{}–{}", band * 5, band * 5 + 4)
        }
    };
    (0..bands).map(label).collect()
}

impl Figures {
    pub(crate) fn of_sex(&self, sex: Sex) -> i64 {
        self.sum(|one| one.sex == sex)
    }
    pub(crate) fn total(&self) -> i64 {
        self.sum(|_| true)
    }
    pub(crate) fn households_total(&self) -> i64 {
        self.households.iter().map(|(_, count)| count).sum()
    }
    pub(crate) fn of_age(&self, sex: Sex, age: i64) -> i64 {
        self.sum(|one| one.sex == sex && one.age == age)
    }
    pub(crate) fn between(&self, from: i64, to: i64) -> i64 {
        self.sum(|one| (from..=to).contains(&one.age))
    }
    /// The oldest age that somebody has.
    pub(crate) fn oldest(&self) -> i64 {
        self.persons.iter().map(|one| one.age).max().unwrap_or(0).max(0)
    }

    fn sum(&self, fits: impl Fn(&Persons) -> bool) -> i64 {
        self.persons.iter().filter(|one| fits(one)).map(|one| one.persons).sum()
    }

    /// The city by sex and band.
    pub(crate) fn bands(&self, sex: Sex, bands: usize) -> Vec<i64> {
        let mut counted = vec![0; bands];
        for one in self.persons.iter().filter(|one| one.sex == sex && one.age >= 0) {
            counted[band(one.age, bands)] += one.persons;
        }
        counted
    }

    /// The towns as they may be told, in the order of the registry; the small ones together at the end.
    pub(crate) fn towns(&self, smallest: i64) -> Vec<TownRow> {
        let mut towns: Vec<i64> = self
            .persons
            .iter()
            .map(|one| one.town)
            .chain(self.households.iter().map(|(town, _)| *town))
            .collect();
        towns.sort_unstable_by_key(|town| if *town == 0 { i64::MAX } else { *town });
        towns.dedup();
        let place_of = |town: i64| towns.iter().position(|one| *one == town).expect("it was collected above");
        let mut cells =
            [vec![vec![0; TOWN_BANDS + 1]; towns.len()], vec![vec![0; TOWN_BANDS + 1]; towns.len()]];
        let mut totals = vec![[0_i64; 3]; towns.len()];
        for one in &self.persons {
            let (sex, town) = (SEXES.iter().position(|sex| *sex == one.sex).unwrap_or(0), place_of(one.town));
            let column = if one.age < 0 { TOWN_BANDS } else { band(one.age, TOWN_BANDS) };
            cells[sex][town][column] += one.persons;
            totals[town][sex] += one.persons;
        }
        for (town, count) in &self.households {
            totals[place_of(*town)][2] += count;
        }
        told(&towns, &totals, &cells, smallest)
    }
}

fn told(towns: &[i64], totals: &[[i64; 3]], cells: &[Vec<Vec<i64>>; 2], smallest: i64) -> Vec<TownRow> {
    let small = small_towns(totals, smallest);
    let together: Vec<usize> = (0..towns.len()).filter(|town| small[*town]).collect();
    // The rows of the published table: towns that stand alone, then the small ones as one.
    let mut groups: Vec<Vec<usize>> =
        (0..towns.len()).filter(|town| !small[*town]).map(|town| vec![town]).collect();
    let alone = groups.len();
    if !together.is_empty() {
        groups.push(together.clone());
    }
    let bands: Vec<Vec<Vec<Told>>> =
        cells.iter().map(|of_sex| told_cells(&groups, of_sex, smallest)).collect();
    let row = |group: usize, place: Place| {
        let sum = |part: usize| Some(groups[group].iter().map(|town| totals[*town][part]).sum::<i64>());
        let bands = [bands[0][group].clone(), bands[1][group].clone()];
        TownRow { place, men: sum(0), women: sum(1), households: sum(2), bands }
    };
    let mut rows: Vec<TownRow> =
        (0..alone).map(|group| row(group, Place::Town(towns[groups[group][0]]))).collect();
    for town in &together {
        let place = Place::Town(towns[*town]);
        rows.push(TownRow {
            place,
            men: None,
            women: None,
            households: None,
            bands: [Vec::new(), Vec::new()],
        });
    }
    rows.sort_by_key(|row| {
        if let Place::Town(town) = row.place { towns.iter().position(|one| *one == town) } else { None }
    });
    if !together.is_empty() {
        rows.push(row(alone, Place::Together(together.len())));
    }
    rows
}

fn told_cells(groups: &[Vec<usize>], of_sex: &[Vec<i64>], smallest: i64) -> Vec<Vec<Told>> {
    let sum = |group: &Vec<usize>, column: usize| group.iter().map(|town| of_sex[*town][column]).sum::<i64>();
    let cells: Vec<Vec<i64>> =
        groups.iter().map(|group| (0..=TOWN_BANDS).map(|column| sum(group, column)).collect()).collect();
    let hidden = hidden(&cells, smallest);
    cells
        .iter()
        .zip(hidden)
        .map(|(row, hidden)| {
            row.iter().zip(hidden).map(|(cell, hidden)| (!hidden).then_some(*cell)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rows: &[(i64, Sex, i64, i64)], households: &[(i64, i64)]) -> Figures {
        let one = |&(town, sex, age, persons): &(i64, Sex, i64, i64)| Persons { town, sex, age, persons };
        Figures { persons: rows.iter().map(one).collect(), households: households.to_vec() }
    }

    #[test]
    fn a_small_town_is_told_with_another_and_nothing_of_its_own() {
        let (m, f) = (Sex::Male, Sex::Female);
        let rows = [
            (29_000, m, 30, 40),
            (29_000, f, 31, 50),
            (29_000, f, 86, 9),
            (30_000, m, 30, 1),
            (30_000, f, 30, 1),
            (31_000, m, 34, 7),
            (31_000, f, 90, 6),
        ];
        let figures = figures(&rows, &[(29_000, 40), (30_000, 1), (31_000, 5)]);
        let towns = figures.towns(3);
        let told: Vec<(Place, Told, Told, Told)> =
            towns.iter().map(|row| (row.place, row.men, row.women, row.households)).collect();
        let expected = [
            (Place::Town(29_000), Some(40), Some(59), Some(40)),
            (Place::Town(30_000), None, None, None),
            (Place::Town(31_000), None, None, None),
            (Place::Together(2), Some(8), Some(7), Some(6)),
        ];
        assert_eq!(told, expected);
        assert!(towns[1].bands[0].is_empty());
        // One woman of 30 in the small towns: hidden, and with her what would give her away.
        assert_eq!((towns[3].bands[1][6], towns[0].bands[1][6]), (None, None));
        assert_eq!(towns[0].bands[0][6], Some(40));
        assert_eq!(figures.bands(f, TOWN_BANDS)[17], 15);
    }

    #[test]
    fn bands_are_named_and_the_last_is_open() {
        let labels = band_labels(CITY_BANDS);
        assert_eq!((labels[0].as_str(), labels[20].as_str(), labels.len()), ("0–4", "100以上", 21));
        let figures = figures(&[(0, Sex::Male, 113, 1), (0, Sex::Male, 99, 2), (0, Sex::Male, -1, 4)], &[]);
        assert_eq!(&figures.bands(Sex::Male, CITY_BANDS)[19..], [2, 1]);
        assert_eq!((figures.total(), figures.oldest()), (7, 113));
    }
}
