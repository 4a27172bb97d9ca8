//! 転入, and the takeover of a whole register.
use base::{Date, HouseholdId, PersonId};
use serde::{Deserialize, Serialize};

use super::Fact;

/// Persons moved in from another municipality (国内転入) and are registered (本登録).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedIn {
    pub household: HouseholdId,
    /// Who moved in; not the household's earlier members.
    pub persons: Vec<PersonId>,
    /// 異動日.
    #[serde(with = "day")]
    pub moved_in_on: Date,
    /// 届出日.
    #[serde(with = "day")]
    pub filed_on: Date,
}

impl Fact for MovedIn {
    const KIND: &'static str = "register.moved_in";
    const VERSION: i64 = 1;
    fn stream(&self) -> i64 {
        self.household.get()
    }
}

/// A household was taken over from the former system, or from the sample city (初期移行).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    pub household: HouseholdId,
    pub persons: Vec<PersonId>,
    /// The day whose state was taken over.
    #[serde(with = "day")]
    pub as_of: Date,
}

impl Fact for TakenOver {
    const KIND: &'static str = "register.taken_over";
    const VERSION: i64 = 1;
    fn stream(&self) -> i64 {
        self.household.get()
    }
}

/// A civil day as `YYYY-MM-DD`.
pub(super) mod day {
    use base::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use base::Id;

    use super::*;

    #[track_caller]
    fn check<F: Fact + PartialEq + std::fmt::Debug>(fact: &F, golden: &str) {
        let written = serde_json::to_value(fact).expect("plain data");
        let stored: serde_json::Value = serde_json::from_str(golden).expect("the golden file is JSON");
        assert_eq!(written, stored, "a stored fact must stay readable: make a new version instead");
        assert_eq!(&serde_json::from_str::<F>(golden).expect("readable"), fact);
    }

    #[test]
    fn stored_facts_stay_readable() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let persons = vec![Id::new(1), Id::new(2)];
        let moved_in = MovedIn {
            household: Id::new(77),
            persons: persons.clone(),
            moved_in_on: day("2026-11-20"),
            filed_on: day("2026-11-24"),
        };
        check(&moved_in, include_str!("moved_in.v1.json"));
        check(
            &TakenOver { household: Id::new(77), persons, as_of: day("2026-11-24") },
            include_str!("taken_over.v1.json"),
        );
    }
}
