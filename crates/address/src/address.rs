//! 住所 as it is stored and printed.
use std::fmt;

use base::MunicipalityId;

use crate::municipality::{Municipality, municipality};
use crate::{Lot, TownId};

/// An address within Japan. `town` names the 町字 where the registry has it; `town_text` is always what
/// is printed, so that an old or foreign town stays what it was on the paper it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub municipality: MunicipalityId,
    pub town: Option<TownId>,
    /// 「中栗須」, with an unregistered 小字 「藤岡字北ノ原」.
    pub town_text: String,
    pub lot: Lot,
    /// 方書: building and room, 「〜様方」. As written.
    pub detail: String,
}

impl Address {
    /// Orders by municipality, town, lot and 方書 as a printed list does.
    pub fn sort_key(&self) -> String {
        let town = self.town.map_or_else(|| format!("~{}", self.town_text), |town| town.to_string());
        format!("{} {town} {} {}", self.municipality, self.lot.sort_key(), self.detail)
    }

    /// From the town on: 「中栗須327番地3　コーポ藤101号」, as the city's own letters have it.
    pub fn within_city(&self) -> String {
        let mut text = format!("{}{}", self.town_text, self.lot);
        if !self.detail.is_empty() {
            text.push('\u{3000}');
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for Address {
    /// 「群馬県藤岡市中栗須327番地3　コーポ藤101号」
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let municipality = municipality(self.municipality).map(Municipality::whole).unwrap_or_default();
        write!(out, "{municipality}{}", self.within_city())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Numbering;

    fn address(town: &str, text: &str, lot: &str, detail: &str) -> Address {
        Address {
            municipality: MunicipalityId(102_091),
            town: town.parse().ok(),
            town_text: text.to_owned(),
            lot: Lot::parse(lot, Numbering::Lots).expect(lot),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn printed() {
        for (address, printed) in [
            (address("0029000", "中栗須", "327-3", ""), "群馬県藤岡市中栗須327番地3"),
            (
                address("0034000", "藤岡", "853番地1", "コーポ藤101号"),
                "群馬県藤岡市藤岡853番地1\u{3000}コーポ藤101号",
            ),
        ] {
            assert_eq!(address.to_string(), printed);
        }
    }

    #[test]
    fn sorted_by_town_then_number() {
        let in_order = [
            address("0029000", "中栗須", "9", ""),
            address("0029000", "中栗須", "10", ""),
            address("0029000", "中栗須", "10-2", ""),
            address("0034000", "藤岡", "1", ""),
            address("", "多野郡鬼石町", "1", ""),
        ];
        let keys = in_order.map(|address| address.sort_key());
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
