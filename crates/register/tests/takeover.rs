//! 初期移行 on both engines: a slice of a register with the numbers it had, one event a household.
use std::sync::Mutex;

use address::Lot;
use base::{Date, HouseholdNo, PartialDate, PersonNo, Sex};
use db::{DbError, Migration, Store, Tx, params, sql};
use events::facts::{Fact, TakenOver};
use events::{Event, FollowError, FollowUp, Told};
use register::{Name, Place, Relationship, TakeoverHousehold, TakeoverPerson, take_over};
use testkit::{FUJIOKA, both};

fn migrations() -> Vec<Migration> {
    [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, register::MIGRATIONS].concat()
}

/// How many persons each followed event concerned.
static FOLLOWED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

static COUNTER: FollowUp = FollowUp {
    name: "test.counter",
    office: "試験課",
    kinds: &[TakenOver::KIND],
    foresee: |_, _| None,
    apply: count,
    clear: |_, _| Ok(()),
};

fn count(_: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    for event in events {
        let fact: TakenOver = event.fact()?;
        let members = register::followers_view(tx, &fact.persons)?;
        FOLLOWED.lock().expect("no test panics here").push(members.len());
    }
    Ok(Vec::new())
}

fn person(serial: u32, given: &str, relationship: &str) -> TakeoverPerson {
    let day: Date = "1980-04-02".parse().expect("a day");
    TakeoverPerson {
        number: PersonNo::from_serial(serial).expect("a serial with a check digit"),
        name: Name {
            family: "見本".to_owned(),
            given: given.to_owned(),
            family_kana: "ミホン".to_owned(),
            given_kana: "ヒト".to_owned(),
            common: String::new(),
        },
        nationality: String::new(),
        birth: PartialDate::exact(day),
        sex: Sex::Female,
        relationship: Relationship::parse(relationship).expect("allowed"),
        domicile: "群馬県藤岡市中栗須1番地".to_owned(),
        domicile_head: "見本　一".to_owned(),
        resident_since: day,
        address_since: day,
        previous_address: String::new(),
    }
}

fn household(serial: u32, members: Vec<TakeoverPerson>) -> TakeoverHousehold {
    let place = Place {
        town: "0012000".parse().ok(),
        town_text: "中栗須".to_owned(),
        lot: Lot::as_written("1番地"),
        detail: String::new(),
    };
    TakeoverHousehold { number: HouseholdNo::from_serial(serial).expect("a serial"), place, members }
}

fn take(store: &Store, slice: Vec<TakeoverHousehold>) -> Result<(), DbError> {
    let on: Date = "2026-11-24".parse().expect("a day");
    store.write_blocking(FUJIOKA, move |tx| take_over(tx, on, &slice))
}

#[test]
fn households_come_with_their_numbers_and_are_followed() {
    both(&migrations(), |store| {
        FOLLOWED.lock().expect("no test panics here").clear();
        let enabled: Result<(), DbError> =
            store.write_blocking(FUJIOKA, |tx| events::enable(tx, &[&COUNTER]));
        enabled.expect("enables");
        let first = household(
            950_000_001,
            vec![person(900_000_001, "一", "世帯主"), person(900_000_002, "二", "子")],
        );
        let second = household(950_000_002, vec![person(900_000_003, "三", "世帯主")]);
        take(&store, vec![first, second]).expect("taken over");
        let again = household(950_000_003, vec![person(900_000_003, "四", "世帯主")]);
        take(&store, vec![again]).expect_err("a number that is taken");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(events::drain(&store, &[&COUNTER])).expect("drains");
        let mut followed = FOLLOWED.lock().expect("no test panics here").clone();
        followed.sort_unstable();
        assert_eq!(followed, [1, 2]);
        let counted: Result<(i64, i64), DbError> = store.read_blocking(FUJIOKA, |tx| {
            let current = sql!("SELECT COUNT(*) FROM resident_current WHERE municipality_id = $1");
            let first =
                sql!("SELECT COUNT(*) FROM resident_version WHERE municipality_id = $1 AND version_no = 1");
            Ok((tx.one(current, params![], |r| r.take())?, tx.one(first, params![], |r| r.take())?))
        });
        assert_eq!(counted.expect("reads"), (3, 3), "nothing of the refused slice stays");
    });
}
