//! Ages, fiscal years and school grades (residents.md §5.3).
use std::fmt;

use jiff::civil::date;

use crate::{Date, Era};

/// Whole years lived at the start of `day`; below zero before birth.
///
/// By law age N is reached at the *end* of the day before the birthday (年齢計算ニ関スル法律, 民法 143), so
/// on that day this is still N − 1. What begins or ends on that day asks `reaches_on`.
pub fn age_on(birth: Date, day: Date) -> i32 {
    let years = i32::from(day.year()) - i32::from(birth.year());
    let before_birthday = (day.month(), day.day()) < (birth.month(), birth.day());
    years - i32::from(before_birthday)
}

/// The day at whose end the age is reached: the one before the birthday. Born on 29 February: 28
/// February in every year (民法 143-2).
pub fn reaches_on(birth: Date, age: i32) -> Date {
    let year =
        i16::try_from(i32::from(birth.year()).saturating_add(age)).unwrap_or(i16::MAX).clamp(-9998, 9999);
    let birthday = Date::new(year, birth.month(), birth.day()).unwrap_or(date(year, 3, 1));
    birthday.yesterday().expect("the calendar starts a year earlier")
}

/// 年度, named by the calendar year it starts in: 1 April to 31 March.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FiscalYear(pub i32);

impl FiscalYear {
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) - i32::from(day.month() < 4))
    }
    /// 1 April.
    pub fn first_day(self) -> Date {
        date(Self::calendar_year(self.0), 4, 1)
    }
    /// 31 March of the next calendar year.
    pub fn last_day(self) -> Date {
        date(Self::calendar_year(self.0 + 1), 3, 31)
    }
    fn calendar_year(year: i32) -> i16 {
        i16::try_from(year)
            .ok()
            .filter(|y| (1..=9999).contains(y))
            .expect("fiscal years lie within the calendar")
    }
}

impl fmt::Display for FiscalYear {
    /// 「令和8年度」. The era is the one in force when the calendar year ends: 2019年度 is 令和元年度.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year_end = i16::try_from(self.0).ok().and_then(|year| Date::new(year, 12, 31).ok());
        match year_end.and_then(|day| Some((Era::of(day)?, day))) {
            Some((era, day)) => write!(out, "{}度", era.year_text(era.year_of(day))),
            None => write!(out, "{}年度", self.0),
        }
    }
}

/// The 年度 on whose first day a child enters school (学校教育法 17): six years reached by 31 March.
pub fn first_school_fiscal_year(birth: Date) -> FiscalYear {
    let day_before = birth.yesterday().unwrap_or(birth);
    FiscalYear(FiscalYear::of(day_before).0 + 7)
}

/// A year of compulsory school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// 小学校, 1 to 6.
    Elementary(u8),
    /// 中学校, 1 to 3.
    JuniorHigh(u8),
}

impl fmt::Display for Grade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elementary(year) => write!(out, "小学{year}年"),
            Self::JuniorHigh(year) => write!(out, "中学{year}年"),
        }
    }
}

/// The grade by age; `None` before and after compulsory school.
pub fn school_grade(birth: Date, on: Date) -> Option<Grade> {
    let years = FiscalYear::of(on).0 - first_school_fiscal_year(birth).0;
    let year = u8::try_from(years).ok()? + 1;
    match year {
        1..=6 => Some(Grade::Elementary(year)),
        7..=9 => Some(Grade::JuniorHigh(year - 6)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ages() {
        for (birth, day, age) in [
            (date(1965, 3, 2), date(2026, 11, 24), 61),
            (date(1965, 3, 2), date(2026, 3, 1), 60),
            (date(1965, 3, 2), date(2026, 3, 2), 61),
            (date(2004, 2, 29), date(2026, 2, 28), 21),
            (date(2004, 2, 29), date(2026, 3, 1), 22),
            (date(2026, 11, 24), date(2026, 11, 24), 0),
            (date(2026, 11, 25), date(2026, 11, 24), -1),
        ] {
            assert_eq!(age_on(birth, day), age, "{birth} {day}");
        }
    }

    #[test]
    fn days_an_age_is_reached() {
        for (birth, age, day) in [
            (date(1950, 9, 1), 65, date(2015, 8, 31)),
            (date(1986, 8, 1), 40, date(2026, 7, 31)),
            (date(2006, 4, 1), 20, date(2026, 3, 31)),
            (date(2006, 1, 1), 20, date(2025, 12, 31)),
            (date(2004, 2, 29), 20, date(2024, 2, 28)),
            (date(2004, 2, 29), 18, date(2022, 2, 28)),
            (date(2004, 3, 1), 20, date(2024, 2, 29)),
        ] {
            assert_eq!(reaches_on(birth, age), day, "{birth} {age}");
        }
    }

    #[test]
    fn fiscal_years() {
        for (day, year, text) in [
            (date(2026, 3, 31), 2025, "令和7年度"),
            (date(2026, 4, 1), 2026, "令和8年度"),
            (date(2019, 4, 1), 2019, "令和元年度"),
            (date(2020, 3, 31), 2019, "令和元年度"),
            (date(1989, 3, 31), 1988, "昭和63年度"),
            (date(1989, 4, 1), 1989, "平成元年度"),
        ] {
            let fiscal = FiscalYear::of(day);
            assert_eq!((fiscal.0, fiscal.to_string().as_str()), (year, text));
            assert!(fiscal.first_day() <= day && day <= fiscal.last_day(), "{day}");
        }
        assert_eq!(FiscalYear(i32::MAX).to_string(), "2147483647年度");
    }

    #[test]
    fn school() {
        for (birth, first) in [(date(2018, 4, 1), 2024), (date(2018, 4, 2), 2025), (date(2018, 1, 1), 2024)] {
            assert_eq!(first_school_fiscal_year(birth), FiscalYear(first), "{birth}");
        }
        for (birth, on, grade) in [
            (date(2018, 4, 1), date(2026, 11, 24), Some("小学3年")),
            (date(2018, 4, 2), date(2026, 11, 24), Some("小学2年")),
            (date(2018, 4, 1), date(2024, 3, 31), None),
            (date(2018, 4, 1), date(2024, 4, 1), Some("小学1年")),
            (date(2013, 4, 2), date(2026, 11, 24), Some("中学1年")),
            (date(2011, 4, 2), date(2027, 3, 31), Some("中学3年")),
            (date(2011, 4, 2), date(2027, 4, 1), None),
        ] {
            assert_eq!(school_grade(birth, on).map(|g| g.to_string()).as_deref(), grade, "{birth} {on}");
        }
    }

    proptest! {
        #[test]
        fn the_age_changes_the_day_after_it_is_reached(days in 0i64..80_000, age in 0i32..120) {
            let birth = date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let reached = reaches_on(birth, age);
            prop_assert_eq!(age_on(birth, reached), age - 1);
            prop_assert_eq!(age_on(birth, reached.tomorrow().unwrap()), age);
        }

        #[test]
        fn any_age(age in any::<i32>()) {
            for birth in [Date::MIN, date(2000, 2, 29), Date::MAX] {
                let _ = reaches_on(birth, age);
                let _ = school_grade(birth, Date::MAX);
            }
        }
    }
}
