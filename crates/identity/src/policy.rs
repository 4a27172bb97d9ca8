//! The rights table (権限表): role × resource × action. Code asks for what it does; only this table knows who may.
//!
//! Spec: architecture §8. Denied unless granted; an unknown role or resource is denied.
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::Actor;

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    List,
    Read,
    Create,
    Change,
    Approve,
    Export,
    Administer,
}

impl Action {
    pub const ALL: [Self; 7] =
        [Self::List, Self::Read, Self::Create, Self::Change, Self::Approve, Self::Export, Self::Administer];

    pub const fn title(self) -> &'static str {
        match self {
            Self::List => "一覧",
            Self::Read => "閲覧",
            Self::Create => "登録",
            Self::Change => "変更",
            Self::Approve => "承認",
            Self::Export => "出力",
            Self::Administer => "管理",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A role (役割) that posts give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    pub key: &'static str,
    pub title: &'static str,
}

/// A kind of thing that rights are about (対象).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    pub key: &'static str,
    pub title: &'static str,
}

/// One line of an app's rights: the role may do these actions to the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub role: &'static str,
    pub resource: &'static str,
    pub actions: &'static [Action],
}

/// The whole table of a program, put together once at its start.
#[derive(Debug)]
pub struct Policy {
    roles: Vec<Role>,
    resources: Vec<Resource>,
    role_places: HashMap<&'static str, usize>,
    resource_places: HashMap<&'static str, usize>,
    /// The actions of each role (row) on each resource (column), one bit an action.
    granted: Vec<u8>,
}

impl Policy {
    /// Grants for the same role and resource add up.
    ///
    /// # Panics
    /// At start: a key declared twice, or a grant that names an unknown role or resource.
    pub fn new(roles: &[Role], resources: &[Resource], grants: &[Grant]) -> Self {
        let role_places = places("role", roles.iter().map(|role| role.key));
        let resource_places = places("resource", resources.iter().map(|resource| resource.key));
        let mut granted = vec![0; roles.len() * resources.len()];
        for grant in grants {
            let role = role_places.get(grant.role);
            let role = role.unwrap_or_else(|| panic!("a grant names the unknown role {}", grant.role));
            let resource = resource_places.get(grant.resource);
            let resource =
                resource.unwrap_or_else(|| panic!("a grant names the unknown resource {}", grant.resource));
            let actions = grant.actions.iter().fold(0, |bits, action| bits | action.bit());
            granted[role * resources.len() + resource] |= actions;
        }
        Self { roles: roles.to_vec(), resources: resources.to_vec(), role_places, resource_places, granted }
    }

    /// Every role, in the order of the table.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Whether one of the actor's roles grants `action` on the resource. Called on each request.
    pub fn allows(&self, actor: &Actor, action: Action, resource: &str) -> bool {
        let Some(resource) = self.resource_places.get(resource) else { return false };
        let roles = actor.roles.iter().filter_map(|role| self.role_places.get(role.as_str()));
        roles.into_iter().any(|role| self.at(*role, *resource) & action.bit() != 0)
    }

    /// The table in Markdown, every role with every resource, for the person who signs it.
    pub fn table(&self) -> String {
        let titles: Vec<&str> = Action::ALL.iter().map(|action| action.title()).collect();
        let mut out =
            format!("| 役割 | 対象 | {} |\n|---|---|{}\n", titles.join(" | "), ":-:|".repeat(titles.len()));
        for (i, role) in self.roles.iter().enumerate() {
            for (j, resource) in self.resources.iter().enumerate() {
                let marks =
                    Action::ALL.map(|action| if self.at(i, j) & action.bit() == 0 { "・" } else { "✔" });
                writeln!(out, "| {} | {} | {} |", role.title, resource.title, marks.join(" | "))
                    .expect("a String takes every text");
            }
        }
        out
    }

    fn at(&self, role: usize, resource: usize) -> u8 {
        self.granted[role * self.resources.len() + resource]
    }
}

fn places(kind: &str, keys: impl Iterator<Item = &'static str>) -> HashMap<&'static str, usize> {
    let mut places = HashMap::new();
    for (i, key) in keys.enumerate() {
        assert!(places.insert(key, i).is_none(), "the {kind} {key} is declared twice");
    }
    places
}

#[cfg(test)]
mod tests {
    use base::MunicipalityId;

    use super::*;

    const ROLES: &[Role] =
        &[Role { key: "clerk", title: "窓口担当" }, Role { key: "chief", title: "窓口責任者" }];
    const RESOURCES: &[Resource] =
        &[Resource { key: "resident", title: "住民" }, Resource { key: "account", title: "利用者" }];
    const GRANTS: &[Grant] = &[
        Grant { role: "clerk", resource: "resident", actions: &[Action::List, Action::Read] },
        Grant { role: "clerk", resource: "resident", actions: &[Action::Create] },
        Grant { role: "chief", resource: "resident", actions: &[Action::Approve] },
        Grant { role: "chief", resource: "account", actions: &[Action::Administer] },
    ];

    #[track_caller]
    fn check(roles: &[&str], action: Action, resource: &str, expected: bool) {
        let policy = Policy::new(ROLES, RESOURCES, GRANTS);
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let actor = Actor { roles, ..Actor::system(MunicipalityId(102_091)) };
        assert_eq!(policy.allows(&actor, action, resource), expected);
    }

    #[test]
    fn denies_unless_granted() {
        check(&["clerk"], Action::Read, "resident", true);
        check(&["clerk"], Action::Create, "resident", true);
        check(&["clerk"], Action::Approve, "resident", false);
        check(&["clerk"], Action::Administer, "account", false);
        check(&["chief"], Action::Administer, "account", true);
        check(&["clerk", "chief"], Action::Approve, "resident", true);
        check(&[], Action::Read, "resident", false);
        check(&["mayor"], Action::Read, "resident", false);
        check(&["mayor", "clerk"], Action::Read, "resident", true);
        check(&["clerk"], Action::Read, "spaceship", false);
    }

    /// What a reviewer signs.
    #[test]
    fn prints_every_role_with_every_resource() {
        let table = "\
| 役割 | 対象 | 一覧 | 閲覧 | 登録 | 変更 | 承認 | 出力 | 管理 |
|---|---|:-:|:-:|:-:|:-:|:-:|:-:|:-:|
| 窓口担当 | 住民 | ✔ | ✔ | ✔ | ・ | ・ | ・ | ・ |
| 窓口担当 | 利用者 | ・ | ・ | ・ | ・ | ・ | ・ | ・ |
| 窓口責任者 | 住民 | ・ | ・ | ・ | ・ | ✔ | ・ | ・ |
| 窓口責任者 | 利用者 | ・ | ・ | ・ | ・ | ・ | ・ | ✔ |
";
        assert_eq!(Policy::new(ROLES, RESOURCES, GRANTS).table(), table);
    }

    #[test]
    #[should_panic(expected = "unknown role mayor")]
    fn a_grant_for_an_unknown_role_stops_the_start() {
        Policy::new(ROLES, RESOURCES, &[Grant { role: "mayor", ..GRANTS[0] }]);
    }

    #[test]
    #[should_panic(expected = "unknown resource spaceship")]
    fn a_grant_on_an_unknown_resource_stops_the_start() {
        Policy::new(ROLES, RESOURCES, &[Grant { resource: "spaceship", ..GRANTS[0] }]);
    }

    #[test]
    #[should_panic(expected = "role clerk is declared twice")]
    fn a_key_declared_twice_stops_the_start() {
        Policy::new(&[ROLES[0], ROLES[0]], RESOURCES, GRANTS);
    }
}
