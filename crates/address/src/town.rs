//! 町字 as the address base registry writes them.
use std::fmt;
use std::str::FromStr;

use base::MunicipalityId;

use crate::{Numbering, PostalCode};

/// 町字ID of the registry: seven digits, 大字 4 and 小字・丁目 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TownId(u32);

impl TownId {
    /// `None` above 9999999.
    pub const fn new(number: u32) -> Option<Self> {
        if number < 10_000_000 { Some(Self(number)) } else { None }
    }
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TownId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:07}", self.0)
    }
}

/// The text is not seven digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATownId;

impl fmt::Display for NotATownId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("町字IDは7けたの数字です。例：0029000")
    }
}
impl std::error::Error for NotATownId {}

impl FromStr for TownId {
    type Err = NotATownId;
    fn from_str(text: &str) -> Result<Self, NotATownId> {
        if text.len() != 7 || !text.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotATownId);
        }
        text.parse().map(Self).map_err(|_| NotATownId)
    }
}

/// 町字区分 of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TownKind {
    /// 1 大字・町
    Oaza,
    /// 2 丁目
    Chome,
    /// 3 小字・通称
    Koaza,
}

/// 町字
#[derive(Debug, PartialEq, Eq)]
pub struct Town {
    pub lg_code: MunicipalityId,
    pub machiaza_id: TownId,
    pub kind: TownKind,
    /// 大字・町, empty for 小字 and 丁目 that stand alone. As registered: 「中栗須」, elsewhere 「大字干俣」.
    pub oaza: &'static str,
    pub oaza_kana: &'static str,
    /// 丁目 as the municipality writes it: 「一丁目」, 「１丁目」.
    pub chome: &'static str,
    /// 小字・通称: 「旭町」, 「字森谷戸」.
    pub koaza: &'static str,
    pub koaza_kana: &'static str,
    pub numbering: Numbering,
    /// Only where the town has exactly one.
    pub postal_code: Option<PostalCode>,
}

impl Town {
    /// As the registry writes it: 「中栗須」, 「本町一丁目」, 「松井田町横川字源平沢」.
    pub fn name(&self) -> String {
        [self.oaza, self.chome, self.koaza].concat()
    }

    /// The reading; a 丁目 is read with its number.
    pub fn kana(&self) -> String {
        match self.chome_number() {
            Some(number) => format!("{}{number}チョウメ{}", self.oaza_kana, self.koaza_kana),
            None => [self.oaza_kana, self.koaza_kana].concat(),
        }
    }

    /// The number of 丁目, in whichever letters the municipality writes it.
    pub fn chome_number(&self) -> Option<u32> {
        let letters: Vec<char> = base::half_width(self.chome).chars().collect();
        crate::lot::number(&letters).map(|(number, _)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{town, towns_of};

    const FUJIOKA: MunicipalityId = MunicipalityId(102_091);

    #[test]
    fn fujioka_has_its_176_towns() {
        let count = |kind| towns_of(FUJIOKA).iter().filter(|town| town.kind == kind).count();
        assert_eq!([TownKind::Oaza, TownKind::Chome, TownKind::Koaza].map(count), [44, 6, 126]);
        assert!(towns_of(FUJIOKA).iter().all(|town| town.numbering == Numbering::Lots));
        let oaza = towns_of(FUJIOKA).iter().filter(|town| town.kind == TownKind::Oaza);
        assert!(oaza.clone().all(|town| town.postal_code.is_some()), "every 大字 has one postal code");
    }

    #[test]
    fn towns_by_id() {
        for (municipality, id, name, kana, postal_code) in [
            (102_091, "0029000", "中栗須", "ナカクリス", Some("375-0015")),
            (102_091, "0004000", "鬼石", "オニシ", Some("370-1401")),
            (102_091, "0000101", "旭町", "アサヒチョウ", None),
            (102_091, "0000001", "一丁目", "1チョウメ", None),
            (102_032, "0049004", "本町４丁目", "ホンチョウ4チョウメ", Some("376-0031")),
        ] {
            let found = town(MunicipalityId(municipality), id.parse().expect("an id")).expect(id);
            assert_eq!((found.name().as_str(), found.kana().as_str()), (name, kana));
            assert_eq!(found.postal_code.map(|code| code.to_string()).as_deref(), postal_code, "{name}");
        }
        assert_eq!(town(FUJIOKA, TownId(29_001)), None);
        assert_eq!(towns_of(MunicipalityId(131_016)), []);
    }

    #[test]
    fn ids_are_seven_digits() {
        for (text, number) in
            [("0029000", Some(29_000)), ("29000", None), ("00290000", None), ("+029000", None)]
        {
            assert_eq!(text.parse::<TownId>().ok().map(TownId::number), number, "{text}");
        }
        assert_eq!(TownId(29_000).to_string(), "0029000");
    }
}
