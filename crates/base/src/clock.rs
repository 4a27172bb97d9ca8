//! Time as an argument: read once a request from a `Clock`, then passed down.
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Date;

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At(i64);

/// Japan has one time zone, nine hours ahead, without summer time since 1951.
const JST_MICROS: i64 = 9 * 3_600 * 1_000_000;
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;

impl At {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    pub const fn micros(self) -> i64 {
        self.0
    }
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000_000)
    }
    /// Microseconds from `earlier` to this instant, never negative.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        let micros = self.0 - earlier.0;
        if micros < 0 { 0 } else { micros }
    }
    /// The civil day in Japan.
    pub fn date(self) -> Date {
        let days = (self.0 + JST_MICROS).div_euclid(DAY_MICROS);
        EPOCH_DAY.checked_add(jiff::Span::new().days(days)).expect("instants lie within the calendar")
    }
    /// The beginning of a civil day in Japan.
    pub fn midnight(day: Date) -> Self {
        Self(day.duration_since(EPOCH_DAY).as_secs() * 1_000_000 - JST_MICROS)
    }
    /// Hour and minute in Japan.
    pub fn hour_minute(self) -> (i64, i64) {
        let minutes = (self.0 + JST_MICROS).rem_euclid(DAY_MICROS) / 60_000_000;
        (minutes / 60, minutes % 60)
    }
}

/// From where instants count.
const EPOCH_DAY: Date = jiff::civil::date(1970, 1, 1);

impl fmt::Display for At {
    /// `2026-11-24 09:14` in Japan.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = self.hour_minute();
        write!(out, "{} {hour:02}:{minute:02}", self.date())
    }
}

/// The system's clock, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn system() -> Self {
        Self::default()
    }
    /// Stands still until `set`.
    pub fn fixed(at: At) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(at.micros()))) }
    }
    /// Moves a fixed clock; the system's clock cannot be moved.
    pub fn set(&self, at: At) {
        self.fixed.as_ref().expect("only a fixed clock can be set").store(at.micros(), Ordering::SeqCst);
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> At {
        match &self.fixed {
            Some(fixed) => At(fixed.load(Ordering::SeqCst)),
            None => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                At(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
            }
        }
    }
    pub fn today(&self) -> Date {
        self.now().date()
    }
}
