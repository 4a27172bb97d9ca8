//! The towns of a municipality by name as compared, for reading addresses from their beginning.
use std::collections::HashMap;
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::fold::{fold_letter, fold_name};
use crate::municipality::municipalities;
use crate::town::{Town, TownKind, towns_of};

type Name = Box<[char]>;

/// Names of one municipality.
#[derive(Default)]
pub(crate) struct TownIndex {
    /// 大字・町 → its row and all 丁目 and 小字 under it.
    oaza: HashMap<Name, Vec<&'static Town>>,
    /// The same for names registered with the word 大字: 太田市 has both 太子町 and 大字太子町.
    with_word: HashMap<Name, Vec<&'static Town>>,
    /// 小字・通称 that stand without 大字; one name may stand in several places.
    alone: HashMap<Name, Vec<&'static Town>>,
    /// 丁目 that stand without 大字.
    chome: Vec<&'static Town>,
    longest: usize,
}

/// The index of a municipality whose towns are carried.
pub(crate) fn index(municipality: MunicipalityId) -> Option<&'static TownIndex> {
    static ALL: OnceLock<HashMap<MunicipalityId, TownIndex>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let carried = municipalities().iter().map(|one| one.id).filter(|&id| !towns_of(id).is_empty());
        carried.map(|id| (id, TownIndex::of(towns_of(id)))).collect()
    });
    all.get(&municipality)
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
pub(crate) enum Found<'a> {
    Oaza(&'a [&'static Town]),
    Alone(&'a [&'static Town]),
}

impl TownIndex {
    fn of(towns: &'static [Town]) -> Self {
        let mut index = Self::default();
        for town in towns {
            let (name, names) = match (town.oaza, town.koaza) {
                ("", "") => {
                    index.chome.push(town);
                    continue;
                }
                ("", koaza) => (fold_name(bare_koaza(koaza)), &mut index.alone),
                (oaza, _) if oaza == bare_oaza(oaza) => (fold_name(oaza), &mut index.oaza),
                (oaza, _) => (fold_name(bare_oaza(oaza)), &mut index.with_word),
            };
            index.longest = index.longest.max(name.len());
            names.entry(name).or_default().push(town);
        }
        index
    }

    /// The names at the beginning with their lengths, the longest first (中栗須 before 中), 大字 before
    /// 通称. `word` tells whether the word 大字 stands before, which decides where a name is registered
    /// both ways.
    pub(crate) fn names<'a>(
        &'a self,
        letters: &'a [char],
        word: bool,
    ) -> impl Iterator<Item = (Found<'a>, usize)> + 'a {
        let (first, second) =
            if word { (&self.with_word, &self.oaza) } else { (&self.oaza, &self.with_word) };
        (1..=letters.len().min(self.longest)).rev().flat_map(move |length| {
            let name = &letters[..length];
            let oaza = [first.get(name), second.get(name)].into_iter().flatten();
            let alone = self.alone.get(name).into_iter();
            let found = oaza.map(|towns| Found::Oaza(towns)).chain(alone.map(|towns| Found::Alone(towns)));
            found.map(move |found| (found, length))
        })
    }

    pub(crate) fn longest<'a>(&'a self, letters: &'a [char], word: bool) -> Option<(Found<'a>, usize)> {
        self.names(letters, word).next()
    }

    /// Other towns of exactly this name: registered with and without the word 大字, or 小字 that stand alone.
    pub(crate) fn namesakes(&self, name: &[char], of: &Town) -> Vec<&'static Town> {
        let named =
            [&self.oaza, &self.with_word, &self.alone].into_iter().filter_map(|names| names.get(name));
        let others = named.filter_map(|towns| towns.first().copied());
        others
            .filter(|other| other.oaza != of.oaza && (other.oaza.is_empty() || other.koaza.is_empty()))
            .collect()
    }

    /// 丁目 that stands without 大字.
    pub(crate) fn chome(&self, number: u32) -> Option<&'static Town> {
        self.chome.iter().copied().find(|town| town.chome_number() == Some(number))
    }

    /// Towns whose name is one letter away, 大字 first. For offering, never for taking.
    pub(crate) fn near(&self, typed: &[char]) -> Vec<&'static Town> {
        let mut near: Vec<(bool, TownKind, &'static Town)> = Vec::new();
        for (name, towns) in self.oaza.iter().chain(&self.with_word).chain(&self.alone) {
            // One letter of one letter is no likeness.
            if letters_away(typed, name) <= 1 && typed.len().max(name.len()) > 1 {
                near.push((typed.first() != name.first(), towns[0].kind, towns[0]));
            }
        }
        near.sort_by_key(|&(other_head, kind, town)| (other_head, kind, town.machiaza_id));
        // 「緑野」 is rather 緑埜 or 緑町 than 坂野: the first letter is seldom the wrong one.
        let best = near.first().map(|&(other_head, ..)| other_head);
        let alike = near.into_iter().filter(|&(other_head, ..)| Some(other_head) == best);
        alike.map(|(_, _, town)| town).take(MOST_NEAR).collect()
    }
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
pub(crate) fn longest_koaza(towns: &[&'static Town], letters: &[char]) -> Option<(&'static Town, usize)> {
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
