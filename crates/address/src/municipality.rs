//! Prefectures and municipalities of the whole country.
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::fold::fold_name;
use crate::merged::{MERGED, Merged};
use crate::names::NameTable;

static TABLE: &str = include_str!("../data/municipalities.tsv");

/// 市区町村, named with its 郡 as the post office does: 「邑楽郡大泉町」.
#[derive(Debug, PartialEq, Eq)]
pub struct Municipality {
    pub id: MunicipalityId,
    pub prefecture: &'static str,
    pub prefecture_kana: &'static str,
    pub name: &'static str,
    pub kana: &'static str,
}

impl Municipality {
    /// 「群馬県邑楽郡大泉町」
    pub fn whole(&self) -> String {
        format!("{}{}", self.prefecture, self.name)
    }

    /// Without 郡, as people mostly write it: 「大泉町」. Only 町 and 村 lie in a 郡; 郡山市 does not.
    pub fn without_county(&self) -> &'static str {
        let in_county = self.name.ends_with(['町', '村']);
        match self.name.char_indices().skip(1).find(|&(_, letter)| in_county && letter == '郡') {
            Some((place, letter)) => &self.name[place + letter.len_utf8()..],
            None => self.name,
        }
    }

    /// JIS X 0402: the code without its check digit.
    pub(crate) fn jis(&self) -> i64 {
        self.id.0 / 10
    }
}

/// The post office names the island of two villages of 東京都, which is no part of their name.
const ISLANDS: [&str; 2] = ["三宅島", "八丈島"];

/// All municipalities, by code.
pub fn municipalities() -> &'static [Municipality] {
    static ALL: OnceLock<Vec<Municipality>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::with_capacity(1900);
        let mut prefecture = ("", "");
        for line in TABLE.lines().skip(1) {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().expect("three columns");
            let (code, name, kana) = (cell(), cell(), cell());
            let code: i64 = code.parse().expect("a code is digits");
            // A prefecture's own row has 000 for the municipality and comes first.
            if code / 10 % 1000 == 0 {
                prefecture = (name, kana);
            } else {
                let (prefecture, prefecture_kana) = prefecture;
                let name = ISLANDS.iter().find_map(|island| name.strip_prefix(island)).unwrap_or(name);
                all.push(Municipality { id: MunicipalityId(code), prefecture, prefecture_kana, name, kana });
            }
        }
        all
    })
}

/// The municipality of a 団体コード.
pub fn municipality(id: MunicipalityId) -> Option<&'static Municipality> {
    let all = municipalities();
    all.binary_search_by_key(&id, |one| one.id).ok().map(|place| &all[place])
}

/// What a name at the place of a municipality stands for.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Now(&'static Municipality),
    /// A 区 of the city whose name alone was written.
    Ward(&'static Municipality),
    Before(&'static Merged),
}

impl Named {
    pub(crate) fn prefecture(self) -> &'static str {
        match self {
            Self::Now(one) | Self::Ward(one) => one.prefecture,
            Self::Before(old) => old.prefecture,
        }
    }
}

/// Names as compared, for reading an address from its beginning.
pub(crate) struct Names {
    prefectures: NameTable<&'static str>,
    /// Without 都, 府 or 県.
    short_prefectures: NameTable<&'static str>,
    /// A name, and whether it stands without its 郡.
    municipalities: NameTable<(Named, bool)>,
}

impl Names {
    pub(crate) fn get() -> &'static Self {
        static NAMES: OnceLock<Names> = OnceLock::new();
        NAMES.get_or_init(|| {
            let mut prefectures = Vec::new();
            let mut short_prefectures = Vec::new();
            let mut names = Vec::new();
            for one in municipalities() {
                if prefectures.last().is_none_or(|&(_, last)| last != one.prefecture) {
                    prefectures.push((fold_name(one.prefecture), one.prefecture));
                    prefectures.push((fold_name(one.prefecture_kana), one.prefecture));
                    let short = one.prefecture.trim_end_matches(['都', '府', '県']);
                    short_prefectures.push((fold_name(short), one.prefecture));
                }
                names.push((fold_name(one.name), (Named::Now(one), false)));
                names.push((fold_name(one.kana), (Named::Now(one), false)));
                if let Some(island) = ISLANDS.iter().find(|island| one.name.starts_with(&island[..6])) {
                    names.push((fold_name(&format!("{island}{}", one.name)), (Named::Now(one), false)));
                }
                if one.without_county() != one.name {
                    names.push((fold_name(one.without_county()), (Named::Now(one), true)));
                }
                if let Some((city, _)) = one.name.split_once('市').filter(|_| one.name.ends_with('区')) {
                    names.push((fold_name(&format!("{city}市")), (Named::Ward(one), false)));
                }
            }
            for old in MERGED {
                names.push((fold_name(old.old), (Named::Before(old), false)));
                if let Some((_, short)) = old.old.split_once('郡') {
                    names.push((fold_name(short), (Named::Before(old), true)));
                }
            }
            Self {
                prefectures: NameTable::new(prefectures),
                short_prefectures: NameTable::new(short_prefectures),
                municipalities: NameTable::new(names),
            }
        })
    }

    /// The prefecture at the beginning, and how many letters it took.
    pub(crate) fn prefecture(&self, letters: &[char]) -> Option<(&'static str, usize)> {
        longest(&self.prefectures, letters)
    }

    /// The same for 「群馬藤岡市」: without the word 県.
    pub(crate) fn short_prefecture(&self, letters: &[char]) -> Option<(&'static str, usize)> {
        longest(&self.short_prefectures, letters)
    }

    /// All municipalities of the longest name at the beginning, in `prefecture` if one is given. Old names without
    /// 郡 count only in a prefecture (`prefecture` or `near`): there is a 新町 in every city.
    pub(crate) fn municipality(
        &self,
        letters: &[char],
        prefecture: Option<&str>,
        near: Option<&str>,
    ) -> Option<(Vec<Named>, usize)> {
        let mut best: (Vec<Named>, usize) = (Vec::new(), 0);
        self.municipalities.beginnings(letters, |length, &(named, short)| {
            let within = match named {
                Named::Before(old) if short => prefecture.or(near) == Some(old.prefecture),
                _ => prefecture.is_none_or(|within| named.prefecture() == within),
            };
            if !within {
                return;
            }
            if length > best.1 {
                best = (Vec::new(), length);
            }
            best.0.push(named);
        });
        (best.1 > 0).then_some(best)
    }
}

fn longest(table: &NameTable<&'static str>, letters: &[char]) -> Option<(&'static str, usize)> {
    let mut best = None;
    table.beginnings(letters, |length, &name| best = Some((name, length)));
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_whole() {
        let mut prefectures: Vec<&str> = municipalities().iter().map(|one| one.prefecture).collect();
        prefectures.dedup();
        assert_eq!((municipalities().len(), prefectures.len()), (1892, 47));
        assert!(municipalities().is_sorted_by_key(|one| one.id));
        assert_eq!(
            municipality(MunicipalityId(102_091)).map(Municipality::whole).as_deref(),
            Some("群馬県藤岡市")
        );
        assert_eq!(municipality(MunicipalityId(102_092)), None);
    }

    #[test]
    fn counties_are_left_out() {
        for (code, short) in
            [(105_244, "大泉町"), (102_091, "藤岡市"), (72_036, "郡山市"), (103_667, "上野村")]
        {
            let found = municipality(MunicipalityId(code)).expect("a real code");
            assert_eq!(found.without_county(), short);
        }
    }
}
