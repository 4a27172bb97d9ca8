//! 町字 of the whole country as addresses are read: rows of the registry where it is carried or loaded, else those of
//! the national table, which knows names, 丁目 and postal codes but no 町字ID.
use std::collections::HashMap;
use std::io::Read as _;
use std::ops::Range;
use std::sync::OnceLock;

use crate::municipality::Municipality;
use crate::names::kanji_number;
use crate::registry::towns_of;
use crate::{Numbering, PostalCode, Town, TownId, TownKind};

/// 町字 somewhere in Japan.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry's row.
    pub town: Option<&'static Town>,
    pub kind: TownKind,
    /// 大字・町 with the word 大字 or 字 where it is part of the name.
    pub oaza: &'static str,
    /// 丁目 as the registry of the municipality writes it, else in kanji: 「一丁目」.
    pub chome: String,
    pub chome_number: Option<u32>,
    /// 小字・通称
    pub koaza: &'static str,
    pub numbering: Numbering,
    /// Only where the town has exactly one.
    pub postal_code: Option<PostalCode>,
    /// 番地 is given out within each 小字, and those are not carried.
    pub(crate) within_koaza: bool,
    /// The post office knows 丁目 here; there may be newer ones than the table has.
    pub(crate) has_chome: bool,
}

impl Place {
    /// As the registry writes it: 「中栗須」, 「本町一丁目」, 「大字南長野」.
    pub fn name(&self) -> String {
        [self.oaza, &self.chome, self.koaza].concat()
    }

    /// 町字ID, where the registry of the municipality is carried.
    pub fn id(&self) -> Option<TownId> {
        self.town.map(|town| town.machiaza_id)
    }

    fn registered(town: &'static Town) -> Self {
        Self {
            town: Some(town),
            kind: town.kind,
            oaza: town.oaza,
            chome: town.chome.to_owned(),
            chome_number: town.chome_number(),
            koaza: town.koaza,
            numbering: town.numbering,
            postal_code: town.postal_code,
            within_koaza: false,
            has_chome: town.kind == TownKind::Chome,
        }
    }
}

/// All towns of a municipality.
pub fn places_of(municipality: &Municipality) -> Vec<Place> {
    let registered = towns_of(municipality.id);
    if registered.is_empty() {
        return NationalTowns::get().places_of(municipality.jis());
    }
    registered.iter().map(Place::registered).collect()
}

/// Names of all towns of a municipality, each once or more.
pub(crate) fn names_of(municipality: &Municipality) -> Vec<&'static str> {
    let registered = towns_of(municipality.id);
    if registered.is_empty() {
        return NationalTowns::get().names_of(municipality.jis());
    }
    registered.iter().map(|town| town.oaza).filter(|name| !name.is_empty()).collect()
}

static DEFLATED: &[u8] = include_bytes!("../data/nation.tsv.gz");

struct NationalTowns {
    text: String,
    /// The lines of a municipality, by JIS X 0402.
    lines: HashMap<i64, Range<usize>>,
}

impl NationalTowns {
    fn get() -> &'static Self {
        static TOWNS: OnceLock<NationalTowns> = OnceLock::new();
        TOWNS.get_or_init(Self::decode)
    }

    fn decode() -> Self {
        let mut text = String::with_capacity(1 << 22);
        flate2::read::GzDecoder::new(DEFLATED).read_to_string(&mut text).expect("built with the program");
        let mut lines: HashMap<i64, Range<usize>> = HashMap::new();
        let mut start = text.find('\n').expect("a header") + 1;
        let mut jis = 0;
        while start < text.len() {
            let line = text[start..].split('\n').next().unwrap_or_default();
            if !line.starts_with('\t') {
                jis = line[..5].parse().expect("five digits");
            }
            let next = start + line.len() + 1;
            lines.entry(jis).or_insert(start..start).end = next;
            start = next;
        }
        Self { text, lines }
    }

    fn names_of(&'static self, jis: i64) -> Vec<&'static str> {
        let lines = self.lines.get(&jis).map_or("", |range| &self.text[range.clone()]).lines();
        lines.filter_map(|line| line.split('\t').nth(1)).collect()
    }

    fn places_of(&'static self, jis: i64) -> Vec<Place> {
        let Some(range) = self.lines.get(&jis) else { return Vec::new() };
        let mut places = Vec::new();
        for line in self.text[range.clone()].lines() {
            let mut cells = line.split('\t').skip(1);
            let mut cell = || cells.next().expect("five columns");
            let (name, chome, flags, code) = (cell(), cell(), cell(), cell());
            let postal_code = code.parse().ok().and_then(PostalCode::new);
            let place = |kind, chome: String, chome_number| Place {
                town: None,
                kind,
                oaza: name,
                chome,
                chome_number,
                koaza: "",
                numbering: Numbering::Unknown,
                postal_code,
                within_koaza: flags.contains('k'),
                has_chome: flags.contains('c'),
            };
            if flags.contains('b') {
                places.push(place(TownKind::Oaza, String::new(), None));
            }
            let (word, numbers) = chome.strip_prefix('丁').map_or(("丁目", chome), |rest| ("丁", rest));
            for number in numbers.split(',').filter(|range| !range.is_empty()).flat_map(range_of) {
                places.push(place(TownKind::Chome, kanji_number(number) + word, Some(number)));
            }
        }
        places
    }
}

/// 「3」 or 「1-8」
fn range_of(text: &str) -> std::ops::RangeInclusive<u32> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse().expect("a 丁目 is a number");
    number(first)..=number(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::municipalities;

    #[test]
    fn every_municipality_has_towns() {
        let without: Vec<&str> =
            municipalities().iter().filter(|one| places_of(one).is_empty()).map(|one| one.name).collect();
        assert_eq!(without, [""; 0]);
        let all: usize = municipalities().iter().map(|one| places_of(one).len()).sum();
        assert!(all > 200_000, "{all}");
    }

    #[test]
    fn towns_outside_the_registry() {
        let names = |name: &str| {
            let one = municipalities().iter().find(|one| one.name == name).expect(name);
            places_of(one).iter().map(Place::name).collect::<Vec<_>>()
        };
        for (city, town) in [
            ("札幌市中央区", "北三条西六丁目"),
            ("堺市堺区", "宿屋町西三丁"),
            ("長野市", "大字南長野"),
            ("渋谷区", "幡ヶ谷二丁目"),
        ] {
            assert!(names(city).iter().any(|name| name == town), "{town}");
        }
    }
}
