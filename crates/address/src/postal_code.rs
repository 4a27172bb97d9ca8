//! 郵便番号: seven digits.
use std::fmt;
use std::str::FromStr;

/// 郵便番号, shown as 「375-0024」.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode(u32);

impl PostalCode {
    /// `None` above 9999999.
    pub const fn new(number: u32) -> Option<Self> {
        if number < 10_000_000 { Some(Self(number)) } else { None }
    }
    pub const fn number(self) -> u32 {
        self.0
    }
    /// Without the hyphen, as files carry it: 「3750024」.
    pub fn digits(self) -> String {
        format!("{:07}", self.0)
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:03}-{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// The text is not a postal code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPostalCode;

impl fmt::Display for NotAPostalCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("郵便番号は7けたの数字です。例：375-0024")
    }
}
impl std::error::Error for NotAPostalCode {}

impl FromStr for PostalCode {
    type Err = NotAPostalCode;
    /// With or without 〒, hyphen, full width.
    fn from_str(text: &str) -> Result<Self, NotAPostalCode> {
        let digits = leading_digits(text).filter(|digits| digits.len() == 7).ok_or(NotAPostalCode)?;
        digits.parse().ok().and_then(Self::new).ok_or(NotAPostalCode)
    }
}

/// The digits of a postal code or of its beginning; `None` when there is anything else.
pub(crate) fn leading_digits(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let narrow = base::half_width(text);
    let bare = narrow.trim().trim_start_matches('〒').trim_start();
    let mut digits = String::with_capacity(7);
    for letter in bare.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '-' if digits.len() == 3 => {}
            _ => return None,
        }
    }
    (1..=7).contains(&digits.len()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_of_writing() {
        for (text, shown) in [
            ("3750024", Some("375-0024")),
            ("〒375-0024", Some("375-0024")),
            ("〒 ３７５－００２４ ", Some("375-0024")),
            ("375ー0024", Some("375-0024")),
            ("0010010", Some("001-0010")),
            ("375002", None),
            ("37500245", None),
            ("37-50024", None),
            ("375-0024番", None),
            ("", None),
        ] {
            let read = text.parse::<PostalCode>().ok().map(|code| code.to_string());
            assert_eq!(read.as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn digits_keep_their_zeros() {
        assert_eq!(PostalCode::new(10_010).map(PostalCode::digits).as_deref(), Some("0010010"));
        assert_eq!(PostalCode::new(10_000_000), None);
    }
}
