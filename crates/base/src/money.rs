//! Money in whole yen.
use std::fmt;

use crate::half_width;

/// An amount in yen (円). Never a float; sums are checked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Yen(pub i64);

impl Yen {
    /// Reads 12,300円, １２３００, ￥12300, △500 and -500.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = half_width(text);
        let mut kept: String = plain.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        if let Some(number) = kept.strip_suffix('円') {
            kept = number.to_owned();
        }
        let unsigned = kept.trim_start_matches(['¥', '\\']);
        let (sign, digits) = match unsigned.strip_prefix(['△', '▲', '-']) {
            Some(rest) => (-1, rest.trim_start_matches(['¥', '\\'])),
            None => (1, unsigned),
        };
        let only_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        only_digits.then(|| digits.parse::<i64>().ok()).flatten().map(|yen| Self(sign * yen))
    }
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Yen {
    /// `12,300円`; less than nothing as in municipal accounts: `△500円`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            out.write_str("△")?;
        }
        let digits = self.0.unsigned_abs().to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.write_str(",")?;
            }
            write!(out, "{digit}")?;
        }
        out.write_str("円")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_amounts_as_typed() {
        for (text, yen) in [
            ("12,300円", Some(12_300)),
            ("１２３００", Some(12_300)),
            ("￥１２，３００", Some(12_300)),
            ("△500", Some(-500)),
            ("−500 円", Some(-500)),
            ("0", Some(0)),
            ("", None),
            ("円", None),
            ("-", None),
            ("--5", None),
            ("+5", None),
            ("12.5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Yen::parse(text), yen.map(Yen), "{text}");
        }
    }

    #[test]
    fn shows_groups_of_three() {
        for (yen, text) in [
            (0, "0円"),
            (999, "999円"),
            (12_300, "12,300円"),
            (-1_000_000, "△1,000,000円"),
            (i64::MIN, "△9,223,372,036,854,775,808円"),
        ] {
            assert_eq!(Yen(yen).to_string(), text);
        }
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(Yen(1).checked_add(Yen(2)), Some(Yen(3)));
        assert_eq!(Yen(i64::MAX).checked_add(Yen(1)), None);
        assert_eq!(Yen(i64::MIN).checked_sub(Yen(1)), None);
    }

    proptest! {
        #[test]
        fn any_text(text in any::<String>(), yen in -i64::MAX..i64::MAX) {
            let _ = Yen::parse(&text);
            prop_assert_eq!(Yen::parse(&Yen(yen).to_string()), Some(Yen(yen)));
        }
    }
}
