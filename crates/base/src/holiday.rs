//! Days on which a city hall is closed: weekends, public holidays, the turn of the year.
use crate::Date;

/// Public holidays with their substitutes (国民の祝日に関する法律 2条・3条), month and day, a year a line: a dated
/// table of our own, made on 2026-11-24 from the package `@holiday-jp/holiday_jp` 2.5.1 (MIT), which equals the
/// package `jpholiday` 1.0.3 (MIT) for these years. From 2028 on the equinoxes are not yet announced: the table holds
/// what the present law and astronomy give.
const HOLIDAYS: &[(i16, &str)] = &[
    (
        2024,
        "0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923 1014 1103 1104 1123",
    ),
    (2025, "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 1103 1123 1124"),
    (2026, "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 1103 1123"),
    (2027, "0101 0111 0211 0223 0321 0322 0429 0503 0504 0505 0719 0811 0920 0923 1011 1103 1123"),
    (2028, "0101 0110 0211 0223 0320 0429 0503 0504 0505 0717 0811 0918 0922 1009 1103 1123"),
    (2029, "0101 0108 0211 0212 0223 0320 0429 0430 0503 0504 0505 0716 0811 0917 0923 0924 1008 1103 1123"),
    (2030, "0101 0114 0211 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0923 1014 1103 1104 1123"),
];

/// Whether a day is a public holiday (祝日、振替休日、国民の休日). `None`: the table does not hold this year.
pub fn holiday(day: Date) -> Option<bool> {
    let (_, days) = HOLIDAYS.iter().find(|(year, _)| *year == day.year())?;
    let wanted = format!("{:02}{:02}", day.month(), day.day());
    Some(days.split(' ').any(|one| one == wanted))
}

/// Whether the city hall is closed (地方自治法4条の2: weekends, holidays, and the turn of the year, which ordinances
/// set to 29 December to 3 January). `None`: a working day unless it is a holiday, and that is not known.
pub fn office_closed(day: Date) -> Option<bool> {
    let weekend = matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
    let turn = matches!((day.month(), day.day()), (12, 29..) | (1, ..=3));
    if weekend || turn { Some(true) } else { holiday(day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(day: &str, holiday_then: Option<bool>, closed: Option<bool>) {
        let day: Date = day.parse().expect("a day");
        assert_eq!(holiday(day), holiday_then, "{day}");
        assert_eq!(office_closed(day), closed, "{day}");
    }

    #[test]
    fn the_city_hall_is_closed_on_weekends_holidays_and_at_the_turn_of_the_year() {
        check("2026-11-24", Some(false), Some(false));
        check("2026-11-23", Some(true), Some(true));
        check("2026-11-21", Some(false), Some(true));
        // 振替休日: 3 May was a Sunday, and 4 and 5 May are holidays.
        check("2026-05-06", Some(true), Some(true));
        check("2027-03-22", Some(true), Some(true));
        // 国民の休日: between two holidays.
        check("2026-09-22", Some(true), Some(true));
        check("2027-09-21", Some(false), Some(false));
        check("2026-12-28", Some(false), Some(false));
        check("2026-12-29", Some(false), Some(true));
        check("2026-01-02", Some(false), Some(true));
        check("2027-01-04", Some(false), Some(false));
    }

    #[test]
    fn a_year_outside_the_table_is_unknown() {
        check("2023-12-28", None, None);
        check("2031-01-14", None, None);
        check("2031-01-11", None, Some(true));
    }

    /// Against the whole table that ours was made from.
    #[test]
    fn the_table_is_that_of_its_source() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/office/calendar/holidays_jp_1970_2050.tsv"
        );
        let Ok(text) = std::fs::read_to_string(path) else { return println!("skipped: {path} is absent") };
        let listed: Vec<Date> =
            text.lines().skip(1).map(|line| line[..10].parse().expect("a day in the first column")).collect();
        let mut day = crate::day(2024, 1, 1);
        while day < crate::day(2031, 1, 1) {
            assert_eq!(holiday(day), Some(listed.contains(&day)), "{day}");
            day = day.tomorrow().expect("there is a next day");
        }
    }
}
