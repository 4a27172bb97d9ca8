//! 入力補助: the town while it is typed (screens.md §6, Address).
use std::collections::HashMap;
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::fold::{fold_kana, fold_letter, fold_name, is_kana_text, kana_letter};
use crate::municipality::{Municipality, municipality};
use crate::postal_code::leading_digits;
use crate::registry::towns_of;
use crate::town::{Town, TownKind};
use crate::town_index::{bare_koaza, bare_oaza};
use crate::{PostalCode, TownId};

/// One line of the list under the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub municipality: MunicipalityId,
    /// `None` where the registry of that prefecture is not carried, and for a municipality alone.
    pub town: Option<TownId>,
    /// 「中栗須」; empty for a municipality alone.
    pub name: String,
    pub kana: String,
    pub postal_code: Option<PostalCode>,
}

impl Suggestion {
    pub(crate) fn of(town: &Town) -> Self {
        Self {
            municipality: town.lg_code,
            town: Some(town.machiaza_id),
            name: town.name(),
            kana: town.kana(),
            postal_code: town.postal_code,
        }
    }

    /// 「群馬県藤岡市中栗須」
    pub fn whole(&self) -> String {
        let municipality = municipality(self.municipality).map(Municipality::whole).unwrap_or_default();
        municipality + &self.name
    }
}

/// A text longer than any name is no name.
pub(crate) const LONGEST_QUERY: usize = 96;

/// How well a town answers; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    Whole,
    Beginning,
    KanaBeginning,
    Inside,
    Initials,
    KanaInside,
}

/// What was typed, in the forms it is compared in.
pub(crate) struct Query {
    name: String,
    /// Empty unless all of it is kana.
    kana: String,
}

impl Query {
    pub(crate) fn of(typed: &str) -> Self {
        let spoken = fold_kana(&base::half_width(typed));
        let kana = if is_kana_text(&spoken) { spoken } else { String::new() };
        Self { name: name_key(typed.trim()), kana }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.name.is_empty()
    }

    /// A quick look at the first letter only: whether the name or the reading can begin so.
    pub(crate) fn may_begin(&self, name: &str, kana: &str) -> bool {
        let name = name.chars().next().map(fold_letter);
        let kana = kana.chars().next().and_then(kana_letter);
        name.is_some() && (self.name.chars().next() == name || name == Some('大'))
            || (kana.is_some() && self.kana.chars().next() == kana)
    }

    /// Both sides folded.
    pub(crate) fn matches(&self, name: &str, kana: &str) -> Option<Match> {
        if name == self.name || (!self.kana.is_empty() && kana == self.kana) {
            return Some(Match::Whole);
        }
        if name.starts_with(&self.name) {
            return Some(Match::Beginning);
        }
        let spoken = !self.kana.is_empty();
        if spoken && kana.starts_with(&self.kana) {
            return Some(Match::KanaBeginning);
        }
        if name.contains(&self.name) {
            return Some(Match::Inside);
        }
        if spoken && are_initials(&self.kana, kana) {
            return Some(Match::Initials);
        }
        (spoken && kana.contains(&self.kana)).then_some(Match::KanaInside)
    }
}

/// ナク → ナカ·クリス: the first letter begins the reading, the others follow in order. The registry
/// does not say where in the reading a kanji begins.
fn are_initials(typed: &str, kana: &str) -> bool {
    let mut letters = kana.chars();
    let mut typed = typed.chars();
    typed.next() == letters.next() && typed.all(|initial| letters.any(|letter| letter == initial))
}

/// A name as compared: 大字 and 字 left out, 「二丁目」 as 「2丁目」.
pub(crate) fn name_key(name: &str) -> String {
    let letters: Vec<char> = fold_name(bare_koaza(bare_oaza(name))).into_vec();
    let mut key = String::with_capacity(name.len());
    for (place, &letter) in letters.iter().enumerate() {
        let chome = letters.get(place + 1) == Some(&'丁');
        match crate::lot::number(&[letter]) {
            Some((number, _)) if chome => key.push_str(&number.to_string()),
            _ => key.push(letter),
        }
    }
    key
}

/// The towns of `municipality` that answer `typed`: kanji, kana of any width, kana initials (ナク → 中栗須),
/// postal code, and 「グ フ ナ」 for prefecture, municipality and town. At most `limit`, best first.
pub fn complete(municipality: MunicipalityId, typed: &str, limit: usize) -> Vec<Suggestion> {
    if typed.len() > LONGEST_QUERY {
        return Vec::new();
    }
    if let Some(digits) = leading_digits(typed) {
        let matching = towns_of(municipality)
            .iter()
            .filter(|town| town.postal_code.is_some_and(|code| code.digits().starts_with(&digits)));
        return matching.take(limit).map(Suggestion::of).collect();
    }
    let Some(query) = town_query(municipality, typed) else { return Vec::new() };
    let mut found: Vec<(Match, TownKind, &Town)> = keys_of(municipality)
        .iter()
        .filter_map(|key| Some((query.matches(&key.name, &key.kana)?, key.town.kind, key.town)))
        .collect();
    found.sort_by_key(|&(how, kind, town)| (how, kind, town.machiaza_id));
    found.into_iter().take(limit).map(|(_, _, town)| Suggestion::of(town)).collect()
}

/// The last word is the town; words before it must begin the prefecture and the municipality.
fn town_query(id: MunicipalityId, typed: &str) -> Option<Query> {
    let typed = base::half_width(typed);
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    let town = Query::of(words.pop()?);
    let within = municipality(id)?;
    let fits = match words[..] {
        [] => true,
        [one] => names_prefecture(within, one) || names_municipality(within, one),
        [prefecture, city] => names_prefecture(within, prefecture) && names_municipality(within, city),
        _ => false,
    };
    (fits && !town.is_empty()).then_some(town)
}

pub(crate) fn names_prefecture(one: &Municipality, word: &str) -> bool {
    begins(word, one.prefecture, one.prefecture_kana)
}

pub(crate) fn names_municipality(one: &Municipality, word: &str) -> bool {
    let county_kana = one.kana.find("グン").filter(|_| one.without_county() != one.name);
    let short_kana = county_kana.map_or(one.kana, |place| &one.kana[place + "グン".len()..]);
    begins(word, one.name, one.kana) || begins(word, one.without_county(), short_kana)
}

fn begins(word: &str, name: &str, kana: &str) -> bool {
    let how = Query::of(word).matches(&name_key(name), &fold_kana(kana));
    how.is_some_and(|how| how <= Match::KanaBeginning)
}

/// A town in the forms it is compared in.
pub(crate) struct TownKey {
    pub(crate) town: &'static Town,
    pub(crate) name: String,
    kana: String,
}

/// Keys of all carried towns, made once.
pub(crate) fn keys_of(municipality: MunicipalityId) -> &'static [TownKey] {
    static ALL: OnceLock<HashMap<MunicipalityId, OnceLock<Vec<TownKey>>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        crate::municipality::municipalities().iter().map(|one| (one.id, OnceLock::new())).collect()
    });
    let Some(keys) = all.get(&municipality) else { return &[] };
    keys.get_or_init(|| towns_of(municipality).iter().map(TownKey::of).collect())
}

impl TownKey {
    fn of(town: &'static Town) -> Self {
        let koaza_kana = if town.koaza.starts_with('字') {
            town.koaza_kana.strip_prefix("アザ").unwrap_or(town.koaza_kana)
        } else {
            town.koaza_kana
        };
        let oaza_kana = if town.oaza.starts_with("大字") {
            town.oaza_kana.strip_prefix("オオアザ").unwrap_or(town.oaza_kana)
        } else {
            town.oaza_kana
        };
        let chome = town.chome_number().map(|number| format!("{number}チョウメ")).unwrap_or_default();
        let name = [bare_oaza(town.oaza), town.chome, bare_koaza(town.koaza)].concat();
        Self { town, name: name_key(&name), kana: fold_kana(&[oaza_kana, &chome, koaza_kana].concat()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUJIOKA: MunicipalityId = MunicipalityId(102_091);

    #[test]
    fn the_town_comes_first() {
        for (typed, first) in [
            ("中栗須", "群馬県藤岡市中栗須"),
            ("大字中栗須", "群馬県藤岡市中栗須"),
            ("栗須", "群馬県藤岡市上栗須"),
            ("中", "群馬県藤岡市中"),
            ("ナカクリ", "群馬県藤岡市中栗須"),
            ("なかくり", "群馬県藤岡市中栗須"),
            ("ﾅｶｸﾘ", "群馬県藤岡市中栗須"),
            ("ナク", "群馬県藤岡市中栗須"),
            ("グ フ ナク", "群馬県藤岡市中栗須"),
            ("ぐんま　ふじ　なく", "群馬県藤岡市中栗須"),
            ("藤岡市 ナク", "群馬県藤岡市中栗須"),
            ("三ッ木", "群馬県藤岡市三ツ木"),
            ("三つ", "群馬県藤岡市三ツ木"),
            ("ジヨウボウジ", "群馬県藤岡市浄法寺"),
            ("サンボギ", "群馬県藤岡市三本木"),
            ("みどの", "群馬県藤岡市緑埜"),
            ("3750024", "群馬県藤岡市藤岡"),
            ("〒３７５−００２４", "群馬県藤岡市藤岡"),
            ("370-1401", "群馬県藤岡市鬼石"),
            ("2丁目", "群馬県藤岡市二丁目"),
            ("旭", "群馬県藤岡市旭町"),
        ] {
            let found = complete(FUJIOKA, typed, 8);
            assert_eq!(found.first().map(Suggestion::whole).as_deref(), Some(first), "{typed}");
        }
    }

    #[test]
    fn initials_of_three_levels() {
        let found = complete(FUJIOKA, "グ フ ナ", 50);
        assert!(found.iter().any(|one| one.name == "中栗須"));
        assert!(found.iter().take(4).all(|one| one.kana.starts_with('ナ')), "{found:?}");
    }

    #[test]
    fn nothing_answers() {
        for typed in ["", " ", "緑野", "トウ フ ナ", "フ グ ナ", "9999999", "ヱ", &"中".repeat(50)]
        {
            assert_eq!(complete(FUJIOKA, typed, 8), [], "{typed}");
        }
        assert_eq!(complete(MunicipalityId(1), "中", 8), []);
    }

    #[test]
    fn limits_hold() {
        for limit in [0, 1, 5] {
            assert_eq!(complete(FUJIOKA, "中", limit).len(), limit);
        }
    }

    #[test]
    fn elsewhere_in_the_prefecture() {
        for (municipality, typed, first) in [
            (102_024, "たかまつ", "群馬県高崎市高松町"),
            (102_032, "本町四丁目", "群馬県桐生市本町４丁目"),
            (102_113, "げんぺいざわ", "群馬県安中市松井田町横川字源平沢"),
        ] {
            let found = complete(MunicipalityId(municipality), typed, 3);
            assert_eq!(found.first().map(Suggestion::whole).as_deref(), Some(first), "{typed}");
        }
    }
}
