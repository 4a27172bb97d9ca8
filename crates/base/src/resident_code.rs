//! 住民票コード (residents.md §2.3; 住民基本台帳法施行規則 art. 1).
use std::fmt;

use crate::NumberDoubt;
use crate::number::{digits_of, value_of};

/// 住民票コード, eleven digits: ten drawn at random and a check digit.
///
/// The minister's notice with the formula of the check digit was not found (residents.md §2.3, *GAP*), so only
/// the length and the digits are verified: a guessed formula would refuse codes that are right.
/// Hidden like [`crate::MyNumber`]: no `Display`, no serde; it leaves only through `reveal`.
#[derive(Clone, PartialEq, Eq)]
pub struct ResidentCode(u64);

impl ResidentCode {
    pub fn parse(text: &str) -> Result<Self, NumberDoubt> {
        let digits = digits_of(text).filter(|d| d.len() == 11);
        let wrong = NumberDoubt::Digits { name: "住民票コード", digits: 11 };
        digits.map(|d| Self(value_of(&d))).ok_or(wrong)
    }
    /// The eleven digits.
    pub fn reveal(&self) -> String {
        format!("{:011}", self.0)
    }
}

impl fmt::Debug for ResidentCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ResidentCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_eleven_digits_as_typed() {
        for (text, expected) in [
            ("12345678901", Some("12345678901")),
            ("０００１２３４５６７８", Some("00012345678")),
            ("1234 5678-901", Some("12345678901")),
            ("1234567890", None),
            ("123456789012", None),
            ("1234567890x", None),
            ("", None),
        ] {
            assert_eq!(ResidentCode::parse(text).ok().map(|c| c.reveal()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn stays_hidden() {
        let code = ResidentCode::parse("12345678901").unwrap();
        assert_eq!(format!("{code:?}"), "ResidentCode(hidden)");
    }
}
