//! 支援措置 and locks on both engines: what is refused, to whom, and what stays recorded.
mod doors;
mod issue;
mod measure;
mod random;

use std::sync::{Arc, LazyLock};

use base::{At, HouseholdId, PersonId};
use db::{DbError, Migration, Store};
use identity::Action::{Approve, Change, Create, List, Read};
use identity::{AccountId, Actor, Caller, Grant, Looking, Policy, Purpose, Resource, Role, Section, look};
use register::{
    Attempt, Found, PROTECTION, ProtectionId, RawMember, RawMoveIn, RawParty, RawProtection, Refusal,
    Registered,
};
use testkit::{FUJIOKA, MORNING};

pub fn migrations() -> Vec<Migration> {
    [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, register::MIGRATIONS].concat()
}

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let roles = ["officer", "resident_clerk", "tax_clerk"].map(|key| Role { key, title: key });
    let grants = [
        Grant { role: "officer", resource: PROTECTION, actions: &[List, Read, Create, Change, Approve] },
        Grant { role: "resident_clerk", resource: PROTECTION, actions: &[List, Create] },
    ];
    Arc::new(Policy::new(&roles, &[Resource { key: PROTECTION, title: "支援措置" }], &grants))
});

pub fn caller(number: i64, role: &str) -> Caller {
    let actor = Actor {
        municipality: FUJIOKA,
        account: AccountId::new(number),
        name: format!("職員{number}"),
        section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
        roles: vec![role.to_owned()],
    };
    Caller { actor, policy: Arc::clone(&POLICY), terminal: "192.0.2.7".to_owned(), path: "試験".to_owned() }
}

pub fn officer() -> Caller {
    caller(9, "officer")
}
/// At the resident desk: knows that there is something, and no more.
pub fn clerk() -> Caller {
    caller(1, "resident_clerk")
}
/// At any other office.
pub fn tax() -> Caller {
    caller(5, "tax_clerk")
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

pub fn see<T: Send + 'static>(
    store: &Store,
    by: &Caller,
    closure: impl Fn(&mut Looking<'_, '_>) -> Result<T, DbError> + Send + 'static,
) -> T {
    run(look(store, by, Purpose("試験"), closure)).expect("reads")
}

pub fn member(family: &str, given: &str, kana: (&str, &str), birth: &str, relationship: &str) -> RawMember {
    RawMember {
        family: family.to_owned(),
        given: given.to_owned(),
        family_kana: kana.0.to_owned(),
        given_kana: kana.1.to_owned(),
        birth: birth.to_owned(),
        sex: "F".to_owned(),
        relationship: relationship.to_owned(),
        domicile: "群馬県高崎市高松町35番地".to_owned(),
        domicile_head: format!("{family}　{given}"),
        nationality: String::new(),
    }
}

pub fn moving(lot: &str, members: Vec<RawMember>) -> RawMoveIn {
    RawMoveIn {
        moved_on: "R8.11.20".to_owned(),
        filed_on: "R8.11.24".to_owned(),
        address: "中栗須".to_owned(),
        address_lot: lot.to_owned(),
        previous_address: format!("埼玉県本庄市前町{lot}"),
        members,
        ..RawMoveIn::default()
    }
}

/// 仮登録 by one clerk and 本登録 by another, every alert answered.
pub fn enter(store: &Store, raw: &RawMoveIn) -> Registered {
    let raw = raw.clone();
    let done: Result<Registered, Refusal> = store.write_blocking(FUJIOKA, move |tx| {
        let codes: Vec<String> = (0..20).map(|i| format!("known_{i}")).chain(["locked".to_owned()]).collect();
        let codes: Vec<String> =
            codes.into_iter().chain(["minors_only".to_owned(), "no_head".to_owned()]).collect();
        let id = register::provisional(tx, &caller(1, "").actor, MORNING, &raw, &codes)?;
        register::finalize(tx, &caller(2, "").actor, MORNING, id, 1)
    });
    done.expect("registers")
}

/// 花子 with her child and her mother; 健 lives elsewhere with his mother.
pub struct Town {
    pub store: Store,
    pub home: HouseholdId,
    /// 花子, 一郎, ウメ.
    pub hers: Vec<PersonId>,
    pub his: Vec<PersonId>,
    pub his_home: HouseholdId,
}

/// Only her household has this lot.
pub const LOT: &str = "327番地3";

impl Town {
    pub fn new(store: Store) -> Self {
        let hers = vec![
            member("渡邊", "花子", ("ワタナベ", "ハナコ"), "1986-07-10", "世帯主"),
            member("渡邊", "一郎", ("ワタナベ", "イチロウ"), "2018-01-05", "子"),
            member("岸", "ウメ", ("キシ", "ウメ"), "1955-08-01", "母"),
        ];
        let his = vec![
            member("渡邊", "健", ("ワタナベ", "ケン"), "1984-02-03", "世帯主"),
            member("渡邊", "トメ", ("ワタナベ", "トメ"), "1950-08-01", "母"),
        ];
        let hers = enter(&store, &moving("327-3", hers));
        let his = enter(&store, &moving("11-1", his));
        Self { home: hers.household, hers: hers.persons, his: his.persons, his_home: his.household, store }
    }

    pub fn application(&self) -> RawProtection {
        let by = |person: PersonId| RawParty { person: person.to_string(), ..RawParty::default() };
        RawProtection {
            applicant: by(self.hers[0]),
            joined: vec![by(self.hers[1])],
            others: vec![by(self.his[0])],
            ..RawProtection::default()
        }
    }

    pub fn file(&self, raw: &RawProtection) -> ProtectionId {
        let raw = raw.clone();
        self.store
            .write_blocking(FUJIOKA, move |tx| register::file_protection(tx, &officer(), &raw))
            .expect("filed")
    }

    /// An act of the officer.
    pub fn act<T: Send + 'static>(
        &self,
        act: impl Fn(&mut db::Tx<'_>, &Caller) -> Result<T, register::ProtectionRefusal> + Send + 'static,
    ) -> Result<T, register::ProtectionRefusal> {
        self.store.write_blocking(FUJIOKA, move |tx| act(tx, &officer()))
    }

    pub fn attempts(&self) -> Vec<Attempt> {
        let since = At::from_micros(0);
        let found = see(&self.store, &officer(), move |looking| register::attempts(looking, since));
        found.open().expect("the officer may read them")
    }

    pub fn protection(&self, id: ProtectionId) -> register::Protection {
        see(&self.store, &officer(), move |looking| register::protection(looking, id))
            .open()
            .expect("is there")
    }

    /// Whether 花子's record opens for a clerk of the desk.
    pub fn is_shut(&self) -> bool {
        let person = self.hers[0];
        see(&self.store, &clerk(), move |looking| register::household_of(looking, person)).map(drop)
            == Found::Refused
    }

    pub fn at(&self, moment: &str) {
        let day: base::Date = moment.parse().expect("a day");
        let days = (day - MORNING.date()).get_days();
        self.store.clock().set(MORNING.plus_seconds(i64::from(days) * 86_400));
    }
}
