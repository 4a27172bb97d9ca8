//! 国内転入 on both engines: 仮登録, alerts, 本登録, search, history.
use std::sync::Arc;

use base::{HouseholdId, PersonNo};
use db::{DbError, Migration, Store};
use identity::{AccountId, Actor, Caller, Policy, Purpose, Section, look};
use register::{MoveInId, RawMember, RawMoveIn, Refusal, Registered, Resident};
use testkit::{FUJIOKA, MORNING, both};

fn migrations() -> Vec<Migration> {
    [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, register::MIGRATIONS].concat()
}

fn clerk(number: i64) -> Actor {
    Actor {
        municipality: FUJIOKA,
        account: AccountId::new(number),
        name: format!("職員{number}"),
        section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
        roles: vec!["resident_clerk".to_owned()],
    }
}

/// A clerk without any right on protections.
fn caller() -> Caller {
    let policy = Arc::new(Policy::new(&[], &[], &[]));
    Caller { actor: clerk(1), policy, terminal: String::new(), path: String::new() }
}

fn member(given: &str, kana: &str, birth: &str, sex: &str, relationship: &str) -> RawMember {
    RawMember {
        family: "山田".to_owned(),
        given: given.to_owned(),
        family_kana: "やまだ".to_owned(),
        given_kana: kana.to_owned(),
        birth: birth.to_owned(),
        sex: sex.to_owned(),
        relationship: relationship.to_owned(),
        domicile: "群馬県高崎市高松町35番地".to_owned(),
        domicile_head: "山田　太郎".to_owned(),
        nationality: String::new(),
    }
}

fn family() -> RawMoveIn {
    RawMoveIn {
        moved_on: "R8.11.20".to_owned(),
        filed_on: "令和8年11月24日".to_owned(),
        address: "中栗須".to_owned(),
        address_lot: "３２７ー３".to_owned(),
        previous_address: "群馬県高崎市高松町35番地1".to_owned(),
        members: vec![
            member("太郎", "ﾀﾛｳ", "S60.5.5", "男", "世帯主"),
            member("花", "ハナ", "1987/2/3", "F", "妻"),
            member("一郎", "イチロウ", "H30.1.5", "M", "子"),
            member("ハナ", "はな", "昭和25年8月1日", "女", "母"),
        ],
        ..RawMoveIn::default()
    }
}

fn enter(store: &Store, raw: RawMoveIn, acknowledged: &[&str]) -> Result<MoveInId, Refusal> {
    let acknowledged: Vec<String> = acknowledged.iter().map(|code| (*code).to_owned()).collect();
    store
        .write_blocking(FUJIOKA, move |tx| register::provisional(tx, &clerk(1), MORNING, &raw, &acknowledged))
}

fn finalize(store: &Store, by: i64, id: MoveInId, version: i64) -> Result<Registered, Refusal> {
    store.write_blocking(FUJIOKA, move |tx| register::finalize(tx, &clerk(by), MORNING, id, version))
}

fn search(store: &Store, typed: &'static str) -> Vec<Resident> {
    let query = register::Query::parse(typed, FUJIOKA, MORNING.date()).expect("a query");
    let caller = caller();
    let looked =
        look(store, &caller, Purpose("試験"), move |looking| register::search(looking, typed, &query, 0));
    run::<Result<register::Hits, DbError>>(looked).expect("searches").rows
}

fn household(store: &Store, id: HouseholdId) -> register::HouseholdRecord {
    let caller = caller();
    let looked =
        look(store, &caller, Purpose("試験"), move |looking| register::household_record(looking, id));
    run::<Result<register::Found<_>, DbError>>(looked).expect("reads").open().expect("is there")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn a_family_moves_in() {
    both(&migrations(), |store| {
        let id = enter(&store, family(), &[]).expect("仮登録");
        assert!(search(&store, "ヤマタ").is_empty(), "nobody sees a provisional act");
        let registered = finalize(&store, 2, id, 1).expect("本登録");
        let record = household(&store, registered.household);
        let names: Vec<String> = record.members.iter().map(|m| m.name.whole()).collect();
        assert_eq!(names, ["山田　太郎", "山田　花", "山田　一郎", "山田　ハナ"]);
        assert_eq!(record.place.written("藤岡市"), "藤岡市中栗須327番地3");
        let head = &record.members[0];
        assert_eq!(head.name.given_kana, "タロウ");
        assert_eq!(head.resident_since, head.address_since, "first address on move-in [STD 4.1.1.1]");
        assert_eq!(head.version_no, 1);
        for member in &record.members {
            PersonNo::parse(&member.person_no.to_string()).expect("a valid check digit");
        }
    });
}

// measure 3-1-7: search
#[test]
fn the_search_box_understands_what_is_typed() {
    both(&migrations(), |store| {
        let id = enter(&store, family(), &[]).expect("仮登録");
        let registered = finalize(&store, 2, id, 1).expect("本登録");
        let number = household(&store, registered.household).members[2].person_no.to_string();
        for typed in ["ヤマタ", "やまだ", "ﾔﾏﾀﾞ", "山田", "山 田"] {
            assert_eq!(search(&store, typed).len(), 4, "{typed}");
        }
        let given = |typed: &'static str| -> Vec<String> {
            search(&store, typed).into_iter().map(|r| r.name.given).collect()
        };
        assert_eq!(given("タロウ"), ["太郎"]);
        assert_eq!(given("S62.2.3"), ["花"]);
        assert_eq!(given("山田 昭和25年8月1日"), ["ハナ"]);
        assert_eq!(given("昭和30年1月1日"), Vec::<String>::new());
        for year in ["ヤマダ S62", "ヤマダ 昭和62年", "1987 ヤマダ", "ヤマダ 中栗須 S62"] {
            assert_eq!(given(year), ["花"], "{year}");
        }
        assert_eq!(given("山田 大字中栗須").len(), 4);
        assert_eq!(given("山田 中島"), Vec::<String>::new(), "a town where they do not live");
        let number: &'static str = Box::leak(number.into_boxed_str());
        assert_eq!(given(number), ["一郎"]);
    });
}

// measure 3-1-7: two-eyes
#[test]
fn the_same_clerk_does_not_finalize_and_nobody_twice() {
    both(&migrations(), |store| {
        let id = enter(&store, family(), &[]).expect("仮登録");
        assert!(matches!(finalize(&store, 1, id, 1), Err(Refusal::SamePerson)));
        assert!(matches!(finalize(&store, 2, id, 7), Err(Refusal::Changed)));
        finalize(&store, 2, id, 1).expect("本登録");
        assert!(matches!(finalize(&store, 2, id, 2), Err(Refusal::WrongState("本登録"))));
    });
}

#[test]
fn wrong_answers_are_told_all_at_once() {
    both(&migrations(), |store| {
        let mut raw = family();
        raw.moved_on = "令和8年12月1日".to_owned();
        raw.address = "緑野".to_owned();
        raw.members[1].relationship = "世帯主".to_owned();
        raw.members[2].birth = "平成30年2月30日x".to_owned();
        raw.members[3].sex = String::new();
        let Err(Refusal::Wrong(wrong)) = enter(&store, raw, &[]) else { panic!("it was taken") };
        let fields: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["moved_on", "address", "m1_relationship", "m2_birth", "m3_sex"]);
        let mut two_heads = family();
        two_heads.members[1].relationship = "世帯主".to_owned();
        let Err(Refusal::Wrong(wrong)) = enter(&store, two_heads, &[]) else { panic!("it was taken") };
        assert_eq!(wrong[0].field, "m1_relationship");
    });
}

#[test]
fn alerts_need_an_answer() {
    both(&migrations(), |store| {
        let mut late = family();
        late.moved_on = "R8.11.1".to_owned();
        late.members[0].relationship = "子".to_owned();
        let Err(Refusal::Unanswered(alerts)) = enter(&store, late.clone(), &[]) else {
            panic!("it was taken")
        };
        let codes: Vec<&str> = alerts.iter().map(|alert| alert.code.as_str()).collect();
        assert_eq!(codes, ["late", "no_head"]);
        let Err(Refusal::Unanswered(alerts)) = enter(&store, late.clone(), &["late"]) else {
            panic!("taken")
        };
        assert_eq!(alerts.len(), 1);
        enter(&store, late, &["late", "no_head"]).expect("all answered");
    });
}

#[test]
fn a_person_who_is_known_raises_an_alert_even_at_the_last_moment() {
    both(&migrations(), |store| {
        let first = enter(&store, family(), &[]).expect("仮登録");
        let again = enter(&store, family(), &[]).expect("nobody is registered yet");
        finalize(&store, 2, first, 1).expect("本登録");
        let Err(Refusal::Unanswered(alerts)) = finalize(&store, 2, again, 1) else { panic!("it was taken") };
        assert_eq!(alerts[0].code, "known_0");
    });
}

#[test]
fn joining_a_household_takes_its_address_and_its_order() {
    both(&migrations(), |store| {
        let id = enter(&store, family(), &[]).expect("仮登録");
        let household_id = finalize(&store, 2, id, 1).expect("本登録").household;
        let mut joining = family();
        joining.household = household_id.to_string();
        joining.members = vec![member("次郎", "ジロウ", "H10.4.1", "男", "世帯主")];
        let Err(Refusal::Wrong(wrong)) = enter(&store, joining.clone(), &[]) else { panic!("a second head") };
        assert_eq!(wrong[0].field, "m0_relationship");
        joining.members[0].relationship = "弟".to_owned();
        let id = enter(&store, joining, &[]).expect("仮登録");
        assert_eq!(finalize(&store, 2, id, 1).expect("本登録").household, household_id);
        let record = household(&store, household_id);
        let last = record.members.last().expect("five members");
        assert_eq!((last.name.given.as_str(), last.member_order), ("次郎", 5));
        assert_eq!(last.home.open().expect("open").place.written(""), "中栗須327番地3");
    });
}

#[test]
fn a_discarded_notification_stays_out() {
    both(&migrations(), |store| {
        let id = enter(&store, family(), &[]).expect("仮登録");
        let discard = move |tx: &mut db::Tx<'_>| register::discard(tx, &clerk(1), MORNING, id, 1);
        store.write_blocking(FUJIOKA, discard).expect("取りやめ");
        assert!(matches!(finalize(&store, 2, id, 2), Err(Refusal::WrongState("取りやめ"))));
        assert!(search(&store, "ヤマタ").is_empty());
    });
}

#[test]
fn serials_without_a_check_digit_are_skipped() {
    both(&migrations(), |store| {
        let mut numbers = Vec::new();
        for i in 0..3 {
            let mut raw = family();
            for member in &mut raw.members {
                member.given = format!("{}{}", member.given, ["一", "二", "三"][i]);
            }
            let id = enter(&store, raw, &[]).expect("仮登録");
            let registered = finalize(&store, 2, id, 1).expect("本登録");
            numbers
                .extend(household(&store, registered.household).members.iter().map(|m| m.person_no.serial()));
        }
        // Serial 6 would have the check digit 10 (residents.md §2.3).
        assert_eq!(numbers, [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]);
    });
}
