//! Generated probes: any account, any route, any person; nothing beyond the printed rights table, and no address of
//! somebody who is shielded.
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::Method;
use identity::{Action, Caller};
use register::{RawParty, RawProtection};
use web::Listed;

use super::doors::Doors;
use super::routes::Rows;
use super::sample_city::{Clerk, Known, SampleCity, on_both};
use crate::city;

const PROBES: u32 = 20_000;
/// They would sign the probing accounts out.
const ENDS: &[&str] = &["/sign-out", "/accounts/{account}/sessions"];

/// What a person signed: role title, resource title, action title. Read from the printed table, not from the policy.
fn printed() -> BTreeSet<(String, String, &'static str)> {
    let mut granted = BTreeSet::new();
    for line in include_str!("rights.md").lines().filter(|line| line.contains('✔')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        for (cell, action) in cells[2..].iter().zip(Action::ALL) {
            if *cell == "✔" {
                granted.insert((cells[0].to_owned(), cells[1].to_owned(), action.title()));
            }
        }
    }
    granted
}

struct Probe<'a> {
    city: &'a SampleCity,
    printed: BTreeSet<(String, String, &'static str)>,
    staff: Vec<Clerk>,
    rows: Rows,
    known: Vec<Known>,
    doors: Doors,
    /// How the addresses of the shielded are written anywhere.
    addresses: Vec<String>,
}

impl Probe<'_> {
    fn may(&self, clerk: &Clerk, action: Action, resource: &str) -> bool {
        let apps = crate::APPS.iter().flat_map(|app| app.resources).chain(web::RESOURCES);
        let title = apps.into_iter().find(|one| one.key == resource).map_or(resource, |one| one.title);
        let roles = clerk.actor.roles.iter();
        let titles =
            roles.filter_map(|key| city::ROLES.iter().find(|role| role.key == key)).map(|role| role.title);
        titles
            .into_iter()
            .any(|role| self.printed.contains(&(role.to_owned(), title.to_owned(), action.title())))
    }

    /// One request; gives whether the table allows it.
    fn check(&self, clerk: &Clerk, route: &Listed, person: &Known) -> bool {
        let path = self.rows.with(person.person, person.household).fill(route);
        let answer = if route.method == Method::GET {
            self.city.get(&path, Some(clerk))
        } else {
            self.city.post(&path, clerk, &[])
        };
        let at = format!("{} {} {path} → {}", clerk.name, route.method, answer.status);
        let allowed = route.need.right().is_none_or(|(action, resource)| self.may(clerk, action, resource));
        if !allowed {
            assert_eq!(answer.status, 403, "{at}");
        }
        if !allowed || self.doors.is_closed(route) {
            for one in &self.known {
                // A form may lead on to the person whom its own path named.
                let asked_for = allowed && one.person == person.person;
                assert!(
                    asked_for || !answer.body.contains(&one.person.to_string()),
                    "{at} shows {}",
                    one.person
                );
                let name = format!("{}　{}", one.family, one.given);
                assert!(!answer.body.contains(&name), "{at} shows {name}");
            }
        }
        if !self.may(clerk, Action::Read, "protection") {
            for address in &self.addresses {
                assert!(!answer.body.contains(address), "{at} shows {address}");
            }
        }
        allowed
    }
}

/// A caller with the rights of the responsible person (支援措置責任者).
fn officer(city: &SampleCity, staff: &[Clerk]) -> Caller {
    let policy = city.site.policy();
    let found = staff.iter().find(|clerk| policy.allows(&clerk.actor, Action::Create, "protection"));
    Caller {
        actor: found.expect("somebody files 支援措置").actor.clone(),
        policy: Arc::clone(policy),
        terminal: String::new(),
        path: String::new(),
    }
}

/// Shields every twentieth person; gives how their addresses are written.
fn shield(city: &SampleCity, staff: &[Clerk], known: &[Known]) -> Vec<String> {
    let mut addresses = Vec::new();
    for one in known.iter().step_by(20) {
        let (caller, person) = (officer(city, staff), one.person);
        let raw = RawProtection {
            applicant: RawParty { person: person.to_string(), ..RawParty::default() },
            ..RawProtection::default()
        };
        let filed = city
            .site
            .inside()
            .write_blocking(testkit::FUJIOKA, move |tx| register::file_protection(tx, &caller, &raw));
        filed.unwrap_or_else(|error| panic!("{error:?}"));
        addresses.push(city.address(person));
    }
    // In a house with several flats the neighbours' pages show the same lot.
    addresses.retain(|address| city.homes_at(address) == 1);
    assert!(addresses.len() > 4, "too few addresses are anybody's own");
    addresses
}

fn probe(city: &SampleCity, count: u32) {
    let staff = city.staff();
    let rows = Rows::of(city, &staff[0], &staff[1]);
    let known = city.residents();
    let addresses = shield(city, &staff, &known);
    city.drain();
    let probe = Probe { city, printed: printed(), staff, rows, known, doors: Doors::read(), addresses };
    let routes: Vec<&Listed> = city.listed.iter().filter(|route| !ENDS.contains(&route.path)).collect();
    let mut chance = Chance(0x00F0_71DA);
    let mut counts = [0u32, 0];
    for _ in 0..count {
        let clerk = &probe.staff[chance.below(probe.staff.len())];
        let person = &probe.known[chance.below(probe.known.len())];
        let allowed = probe.check(clerk, routes[chance.below(routes.len())], person);
        counts[usize::from(allowed)] += 1;
    }
    println!(
        "{count} probes: {} beyond the table were refused, {} within it were answered",
        counts[0], counts[1]
    );
    assert!(counts.iter().all(|some| *some > count / 10), "{counts:?}: the probes are not mixed");
}

/// The same probes in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("below an index")
    }
}

#[test]
fn nobody_gets_beyond_the_printed_table() {
    probe(&SampleCity::new(), PROBES);
}

/// On both engines, with fewer.
#[test]
fn nobody_gets_beyond_the_printed_table_on_either_engine() {
    on_both(|city| probe(&city, PROBES / 20));
}
