//! The offices (課) that have no app of their own yet.
use events::facts::Foresight;
use identity::Resource;

use crate::consequence::{self, Consequence};

/// An office with what a move-in means for it.
#[derive(Debug)]
pub(crate) struct Office {
    /// Stored with its work items, so never renamed.
    pub key: &'static str,
    /// Name of its follower.
    pub follower: &'static str,
    /// As a Japanese city calls it.
    pub name: &'static str,
    pub resource: Resource,
    /// Whose work it is.
    pub role: &'static str,
    /// Its list.
    pub path: &'static str,
    /// Where 「済みにする」 leads.
    pub completion: &'static str,
    /// Asked before the act and after it, so that what is foretold is what arrives.
    pub consequence: fn(&Foresight) -> Option<Consequence>,
}

macro_rules! office {
    ($key:literal, $name:literal, $role:literal, $consequence:path) => {
        Office {
            key: $key,
            follower: concat!("desks.", $key),
            name: $name,
            resource: Resource { key: concat!("work_item.", $key), title: concat!("机の仕事 ", $name) },
            role: $role,
            path: concat!("/desks/", $key),
            completion: concat!("/desks/", $key, "/{event}/completion"),
            consequence: $consequence,
        }
    };
}

/// In the order of the board (residents.md §10, row 転入).
pub(crate) const OFFICES: &[Office] = &[
    office!("tax", "税務課", "tax_clerk", consequence::tax),
    office!("health_insurance", "保険年金課（国保）", "insurance_clerk", consequence::health_insurance),
    office!("pension", "保険年金課（年金）", "insurance_clerk", consequence::pension),
    office!("late_elderly", "保険年金課（後期高齢者医療）", "insurance_clerk", consequence::late_elderly),
    office!("child_allowance", "子ども課（児童手当）", "child_clerk", consequence::child_allowance),
    office!("school", "学校教育課（学齢簿）", "school_clerk", consequence::school),
    office!("health", "健康づくり課", "health_clerk", consequence::health),
    office!("election", "選挙管理委員会", "election_clerk", consequence::election),
    office!("environment", "環境課", "environment_clerk", consequence::environment),
];

pub(crate) fn by_key(key: &str) -> Option<&'static Office> {
    OFFICES.iter().find(|office| office.key == key)
}

pub(crate) fn by_follower(follower: &str) -> Option<&'static Office> {
    OFFICES.iter().find(|office| office.follower == follower)
}
