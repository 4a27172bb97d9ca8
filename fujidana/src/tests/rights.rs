//! The rights table (権限表) as a person has signed it. A change of it is a change of `rights.md`, in review.
use std::collections::BTreeSet;
use std::path::Path;

use identity::Action;

use crate::installation::policy;
use crate::{APPS, city};

/// Set it to write the table anew: `FUJIDANA_UPDATE=1 cargo test -p fujidana rights`.
const UPDATE: &str = "FUJIDANA_UPDATE";

#[test]
fn the_rights_table_is_the_reviewed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/rights.md");
    let table = policy().table();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &table).expect("the snapshot can be written");
    }
    let signed = std::fs::read_to_string(&path).expect("the snapshot is there");
    let changes = difference(&signed, &table);
    assert!(changes.is_empty(), "the rights changed; review, then {UPDATE}=1:\n{}", changes.join("\n"));
}

/// Lines that are only in the one or the other; an order that changed is a change, too.
fn difference(signed: &str, present: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (signed.lines().collect(), present.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let mut changes: Vec<String> = gone.chain(come).collect();
    if changes.is_empty() && old != new {
        changes.push("the same lines in another order".to_owned());
    }
    changes
}

#[test]
fn a_changed_right_shows_as_a_difference() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), Vec::<String>::new());
    assert_eq!(difference("a\nb\n", "a\nc\n"), ["- b", "+ c"]);
    assert_eq!(difference("a\nb\n", "b\na\n"), ["the same lines in another order"]);
}

fn declared() -> BTreeSet<&'static str> {
    APPS.iter().flat_map(|app| app.resources).chain(web::RESOURCES).map(|resource| resource.key).collect()
}

#[test]
fn every_grant_names_a_known_role_and_resource_and_is_made_once() {
    let roles: BTreeSet<&str> = city::ROLES.iter().map(|role| role.key).collect();
    let mut granted = BTreeSet::new();
    for app in APPS {
        let own: BTreeSet<&str> = app.resources.iter().map(|resource| resource.key).collect();
        for grant in app.grants {
            let told = format!("{}: {} on {}", app.name, grant.role, grant.resource);
            assert!(roles.contains(grant.role), "{told}: unknown role");
            assert!(own.contains(grant.resource), "{told}: an app grants its own resources alone");
            assert!(!grant.actions.is_empty(), "{told}: grants nothing");
            granted.insert(grant.role);
        }
    }
    assert_eq!(granted, roles, "a role without a right is a door that leads nowhere");
}

#[test]
fn every_resource_is_used_and_every_use_is_declared() {
    let (declared, mut used) = (declared(), BTreeSet::new());
    let mut note = |at: String, (_, resource): (Action, &'static str)| {
        assert!(declared.contains(resource), "{at} needs {resource}, which no app declares");
        used.insert(resource);
    };
    for route in super::sample_city::SampleCity::new().listed {
        if let Some(right) = route.need.right() {
            note(format!("{} {}", route.method, route.path), right);
        }
    }
    for app in APPS {
        app.commands.iter().for_each(|command| note(command.name.to_owned(), command.need));
        app.menu.iter().for_each(|item| note(item.href.to_owned(), item.need));
    }
    assert_eq!(used, declared, "a resource that nothing asks for");
}

/// Somebody must be able to do what a route or a command offers.
#[test]
fn nothing_is_offered_that_nobody_may_do() {
    let policy = policy();
    let roles = || city::ROLES.iter().map(|role| role.key.to_owned()).collect();
    let everybody = identity::Actor { roles: roles(), ..identity::Actor::system(testkit::FUJIOKA) };
    for app in APPS {
        let needs = app.commands.iter().map(|command| (command.name, command.need));
        for (name, (action, resource)) in needs.chain(app.menu.iter().map(|item| (item.href, item.need))) {
            assert!(policy.allows(&everybody, action, resource), "{name}: nobody may {action:?} {resource}");
        }
    }
}
