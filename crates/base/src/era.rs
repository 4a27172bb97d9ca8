//! 和暦: eras are rows of a table, not code ([STD] 1.3.6; residents.md §5.1).
use std::sync::LazyLock;

use jiff::civil::{Weekday, date};

use crate::Date;

/// One era (元号).
#[derive(Debug, PartialEq, Eq)]
pub struct Era {
    /// The digit in front of yymmdd in older layouts.
    pub code: u8,
    pub letter: char,
    /// The whole name in one letter: ㋿.
    pub sign: char,
    pub name: &'static str,
    pub first_day: Date,
    /// `None`: it goes on. May be the first day of the next era.
    pub last_day: Option<Date>,
}

/// All eras, oldest first.
pub static ERAS: LazyLock<Vec<Era>> = LazyLock::new(|| {
    let lines = include_str!("../data/eras.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.map(|line| Era::from_line(line).expect("eras.tsv is well formed")).collect()
});

/// 明治6年1月1日. Before it the calendar was another one, and a civil `Date` means nothing.
pub(crate) const FIRST_DAY: Date = date(1873, 1, 1);

impl Era {
    fn from_line(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        Some(Self {
            code: cells.next()?.parse().ok()?,
            letter: cells.next()?.chars().next()?,
            sign: cells.next()?.chars().next()?,
            name: cells.next()?,
            first_day: cells.next()?.parse().ok()?,
            last_day: match cells.next()? {
                "-" => None,
                day => Some(day.parse().ok()?),
            },
        })
    }
    /// The era of a day; `None` before 明治6年1月1日. A day of two eras belongs to the newer one.
    pub fn of(day: Date) -> Option<&'static Self> {
        if day < FIRST_DAY {
            return None;
        }
        ERAS.iter().rev().find(|era| era.first_day <= day)
    }
    /// The year of this era, 1 for 元年, that the day's calendar year is.
    pub fn year_of(&self, day: Date) -> i16 {
        day.year() - self.first_day.year() + 1
    }
    /// 「令和8年」 and 「令和元年」.
    pub(crate) fn year_text(&self, year: i16) -> String {
        if year == 1 { format!("{}元年", self.name) } else { format!("{}{year}年", self.name) }
    }
    /// The day as written in this era: 「大正15年12月25日」.
    pub(crate) fn day_text(&self, day: Date) -> String {
        format!("{}{}月{}日", self.year_text(self.year_of(day)), day.month(), day.day())
    }
}

/// 「令和8年11月23日」. Days before 明治6年 have no 和暦 and are shown in western years.
pub fn wareki(day: Date) -> String {
    match Era::of(day) {
        Some(era) => era.day_text(day),
        None => western(day),
    }
}

/// 「R8.11.23」, for tables.
pub fn wareki_short(day: Date) -> String {
    match Era::of(day) {
        Some(era) => format!("{}{}.{}.{}", era.letter, era.year_of(day), day.month(), day.day()),
        None => format!("{}.{}.{}", day.year(), day.month(), day.day()),
    }
}

/// 「令和8年」.
pub fn wareki_year(day: Date) -> String {
    match Era::of(day) {
        Some(era) => era.year_text(era.year_of(day)),
        None => format!("{}年", day.year()),
    }
}

/// 「1990年3月4日」: births and expiries of foreign residents, never beside 和暦 [STD 1.1.9].
pub fn western(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 「月」.
pub fn weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_eras() {
        for (day, long, short, year) in [
            (date(2026, 11, 23), "令和8年11月23日", "R8.11.23", "令和8年"),
            (date(2019, 5, 1), "令和元年5月1日", "R1.5.1", "令和元年"),
            (date(2019, 4, 30), "平成31年4月30日", "H31.4.30", "平成31年"),
            (date(1989, 1, 8), "平成元年1月8日", "H1.1.8", "平成元年"),
            (date(1989, 1, 7), "昭和64年1月7日", "S64.1.7", "昭和64年"),
            (date(1926, 12, 25), "昭和元年12月25日", "S1.12.25", "昭和元年"),
            (date(1926, 12, 24), "大正15年12月24日", "T15.12.24", "大正15年"),
            (date(1912, 7, 30), "大正元年7月30日", "T1.7.30", "大正元年"),
            (date(1912, 7, 29), "明治45年7月29日", "M45.7.29", "明治45年"),
            (date(1873, 1, 1), "明治6年1月1日", "M6.1.1", "明治6年"),
            (date(1872, 12, 31), "1872年12月31日", "1872.12.31", "1872年"),
        ] {
            assert_eq!(wareki(day), long);
            assert_eq!(wareki_short(day), short);
            assert_eq!(wareki_year(day), year);
        }
        assert_eq!(western(date(1990, 3, 4)), "1990年3月4日");
    }

    #[test]
    fn a_week() {
        let week: String = (23..30).map(|day| weekday(date(2026, 11, day))).collect();
        assert_eq!(week, "月火水木金土日");
    }

    #[test]
    fn table_agrees_with_the_collected_boundaries() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/residents/eras.json");
        let Ok(text) = std::fs::read_to_string(path) else { return println!("skipped: no {path}") };
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        let listed = all["eras"].as_array().unwrap();
        assert_eq!(listed.len(), ERAS.len());
        for (row, era) in listed.iter().zip(ERAS.iter()) {
            assert_eq!(row["code"], era.code.to_string());
            assert_eq!(row["abbr"], era.letter.to_string());
            assert_eq!(row["name"], era.name);
            assert_eq!(row["first_day"], era.first_day.to_string());
        }
        assert_eq!(all["eras"][0]["gregorian_from"], FIRST_DAY.to_string());
        assert_eq!(all["eras"][0]["first_gregorian_wareki"], wareki(FIRST_DAY));
    }

    #[test]
    fn eras_follow_each_other() {
        for pair in ERAS.windows(2) {
            let last = pair[0].last_day.expect("only the newest goes on");
            assert!(
                last == pair[1].first_day || last.tomorrow().unwrap() == pair[1].first_day,
                "{}",
                pair[0].name
            );
        }
    }
}
