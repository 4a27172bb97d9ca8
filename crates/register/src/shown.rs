//! What the one who looks may see: withheld values are absent, so that no page can print them by mistake.
use std::fmt;

/// Written in place of a value that is withheld, whatever the reason is.
pub const WITHHELD: &str = "表示しません";

/// Why a record or a paper is refused: the same words for a restriction, a lock and a state that is not known.
pub const REFUSED: &str = "この記録は、この画面では扱えません。窓口責任者に声をかけてください";

/// A value, or the fact that it is not for this viewer. [`Shown::Withheld`] holds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<T> {
    Open(T),
    Withheld,
}

impl<T> Shown<T> {
    pub fn open(&self) -> Option<&T> {
        if let Self::Open(value) = self { Some(value) } else { None }
    }
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Shown<U> {
        match self {
            Self::Open(value) => Shown::Open(change(value)),
            Self::Withheld => Shown::Withheld,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Shown<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(value) => value.fmt(out),
            Self::Withheld => out.write_str(WITHHELD),
        }
    }
}

/// The answer of a door that opens a whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    Open(T),
    /// There is no such record.
    Absent,
    /// Not on this screen, for whatever reason; the attempt is recorded. Told with [`REFUSED`] alone.
    Refused,
}

impl<T> Found<T> {
    pub fn open(self) -> Option<T> {
        if let Self::Open(value) = self { Some(value) } else { None }
    }
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Open(value) => Found::Open(change(value)),
            Self::Absent => Found::Absent,
            Self::Refused => Found::Refused,
        }
    }
}
