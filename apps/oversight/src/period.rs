//! The days that a report is about.
use base::{At, Date, parse_date, wareki};
use identity::log::Span;

use crate::refusal::Refusal;

/// A year and a day: the yearly report is one question.
const MOST_DAYS: i64 = 366;

/// Whole days, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub from: Date,
    pub to: Date,
}

impl Period {
    /// What nobody asked otherwise about: last month.
    pub(crate) fn last_month(today: Date) -> Self {
        let to = today.first_of_month().yesterday().expect("the calendar reaches further back");
        Self { from: to.first_of_month(), to }
    }

    /// As it was typed; both empty: last month.
    pub(crate) fn read(from: &str, to: &str, today: Date) -> Result<Self, Refusal> {
        let day = |text: &str, otherwise: Date| {
            if text.trim().is_empty() { Ok(otherwise) } else { parse_date(text, today).map_err(Refusal::day) }
        };
        let usual = Self::last_month(today);
        let from_day = day(from, usual.from)?;
        let to_day = day(to, if from.trim().is_empty() { usual.to } else { today })?;
        if to_day < from_day {
            return Err(Refusal::of("終わりの日が、始まりの日より前です"));
        }
        if days(from_day, to_day) > MOST_DAYS {
            return Err(Refusal::of("期間は1年までです。分けて調べられます"));
        }
        Ok(Self { from: from_day, to: to_day })
    }

    pub(crate) fn begin(&self) -> At {
        At::midnight(self.from)
    }
    /// The first instant after it.
    pub(crate) fn end(&self) -> At {
        At::midnight(self.to.tomorrow().expect("the calendar reaches further"))
    }

    pub(crate) fn span(&self) -> Span {
        Span { from: self.begin(), to: self.end() }
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = Date> {
        let last = self.to;
        std::iter::successors(Some(self.from), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
    }

    /// For links.
    pub(crate) fn query(&self) -> String {
        format!("from={}&to={}", self.from, self.to)
    }
}

fn days(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_secs() / 86_400
}

impl std::fmt::Display for Period {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}から{}まで", wareki(self.from), wareki(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, expected: Option<(&str, &str)>) {
        let found = Period::read(from, to, base::day(2026, 11, 24)).ok();
        let told = found.map(|period| (period.from.to_string(), period.to.to_string()));
        assert_eq!(told.as_ref().map(|(from, to)| (from.as_str(), to.as_str())), expected, "{from} {to}");
    }

    #[test]
    fn a_period_is_last_month_unless_it_is_said() {
        check("", "", Some(("2026-10-01", "2026-10-31")));
        check("R8.11.1", "", Some(("2026-11-01", "2026-11-24")));
        check("", "2026-10-15", Some(("2026-10-01", "2026-10-15")));
        check("2026-11-24", "2026-11-24", Some(("2026-11-24", "2026-11-24")));
        check("2026-11-24", "2026-11-23", None);
        check("2025-11-24", "2026-11-24", Some(("2025-11-24", "2026-11-24")));
        check("2025-11-22", "2026-11-24", None);
        check("きのうごろ", "", None);
        let january = Period::last_month(base::day(2027, 1, 4));
        assert_eq!((january.from, january.to), (base::day(2026, 12, 1), base::day(2026, 12, 31)));
    }

    #[test]
    fn a_period_ends_with_its_last_day() {
        let period = Period { from: base::day(2026, 11, 23), to: base::day(2026, 11, 24) };
        assert_eq!(period.begin().to_string(), "2026-11-23 00:00");
        assert_eq!(period.end().to_string(), "2026-11-25 00:00");
        assert_eq!(period.days().count(), 2);
    }
}
