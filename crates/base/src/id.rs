//! Ids: one type a kind over one 63-bit number, sorted by time.
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::At;

/// The municipality (団体コード, six digits with check digit): the first part of every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityId(pub i64);

impl fmt::Display for MunicipalityId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:06}", self.0)
    }
}

/// Identifies one thing of kind `K`. It is never a permission: ids can be guessed.
///
/// 41 bits of milliseconds, 10 of node, 12 of counter. Outside the program an id is its
/// 13-character text, because JavaScript cannot hold it as a number.
pub struct Id<K> {
    number: i64,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    pub const fn new(number: i64) -> Self {
        Self { number, kind: PhantomData }
    }
    pub const fn get(self) -> i64 {
        self.number
    }
    /// The smallest id of an instant: ids given from then on are not smaller, those given before are.
    pub const fn first_at(at: At) -> Self {
        let milliseconds = at.micros().div_euclid(1000) - EPOCH_MS;
        Self::new(if milliseconds < 0 { 0 } else { milliseconds << 22 })
    }
    /// When it was given, to the millisecond.
    pub const fn at(self) -> At {
        At::from_micros(((self.number >> 22) + EPOCH_MS) * 1000)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number.cmp(&other.number)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Crockford's alphabet: no I, L, O, U, so that a number read aloud stays what it was.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 13];
        let mut rest = self.number.cast_unsigned();
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        out.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

/// The text is not one of our ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("番号の形が違います（13文字の英数字です）")
    }
}
impl std::error::Error for NotAnId {}

impl<K> FromStr for Id<K> {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != 13 {
            return Err(NotAnId);
        }
        let mut number: u64 = 0;
        for letter in text.bytes() {
            let digit =
                ALPHABET.iter().position(|&a| a == letter.to_ascii_uppercase()).ok_or(NotAnId)? as u64;
            number = number.checked_mul(32).ok_or(NotAnId)? | digit;
        }
        i64::try_from(number).map(Self::new).map_err(|_| NotAnId)
    }
}

impl<K> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A natural person of the register (住民).
pub enum PersonKind {}
/// Names one natural person in every office; never printed as 宛名番号.
pub type PersonId = Id<PersonKind>;

/// A household (世帯).
pub enum HouseholdKind {}
pub type HouseholdId = Id<HouseholdKind>;

/// Gives out ids. One for a process; `node` tells processes on one database apart (0–1023).
#[derive(Debug)]
pub struct IdSource {
    node: i64,
    /// Milliseconds since 2026 in the upper bits, the counter in the lower 12: never goes back.
    last: AtomicI64,
}

/// 2026-01-01T00:00:00Z in milliseconds; 41 bits from here last until 2095.
const EPOCH_MS: i64 = 1_767_225_600_000;

impl IdSource {
    pub fn new(node: u16) -> Self {
        assert!(node < 1024, "node is 10 bits");
        Self { node: i64::from(node), last: AtomicI64::new(0) }
    }

    /// A number larger than every number given before by this source, even when the clock went back.
    pub fn next(&self, at: At) -> i64 {
        let floor = (at.micros() / 1000 - EPOCH_MS).max(0) << 12;
        let step = |last: i64| Some(floor.max(last + 1));
        let before =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).expect("step always moves");
        let ticket = floor.max(before + 1);
        ((ticket >> 12) << 22) | (self.node << 12) | (ticket & 0xFFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for number in [0, 1, 31, 32, 123_456_789_012_345, i64::MAX] {
            let id = Id::<()>::new(number);
            assert_eq!(id.to_string().len(), 13);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in ["", "1", "ZZZZZZZZZZZZZ", "000000000000I", "00000000000000"] {
            assert_eq!(text.parse::<Id<()>>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn the_first_id_of_an_instant_parts_before_from_after() {
        let source = IdSource::new(1023);
        let midnight = At::from_micros(1_800_000_000_000_000);
        let before = source.next(At::from_micros(midnight.micros() - 1));
        assert!(before < Id::<()>::first_at(midnight).get());
        assert!(source.next(midnight) >= Id::<()>::first_at(midnight).get());
        assert_eq!(Id::<()>::first_at(midnight).at(), midnight);
        assert_eq!(Id::<()>::first_at(At::from_micros(0)), Id::new(0), "before the first id of all");
    }

    #[test]
    fn grows_even_when_the_clock_goes_back() {
        let source = IdSource::new(3);
        let later = At::from_micros(1_800_000_000_000_000);
        let earlier = At::from_micros(1_790_000_000_000_000);
        let mut last = source.next(later);
        for at in [earlier, later, earlier] {
            for _ in 0..5000 {
                let next = source.next(at);
                assert!(next > last);
                last = next;
            }
        }
    }
}
