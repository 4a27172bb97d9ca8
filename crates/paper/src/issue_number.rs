//! 発行番号 of a certificate (residents.md §9).
use std::fmt;

use base::Date;

/// 発行番号: each copy has its own. The template adds page and pages, 「20200502 ●●市 本庁1 プリンタ001 011 1/2」.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueNumber {
    pub on: Date,
    /// 「藤岡市」
    pub city: String,
    /// 「本庁1」
    pub terminal: String,
    /// 「プリンタ001」
    pub printer: String,
    /// Counts from 1 on each day, terminal and printer; printed with three digits or more.
    pub serial: u32,
}

impl fmt::Display for IssueNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.on.year(), self.on.month(), self.on.day());
        write!(
            out,
            "{year:04}{month:02}{day:02} {} {} {} {:03}",
            self.city, self.terminal, self.printer, self.serial
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_the_standard_shows_it() {
        let number = IssueNumber {
            on: base::day(2020, 5, 2),
            city: "藤岡市".to_owned(),
            terminal: "本庁1".to_owned(),
            printer: "プリンタ001".to_owned(),
            serial: 11,
        };
        assert_eq!(number.to_string(), "20200502 藤岡市 本庁1 プリンタ001 011");
    }
}
