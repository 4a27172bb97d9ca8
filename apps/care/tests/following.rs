//! The insured follow the register, on both engines.
use std::collections::HashMap;
use std::sync::Arc;

use base::{HouseholdNo, PartialDate, PersonNo, Sex};
use db::{DbError, Migration, Store, params, sql};
use events::{EventId, FollowUp, State};
use identity::{AccountId, Actor, Policy, Role, Section};
use register::{
    Name, Place, RawMember, RawMoveIn, Registered, Relationship, TakeoverHousehold, TakeoverPerson,
};
use serde_json::json;
use testkit::{FUJIOKA, MORNING, both};
use web::{Call, City, Parts, Refused, Site};

fn migrations() -> Vec<Migration> {
    let crates = [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, register::MIGRATIONS];
    crates.into_iter().flatten().copied().chain(care::APP.migrations.iter().copied()).collect()
}

fn follow_ups() -> Vec<&'static FollowUp> {
    care::APP.follow_ups.iter().collect()
}

fn enable(store: &Store) {
    let enabled: Result<(), DbError> = store.write_blocking(FUJIOKA, |tx| events::enable(tx, &follow_ups()));
    enabled.expect("enables");
}

fn drain(store: &Store) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(events::drain(store, &follow_ups())).expect("drains");
}

/// Acquired on, needs check, and which event brought it.
fn insured(store: &Store) -> Vec<(String, bool, EventId)> {
    let read: Result<_, DbError> = store.read_blocking(FUJIOKA, |tx| {
        let find = sql!(
            "SELECT acquired_on, needs_check, event_id FROM insured_person WHERE municipality_id = $1
              ORDER BY acquired_on"
        );
        tx.all(find, params![], |r| Ok((r.take()?, r.take()?, r.take()?)))
    });
    read.expect("reads")
}

fn actor(account: i64, name: &str) -> Actor {
    Actor {
        municipality: FUJIOKA,
        account: AccountId::new(account),
        name: name.to_owned(),
        section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
        roles: vec!["resident_clerk".to_owned()],
    }
}

/// A couple who move in at 76 and 60 years.
fn couple() -> RawMoveIn {
    let member = |given: &str, given_kana: &str, birth: &str, sex: &str, relationship: &str| RawMember {
        family: "山田".to_owned(),
        given: given.to_owned(),
        family_kana: "ヤマダ".to_owned(),
        given_kana: given_kana.to_owned(),
        birth: birth.to_owned(),
        sex: sex.to_owned(),
        relationship: relationship.to_owned(),
        domicile: "群馬県高崎市高松町35番地1".to_owned(),
        domicile_head: "山田　太郎".to_owned(),
        nationality: String::new(),
    };
    RawMoveIn {
        moved_on: "2026-11-20".to_owned(),
        filed_on: "2026-11-24".to_owned(),
        address: "中栗須".to_owned(),
        address_lot: "327番地3".to_owned(),
        previous_address: "群馬県高崎市高松町35番地1".to_owned(),
        members: vec![
            member("太郎", "タロウ", "1950-09-01", "M", "世帯主"),
            member("花子", "ハナコ", "1966-07-10", "F", "妻"),
        ],
        ..RawMoveIn::default()
    }
}

/// 仮登録 by one clerk, 本登録 by another.
fn move_in(store: &Store) -> Registered {
    let registered: Result<Registered, register::Refusal> = store.write_blocking(FUJIOKA, |tx| {
        let notice = register::provisional(tx, &actor(1, "一子"), MORNING, &couple(), &[])?;
        register::finalize(tx, &actor(2, "次郎"), MORNING, notice, 1)
    });
    registered.expect("registers")
}

/// One household that lives here since 2000, a member a birth date.
fn take_over(store: &Store, births: &[&str]) {
    let since = base::day(2000, 4, 1);
    let members = (1..).zip(births).map(|(serial, birth)| TakeoverPerson {
        number: PersonNo::from_serial(serial).expect("a serial number"),
        name: Name {
            family: "新井".to_owned(),
            given: "一".to_owned(),
            family_kana: "アライ".to_owned(),
            given_kana: "ハジメ".to_owned(),
            common: String::new(),
        },
        nationality: String::new(),
        birth: PartialDate::parse(birth, MORNING.date()).expect("a birth date"),
        sex: Sex::Male,
        relationship: Relationship::head(),
        domicile: String::new(),
        domicile_head: String::new(),
        resident_since: since,
        address_since: since,
        previous_address: String::new(),
    });
    let household = TakeoverHousehold {
        number: HouseholdNo::from_serial(1).expect("a serial number"),
        place: Place {
            town: None,
            town_text: "中栗須".to_owned(),
            lot: address::Lot::as_written("1番地"),
            detail: String::new(),
        },
        members: members.collect(),
    };
    let taken: Result<(), DbError> = store.write_blocking(FUJIOKA, move |tx| {
        register::take_over(tx, MORNING.date(), std::slice::from_ref(&household))
    });
    taken.expect("takes over");
}

// measure 3-1-10: insured
#[test]
fn a_move_in_insures_who_is_sixty_five() {
    both(&migrations(), |store| {
        enable(&store);
        let event = move_in(&store).event;
        drain(&store);
        drain(&store);
        assert_eq!(insured(&store), [("2026-11-20".to_owned(), false, event)]);
        let read: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| events::board(tx, event));
        let board = read.expect("reads");
        let told = "1人を第1号被保険者にしました。受給資格証明書は14日以内（令和8年12月4日まで）";
        assert!(
            matches!(&board[0].state, State::Done { fact, path, .. } if fact == told && path == "/care"),
            "{board:?}"
        );
        let checked = register::check(&couple(), MORNING.date(), FUJIOKA).expect("a possible notice");
        let follow_up = &care::APP.follow_ups[0];
        let foretold = (follow_up.foresee)(follow_up, &register::foresight(&checked));
        assert_eq!(foretold, Some(told.replace("しました", "します")));
    });
}

// measure 3-1-10: no-usb
#[test]
fn a_takeover_insures_from_sixty_five_on_and_a_replay_gives_the_same_rows() {
    both(&migrations(), |store| {
        enable(&store);
        take_over(&store, &["1950-09-01", "1930-01-01", "昭和36年月日不詳", "1990-05-05"]);
        drain(&store);
        let before = insured(&store);
        let days: Vec<(&str, bool)> = before.iter().map(|(day, check, _)| (day.as_str(), *check)).collect();
        // Since moving in; since 65; by the latest day of the year, to be checked.
        assert_eq!(days, [("2000-04-01", false), ("2015-08-31", false), ("2026-12-30", true)]);
        let event = before[0].2;
        let read: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| events::board(tx, event));
        assert_eq!(read.expect("reads")[0].state, State::NoConcern, "nobody's news");
        let begun: Result<(), DbError> =
            store.write_blocking(FUJIOKA, |tx| events::replay(tx, &care::APP.follow_ups[0]));
        begun.expect("begins");
        assert_eq!(insured(&store), []);
        drain(&store);
        assert_eq!(insured(&store), before);
    });
}

fn site(store: &Store) -> Site {
    let role = |key| Role { key, title: key };
    Site::new(Parts {
        version: "0",
        city: City {
            id: FUJIOKA,
            name: "藤岡市".to_owned(),
            prefecture: "群馬県".to_owned(),
            mayor: "見本　市長".to_owned(),
        },
        inside: store.clone(),
        portal: store.clone(),
        keys: vault::Keys::open(&std::env::temp_dir().join("fujidana-test-keys")).expect("keys"),
        apps: &[care::APP],
        policy: Arc::new(Policy::new(
            &[role("care_clerk"), role("resident_clerk")],
            care::APP.resources,
            care::APP.grants,
        )),
        sample_sign_ins: &[],
        assets: HashMap::new(),
    })
}

#[test]
fn the_list_names_them_and_the_look_is_recorded() {
    both(&migrations(), |store| {
        enable(&store);
        let persons = move_in(&store).persons;
        drain(&store);
        let call = Call {
            site: site(&store),
            actor: actor(3, "四郎"),
            command: "care.insured",
            input: json!({ "page": 1 }),
        };
        let command = care::APP.commands.iter().find(|command| command.name == "care.insured");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        let answer: Result<_, Refused> =
            runtime.expect("a runtime").block_on((command.expect("a command").run)(call));
        let row = json!({
            "person": persons[0],
            "name": "山田　太郎",
            "kana": "ヤマダ　タロウ",
            "birth": "昭和25年9月1日",
            "acquired_on": "2026-11-20",
            "needs_check": false,
        });
        assert_eq!(answer.expect("lists"), json!({ "total": 1, "rows": [row] }));
        let looks: Result<Vec<(i64, i64)>, DbError> = store.read_blocking(FUJIOKA, |tx| {
            let find = sql!("SELECT account_id, person_count FROM access WHERE municipality_id = $1");
            tx.all(find, params![], |r| Ok((r.take()?, r.take()?)))
        });
        assert_eq!(looks.expect("reads"), [(3, 1)]);
    });
}
