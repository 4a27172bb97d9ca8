//! Dates of the register that are not one calendar day ([STD] 1.1.8; residents.md §5.2).
use jiff::civil::date;

use crate::date_scan::{Count, Written, written};
use crate::date_text::{counted_from, day_of};
use crate::era::FIRST_DAY;
use crate::{Date, DateDoubt, Era, wareki};

/// What is known of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateKind {
    /// A calendar day.
    Exact,
    /// A day that no calendar has, as a family register says it: 平成15年2月29日 (暦上日以外).
    Impossible,
    /// 頃.
    About,
    /// 推定.
    Estimated,
    /// 春, 夏, 秋, 冬.
    Season,
    /// 上旬, 中旬, 下旬.
    TenDays,
    /// 日不詳.
    DayUnknown,
    /// 月日不詳.
    MonthUnknown,
    /// 年月日不詳.
    Unknown,
    /// …から…までの間.
    Between,
}

const KINDS: [(DateKind, &str); 10] = [
    (DateKind::Exact, "exact"),
    (DateKind::Impossible, "impossible"),
    (DateKind::About, "about"),
    (DateKind::Estimated, "estimated"),
    (DateKind::Season, "season"),
    (DateKind::TenDays, "ten_days"),
    (DateKind::DayUnknown, "day_unknown"),
    (DateKind::MonthUnknown, "month_unknown"),
    (DateKind::Unknown, "unknown"),
    (DateKind::Between, "between"),
];

impl DateKind {
    /// As stored.
    pub fn code(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).expect("every kind has a code").1
    }
    pub fn from_code(code: &str) -> Option<Self> {
        KINDS.iter().find(|(_, listed)| *listed == code).map(|(kind, _)| *kind)
    }
}

/// A date as the register holds it: its text, and the days between which it lies.
///
/// No みなし生年月日 is made of it: an age or a right that depends on it is computed from `earliest` or
/// `latest` by the rule of the office, and shown as 要確認 unless `is_exact`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartialDate {
    text: String,
    kind: DateKind,
    earliest: Date,
    latest: Date,
}

impl PartialDate {
    pub fn exact(day: Date) -> Self {
        Self { text: wareki(day), kind: DateKind::Exact, earliest: day, latest: day }
    }
    /// Reads everything `parse_date` reads, days that do not exist, and the inexact forms of [STD] 1.1.8.
    pub fn parse(text: &str, today: Date) -> Result<Self, DateDoubt> {
        if let Some(day) = counted_from(text, today)? {
            return Ok(Self::exact(day));
        }
        let Ok(written) = written(text) else {
            return crate::inexact::read(text, today);
        };
        match day_of(&written, today) {
            Ok(day) => Ok(Self::new(exact_text(&written, day), DateKind::Exact, day, day)),
            Err(doubt) => Self::impossible(&written, today).ok_or(doubt),
        }
    }
    /// Reads a date of a file: `parse` without `.` and `-3`, which only mean something at a desk, and without days
    /// that do not exist. 頃, 不詳 and the like give a date that is not exact.
    pub fn parse_record(text: &str, today: Date) -> Result<Self, DateDoubt> {
        match written(text) {
            Ok(written) => day_of(&written, today)
                .map(|day| Self::new(exact_text(&written, day), DateKind::Exact, day, day)),
            Err(_) => crate::inexact::read(text, today),
        }
    }
    /// The letter, counted from 1, at which a text stops to be any date; one more than it has when it ends too early.
    pub fn unread_from(text: &str, today: Date) -> usize {
        crate::date_scan::unread_from(text).max(crate::inexact::unread_from(text, today))
    }
    /// A 29th to 31st that its month lacks lies between the last day of the month and the first of the next.
    fn impossible(written: &Written, today: Date) -> Option<Self> {
        let first = Written { day: 1, weekday: None, ..*written };
        if matches!(written.count, Count::Unsaid) || !(29..=31).contains(&written.day) {
            return None;
        }
        let month_start = Date::new(western_year_of(written)?, written.month, 1).ok()?;
        let earliest = month_start.last_of_month();
        if written.day <= earliest.day() {
            return None;
        }
        // The era must have had the days around it: 昭和64年2月30日 stays a doubt.
        day_of(&Written { day: earliest.day(), ..first }, today).ok()?;
        let text = format!("{}{}月{}日", written.year_text(), written.month, written.day);
        Some(Self::new(text, DateKind::Impossible, earliest, earliest.tomorrow().ok()?))
    }
    pub(crate) fn new(text: String, kind: DateKind, earliest: Date, latest: Date) -> Self {
        Self { text, kind, earliest, latest }
    }
    /// From its four columns; `None` when they contradict each other.
    pub fn from_stored(text: &str, kind: &str, earliest: Date, latest: Date) -> Option<Self> {
        let kind = DateKind::from_code(kind)?;
        let fits = if kind == DateKind::Exact { earliest == latest } else { earliest <= latest };
        (fits && !text.is_empty()).then(|| Self::new(text.to_owned(), kind, earliest, latest))
    }
    /// As shown and printed: 和暦, or western as it was typed for an inexact western date.
    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn kind(&self) -> DateKind {
        self.kind
    }
    pub fn earliest(&self) -> Date {
        self.earliest
    }
    pub fn latest(&self) -> Date {
        self.latest
    }
    /// Where it stands among other dates: 昭和20年 月日不詳 comes before every day of that year.
    pub fn sort_date(&self) -> Date {
        self.earliest
    }
    pub fn is_exact(&self) -> bool {
        self.kind == DateKind::Exact
    }
    pub fn as_exact(&self) -> Option<Date> {
        self.is_exact().then_some(self.earliest)
    }
}

/// The era stays the one that was typed: 大正15年12月25日 is not rewritten to 昭和元年.
fn exact_text(written: &Written, day: Date) -> String {
    match written.count {
        Count::Era(era) => era.day_text(day),
        Count::Western | Count::Unsaid => wareki(day),
    }
}

fn western_year_of(written: &Written) -> Option<i16> {
    match written.count {
        Count::Era(era) => crate::date_text::western_year(era, written.year).ok(),
        Count::Western => Some(written.year),
        Count::Unsaid => None,
    }
}

/// Never known: from the first day of the calendar to today.
pub(crate) fn unknown(today: Date) -> PartialDate {
    PartialDate::new("年月日不詳".to_owned(), DateKind::Unknown, FIRST_DAY.min(today), today)
}

/// The part of a span in which the era was in force; `None` when there is none.
pub(crate) fn within(era: Option<&Era>, span: (Date, Date)) -> Option<(Date, Date)> {
    let first = era.map_or(FIRST_DAY, |era| era.first_day.max(FIRST_DAY));
    let last = era.and_then(|era| era.last_day).unwrap_or(date(9999, 12, 31));
    let (earliest, latest) = (span.0.max(first), span.1.min(last));
    (earliest <= latest).then_some((earliest, latest))
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Columns<'a> {
    text: std::borrow::Cow<'a, str>,
    kind: std::borrow::Cow<'a, str>,
    earliest: std::borrow::Cow<'a, str>,
    latest: std::borrow::Cow<'a, str>,
}

impl serde::Serialize for PartialDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = Columns {
            text: self.text.as_str().into(),
            kind: self.kind.code().into(),
            earliest: self.earliest.to_string().into(),
            latest: self.latest.to_string().into(),
        };
        columns.serialize(serializer)
    }
}
impl<'de> serde::Deserialize<'de> for PartialDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let columns = Columns::deserialize(deserializer)?;
        let earliest = columns.earliest.parse().map_err(D::Error::custom)?;
        let latest = columns.latest.parse().map_err(D::Error::custom)?;
        Self::from_stored(&columns.text, &columns.kind, earliest, latest)
            .ok_or_else(|| D::Error::custom("not a date of the register"))
    }
}
