//! Any changed value in an event, an access row or the tree is found, sealed or not.
use audit::{Report, Trust, checkpoint, seal, verify};
use base::{HouseholdId, MunicipalityId, PersonId, day};
use db::{DbError, Sql, Store, params, sql};
use events::Source;
use events::facts::MovedIn;
use identity::{Actor, Entry, Operation};
use testkit::both;
use vault::SigningKey;

use crate::installation::{AUDITED, migrations};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// A move-in and a look at the family.
fn act(store: &Store, city: MunicipalityId, number: i64) {
    let done = store.write_blocking(city, move |tx| {
        let persons = [PersonId::new(number), PersonId::new(number + 1)];
        let fact = MovedIn {
            household: HouseholdId::new(number),
            persons: persons.to_vec(),
            moved_in_on: day(2026, 11, 20),
            filed_on: day(2026, 11, 24),
        };
        events::append(tx, &fact, Source { account: 7, reason: "転入届" })?;
        let actor = Actor::system(city);
        let entry = Entry::new(&actor, Operation::Inquiry, "住民票の照会");
        let (path, conditions) = (Some("/households/1"), Some("ヤマタ"));
        identity::record(tx, &Entry { persons: &persons, path, conditions, terminal: "192.0.2.9", ..entry })
    });
    done.map_err(|e: DbError| e).expect("acts");
}

/// Four sealed pairs under two checkpoints, and a pair that waits.
fn log(store: &Store, city: MunicipalityId) {
    for number in 0..4 {
        act(store, city, number * 2);
        if number % 2 == 1 {
            sign(store, city);
        }
    }
    act(store, city, 900);
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn sign(store: &Store, city: MunicipalityId) {
    run(seal(store, city, AUDITED)).expect("seals");
    store.write_blocking(city, |tx| checkpoint(tx, &key())).map_err(|e: DbError| e).expect("signs");
}

fn look(store: &Store, city: MunicipalityId) -> Report {
    let trust = Trust { keys: vec![key().verifying_key()], ..Trust::default() };
    verify(store, city, AUDITED, &trust).expect("reads")
}

/// Every column but the city, of a sealed row (leaf 300 or so) and of the one that waits.
macro_rules! every_column {
    ($table:literal, $($column:literal => $changed:literal),+ $(,)?) => {
        [$(
            sql!(concat!("UPDATE ", $table, " SET ", $column, " = ", $changed, " WHERE municipality_id = $1 AND id =
                (SELECT MAX(id) FROM ", $table, " WHERE municipality_id = $1 AND leaf_no IS NOT NULL)")),
            sql!(concat!("UPDATE ", $table, " SET ", $column, " = ", $changed,
                " WHERE municipality_id = $1 AND leaf_no IS NULL")),
        )+]
    };
}

fn changes() -> Vec<&'static Sql> {
    let event = every_column!("event",
        "id" => "id + 1", "kind" => "kind || 's'", "version" => "version + 1", "stream" => "stream + 1",
        "account_id" => "account_id + 1", "reason" => "REPLACE(reason, '転入届', '転居届')",
        "body" => "REPLACE(body, '2026-11-20', '2026-11-21')", "recorded_at" => "recorded_at + 1",
        "leaf_salt" => "leaf_hash", "personal_hash" => "leaf_hash", "leaf_hash" => "personal_hash",
        "leaf_no" => "COALESCE(leaf_no, 0) + 1",
    );
    let access = every_column!("access",
        "id" => "id + 1", "account_id" => "account_id + 1", "section_code" => "section_code || ' '",
        "operation" => "'print'", "purpose" => "'私用'", "path" => "NULL", "terminal" => "'192.0.2.10'",
        "conditions" => "conditions || 'x'", "persons" => "personal_hash", "person_count" => "person_count - 1",
        "withheld_count" => "withheld_count + 1", "at" => "at - 3600000000",
        "leaf_salt" => "leaf_hash", "personal_hash" => "leaf_hash", "leaf_hash" => "personal_hash",
        "leaf_no" => "COALESCE(leaf_no, 0) + 1",
    );
    let others = [
        sql!("UPDATE access SET number_touched = (1 = 1) WHERE municipality_id = $1 AND leaf_no IS NULL"),
        sql!("UPDATE event SET municipality_id = 102016 WHERE municipality_id = $1 AND leaf_no = 0"),
        sql!("DELETE FROM access WHERE municipality_id = $1 AND leaf_no = 2"),
        sql!("UPDATE audit_checkpoint SET size = size + 1 WHERE municipality_id = $1 AND size = 8"),
        sql!("UPDATE audit_checkpoint SET signed_at = signed_at + 1 WHERE municipality_id = $1"),
        sql!("UPDATE audit_checkpoint SET note = note || ' ' WHERE municipality_id = $1"),
        sql!("UPDATE audit_tile SET tile_no = 7 WHERE municipality_id = $1"),
        sql!("UPDATE audit_tile SET level = 5 WHERE municipality_id = $1"),
        sql!("UPDATE audit_head SET size = size - 1 WHERE municipality_id = $1"),
    ];
    event.into_iter().chain(access).chain(others).collect()
}

/// One store, a city for each change.
#[test]
fn any_changed_value_is_found() {
    let changes = changes();
    both(&migrations(), |store| {
        for (number, change) in (1i64..).zip(&changes) {
            let (city, change) = (MunicipalityId(number), *change);
            log(&store, city);
            let sound = look(&store, city);
            assert!(sound.is_whole() && sound.leaves == 8 && sound.unsealed == 2, "{sound:?}");
            let changed = store.write_blocking(city, move |tx| tx.run(change, params![]));
            let changed = changed.map_err(|e: DbError| e).unwrap_or_else(|e| panic!("{}: {e}", change.text));
            assert!(changed > 0, "nothing was changed by {}", change.text);
            assert!(!look(&store, city).is_whole(), "not found: {}", change.text);
        }
    });
}
