//! The door to 個人番号 on both engines: right, purpose, restriction, log.
use std::sync::Arc;

use address::Lot;
use base::{Date, HouseholdNo, MyNumber, PartialDate, PersonId, PersonNo, ResidentCode, Sex};
use db::{DbError, Migration, Store, params, sql};
use identity::{AccountId, Action, Actor, Caller, Grant, Policy, Purpose, Resource, Role, Section, look};
use register::{
    Name, NumberPurpose, NumberRefused, PERSONAL_NUMBER, Place, Relationship, TakeoverHousehold,
    TakeoverPerson, find_by_number, reveal_number, take_over,
};
use testkit::{FUJIOKA, Scratch, both};
use vault::{Keys, Number, NumberError, NumberKind, numbers};

const ROLES: &[Role] = &[
    Role { key: "clerk", title: "窓口" },
    Role { key: "lunch", title: "給食" },
    Role { key: "chief", title: "責任者" },
];
const RESOURCES: &[Resource] = &[
    Resource { key: PERSONAL_NUMBER, title: "個人番号" },
    Resource { key: "protection", title: "支援措置" },
];
const GRANTS: &[Grant] = &[
    Grant { role: "clerk", resource: PERSONAL_NUMBER, actions: &[Action::Read] },
    Grant { role: "chief", resource: PERSONAL_NUMBER, actions: &[Action::Read] },
    Grant { role: "chief", resource: "protection", actions: &[Action::Read] },
];

fn migrations() -> Vec<Migration> {
    [events::MIGRATIONS, identity::MIGRATIONS, vault::MIGRATIONS, register::MIGRATIONS].concat()
}

fn caller(role: &str) -> Caller {
    let actor = Actor {
        municipality: FUJIOKA,
        account: AccountId::new(7),
        name: "職員".to_owned(),
        section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
        roles: vec![role.to_owned()],
    };
    let policy = Arc::new(Policy::new(ROLES, RESOURCES, GRANTS));
    Caller { actor, policy, terminal: "192.0.2.9".to_owned(), path: "/number".to_owned() }
}

fn household(serial: u32, given: &str) -> TakeoverHousehold {
    let day: Date = "1980-04-02".parse().expect("a day");
    let person = TakeoverPerson {
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
        relationship: Relationship::parse("世帯主").expect("allowed"),
        domicile: "群馬県藤岡市中栗須1番地".to_owned(),
        domicile_head: "見本　一".to_owned(),
        resident_since: day,
        address_since: day,
        previous_address: String::new(),
    };
    let place = Place {
        town: "0012000".parse().ok(),
        town_text: "中栗須".to_owned(),
        lot: Lot::as_written(&format!("{serial}番地")),
        detail: String::new(),
    };
    TakeoverHousehold {
        number: HouseholdNo::from_serial(serial).expect("a serial"),
        place,
        members: vec![person],
    }
}

fn my_number(eleven: u64) -> Number {
    Number::MyNumber(MyNumber::from_eleven(eleven).expect("eleven digits"))
}

const OPEN: u64 = 12_345_678_901;
const SHIELDED: u64 = 98_320_567_321;

/// Two residents with numbers: 花子, and 静子, who is shielded. Gives their ids.
fn fill(store: &Store, keys: &Keys) -> [PersonId; 2] {
    let keys = keys.clone();
    let filled: Result<[PersonId; 2], NumberError> = store.write_blocking(FUJIOKA, move |tx| {
        take_over(tx, "2026-11-24".parse().expect("a day"), &[household(1, "花子"), household(2, "静子")])?;
        let by_name =
            sql!("SELECT person_id FROM resident_current WHERE municipality_id = $1 AND given_name = $2");
        let mut ids = [PersonId::new(0); 2];
        for (id, name) in ids.iter_mut().zip(["花子", "静子"]) {
            *id = tx.one(by_name, params![name], |r| r.take())?;
        }
        numbers::store(tx, &keys, ids[0], &my_number(OPEN))?;
        let code = ResidentCode::parse("00012345678").expect("eleven digits");
        numbers::store(tx, &keys, ids[0], &Number::ResidentCode(code))?;
        numbers::store(tx, &keys, ids[1], &my_number(SHIELDED))?;
        let measure = sql!(
            "INSERT INTO protection (municipality_id, id, state, version, acts, starts_on, ends_on,
                 forwarded_from, forwarded_to, filed_at)
             VALUES ($1, 1, 'active', 1, '', '2026-01-01', '2026-12-31', '', '', 0)"
        );
        tx.run(measure, params![])?;
        let named = sql!(
            "INSERT INTO protection_person (municipality_id, protection_id, position, part, person_id,
                 birth_earliest_on, birth_latest_on, told)
             VALUES ($1, 1, 0, 'applicant', $2, '1980-04-02', '1980-04-02', '')"
        );
        tx.run(named, params![ids[1]])?;
        Ok(ids)
    });
    filled.expect("fills")
}

/// What the log holds of one look: operation, number touched, conditions, how many persons.
type Line = (String, bool, Option<String>, i64);

fn log(store: &Store) -> Vec<Line> {
    let read: Result<Vec<Line>, DbError> = store.read_blocking(FUJIOKA, |tx| {
        let all = sql!(
            "SELECT operation, number_touched, conditions, person_count FROM access WHERE municipality_id = $1
              ORDER BY id"
        );
        tx.all(all, params![], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))
    });
    read.expect("reads the log")
}

/// A fresh city for each case; `act` is what `role` asks. Gives its answer and the log.
fn check<T: Send + 'static>(
    role: &str,
    act: impl Fn(&mut identity::Looking<'_, '_>, &Keys, [PersonId; 2]) -> Result<T, NumberRefused>
    + Clone
    + Send
    + 'static,
    judge: impl Fn(Result<T, NumberRefused>, Vec<Line>),
) {
    both(&migrations(), |store| {
        let scratch = Scratch::new();
        let keys = Keys::open(&scratch.path.join("keys")).expect("opens");
        let ids = fill(&store, &keys);
        let act = act.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = runtime.block_on(look(&store, &caller(role), Purpose("試験"), move |looking| {
            act(looking, &keys, ids)
        }));
        judge(answer, log(&store));
    });
}

#[track_caller]
fn reveals(role: &str, who: usize, kind: NumberKind, purpose: NumberPurpose, expected: Option<&'static str>) {
    check(
        role,
        move |looking, keys, ids| reveal_number(looking, keys, ids[who], kind, purpose),
        |answer, log| {
            let digits = answer.expect("is shown").map(|number| number.reveal());
            assert_eq!(digits.as_deref(), expected);
            let note = format!("{}の閲覧 {}（{}）", kind.title(), purpose.title(), purpose.law());
            assert_eq!(log, [("inquiry".to_owned(), true, Some(note), 1)]);
        },
    );
}

#[track_caller]
fn refuses(role: &str, who: usize, kind: NumberKind, purpose: NumberPurpose, words: &str) {
    check(
        role,
        move |looking, keys, ids| reveal_number(looking, keys, ids[who], kind, purpose),
        |answer, log| {
            let told = answer.expect_err("is refused");
            assert!(told.to_string().contains(words), "{told}");
            let shown = format!("{told} {told:?}");
            assert!(!shown.contains("123456789018") && !shown.contains("983205673214"), "{shown}");
            assert_eq!(log, [("refused".to_owned(), false, None, 1)], "the attempt alone is recorded");
        },
    );
}

#[test]
fn a_number_is_shown_with_right_and_purpose() {
    use NumberKind::{MyNumber, ResidentCode};
    reveals("clerk", 0, MyNumber, NumberPurpose::Register, Some("123456789018"));
    reveals("clerk", 0, ResidentCode, NumberPurpose::Certificate, Some("00012345678"));
    reveals("chief", 1, MyNumber, NumberPurpose::Register, Some("983205673214"));
    reveals("chief", 1, ResidentCode, NumberPurpose::Register, None);
}

#[test]
fn whoever_lacks_something_is_refused_and_recorded() {
    use NumberKind::{MyNumber, ResidentCode};
    refuses("lunch", 0, MyNumber, NumberPurpose::Register, "担当の職員が扱います");
    refuses(
        "clerk",
        0,
        ResidentCode,
        NumberPurpose::LocalTax,
        "住民票コードは「地方税の賦課徴収」には使えません",
    );
    refuses("clerk", 1, MyNumber, NumberPurpose::Register, register::REFUSED);
}

/// A person whom the register does not know may be shielded elsewhere: unknown means refuse.
#[test]
fn an_unknown_person_is_refused() {
    check(
        "chief",
        |looking, keys, _| {
            reveal_number(looking, keys, PersonId::new(404), NumberKind::MyNumber, NumberPurpose::Register)
        },
        |answer, log| {
            assert!(matches!(answer, Err(NumberRefused::Restricted)), "{answer:?}");
            assert_eq!(log, [("refused".to_owned(), false, None, 1)]);
        },
    );
}

/// A search by number: who asks, for which number, whether somebody is found, and the lines of the log.
#[track_caller]
fn finds(role: &str, eleven: u64, expected: Result<bool, &'static str>, lines: &[(&str, bool, i64)]) {
    check(
        role,
        move |looking, keys, _| {
            find_by_number(looking, keys, &my_number(eleven), NumberPurpose::IdentityCheck)
        },
        |answer, log| {
            let answer = answer.map(|found| found.is_some()).map_err(|told| told.to_string());
            match (answer, expected) {
                (Err(told), Err(words)) => assert!(told.contains(words), "{told}"),
                (answer, expected) => assert_eq!(answer, expected.map_err(str::to_owned)),
            }
            let digits = my_number(eleven).reveal();
            assert!(log.iter().all(|line| line.2.as_ref().is_none_or(|note| !note.contains(&digits))));
            let log: Vec<_> = log.iter().map(|line| (line.0.as_str(), line.1, line.3)).collect();
            assert_eq!(log, lines);
        },
    );
}

#[test]
fn a_search_by_number_is_recorded_without_the_number() {
    finds("clerk", OPEN, Ok(true), &[("inquiry", true, 1)]);
    finds("clerk", 55_555_555_555, Ok(false), &[("inquiry", true, 0)]);
    finds("chief", SHIELDED, Ok(true), &[("inquiry", true, 1)]);
    finds("clerk", SHIELDED, Err(register::REFUSED), &[("inquiry", true, 0), ("refused", false, 1)]);
    finds("lunch", OPEN, Err("担当の職員が扱います"), &[]);
}

#[test]
fn purposes_begin_with_their_law() {
    let day = |text: &str| text.parse::<Date>().expect("a day");
    for (purpose, kind, on, expected) in [
        (NumberPurpose::Register, NumberKind::ResidentCode, "2002-08-04", false),
        (NumberPurpose::Register, NumberKind::ResidentCode, "2002-08-05", true),
        (NumberPurpose::Register, NumberKind::MyNumber, "2015-10-04", false),
        (NumberPurpose::Assignment, NumberKind::MyNumber, "2015-10-05", true),
        (NumberPurpose::LocalTax, NumberKind::MyNumber, "2015-12-31", false),
        (NumberPurpose::CareInsurance, NumberKind::MyNumber, "2016-01-01", true),
        (NumberPurpose::IdentityCheck, NumberKind::ResidentCode, "2026-11-24", false),
    ] {
        assert_eq!(purpose.allows(kind, day(on)), expected, "{purpose} {kind:?} {on}");
    }
    for purpose in NumberPurpose::ALL {
        assert!(purpose.law().contains("法第"), "{purpose}");
    }
}
