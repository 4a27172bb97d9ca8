//! 支援措置: that something about a protection changed, from this second on.
use base::{Date, Id, PersonId};
use serde::{Deserialize, Serialize};

use super::{Fact, day};

/// A protection (支援措置).
pub enum ProtectionKind {}

/// What was done to a protection. Whether somebody is shielded now is asked of the register, never of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionDeed {
    /// 申出, or a forwarding from another municipality.
    Filed,
    /// 仮支援措置 became the full measure.
    Confirmed,
    /// 延長.
    Extended,
    /// 転出: back to 仮支援措置, without a gap.
    MovedOut,
    /// 他市町村への転送.
    Forwarded,
    /// A name that was told is this person of the register.
    Linked,
    /// A person of the same name is somebody else.
    RuledOut,
    /// 一時解除 for one act.
    Released,
    /// 終了.
    Ended,
}

/// A protection changed. Ids alone: neither name nor address, and nothing of the other party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected {
    pub protection: Id<ProtectionKind>,
    pub deed: ProtectionDeed,
    /// The applicant and those joined, as far as the register knows them.
    pub persons: Vec<PersonId>,
    #[serde(with = "day")]
    pub on: Date,
}

impl Fact for Protected {
    const KIND: &'static str = "register.protected";
    const VERSION: i64 = 1;
    fn stream(&self) -> i64 {
        self.protection.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_facts_stay_readable() {
        let fact = Protected {
            protection: Id::new(77),
            deed: ProtectionDeed::Filed,
            persons: vec![Id::new(1), Id::new(2)],
            on: base::day(2026, 11, 24),
        };
        let golden = include_str!("protected.v1.json");
        let stored: serde_json::Value = serde_json::from_str(golden).expect("the golden file is JSON");
        assert_eq!(serde_json::to_value(&fact).expect("plain data"), stored);
        assert_eq!(serde_json::from_str::<Protected>(golden).expect("readable"), fact);
    }
}
