//! The kinds of facts that cross apps: one file each, versioned, with a golden JSON beside it.
//! A fact carries ids and dates of acts, never a name, an address, a birth date or a personal number:
//! a follower asks the register for what its right allows.
mod moved_in;
mod protected;

use base::{Date, PartialDate, PersonId};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use moved_in::{MovedIn, TakenOver};
pub use protected::{Protected, ProtectionDeed, ProtectionKind};

use moved_in::day;

/// A kind of fact. A change that old readers cannot bear gets a new `VERSION` and a reader for both.
pub trait Fact: Serialize + DeserializeOwned {
    const KIND: &'static str;
    const VERSION: i64;
    /// Events of one stream are followed in their order.
    fn stream(&self) -> i64;
}

/// What followers may know of a person before and after an act: enough to compute a consequence, and
/// neither name nor address.
#[derive(Debug, Clone)]
pub struct Member {
    /// `None` while the act is still a draft of an unregistered person.
    pub person: Option<PersonId>,
    pub birth: PartialDate,
    /// 世帯主.
    pub head: bool,
    /// 日本の国籍をもたない.
    pub foreign: bool,
    /// Resident of the city since (住民となった年月日).
    pub resident_since: Date,
}

/// An act that is about to happen.
#[derive(Debug, Clone)]
pub struct Foresight {
    pub kind: &'static str,
    /// 異動日.
    pub on: Date,
    /// 届出日 (the day of the act at the desk).
    pub filed_on: Date,
    /// The persons whom the act concerns.
    pub members: Vec<Member>,
}
