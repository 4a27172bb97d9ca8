//! Prefectures and municipalities of the whole country.
use std::collections::HashMap;
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::fold::fold_name;

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

/// 市町村合併, as far as residents of Fujioka still write the old name. The whole country's table
/// is loaded with the national registry.
pub(crate) struct Merged {
    pub(crate) old: &'static str,
    pub(crate) prefecture: &'static str,
    pub(crate) into: MunicipalityId,
    /// 和暦 as printed.
    pub(crate) since: &'static str,
}

static MERGED: [Merged; 2] = [
    Merged {
        old: "多野郡鬼石町", prefecture: "群馬県", into: FUJIOKA, since: "平成18年1月1日"
    },
    Merged { old: "鬼石町", prefecture: "群馬県", into: FUJIOKA, since: "平成18年1月1日" },
];
const FUJIOKA: MunicipalityId = MunicipalityId(102_091);

/// What a name at the place of a municipality stands for.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Now(&'static Municipality),
    Before(&'static Merged),
}

impl Named {
    pub(crate) fn prefecture(self) -> &'static str {
        match self {
            Self::Now(one) => one.prefecture,
            Self::Before(old) => old.prefecture,
        }
    }
}

/// Names as compared, for reading an address from its beginning.
pub(crate) struct Names {
    prefectures: HashMap<Box<[char]>, &'static str>,
    municipalities: HashMap<Box<[char]>, Vec<Named>>,
}

/// No municipality's name or reading has more letters.
const LONGEST: usize = 24;

impl Names {
    pub(crate) fn get() -> &'static Self {
        static NAMES: OnceLock<Names> = OnceLock::new();
        NAMES.get_or_init(|| {
            let mut names = Self { prefectures: HashMap::new(), municipalities: HashMap::new() };
            for one in municipalities() {
                for key in [one.prefecture, one.prefecture_kana] {
                    names.prefectures.insert(fold_name(key), one.prefecture);
                }
                let mut keys = [one.name, one.without_county(), one.kana].map(fold_name).to_vec();
                keys.dedup();
                for key in keys {
                    names.municipalities.entry(key).or_default().push(Named::Now(one));
                }
            }
            for old in &MERGED {
                names.municipalities.entry(fold_name(old.old)).or_default().push(Named::Before(old));
            }
            names
        })
    }

    /// The prefecture at the beginning, and how many letters it took.
    pub(crate) fn prefecture(&self, letters: &[char]) -> Option<(&'static str, usize)> {
        longest(letters, |key| self.prefectures.get(key).copied())
    }

    /// All municipalities of the longest name at the beginning, in `prefecture` if one is given.
    pub(crate) fn municipality(
        &self,
        letters: &[char],
        prefecture: Option<&str>,
    ) -> Option<(Vec<Named>, usize)> {
        longest(letters, |key| {
            let mut found = self.municipalities.get(key)?.clone();
            found.retain(|one| prefecture.is_none_or(|within| one.prefecture() == within));
            (!found.is_empty()).then_some(found)
        })
    }
}

fn longest<T>(letters: &[char], find: impl Fn(&[char]) -> Option<T>) -> Option<(T, usize)> {
    (1..=letters.len().min(LONGEST)).rev().find_map(|length| Some((find(&letters[..length])?, length)))
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
        let longest = municipalities().iter().map(|one| fold_name(one.kana).len()).max();
        assert!(longest <= Some(LONGEST), "{longest:?}");
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
