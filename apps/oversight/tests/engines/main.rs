//! The rules of the audit office, on both engines, with looks just inside and just outside of each.
mod counter;
mod emergency;
mod near;
mod reports;

use std::collections::HashMap;
use std::sync::Arc;

use address::{Lot, Numbering, TownId};
use base::{At, Date, HouseholdNo, PartialDate, PersonId, PersonNo, Sex};
use db::{DbError, Migration, Store, Tx, params, sql};
use identity::{Actor, Entry, NewAccount, NewPost, Operation, Policy, Role, Section, totp};
use register::{Name, Place, Relationship, TakeoverHousehold, TakeoverPerson};
use serde_json::Value;
use testkit::{FUJIOKA, MORNING};
use web::{App, Call, City, Parts, Refused, Site};

const APPS: &[App] = &[oversight::APP];
const ROLES: &[Role] = &[
    Role { key: "resident_clerk", title: "市民課 窓口" },
    Role { key: "protection_officer", title: "支援措置責任者" },
    Role { key: "lunch_clerk", title: "給食センター" },
    Role { key: "care_clerk", title: "介護高齢課" },
    Role { key: "tax_clerk", title: "税務課" },
    Role { key: "insurance_clerk", title: "保険年金課" },
    Role { key: "election_clerk", title: "選挙管理委員会" },
    Role { key: "child_clerk", title: "子ども課" },
    Role { key: "school_clerk", title: "学校教育課" },
    Role { key: "environment_clerk", title: "環境課" },
    Role { key: "health_clerk", title: "健康づくり課" },
    Role { key: "operator", title: "総務課 運用" },
    Role { key: "auditor", title: "監査委員事務局" },
];
/// Sign-in name, 氏名, role.
const STAFF: &[(&str, &str, &str)] = &[
    ("shimin", "髙橋 一子", "resident_clerk"),
    ("zeimu", "田村 五月", "tax_clerk"),
    ("sekinin", "中島 八重", "protection_officer"),
    ("kansa", "茂木 九子", "auditor"),
    ("kansa2", "飯塚 十和", "auditor"),
];
static LOG: &[&audit::Source] = &[&identity::AUDITED];

fn migrations() -> Vec<Migration> {
    let crates = [
        audit::MIGRATIONS,
        events::MIGRATIONS,
        identity::MIGRATIONS,
        web::MIGRATIONS,
        vault::MIGRATIONS,
        register::MIGRATIONS,
    ];
    crates.into_iter().flatten().copied().chain(oversight::APP.migrations.iter().copied()).collect()
}

/// Of every test: no real secret is under them.
fn keys() -> vault::Keys {
    vault::Keys::open(&std::env::temp_dir().join("fujidana-test-keys")).expect("keys")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// A city with the audit office, its staff and some families.
struct Office {
    site: Site,
}

impl Office {
    fn open(store: &Store) -> Self {
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
            policy: Arc::new(Policy::new(ROLES, oversight::APP.resources, oversight::APP.grants)),
            sample_sign_ins: &[],
            assets: HashMap::new(),
        });
        let office = Self { site };
        office.write(|tx| {
            for (name, display_name, role) in STAFF {
                add_account(tx, name, display_name, role)?;
            }
            Ok(())
        });
        office
    }

    fn store(&self) -> &Store {
        self.site.inside()
    }

    fn write<T: Send + 'static>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.store().write_blocking(FUJIOKA, closure).expect("writes")
    }

    /// Sets the clock: 「2026-11-24 08:29:59」. Ids only grow, so it must not go back.
    fn at(&self, text: &str) -> At {
        let at = instant(text);
        self.store().clock().set(at);
        at
    }

    /// Who somebody is at this moment.
    fn actor(&self, name: &str) -> Actor {
        let (name, today) = (name.to_owned(), self.store().clock().today());
        let found: Result<Option<Actor>, DbError> = self.store().read_blocking(FUJIOKA, move |tx| {
            let account = identity::account_of(tx, &name)?.expect("is one of the staff");
            identity::actor_of(tx, account, today)
        });
        found.expect("reads").expect("has a post")
    }

    /// A row of the log at the present moment.
    fn record(&self, name: &str, operation: Operation, purpose: &'static str, persons: &[PersonId]) {
        let (actor, persons) = (self.actor(name), persons.to_vec());
        self.write(move |tx| {
            let entry = Entry::new(&actor, operation, purpose);
            let path = Some("/residents/0000000000009");
            identity::record(tx, &Entry { persons: &persons, path, terminal: "192.0.2.7", ..entry })
        });
    }

    fn look(&self, name: &str, persons: &[PersonId]) {
        self.record(name, Operation::Inquiry, "住民票の照会", persons);
    }

    fn seal(&self) {
        run(audit::seal(self.store(), FUJIOKA, LOG)).expect("seals");
    }

    fn act(&self, name: &str, command: &str, input: &Value) -> Result<Value, Refused> {
        let actor = self.actor(name);
        let found = oversight::APP.commands.iter().find(|one| one.name == command).expect("a command");
        if !self.site.policy().allows(&actor, found.need.0, found.need.1) {
            return Err(Refused::Forbidden);
        }
        run((found.run)(Call { site: self.site.clone(), actor, command: found.name, input: input.clone() }))
    }

    #[track_caller]
    fn done(&self, name: &str, command: &str, input: &Value) -> Value {
        self.act(name, command, input).unwrap_or_else(|refused| panic!("{command}: {refused}"))
    }

    #[track_caller]
    fn refused(&self, name: &str, command: &str, input: &Value, sentence: &str) {
        match self.act(name, command, input) {
            Ok(answer) => panic!("{command} was not refused: {answer}"),
            Err(refused) => assert!(refused.to_string().contains(sentence), "{command}: {refused}"),
        }
    }

    /// Households, each with its lot in 中栗須 and the given names of its members.
    fn families(&self, families: &[(&str, &str, &[&str])]) -> Vec<Vec<PersonId>> {
        let households: Vec<TakeoverHousehold> = (0..)
            .zip(families)
            .map(|(number, (lot, detail, members))| household(number, lot, detail, members))
            .collect();
        self.write(move |tx| register::take_over(tx, MORNING.date(), &households));
        let numbers: Vec<Vec<String>> = (0..)
            .zip(families)
            .map(|(number, (_, _, members))| {
                (0..).zip(*members).map(|(place, _)| person_no(number, place).to_string()).collect()
            })
            .collect();
        self.write(move |tx| {
            let of = |tx: &mut Tx<'_>, number: &String| {
                let find = sql!(
                    "SELECT person_id FROM resident_current WHERE municipality_id = $1 AND person_no = $2"
                );
                tx.one(find, params![number.as_str()], |r| r.take())
            };
            numbers.iter().map(|family| family.iter().map(|number| of(tx, number)).collect()).collect()
        })
    }
}

fn instant(text: &str) -> At {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    let day: Date = day.parse().expect("a day");
    let seconds: i64 = time.split(':').fold(0, |sum, part| sum * 60 + part.parse::<i64>().expect("a number"));
    At::midnight(day).plus_seconds(seconds)
}

fn add_account(tx: &mut Tx<'_>, name: &str, display_name: &str, role: &str) -> Result<(), DbError> {
    identity::create_section(tx, &Section { code: name.to_owned(), name: format!("{name}課") })?;
    let account = NewAccount {
        sign_in_name: name.to_owned(),
        display_name: display_name.to_owned(),
        password_hash: "none".to_owned(),
        totp_secret: totp::sample_secret(name),
        sample: true,
    };
    let at = tx.started_at();
    let account = identity::create_account(tx, &keys(), &account, at)?;
    let (section, role) = (name.to_owned(), role.to_owned());
    identity::give_post(tx, &NewPost { account, section, role, from: at.date(), to: None })
}

fn person_no(household: u32, place: u32) -> PersonNo {
    // Not every serial has a number.
    let place = usize::try_from(household * 10 + place).expect("a small number");
    (1000..).filter_map(PersonNo::from_serial).nth(place).expect("a serial")
}

fn household(number: u32, lot: &str, detail: &str, members: &[&str]) -> TakeoverHousehold {
    let member = |place: u32, given: &str| TakeoverPerson {
        number: person_no(number, place),
        name: Name {
            family: format!("見本{number}"),
            given: given.to_owned(),
            family_kana: "ミホン".to_owned(),
            given_kana: "タロウ".to_owned(),
            common: String::new(),
        },
        nationality: String::new(),
        birth: PartialDate::exact(base::day(1980, 5, 5)),
        sex: Sex::Female,
        relationship: Relationship::parse(if place == 0 { "世帯主" } else { "子" }).expect("a relationship"),
        domicile: String::new(),
        domicile_head: String::new(),
        resident_since: base::day(2000, 4, 1),
        address_since: base::day(2000, 4, 1),
        previous_address: String::new(),
    };
    TakeoverHousehold {
        number: (500..)
            .filter_map(HouseholdNo::from_serial)
            .nth(usize::try_from(number).expect("a small number"))
            .expect("a serial"),
        place: Place {
            town: town(),
            town_text: "中栗須".to_owned(),
            lot: Lot::parse(lot, Numbering::Lots).expect("a lot"),
            detail: detail.to_owned(),
        },
        members: (0..).zip(members).map(|(place, given)| member(place, given)).collect(),
    }
}

/// 中栗須.
fn town() -> Option<TownId> {
    address::towns_of(FUJIOKA).iter().find(|town| town.name() == "中栗須").map(|town| town.machiaza_id)
}

fn clerks(answer: &Value) -> Vec<&str> {
    answer["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["clerk"].as_str().expect("a name"))
        .collect()
}

/// The moments of the rows, in their order.
fn moments(answer: &Value) -> Vec<&str> {
    answer["rows"].as_array().expect("rows").iter().map(|row| row["at"].as_str().expect("a moment")).collect()
}
