//! The towns of a municipality by name as compared, for reading addresses from their beginning.
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::fold::{fold_letter, fold_name};
use crate::municipality::{Municipality, municipalities};
use crate::names::{NameTable, Units, loose_units_of, units_of};
use crate::place::{Place, places_of};
use crate::town::TownKind;

type Places = Vec<&'static Place>;

/// How a name stands in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Standing {
    /// 大字・町
    Oaza,
    /// The same with the word 大字 or 字: 太田市 has both 太子町 and 大字太子町.
    WithWord,
    /// 小字・通称 without 大字; one name may stand in several places.
    Alone,
}

/// A name with its own row and all 丁目 and 小字 under it.
pub(crate) struct Group {
    standing: Standing,
    /// As registered.
    name: &'static str,
    places: Places,
}

/// A name as loosely compared.
struct Loose {
    at: usize,
    /// Without its last 町.
    shortened: bool,
}

/// Names of one municipality.
pub(crate) struct TownIndex {
    groups: Vec<Group>,
    names: NameTable<usize>,
    /// Names without the small letters people leave out and without a last 町; made when first needed.
    loose: OnceLock<NameTable<Loose>>,
    /// 丁目 that stand without 大字.
    chome: Places,
}

/// The index of a municipality.
pub(crate) fn index(municipality: MunicipalityId) -> Option<&'static TownIndex> {
    static ALL: OnceLock<Vec<OnceLock<TownIndex>>> = OnceLock::new();
    let all = ALL.get_or_init(|| municipalities().iter().map(|_| OnceLock::new()).collect());
    let place = municipalities().binary_search_by_key(&municipality, |one| one.id).ok()?;
    Some(all[place].get_or_init(|| TownIndex::of(&municipalities()[place])))
}

/// 大字 as compared: without the word 大字, which people write or not.
pub(crate) fn bare_oaza(oaza: &str) -> &str {
    oaza.strip_prefix("大字").filter(|rest| !rest.is_empty()).unwrap_or(oaza)
}

/// 小字 as compared: without 字.
pub(crate) fn bare_koaza(koaza: &str) -> &str {
    koaza.strip_prefix('字').filter(|rest| !rest.is_empty()).unwrap_or(koaza)
}

/// What stands at the beginning of some letters.
#[derive(Clone, Copy)]
pub(crate) enum Found {
    Oaza(&'static [&'static Place]),
    Alone(&'static [&'static Place]),
}

impl Found {
    pub(crate) fn places(self) -> &'static [&'static Place] {
        match self {
            Self::Oaza(places) | Self::Alone(places) => places,
        }
    }
}

impl TownIndex {
    fn of(municipality: &Municipality) -> Self {
        // The towns of a municipality are read once and then live as long as the program.
        let places: &'static [Place] = places_of(municipality).leak();
        let mut groups: Vec<Group> = Vec::new();
        let mut by_name = std::collections::HashMap::new();
        let (mut chome, mut names) = (Vec::new(), Vec::new());
        for place in places {
            let (name, standing) = match (place.oaza, place.koaza) {
                ("", "") => {
                    chome.push(place);
                    continue;
                }
                ("", koaza) => (koaza, Standing::Alone),
                (oaza, _) if oaza == bare_koaza(bare_oaza(oaza)) => (oaza, Standing::Oaza),
                (oaza, _) => (oaza, Standing::WithWord),
            };
            // Names of one key are one group: 太田市 registers 藪塚町 twice, with two forms of 塚.
            let key = compared(name);
            let group = *by_name.entry((key.clone(), standing)).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Group { standing, name, places: Vec::new() });
                names.push((key, group));
            }
            groups[group].places.push(place);
        }
        Self { names: NameTable::new(names), groups, loose: OnceLock::new(), chome }
    }

    fn loose(&self) -> &NameTable<Loose> {
        self.loose.get_or_init(|| {
            let mut names = Vec::new();
            for (at, group) in self.groups.iter().enumerate() {
                let bare = bare_name(group.name);
                if let Some((&'町', shorter)) = bare.split_last()
                    && shorter.len() > 1
                {
                    names.push((loose_units_of(shorter), Loose { at, shortened: true }));
                }
                names.push((loose_units_of(&bare), Loose { at, shortened: false }));
            }
            NameTable::new(names)
        })
    }

    /// The names at the beginning with their lengths, the longest first (中栗須 before 中), 大字 before
    /// 通称. `word` tells whether the word 大字 stands before, which decides where a name is registered
    /// both ways.
    pub(crate) fn names(&'static self, letters: &[char], word: bool) -> Vec<(Found, usize)> {
        let units = Units::of(letters);
        let mut found: Vec<(usize, &'static Group)> = Vec::new();
        self.names.beginnings(units.as_slice(), |length, &at| found.push((length, &self.groups[at])));
        found.sort_by_key(|&(length, group)| (std::cmp::Reverse(length), group.rank(word)));
        found.into_iter().map(|(length, group)| (group.found(), units.letters(length))).collect()
    }

    pub(crate) fn longest(&'static self, letters: &[char], word: bool) -> Option<(Found, usize)> {
        let units = Units::of(letters);
        let mut best: Option<(usize, &'static Group)> = None;
        self.names.beginnings(units.as_slice(), |length, &at| {
            let group = &self.groups[at];
            if best.is_none_or(|(known, other)| length > known || group.rank(word) < other.rank(word)) {
                best = Some((length, group));
            }
        });
        best.map(|(length, group)| (group.found(), units.letters(length)))
    }

    /// The one town whose name begins the letters when small letters (虎門 for 虎ノ門), a 大字 inside and a last 町
    /// are left out or put in. `None` when several do. Behind the `word` 大字 a 町 is not missing.
    pub(crate) fn longest_loosely(&'static self, letters: &[char], word: bool) -> Option<(Found, usize)> {
        let units = Units::loose(letters);
        let mut best: Option<(usize, &'static Group, bool)> = None;
        self.loose().beginnings(units.as_slice(), |length, loose| {
            if word && loose.shortened {
                return;
            }
            let group = &self.groups[loose.at];
            let again = best.is_some_and(|(known, ..)| known == length);
            best = Some((length, group, again));
        });
        let (length, group, several) = best.filter(|&(length, ..)| length > 1)?;
        (!several).then(|| (group.found(), units.letters(length)))
    }

    /// The one town whose name begins the letters where one of them could not be shown: 「〓尾井町」, 「●岡」.
    pub(crate) fn with_missing_letter(&'static self, letters: &[char]) -> Option<(Found, usize)> {
        let letters = &letters[..letters.len().min(MOST_LETTERS)];
        if !letters.iter().any(|&letter| is_missing(letter)) {
            return None;
        }
        let mut best: Option<(usize, &'static Group, bool)> = None;
        for (name, at) in self.names.iter() {
            let Some(length) = agrees(name, letters) else { continue };
            match best {
                Some((known, ..)) if known > length => {}
                Some((known, ..)) if known == length => best = Some((length, &self.groups[*at], true)),
                _ => best = Some((length, &self.groups[*at], false)),
            }
        }
        best.filter(|&(.., several)| !several).map(|(length, group, _)| (group.found(), length))
    }

    /// Other towns of exactly this name: registered with and without the word 大字, or 小字 that stand alone.
    pub(crate) fn namesakes(&'static self, name: &[char], of: &Place) -> Places {
        let key = units_of(name);
        let groups = self.names.named(&key).map(|&at| &self.groups[at]);
        let others = groups.filter_map(|group| group.places.first().copied());
        others
            .filter(|other| other.oaza != of.oaza && (other.oaza.is_empty() || other.koaza.is_empty()))
            .collect()
    }

    /// 丁目 that stands without 大字.
    pub(crate) fn chome(&self, number: u32) -> Option<&'static Place> {
        self.chome.iter().copied().find(|town| town.chome_number == Some(number))
    }

    /// Towns whose name is one letter away, 大字 first. For offering, never for taking.
    pub(crate) fn near(&self, typed: &[char]) -> Places {
        let typed = units_of(typed);
        let mut near: Vec<(bool, TownKind, &'static Place)> = Vec::new();
        for (name, at) in self.names.iter() {
            // One letter of one letter is no likeness.
            if letters_away(&typed, name) <= 1 && typed.len().max(name.len()) > 1 {
                let first = self.groups[*at].places[0];
                near.push((typed.first() != name.first(), first.kind, first));
            }
        }
        near.sort_by_key(|&(other_head, kind, town)| (other_head, kind, town.id()));
        // 「緑野」 is rather 緑埜 or 緑町 than 坂野: the first letter is seldom the wrong one.
        let best = near.first().map(|&(other_head, ..)| other_head);
        let alike = near.into_iter().filter(|&(other_head, ..)| Some(other_head) == best);
        alike.map(|(_, _, town)| town).take(MOST_NEAR).collect()
    }
}

impl Group {
    fn rank(&self, word: bool) -> u8 {
        match (self.standing, word) {
            (Standing::Oaza, false) | (Standing::WithWord, true) => 0,
            (Standing::Alone, _) => 2,
            _ => 1,
        }
    }

    fn found(&'static self) -> Found {
        match self.standing {
            Standing::Alone => Found::Alone(&self.places),
            _ => Found::Oaza(&self.places),
        }
    }
}

/// A whole name in the units it is compared in.
pub(crate) fn compared(name: &str) -> Box<[char]> {
    units_of(&bare_name(name))
}

fn bare_name(name: &str) -> Box<[char]> {
    fold_name(bare_koaza(bare_oaza(name)))
}

/// No name with a missing letter is looked for further.
const MOST_LETTERS: usize = 24;

/// Signs that stand where a letter could not be converted.
fn is_missing(letter: char) -> bool {
    matches!(letter, '\u{FFFD}' | '〓' | '●' | '■' | '□' | '\u{E000}'..='\u{F8FF}')
}

/// How many letters `name` takes; signs of a missing letter beside each other stand for one.
fn agrees(name: &[char], letters: &[char]) -> Option<usize> {
    let (mut at, mut missing) = (0, false);
    for &unit in name {
        let letter = *letters.get(at)?;
        if is_missing(letter) {
            at += letters[at..].iter().take_while(|&&letter| is_missing(letter)).count();
            missing = true;
        } else if letter == unit {
            at += 1;
        } else {
            return None;
        }
    }
    (missing && name.len() > 2).then_some(at)
}

/// More cannot be read at a glance.
const MOST_NEAR: usize = 5;

/// 0 same, 1 one letter changed, missing or added, 2 more.
fn letters_away(one: &[char], other: &[char]) -> usize {
    if one.len().abs_diff(other.len()) > 1 {
        return 2;
    }
    let same_head = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same_head..], &other[same_head..]);
    let same_tail = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (one.len().max(other.len()) - same_tail).min(2)
}

/// The 小字 of a 大字 with the longest name at the beginning, and its length.
pub(crate) fn longest_koaza(towns: &[&'static Place], letters: &[char]) -> Option<(&'static Place, usize)> {
    let koaza = towns.iter().copied().filter(|town| !town.koaza.is_empty());
    let matching = koaza.filter_map(|town| {
        let mut length = 0;
        for letter in bare_koaza(town.koaza).chars() {
            if letters.get(length) != Some(&fold_letter(letter)) {
                return None;
            }
            length += 1;
        }
        Some((town, length))
    });
    matching.max_by_key(|&(_, length)| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_away() {
        for (one, other, away) in [
            ("緑埜", "緑埜", 0),
            ("緑野", "緑埜", 1),
            ("緑", "緑埜", 1),
            ("中緑埜", "緑埜", 1),
            ("緑大埜", "緑埜", 1),
            ("埜緑", "緑埜", 2),
            ("中栗須", "中", 2),
        ] {
            let away_found = letters_away(&fold_name(one), &fold_name(other));
            assert_eq!(away_found, away, "{one} {other}");
        }
    }
}
