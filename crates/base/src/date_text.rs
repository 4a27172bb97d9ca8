//! A date as a clerk types it (screens.md §6 `date_field`, residents.md §5.1).
use std::fmt;

use jiff::ToSpan;

use crate::date_scan::{Count, Scan, Written, written};
use crate::era::FIRST_DAY;
use crate::{Date, ERAS, Era, wareki, weekday, western};

/// Why a text is not simply a date. `Display` is the sentence beside the box (screens.md §11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateDoubt {
    Empty,
    Unreadable,
    /// The sentence says what does not exist.
    Impossible(String),
    /// A year without era: the days it can be, newest first. Never empty; one is a question too.
    WhichEra(Vec<Date>),
    /// The era had ended by that day, as in 平成31年5月1日: asked before it is taken.
    OtherEra {
        understood: Date,
    },
}

impl fmt::Display for DateDoubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("日付を入力してください"),
            Self::Unreadable => out.write_str("例：昭和40年3月2日、S40.3.2、1965/3/2"),
            Self::Impossible(sentence) => out.write_str(sentence),
            Self::WhichEra(days) => match days.first().and_then(|&day| Some((Era::of(day)?, day))) {
                Some((era, day)) => write!(out, "「{}年」の年号を選んでください", era.year_of(day)),
                None => out.write_str("年号を選んでください"),
            },
            Self::OtherEra { understood } => {
                let era = Era::of(*understood).map_or("西暦", |era| era.name);
                write!(out, "この日は{}です。{era}で続けますか", wareki(*understood))
            }
        }
    }
}
impl std::error::Error for DateDoubt {}

/// Reads a calendar day: 令和8年11月23日, R8.11.23, r8/11/23, 漢数字, 元年, full width, 2026-11-23, 20261123,
/// 5081123 (era code and yymmdd), 朔日, 晦日, a weekday beside the day if it is the right one, `.` today, `-3`
/// three days ago.
pub fn parse_date(text: &str, today: Date) -> Result<Date, DateDoubt> {
    if let Some(day) = counted_from(text, today)? {
        return Ok(day);
    }
    day_of(&written(text)?, today)
}

/// `.` and `-3`; `None` for every other text.
pub(crate) fn counted_from(text: &str, today: Date) -> Result<Option<Date>, DateDoubt> {
    let plain = Scan::new(text).rest();
    match plain.as_str() {
        "" => return Err(DateDoubt::Empty),
        "." => return Ok(Some(today)),
        _ => {}
    }
    let days = plain.strip_prefix('-').filter(|digits| (1..=3).contains(&digits.len()));
    let Some(days) = days.and_then(|digits| digits.parse::<u16>().ok()) else { return Ok(None) };
    let day = today.checked_sub(i64::from(days).days()).ok().filter(|day| *day >= FIRST_DAY);
    day.map(Some).ok_or_else(before_calendar)
}

/// The calendar day that was written.
pub(crate) fn day_of(written: &Written, today: Date) -> Result<Date, DateDoubt> {
    let day = match written.count {
        Count::Western => existing(written, written.year)
            .and_then(|day| if day < FIRST_DAY { Err(before_calendar()) } else { Ok(day) })?,
        Count::Era(era) => in_era(written, era)?,
        Count::Unsaid => return Err(which_era(written, today)),
    };
    if is_weekday(written, day) {
        return Ok(day);
    }
    let text = match written.count {
        Count::Era(era) => era.day_text(day),
        Count::Western | Count::Unsaid => western(day),
    };
    Err(DateDoubt::Impossible(format!("{text}は{}曜日です。日付か曜日が違います", weekday(day))))
}

/// Whether the weekday written beside the day is its own.
fn is_weekday(written: &Written, day: Date) -> bool {
    written.weekday.is_none_or(|letter| weekday(day).starts_with(letter))
}

fn in_era(written: &Written, era: &'static Era) -> Result<Date, DateDoubt> {
    let day = existing(written, western_year(era, written.year)?)?;
    if day < era.first_day && day >= FIRST_DAY {
        let (month, first) = (era.first_day.month(), era.first_day.day());
        let right = Era::of(day).map(|right| right.year_text(right.year_of(day))).unwrap_or_default();
        let (name, m, d) = (era.name, day.month(), day.day());
        return Err(DateDoubt::Impossible(format!(
            "{name}は{month}月{first}日からです。{m}月{d}日は{right}です"
        )));
    }
    if day < FIRST_DAY {
        return Err(before_calendar());
    }
    match era.last_day {
        Some(last) if day > last => Err(DateDoubt::OtherEra { understood: day }),
        _ => Ok(day),
    }
}

pub(crate) fn before_calendar() -> DateDoubt {
    DateDoubt::Impossible("明治5年までは旧暦です。明治6年1月1日から入力できます".to_owned())
}

/// The calendar year of an era's year.
pub(crate) fn western_year(era: &Era, year: i16) -> Result<i16, DateDoubt> {
    let western = era.first_day.year().checked_add(year - 1).filter(|western| year > 0 && *western <= 9999);
    western.ok_or_else(|| DateDoubt::Impossible(format!("{}{year}年はありません", era.name)))
}

/// The day in a western year, or the sentence that names what does not exist.
fn existing(written: &Written, western: i16) -> Result<Date, DateDoubt> {
    let (month, day) = (written.month, written.day);
    if let Ok(date) = Date::new(western, month, day) {
        return Ok(date);
    }
    Err(DateDoubt::Impossible(if !(1..=12).contains(&month) {
        format!("{month}月はありません")
    } else if (month, day) == (2, 29) {
        format!("{}2月29日はありません", written.year_text())
    } else {
        format!("{month}月{day}日はありません")
    }))
}

/// The days that a year without era can mean. The era that goes on has the years up to ten from now:
/// the furthest day typed at a desk is the expiry of a new card.
fn which_era(written: &Written, today: Date) -> DateDoubt {
    let horizon = today.checked_add(10.years()).unwrap_or(Date::MAX);
    let in_era = |era: &'static Era| {
        let day = in_era(written, era).ok();
        day.filter(|day| *day <= horizon && is_weekday(written, *day))
    };
    let days: Vec<Date> = ERAS.iter().rev().filter_map(in_era).collect();
    if !days.is_empty() {
        return DateDoubt::WhichEra(days);
    }
    // 2000 is a leap year: what is missing there is missing in every year.
    match existing(written, 2000) {
        Err(doubt) => doubt,
        Ok(_) => {
            let (year, month, day) = (written.year, written.month, written.day);
            DateDoubt::Impossible(format!("{year}年{month}月{day}日のある年号はありません"))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    #[test]
    fn every_way_of_typing_a_day() {
        let day = date(2026, 11, 23);
        for text in [
            "令和8年11月23日",
            "R8.11.23",
            "r8/11/23",
            "r08-11-23",
            "Ｒ８．１１．２３",
            "R8。11。23",
            "令8.11.23",
            "令和八年十一月二十三日",
            "令和八年一一月二三日",
            "令和 8年 11月 23日",
            "令和8年11月23日（月）",
            "令和8年11月23日（月・祝）",
            "令和8年11月23日 月曜日",
            "R8.11.23(月曜)",
            "令和8年11月23日㈪",
            "㋿8年11月23日",
            "㋿八年十一月廿三日",
            "令和⼋年⼗⼀⽉⼆⼗三⽇",
            "二千二十六年十一月二十三日",
            "2026-11-23",
            "2026/11/23",
            "2026 11 23",
            "2026年11月23日",
            "西暦2026年11月23日",
            "二〇二六年十一月二十三日",
            "20261123",
            "２０２６ー１１ー２３",
            "5081123",
            "R081123",
            "　令和８年１１月２３日　",
            "-1",
            "−１",
        ] {
            assert_eq!(parse_date(text, TODAY), Ok(day), "{text}");
        }
    }

    #[test]
    fn days_and_doubts() {
        let impossible = |sentence: &str| Err(DateDoubt::Impossible(sentence.to_owned()));
        let before = impossible("明治5年までは旧暦です。明治6年1月1日から入力できます");
        let other = |understood| Err(DateDoubt::OtherEra { understood });
        for (text, expected) in [
            (".", Ok(TODAY)),
            ("。", Ok(TODAY)),
            ("-3", Ok(date(2026, 11, 21))),
            ("-365", Ok(date(2025, 11, 24))),
            ("令和元年5月1日", Ok(date(2019, 5, 1))),
            ("R元.5.1", Ok(date(2019, 5, 1))),
            ("5010501", Ok(date(2019, 5, 1))),
            ("昭和64年1月7日", Ok(date(1989, 1, 7))),
            ("明治45.7.30", Ok(date(1912, 7, 30))),
            ("大正15.12.25", Ok(date(1926, 12, 25))),
            ("昭和元年12月25日", Ok(date(1926, 12, 25))),
            ("大正元年7月30日", Ok(date(1912, 7, 30))),
            ("令和元年五月一日", Ok(date(2019, 5, 1))),
            ("昭和六十三年十二月三十一日", Ok(date(1988, 12, 31))),
            ("令和元年五月朔日", Ok(date(2019, 5, 1))),
            ("令和6年2月晦日", Ok(date(2024, 2, 29))),
            ("2023/2/末日", Ok(date(2023, 2, 28))),
            ("平成31年4月末日", Ok(date(2019, 4, 30))),
            ("昭和63年大晦日", Ok(date(1988, 12, 31))),
            ("令和2年元日", Ok(date(2020, 1, 1))),
            ("㍾45年7月30日", Ok(date(1912, 7, 30))),
            ("㍽1.7.30", Ok(date(1912, 7, 30))),
            ("㍼64.1.7", Ok(date(1989, 1, 7))),
            ("㍻31.4.30", Ok(date(2019, 4, 30))),
            ("明45.7.30", Ok(date(1912, 7, 30))),
            ("大元.7.30", Ok(date(1912, 7, 30))),
            ("昭.64.1.7", Ok(date(1989, 1, 7))),
            ("平31.4.30", Ok(date(2019, 4, 30))),
            ("西暦千九百九十年三月四日", Ok(date(1990, 3, 4))),
            ("令和8年11月24日(火)", Ok(TODAY)),
            ("令和8年11月24日(水)", impossible("令和8年11月24日は火曜日です。日付か曜日が違います")),
            ("2026-11-24 日曜日", impossible("2026年11月24日は火曜日です。日付か曜日が違います")),
            ("令和8年13月晦日", impossible("13月はありません")),
            ("2月晦日", Err(DateDoubt::Unreadable)),
            ("20年2月晦日", Err(DateDoubt::Unreadable)),
            ("令和千百年1月1日", Err(DateDoubt::Unreadable)),
            ("卅十年1月1日", Err(DateDoubt::Unreadable)),
            ("令和8年11月24日(火", Err(DateDoubt::Unreadable)),
            ("令和8年11月24日火", Err(DateDoubt::Unreadable)),
            ("明治6年1月1日", Ok(date(1873, 1, 1))),
            ("令和1年4月30日", impossible("令和は5月1日からです。4月30日は平成31年です")),
            ("平成元年1月7日", impossible("平成は1月8日からです。1月7日は昭和64年です")),
            ("明治5年12月2日", before.clone()),
            ("1872-12-31", before.clone()),
            ("平成31年5月1日", other(date(2019, 5, 1))),
            ("平成35年4月1日", other(date(2023, 4, 1))),
            ("昭和64年1月8日", other(date(1989, 1, 8))),
            ("明治45年7月31日", other(date(1912, 7, 31))),
            ("令和8年2月30日", impossible("2月30日はありません")),
            ("平成15年2月29日", impossible("平成15年2月29日はありません")),
            ("2003-02-29", impossible("2003年2月29日はありません")),
            ("令和8年13月1日", impossible("13月はありません")),
            ("令和8年11月0日", impossible("11月0日はありません")),
            ("5081131", impossible("11月31日はありません")),
            ("令和0年1月1日", impossible("令和0年はありません")),
            ("40.2.30", impossible("2月30日はありません")),
            ("99.3.2", impossible("99年3月2日のある年号はありません")),
            ("", Err(DateDoubt::Empty)),
            ("　", Err(DateDoubt::Empty)),
        ] {
            assert_eq!(parse_date(text, TODAY), expected, "{text}");
        }
    }

    #[test]
    fn a_year_without_era_is_a_question() {
        for (text, days) in [
            ("40.3.2", vec![date(1965, 3, 2), date(1907, 3, 2)]),
            ("400302", vec![date(1965, 3, 2), date(1907, 3, 2)]),
            (
                "八年十一月二十三日",
                vec![
                    date(2026, 11, 23),
                    date(1996, 11, 23),
                    date(1933, 11, 23),
                    date(1919, 11, 23),
                    date(1875, 11, 23),
                ],
            ),
            ("55.3.2", vec![date(1980, 3, 2)]),
            ("40.3.2(火)", vec![date(1965, 3, 2)]),
            ("40.3.晦日", vec![date(1965, 3, 31), date(1907, 3, 31)]),
            ("1.5.1", vec![date(2019, 5, 1), date(1989, 5, 1)]),
            (
                "18.11.24",
                vec![date(2036, 11, 24), date(2006, 11, 24), date(1943, 11, 24), date(1885, 11, 24)],
            ),
            ("18.11.25", vec![date(2006, 11, 25), date(1943, 11, 25), date(1885, 11, 25)]),
        ] {
            assert_eq!(parse_date(text, TODAY), Err(DateDoubt::WhichEra(days)), "{text}");
        }
    }

    #[test]
    fn unreadable() {
        for text in [
            "abc",
            "令和",
            "令和8年",
            "令和8年11月",
            "8月11日",
            "2026-11",
            "2026-11-23-01",
            "2026-111-23",
            "9081123",
            "R81123",
            "123",
            "-",
            "-1234",
            "--3",
            "+3",
            "十十年一月一日",
            "令和8年11月23日頃",
            "令和8月11年23日",
            "○",
            "026.11.23",
            "20261123T",
            "99999999999999999999",
        ] {
            assert_eq!(parse_date(text, TODAY), Err(DateDoubt::Unreadable), "{text}");
        }
    }

    #[test]
    fn sentences() {
        for (text, sentence) in [
            ("40.3.2", "「40年」の年号を選んでください"),
            ("平成31年5月1日", "この日は令和元年5月1日です。令和で続けますか"),
            ("x", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
            ("", "日付を入力してください"),
            ("2.30", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
        ] {
            assert_eq!(parse_date(text, TODAY).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn every_day_is_read_back() {
        let mut day = FIRST_DAY;
        while day <= date(2100, 12, 31) {
            for text in [
                crate::wareki(day),
                crate::wareki_short(day),
                crate::western(day),
                day.to_string(),
                format!("{}（{}）", crate::wareki(day), crate::weekday(day)),
                day.strftime("%Y%m%d").to_string(),
            ] {
                assert_eq!(parse_date(&text, TODAY), Ok(day), "{text}");
            }
            day = day.tomorrow().unwrap();
        }
    }

    proptest! {
        #[test]
        fn any_text(text in any::<String>()) {
            let _ = parse_date(&text, TODAY);
        }

        #[test]
        fn any_text_of_date_letters(text in "[-.0-9年月日元令和平成昭大正明治RHSTM十二〇零/ 　（月）]{0,24}") {
            for today in [TODAY, Date::MIN, Date::MAX] {
                if let Err(doubt) = parse_date(&text, today) {
                    prop_assert!(!doubt.to_string().is_empty());
                }
            }
        }
    }
}
