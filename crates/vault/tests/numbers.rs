//! 個人番号 and 住民票コード in the store, on both engines.
use std::fs;

use base::{Clock, MunicipalityId, MyNumber, PersonId, ResidentCode};
use db::{DbError, Store, params, sql};
use testkit::{FUJIOKA, MORNING, Scratch, both};
use vault::numbers::{Resealed, ensure_opens, find, reseal, reveal, store, store_new};
use vault::{KeyUse, Keys, MIGRATIONS, Number, NumberError, NumberKind, Unopenable};

const MINE: NumberKind = NumberKind::MyNumber;
const CODE: NumberKind = NumberKind::ResidentCode;

fn person(id: i64) -> PersonId {
    PersonId::new(id)
}

fn my_number(eleven: u64) -> Number {
    Number::MyNumber(MyNumber::from_eleven(eleven).expect("eleven digits"))
}

fn code(digits: &str) -> Number {
    Number::ResidentCode(ResidentCode::parse(digits).expect("eleven digits"))
}

/// A fresh store on each engine, with fresh keys.
fn check(test: impl Fn(&Store, &Keys)) {
    both(MIGRATIONS, |database| {
        let scratch = Scratch::new();
        test(&database, &Keys::open(&scratch.path.join("keys")).expect("opens"));
    });
}

fn put(database: &Store, keys: &Keys, id: i64, number: Number) -> Result<(), NumberError> {
    let keys = keys.clone();
    database.write_blocking(FUJIOKA, move |tx| store(tx, &keys, person(id), &number))
}

fn shown(
    database: &Store,
    keys: &Keys,
    city: MunicipalityId,
    id: i64,
    kind: NumberKind,
) -> Result<Option<String>, NumberError> {
    let keys = keys.clone();
    let number = database.read_blocking(city, move |tx| reveal(tx, &keys, person(id), kind))?;
    Ok(number.map(|number| number.reveal()))
}

fn found(database: &Store, keys: &Keys, number: Number) -> Result<Option<i64>, NumberError> {
    let keys = keys.clone();
    let who = database.read_blocking(FUJIOKA, move |tx| find(tx, &keys, &number))?;
    Ok(who.map(PersonId::get))
}

/// 400 people with both numbers, under the first keys.
fn fill(database: &Store, keys: &Keys) {
    let keys = keys.clone();
    let all = (1..=400).flat_map(|id: i64| {
        let nth = u64::try_from(id).expect("positive");
        [(person(id), my_number(nth)), (person(id), code(&format!("{nth:011}")))]
    });
    let all: Vec<(PersonId, Number)> = all.collect();
    database.write_blocking(FUJIOKA, move |tx| store_new(tx, &keys, &all)).expect("writes");
}

/// One slice of a rotation.
fn step(
    database: &Store,
    keys: &Keys,
    kind: NumberKind,
    after: Option<PersonId>,
) -> Result<Resealed, NumberError> {
    let keys = keys.clone();
    database.write_blocking(FUJIOKA, move |tx| reseal(tx, &keys, kind, after, 64))
}

/// Walks both kinds to their ends; gives how many rows were changed.
fn walk(database: &Store, keys: &Keys) -> usize {
    let mut changed = 0;
    for kind in NumberKind::ALL {
        let mut after = None;
        loop {
            let done = step(database, keys, kind, after).expect("reseals");
            changed += done.changed;
            after = done.next;
            if after.is_none() {
                break;
            }
        }
    }
    changed
}

#[test]
fn a_number_is_stored_found_and_shown() {
    check(|database, keys| {
        put(database, keys, 1, my_number(12_345_678_901)).expect("stores");
        put(database, keys, 1, code("00012345678")).expect("stores");
        put(database, keys, 2, my_number(98_320_567_321)).expect("stores");
        let show = |id, kind| shown(database, keys, FUJIOKA, id, kind).expect("opens");
        assert_eq!(show(1, MINE).as_deref(), Some("123456789018"));
        assert_eq!(show(1, CODE).as_deref(), Some("00012345678"));
        assert_eq!(show(2, CODE), None);
        let look = |number| found(database, keys, number).expect("finds");
        assert_eq!(look(my_number(98_320_567_321)), Some(2));
        assert_eq!(look(my_number(98_320_567_322)), None);
        assert_eq!(look(code("00012345678")), Some(1));
        // 個人番号の変更: the new one replaces the old one, which is free again.
        put(database, keys, 1, my_number(11_111_111_111)).expect("stores");
        assert_eq!(show(1, MINE).as_deref(), Some("111111111118"));
        assert_eq!(look(my_number(12_345_678_901)), None);
    });
}

/// [STD 4.1.1.2]: the same number with another person is a 再転入 or a mistake. Old lookup keys count as well.
#[test]
fn a_number_belongs_to_one_person() {
    check(|database, keys| {
        let number = my_number(12_345_678_901);
        put(database, keys, 1, number.clone()).expect("stores");
        put(database, keys, 1, number.clone()).expect("saying it again changes nothing");
        let taken = |id| match put(database, keys, id, number.clone()) {
            Err(NumberError::Taken(other)) => other.get(),
            other => panic!("{other:?}"),
        };
        assert_eq!(taken(2), 1);
        keys.rotate(KeyUse::Lookup).expect("rotates");
        assert_eq!(taken(2), 1, "found by the old key");
        put(database, keys, 2, code("00012345678")).expect("the other kind is another number");
    });
}

#[test]
fn a_sealed_number_opens_only_in_its_own_row() {
    check(|database, keys| {
        put(database, keys, 1, my_number(12_345_678_901)).expect("stores");
        put(database, keys, 2, my_number(98_320_567_321)).expect("stores");
        let other_city = MunicipalityId(102_016);
        let copy = |city: MunicipalityId, id: i64, kind: &'static str| {
            let sealed: Vec<u8> = database
                .read_blocking(FUJIOKA, |tx| {
                    let one = sql!(
                        "SELECT sealed FROM personal_number
                         WHERE municipality_id = $1 AND kind = 'my_number' AND person_id = 1"
                    );
                    tx.one(one, params![], |r| r.take())
                })
                .map_err(|error: DbError| error.to_string())
                .expect("it is there");
            let written: Result<u64, DbError> = database.write_blocking(city, move |tx| {
                let put = sql!(
                    "INSERT INTO personal_number
                     (municipality_id, kind, person_id, sealed, search_hash, lookup_no, recorded_at)
                     VALUES ($1, $2, $3, $4, $5, 1, 0)
                     ON CONFLICT (municipality_id, kind, person_id) DO UPDATE SET sealed = excluded.sealed"
                );
                tx.run(put, params![kind, person(id), sealed, vec![0u8; 32]])
            });
            written.expect("writes");
        };
        for (city, id, stored, kind) in [
            (FUJIOKA, 2, "my_number", MINE),
            (FUJIOKA, 1, "resident_code", CODE),
            (FUJIOKA, 9, "my_number", MINE),
            (other_city, 1, "my_number", MINE),
        ] {
            copy(city, id, stored);
            let refused = shown(database, keys, city, id, kind).expect_err("it was moved");
            assert!(matches!(refused, NumberError::Unopenable(Unopenable::Altered(1))), "{refused:?}");
        }
        assert!(found(database, keys, my_number(98_320_567_321)).is_err(), "a search opens what it finds");
        assert!(shown(database, keys, FUJIOKA, 1, MINE).is_ok());
    });
}

/// Whoever moves the hash of a number to another person would send a letter to the wrong one.
#[test]
fn a_moved_search_hash_is_noticed() {
    check(|database, keys| {
        put(database, keys, 1, my_number(12_345_678_901)).expect("stores");
        let (_, hash) = keys.lookups(KeyUse::Numbers, b"983205673214")[0];
        let moved: Result<u64, DbError> = database.write_blocking(FUJIOKA, move |tx| {
            let set = sql!("UPDATE personal_number SET search_hash = $2 WHERE municipality_id = $1");
            tx.run(set, params![hash])
        });
        moved.expect("writes");
        let told = found(database, keys, my_number(98_320_567_321)).expect_err("another number is there");
        assert!(matches!(told, NumberError::Mismatched(_)), "{told:?}");
    });
}

#[test]
fn a_rotation_goes_on_where_it_was_cut() {
    check(|database, keys| {
        fill(database, keys);
        keys.rotate(KeyUse::Numbers).expect("rotates");
        keys.rotate(KeyUse::Lookup).expect("rotates");
        let first = step(database, keys, MINE, None).expect("reseals");
        assert_eq!(first, Resealed { seen: 64, changed: 64, next: Some(person(64)) });
        // Cut here: everything is still found and shown, whichever key it is under.
        for id in [1, 64, 65, 400] {
            assert!(shown(database, keys, FUJIOKA, id, MINE).expect("opens").is_some());
            let nth = u64::try_from(id).expect("positive");
            assert_eq!(found(database, keys, my_number(nth)).expect("finds"), Some(id));
        }
        assert_eq!(walk(database, keys), 800 - 64);
        assert_eq!(walk(database, keys), 0, "nothing is left to do");
        keys.forget(KeyUse::Numbers, 1).expect("forgets");
        keys.forget(KeyUse::Lookup, 1).expect("forgets");
        for id in [1, 64, 65, 400] {
            let nth = u64::try_from(id).expect("positive");
            let expected = my_number(nth).reveal();
            assert_eq!(shown(database, keys, FUJIOKA, id, MINE).expect("opens"), Some(expected));
            assert_eq!(found(database, keys, code(&format!("{nth:011}"))).expect("finds"), Some(id));
        }
    });
}

/// A lost key is told in a sentence, by every function, and changes nothing.
#[test]
fn a_lost_key_is_no_panic() {
    check(|database, keys| {
        fill(database, keys);
        keys.rotate(KeyUse::Numbers).expect("rotates");
        keys.forget(KeyUse::Numbers, 1).expect("forgets");
        for told in [
            shown(database, keys, FUJIOKA, 1, MINE).map(drop),
            found(database, keys, my_number(1)).map(drop),
            put(database, keys, 1, my_number(1)),
            step(database, keys, MINE, None).map(drop),
        ] {
            let told = told.expect_err("the key is lost").to_string();
            assert!(told.contains("1 番の鍵がありません"), "{told}");
        }
    });
}

#[test]
fn keys_of_another_folder_are_noticed_at_the_start() {
    check(|database, keys| {
        let scratch = Scratch::new();
        let other = Keys::open(&scratch.path.join("keys")).expect("opens");
        let opens = |keys: &Keys| {
            let keys = keys.clone();
            database.read_blocking(FUJIOKA, move |tx| ensure_opens(tx, &keys))
        };
        opens(&other).expect("nothing is sealed yet");
        put(database, keys, 1, code("00012345678")).expect("stores");
        opens(keys).expect("they are the right ones");
        let told = opens(&other).expect_err("they are others").to_string();
        assert!(told.contains("別の鍵のフォルダー"), "{told}");
    });
}

// measure 2-2-1: number-vault
#[test]
fn no_digit_reaches_the_files_or_a_message() {
    let scratch = Scratch::new();
    let keys = Keys::open(&scratch.path.join("keys")).expect("opens");
    let data = scratch.path.join("data");
    fs::create_dir_all(&data).expect("writes");
    let options = db::SqliteOptions::at(data.join("inside.db"));
    let database = Store::open_sqlite(options, db::Zone::Inside, MIGRATIONS, Clock::fixed(MORNING));
    let database = database.expect("a fresh database opens");
    let numbers = [my_number(98_320_567_321), code("31415926535")];
    for number in &numbers {
        put(&database, &keys, 1, number.clone()).expect("stores");
    }
    keys.rotate(KeyUse::Numbers).expect("rotates");
    assert_eq!(walk(&database, &keys), 2);
    let taken = put(&database, &keys, 2, numbers[0].clone()).expect_err("it is taken");
    let printed = format!("{taken} {taken:?} {numbers:?}").into_bytes();
    let files: Vec<_> = fs::read_dir(&data).expect("reads").flatten().map(|entry| entry.path()).collect();
    assert!(files.iter().any(|path| path.to_string_lossy().ends_with("-wal")), "{files:?}");
    for (name, bytes) in files
        .iter()
        .map(|path| (path.display().to_string(), fs::read(path).expect("reads")))
        .chain([("messages".to_owned(), printed)])
    {
        for number in &numbers {
            let digits = number.reveal();
            let value: u64 = digits.parse().expect("digits");
            // As text, and as the integer a column would hold (SQLite: 6 bytes, big-endian).
            for needle in [digits.as_bytes(), &value.to_be_bytes()[2..], &value.to_le_bytes()[..6]] {
                let there = bytes.windows(needle.len()).any(|window| window == needle);
                assert!(!there, "{name} tells {:?}", number.kind());
            }
        }
    }
}
