//! Numbers with check digits: 宛名番号, 世帯番号, 団体コード, 個人番号, 法人番号 (residents.md §2.3).
use std::fmt;
use std::str::FromStr;

use crate::{MunicipalityId, half_width};

/// Why a text is not the number it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberDoubt {
    /// Not made of so many digits.
    Digits { name: &'static str, digits: u8 },
    /// The digits are there, but the check digit says that one was mistyped.
    CheckDigit { name: &'static str },
}

impl fmt::Display for NumberDoubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits { name, digits } => write!(out, "{name}は{digits}桁の数字です"),
            Self::CheckDigit { name } => {
                write!(out, "{name}の検査数字が合いません。1桁ずつ見くらべると見つかります")
            }
        }
    }
}
impl std::error::Error for NumberDoubt {}

/// The digits as typed: full width, spaces and hyphens are form, not content.
pub(crate) fn digits_of(text: &str) -> Option<Vec<u8>> {
    let plain = half_width(text);
    let kept = plain.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.map(|c| c.to_digit(10).map(|digit| digit as u8)).collect()
}

/// The number itself; only for at most 18 digits.
pub(crate) fn value_of(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, &digit| value * 10 + u64::from(digit))
}

/// Check digit by modulus 11, weights 2 to 7 repeating from the right; remainder 0 gives 0 [STD 1.1.13].
///
/// `None` for remainder 1, which would need a tenth digit: such serials are never issued. Also
/// `None` when `serial` is empty or not made of ASCII digits.
pub fn check_digit_m11_w2_7(serial: &str) -> Option<u8> {
    if serial.is_empty() {
        return None;
    }
    let mut remainder: u32 = 0;
    for (letter, weight) in serial.bytes().rev().zip((2..=7).cycle()) {
        let digit = letter.is_ascii_digit().then(|| u32::from(letter - b'0'))?;
        remainder = (remainder + digit * weight) % 11;
    }
    match remainder {
        0 => Some(0),
        1 => None,
        rest => u8::try_from(11 - rest).ok(),
    }
}

/// A number the city gives out itself: nine digits of serial, one check digit.
macro_rules! own_number {
    ($(#[$doc:meta])* $type:ident, $name:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(u64);

        impl $type {
            /// `None` for 0, for more than nine digits, and for the serials (1 in 11) without check digit.
            pub fn from_serial(serial: u32) -> Option<Self> {
                if !(1..=999_999_999).contains(&serial) {
                    return None;
                }
                let check = check_digit_m11_w2_7(&format!("{serial:09}"))?;
                Some(Self(u64::from(serial) * 10 + u64::from(check)))
            }
            /// Reads the ten digits. Fewer are taken as leading zeros eaten by a spreadsheet: the
            /// check digit counts from the right and still guards them.
            pub fn parse(text: &str) -> Result<Self, NumberDoubt> {
                let wrong = NumberDoubt::Digits { name: $name, digits: 10 };
                let digits = digits_of(text).filter(|d| (2..=10).contains(&d.len())).ok_or(wrong)?;
                let number = value_of(&digits);
                let serial = u32::try_from(number / 10).map_err(|_| wrong)?;
                Self::from_serial(serial)
                    .filter(|own| own.0 == number)
                    .ok_or(NumberDoubt::CheckDigit { name: $name })
            }
            /// Without the check digit.
            pub fn serial(self) -> u32 {
                u32::try_from(self.0 / 10).expect("nine digits")
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{:010}", self.0)
            }
        }
        impl FromStr for $type {
            type Err = NumberDoubt;
            fn from_str(text: &str) -> Result<Self, NumberDoubt> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

own_number!(
    /// 宛名番号: one person for all offices of the city, for life [STD 1.1.13].
    PersonNo, "宛名番号"
);
own_number!(
    /// 世帯番号: one household [STD 1.1.13].
    HouseholdNo, "世帯番号"
);

/// 団体コード (全国地方公共団体コード): prefecture 2, municipality 3, check digit 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityCode(u32);

impl MunicipalityCode {
    /// From the five digits without check digit, as in JIS X 0401 and 0402. Prefectures are 1 to 47.
    pub fn from_five(five: u32) -> Option<Self> {
        if !(1..=47).contains(&(five / 1000)) {
            return None;
        }
        let weighted = [(10_000, 6), (1000, 5), (100, 4), (10, 3), (1, 2)];
        let sum: u32 = weighted.iter().map(|(place, weight)| five / place % 10 * weight).sum();
        Some(Self(five * 10 + (11 - sum % 11) % 10))
    }
    /// Reads the six digits; five are taken as a leading zero eaten by a spreadsheet.
    pub fn parse(text: &str) -> Result<Self, NumberDoubt> {
        let name = "団体コード";
        let digits = digits_of(text).filter(|d| (5..=6).contains(&d.len()));
        let digits = digits.ok_or(NumberDoubt::Digits { name, digits: 6 })?;
        let number = value_of(&digits);
        let five = u32::try_from(number / 10).expect("at most six digits");
        let code = Self::from_five(five).filter(|code| u64::from(code.0) == number);
        code.ok_or(NumberDoubt::CheckDigit { name })
    }
    pub fn id(self) -> MunicipalityId {
        MunicipalityId(i64::from(self.0))
    }
    /// 都道府県コード, 1 to 47.
    pub fn prefecture(self) -> u32 {
        self.0 / 10_000
    }
}

impl fmt::Display for MunicipalityCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:06}", self.0)
    }
}

/// 個人番号, twelve digits (番号法総務省令85号 art. 5).
///
/// It has no `Display` and no serde, and `Debug` hides it: it leaves only through `reveal`, whose
/// caller holds the right and writes the log (residents.md §11).
#[derive(Clone, PartialEq, Eq)]
pub struct MyNumber(u64);

impl MyNumber {
    pub fn parse(text: &str) -> Result<Self, NumberDoubt> {
        let name = "個人番号";
        let digits = digits_of(text).filter(|d| d.len() == 12);
        let digits = digits.ok_or(NumberDoubt::Digits { name, digits: 12 })?;
        let (check, first) = digits.split_last().expect("twelve digits");
        if *check == Self::check_digit(first) {
            Ok(Self(value_of(&digits)))
        } else {
            Err(NumberDoubt::CheckDigit { name })
        }
    }
    /// From eleven digits; `None` for more. For made-up people only: real numbers come from outside.
    pub fn from_eleven(eleven: u64) -> Option<Self> {
        let digits: Vec<u8> = format!("{eleven:011}").bytes().map(|letter| letter - b'0').collect();
        (digits.len() == 11).then(|| Self(eleven * 10 + u64::from(Self::check_digit(&digits))))
    }
    /// Weights 2 to 7, then 2 to 6 from the right; remainder 0 or 1 gives 0.
    fn check_digit(eleven: &[u8]) -> u8 {
        let weighted = eleven.iter().rev().zip((2..=7).cycle());
        let remainder = weighted.map(|(digit, weight)| u32::from(*digit) * weight).sum::<u32>() % 11;
        if remainder <= 1 { 0 } else { u8::try_from(11 - remainder).expect("one digit") }
    }
    /// The twelve digits.
    pub fn reveal(&self) -> String {
        format!("{:012}", self.0)
    }
}

impl fmt::Debug for MyNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("MyNumber(hidden)")
    }
}

/// 法人番号, thirteen digits; also the 適格請求書 number without its T.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorporateNumber(u64);

impl CorporateNumber {
    pub fn parse(text: &str) -> Result<Self, NumberDoubt> {
        let name = "法人番号";
        let plain = half_width(text);
        let plain = plain.trim().trim_start_matches(['T', 't']);
        let digits = digits_of(plain).filter(|d| d.len() == 13);
        let digits = digits.ok_or(NumberDoubt::Digits { name, digits: 13 })?;
        let (check, rest) = digits.split_first().expect("thirteen digits");
        let weighted = rest.iter().rev().zip([1u32, 2].into_iter().cycle());
        let sum: u32 = weighted.map(|(digit, weight)| u32::from(*digit) * weight).sum();
        if u32::from(*check) == 9 - sum % 9 {
            Ok(Self(value_of(&digits)))
        } else {
            Err(NumberDoubt::CheckDigit { name })
        }
    }
}

impl fmt::Display for CorporateNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:013}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_numbers() {
        for (serial, text) in [
            (1, Some("0000000019")),
            (2, Some("0000000027")),
            (123_456_789, Some("1234567892")),
            (65_000, Some("0000650005")),
            (6, None),
            (0, None),
            (1_000_000_000, None),
        ] {
            let number = PersonNo::from_serial(serial);
            assert_eq!(number.map(|n| n.to_string()).as_deref(), text, "{serial}");
            if let Some(number) = number {
                assert_eq!(PersonNo::parse(&number.to_string()), Ok(number));
                assert_eq!(number.serial(), serial);
            }
        }
    }

    #[test]
    fn reads_own_numbers_as_typed() {
        let digits = Err(NumberDoubt::Digits { name: "世帯番号", digits: 10 });
        let check = Err(NumberDoubt::CheckDigit { name: "世帯番号" });
        for (text, expected) in [
            ("００００６５０００５", Ok(65_000)),
            ("0000-65 0005", Ok(65_000)),
            ("650005", Ok(65_000)),
            ("0000650006", check),
            ("0000560005", check),
            ("00", check),
            ("", digits),
            ("00006500055", digits),
            ("99999999999999999999", digits),
            ("65000x", digits),
        ] {
            assert_eq!(HouseholdNo::parse(text).map(HouseholdNo::serial), expected, "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_is_always_found() {
        let right = PersonNo::from_serial(123_456_789).unwrap().to_string();
        for place in 0..10 {
            for digit in b'0'..=b'9' {
                let mut wrong = right.clone().into_bytes();
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(PersonNo::parse(&wrong).is_ok(), wrong == right, "{wrong}");
            }
        }
    }

    #[test]
    fn published_examples() {
        for (text, good) in [
            ("123456789018", true),
            ("983205673214", true),
            ("1234-5678-9000", true),
            ("123456789019", false),
        ] {
            assert_eq!(MyNumber::parse(text).is_ok(), good, "{text}");
        }
        for (text, good) in [("7000020102091", true), ("Ｔ7000020102091", true), ("1234567890123", false)] {
            assert_eq!(CorporateNumber::parse(text).is_ok(), good, "{text}");
        }
        for (text, good) in [("102091", true), ("11002", true), ("102090", false), ("992011", false)] {
            assert_eq!(MunicipalityCode::parse(text).is_ok(), good, "{text}");
        }
        assert_eq!(MunicipalityCode::from_five(10_209).unwrap().id(), MunicipalityId(102_091));
    }

    #[test]
    fn my_number_stays_hidden() {
        let number = MyNumber::from_eleven(12_345_678_901).unwrap();
        assert_eq!(number.reveal(), "123456789018");
        assert!(!format!("{number:?}").contains('8'));
        assert_eq!(MyNumber::from_eleven(123_456_789_012), None);
    }

    #[test]
    fn collected_vectors() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/residents/check_digit_vectors.json");
        let Ok(text) = std::fs::read_to_string(path) else { return println!("skipped: no {path}") };
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        let check = |name: &str, good: fn(&str) -> bool| {
            for (kind, expected) in [("valid", true), ("invalid", false)] {
                let listed = all[name][kind].as_array().unwrap();
                assert!(!listed.is_empty());
                for number in listed {
                    assert_eq!(good(number.as_str().unwrap()), expected, "{name} {number}");
                }
            }
        };
        check("individual_number", |n| MyNumber::parse(n).is_ok_and(|read| read.reveal() == n));
        check("corporate_number", |n| CorporateNumber::parse(n).is_ok_and(|read| read.to_string() == n));
        check("local_government_code", |n| {
            MunicipalityCode::parse(n).is_ok_and(|read| read.to_string() == n)
        });
        let own = &all["address_person_number_m11w2_7"];
        for example in own["examples"].as_array().unwrap() {
            let serial: u32 = example[0].as_str().unwrap().parse().unwrap();
            assert_eq!(PersonNo::from_serial(serial).unwrap().to_string(), example[1].as_str().unwrap());
        }
        assert_eq!(check_digit_m11_w2_7(own["remainder_1_base"].as_str().unwrap()), None);
    }
}
