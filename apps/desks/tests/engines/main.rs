//! Work items, acts and pages of the desks, on both engines.
mod pages;
mod work;

use std::collections::HashMap;
use std::sync::Arc;

use db::{DbError, Migration, Store};
use events::FollowUp;
use identity::{AccountId, Action, Actor, Grant, Policy, Resource, Role, Section};
use register::{RawMember, RawMoveIn, Registered};
use serde_json::Value;
use testkit::{FUJIOKA, MORNING};
use web::{App, Call, City, Parts, Refused, Site};

const APPS: &[App] = &[desks::APP];
const ROLES: &[Role] = &[
    Role { key: "resident_clerk", title: "市民課 窓口" },
    Role { key: "tax_clerk", title: "税務課" },
    Role { key: "insurance_clerk", title: "保険年金課" },
    Role { key: "election_clerk", title: "選挙管理委員会" },
    Role { key: "child_clerk", title: "子ども課" },
    Role { key: "school_clerk", title: "学校教育課" },
    Role { key: "environment_clerk", title: "環境課" },
    Role { key: "health_clerk", title: "健康づくり課" },
    Role { key: "operator", title: "総務課 運用" },
    Role { key: "protection_officer", title: "支援措置責任者" },
];

/// The desks' own table, and who files a 支援措置.
fn policy() -> Policy {
    let filing = Resource { key: register::PROTECTION, title: "支援措置" };
    let officer =
        Grant { role: "protection_officer", resource: register::PROTECTION, actions: &[Action::Create] };
    let resources = [desks::APP.resources, &[filing]].concat();
    Policy::new(ROLES, &resources, &[desks::APP.grants, &[officer]].concat())
}

fn migrations() -> Vec<Migration> {
    let crates =
        [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, web::MIGRATIONS, register::MIGRATIONS];
    crates.into_iter().flatten().copied().chain(desks::APP.migrations.iter().copied()).collect()
}

/// A city with the desks alone, its followers switched on.
/// Of every test: no real secret is under them.
fn keys() -> vault::Keys {
    vault::Keys::open(&std::env::temp_dir().join("fujidana-test-keys")).expect("keys")
}

fn site(store: &Store) -> Site {
    let site = Site::new(Parts {
        version: "0",
        city: City {
            id: FUJIOKA,
            name: "藤岡市".to_owned(),
            prefecture: "群馬県".to_owned(),
            mayor: "見本　市長".to_owned(),
        },
        inside: store.clone(),
        portal: store.clone(),
        keys: keys(),
        apps: APPS,
        policy: Arc::new(policy()),
        sample_sign_ins: &[],
        assets: HashMap::new(),
    });
    let follow_ups: Vec<&'static FollowUp> = site.follow_ups().to_vec();
    let enabled: Result<(), DbError> =
        store.write_blocking(FUJIOKA, move |tx| events::enable(tx, &follow_ups));
    enabled.expect("enables");
    site
}

fn actor(account: i64, name: &str, role: &str) -> Actor {
    Actor {
        municipality: FUJIOKA,
        account: AccountId::new(account),
        name: name.to_owned(),
        section: Section { code: "0100".to_owned(), name: "課".to_owned() },
        roles: vec![role.to_owned()],
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn drain(site: &Site) {
    run(events::drain(site.inside(), site.follow_ups())).expect("drains");
}

fn act(site: &Site, actor: &Actor, name: &str, input: &Value) -> Result<Value, Refused> {
    let command = desks::APP.commands.iter().find(|command| command.name == name).expect("a command");
    if !site.policy().allows(actor, command.need.0, command.need.1) {
        return Err(Refused::Forbidden);
    }
    run((command.run)(Call {
        site: site.clone(),
        actor: actor.clone(),
        command: command.name,
        input: input.clone(),
    }))
}

/// 山田 太郎 and 花子 with one pupil.
fn family() -> RawMoveIn {
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
        filed_by: "山田　太郎".to_owned(),
        address: "中栗須".to_owned(),
        address_lot: "327番地3".to_owned(),
        previous_address: "群馬県高崎市高松町35番地1".to_owned(),
        members: vec![
            member("太郎", "タロウ", "1984-02-03", "M", "世帯主"),
            member("花子", "ハナコ", "1986-07-10", "F", "妻"),
            member("一郎", "イチロウ", "2018-09-09", "M", "子"),
        ],
        ..RawMoveIn::default()
    }
}

/// 仮登録 by one clerk, 本登録 by another.
fn move_in(store: &Store, raw: &RawMoveIn) -> Registered {
    let raw = raw.clone();
    let registered: Result<Registered, register::Refusal> = store.write_blocking(FUJIOKA, move |tx| {
        let (first, second) = (actor(1, "一子", "resident_clerk"), actor(2, "次郎", "resident_clerk"));
        let notice = register::provisional(tx, &first, MORNING, &raw, &[])?;
        register::finalize(tx, &second, MORNING, notice, 1)
    });
    registered.expect("registers")
}
