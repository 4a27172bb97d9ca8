//! `fujidana verify` on a whole store, on a damaged one, and beside a running program.
#[path = "act/run.rs"]
mod run;

use std::path::Path;

use base::Clock;
use db::{DbError, Sql, SqliteOptions, Store, Zone, params, sql};
use run::{Outcome, Place, act, demo, fujidana};
use serde_json::json;
use testkit::{Database, FUJIOKA, Scratch};

fn verify(place: &Place) -> Outcome {
    fujidana(&place.with(&["verify"]), "")
}

#[track_caller]
fn is_whole(place: &Place) {
    let outcome = verify(place);
    assert_eq!(outcome.code, 0, "{}{}", outcome.output, outcome.errors);
    assert!(outcome.output.contains("記録はそろっています"), "{}", outcome.output);
}

/// A clerk searches: one more row.
fn search(place: &Place) {
    let line = json!({ "command": "resident.search", "as": "shimin1", "input": { "q": "ヤマ" } }).to_string();
    assert_eq!(act(place, &[line])[0]["ok"], true);
}

fn sqlite(folder: &Path) -> Store {
    let options = SqliteOptions::at(folder.join("inside.db"));
    Store::open_sqlite(options, Zone::Inside, &[], Clock::system()).expect("opens")
}

/// Each change alone on a copy of the store: exit code 1, and the range is named.
fn finds_damage(place: &Place, store: &dyn Fn() -> Store) {
    let damages: [(&'static Sql, &'static Sql, &str); 5] = [
        (
            sql!(
                "UPDATE access SET conditions = conditions || 'x' WHERE municipality_id = $1 AND conditions IS NOT NULL"
            ),
            sql!(
                "UPDATE access SET conditions = SUBSTR(conditions, 1, LENGTH(conditions) - 1) WHERE municipality_id = $1 AND conditions IS NOT NULL"
            ),
            "操作ログ: 内容が書き換えられています",
        ),
        (
            sql!("UPDATE event SET account_id = account_id + 1 WHERE municipality_id = $1 AND leaf_no < 3"),
            sql!("UPDATE event SET account_id = account_id - 1 WHERE municipality_id = $1 AND leaf_no < 3"),
            "異動の記録: 内容が書き換えられています（3件",
        ),
        (
            sql!("UPDATE event SET leaf_no = -leaf_no WHERE municipality_id = $1 AND leaf_no = 5"),
            sql!("UPDATE event SET leaf_no = -leaf_no WHERE municipality_id = $1 AND leaf_no = -5"),
            "葉の行がありません（1件、葉5から5まで）",
        ),
        (
            sql!("UPDATE audit_checkpoint SET signed_at = signed_at + 1 WHERE municipality_id = $1"),
            sql!("UPDATE audit_checkpoint SET signed_at = signed_at - 1 WHERE municipality_id = $1"),
            "チェックポイント: 署名した大きさや日時と違います",
        ),
        (
            sql!("UPDATE access_person SET access_id = -access_id WHERE municipality_id = $1"),
            sql!("UPDATE access_person SET access_id = - access_id WHERE municipality_id = $1"),
            "だれが見たかの索引が、操作ログと合いません",
        ),
    ];
    for (damage, repair, expected) in damages {
        let change = |sql: &'static Sql| {
            let changed = store().write_blocking(FUJIOKA, move |tx| tx.run(sql, params![]));
            assert!(changed.map_err(|e: DbError| e).expect("runs") > 0, "{}", sql.text);
        };
        change(damage);
        let outcome = verify(place);
        assert_eq!(outcome.code, 1, "{}: {}{}", damage.text, outcome.output, outcome.errors);
        assert!(outcome.output.contains(expected), "{}", outcome.output);
        change(repair);
        is_whole(place);
    }
}

#[test]
fn verify_on_sqlite() {
    let scratch = Scratch::new();
    let folder = scratch.path.join("data");
    let place = Place::folder(&folder);
    let serving = demo(&place, 1000);
    is_whole(&place);
    serving.stop();
    search(&place);
    is_whole(&place);
    finds_damage(&place, &|| sqlite(&folder));
    a_copy_without_keys_is_compared_with_itself(&folder);
    a_damaged_file_is_told(&folder);
}

#[test]
fn verify_on_postgres() {
    let Some(database) = Database::create() else { return };
    let place = Place::database(&database.url);
    demo(&place, 1000).stop();
    search(&place);
    is_whole(&place);
    finds_damage(&place, &|| {
        Store::open_postgres(&database.url, 1, Zone::Inside, &[], Clock::system()).expect("opens")
    });
}

fn a_copy_without_keys_is_compared_with_itself(folder: &Path) {
    let elsewhere = Scratch::new();
    let copy = elsewhere.path.join("copy");
    std::fs::create_dir(&copy).expect("a folder");
    for name in ["inside.db", "inside.db-wal"] {
        std::fs::copy(folder.join(name), copy.join(name)).expect("copies");
    }
    let place = Place::folder(&copy);
    let outcome = verify(&place);
    assert_eq!(outcome.code, 0, "{}{}", outcome.output, outcome.errors);
    assert!(outcome.output.contains("データの中の公開鍵で確かめます"), "{}", outcome.output);
    assert!(!elsewhere.path.join("copy.keys").exists(), "a look makes no keys");
}

/// Bytes of the file itself: SQLite refuses to read it, and so do we, with a sentence.
fn a_damaged_file_is_told(folder: &Path) {
    let path = folder.join("inside.db");
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[4096..4096 * 40].fill(0xA5);
    std::fs::write(&path, bytes).expect("writes");
    let outcome = verify(&Place::folder(folder));
    assert_eq!(outcome.code, 1, "{}{}", outcome.output, outcome.errors);
    assert!(!outcome.errors.contains("panicked"), "{}", outcome.errors);
}
