//! The tree on both engines: sealing, signing, proofs, and every kind of damage.
use std::sync::atomic::{AtomicI64, Ordering};

use audit::{Report, Salts, Source, Trust, checkpoint, proof_file, seal, verify};
use db::{DbError, Migration, Store, ToValue, Tx, Value, Zone, params, sql};
use ed25519_dalek::SigningKey;
use testkit::{FUJIOKA, both};

/// A table as the product's audited ones are: `kind` public, `body` personal.
static NOTES: Source = Source {
    name: "note/1",
    title: "覚え書き",
    public: 2,
    unsealed: sql!(
        "SELECT id, leaf_hash FROM note WHERE municipality_id = $1 AND leaf_no IS NULL ORDER BY id LIMIT $2"
    ),
    number: sql!(
        "UPDATE note SET leaf_no = n.leaf_no
           FROM (SELECT id, CAST($3 AS BIGINT) - 1 + ROW_NUMBER() OVER (ORDER BY id) AS leaf_no FROM note
                  WHERE municipality_id = $1 AND id IN INTS($2)) AS n
          WHERE note.municipality_id = $1 AND note.id = n.id"
    ),
    rows: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt, id, kind, body FROM note
          WHERE municipality_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ),
    row: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt, id, kind, body FROM note
          WHERE municipality_id = $1 AND id = $2"
    ),
    sealed: |_, _| Ok(()),
};

static SOURCES: &[&Source] = &[&NOTES];

fn migrations() -> Vec<Migration> {
    let note = Migration {
        zone: Zone::Inside,
        name: "test/0001",
        sql: "CREATE TABLE note (municipality_id BIGINT NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL, body TEXT,
                 leaf_salt BYTEA, personal_hash BYTEA, leaf_hash BYTEA, leaf_no BIGINT,
                 PRIMARY KEY (municipality_id, id));\n",
    };
    audit::MIGRATIONS.iter().copied().chain([note]).collect()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn add(store: &Store, count: i64) {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let first = NEXT.fetch_add(count, Ordering::SeqCst);
    let written = store.write_blocking(FUJIOKA, move |tx| {
        let mut salts = Salts::default();
        let mut rows = Vec::new();
        for id in first..first + count {
            let mut row: Vec<Value> =
                vec![id.to_value(), "memo".to_value(), format!("{id}番の覚え書き").to_value()];
            let (public, personal) = row.split_at(NOTES.public);
            row.extend(audit::leaf(NOTES.name, FUJIOKA, public, personal, &mut salts).values());
            rows.push(row);
        }
        let insert = sql!(
            "INSERT INTO note (municipality_id, id, kind, body, leaf_salt, personal_hash, leaf_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        );
        tx.many(insert, rows)
    });
    written.map_err(|e: DbError| e).expect("writes");
}

fn sign(store: &Store) {
    run(seal(store, FUJIOKA, SOURCES)).expect("seals");
    store.write_blocking(FUJIOKA, |tx| checkpoint(tx, &key())).map_err(|e: DbError| e).expect("signs");
}

fn look(store: &Store) -> Report {
    look_with(store, Vec::new())
}

fn look_with(store: &Store, notes: Vec<String>) -> Report {
    verify(store, FUJIOKA, SOURCES, &Trust { keys: vec![key().verifying_key()], notes }).expect("reads")
}

/// A city with three checkpoints, 700 sealed rows (so that there is a second level) and 3 that wait.
fn city(store: &Store) {
    for count in [1, 299, 400] {
        add(store, count);
        sign(store);
    }
    add(store, 3);
}

#[test]
fn a_sound_log_is_whole_at_every_size() {
    both(&migrations(), |store| {
        assert_eq!(look(&store), Report::default(), "an empty log is whole");
        city(&store);
        let report = look(&store);
        assert_eq!((report.records, report.unsealed, report.leaves), (703, 3, 700));
        assert_eq!((report.checkpoints, report.signed), (3, 700));
        assert!(report.is_whole(), "{:?}", report.damages);
    });
}

/// What is done to the store, and what the report says.
fn damages() -> [(&'static db::Sql, &'static str); 17] {
    [
        (
            sql!("UPDATE note SET body = body || ' ' WHERE municipality_id = $1 AND leaf_no = 7"),
            "内容が書き換えられています（1件",
        ),
        (
            sql!("UPDATE note SET kind = 'menu' WHERE municipality_id = $1 AND leaf_no = 7"),
            "内容が書き換えられています",
        ),
        (
            sql!("UPDATE note SET body = NULL WHERE municipality_id = $1 AND leaf_no = 7"),
            "内容が書き換えられています",
        ),
        (
            sql!("UPDATE note SET leaf_salt = NULL WHERE municipality_id = $1 AND leaf_no = 7"),
            "内容が書き換えられています",
        ),
        (
            sql!("UPDATE note SET body = 'x' WHERE municipality_id = $1 AND leaf_no IS NULL"),
            "内容が書き換えられています（3件",
        ),
        (
            sql!("UPDATE note SET leaf_hash = personal_hash WHERE municipality_id = $1 AND leaf_no = 7"),
            "書き換え",
        ),
        (
            sql!("UPDATE note SET leaf_hash = NULL WHERE municipality_id = $1 AND leaf_no = 7"),
            "ハッシュがありません",
        ),
        (
            sql!("UPDATE note SET personal_hash = leaf_hash WHERE municipality_id = $1 AND leaf_no IS NULL"),
            "書き換え",
        ),
        (
            sql!("DELETE FROM note WHERE municipality_id = $1 AND leaf_no = 7"),
            "葉の行がありません（1件、葉7から7まで",
        ),
        (
            sql!("UPDATE note SET leaf_no = NULL WHERE municipality_id = $1 AND leaf_no = 7"),
            "葉の行がありません",
        ),
        (sql!("UPDATE note SET leaf_no = 8 WHERE municipality_id = $1 AND leaf_no = 7"), "木の葉と違います"),
        (
            sql!("UPDATE note SET leaf_no = -1 WHERE municipality_id = $1 AND leaf_no IS NULL"),
            "木のなかの番号が違います",
        ),
        (
            sql!(
                "UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile AS t WHERE t.municipality_id = $1 AND t.level = 0 AND t.tile_no = 1) WHERE municipality_id = $1 AND level = 0 AND tile_no = 0"
            ),
            "署名したときの木と違います",
        ),
        (sql!("DELETE FROM audit_tile WHERE municipality_id = $1 AND level = 1"), "上の段が葉と合いません"),
        (
            sql!("UPDATE audit_tile SET level = 9 WHERE municipality_id = $1 AND level = 1"),
            "上の段が葉と合いません",
        ),
        (sql!("UPDATE audit_head SET size = 699 WHERE municipality_id = $1"), "先頭の行が木と合いません"),
        (
            sql!(
                "UPDATE audit_checkpoint SET note = REPLACE(note, '300', '301') WHERE municipality_id = $1 AND size = 300"
            ),
            "署名が確かめられません",
        ),
    ]
}

#[test]
fn damage_is_found_wherever_it_is() {
    for (damage, expected) in damages() {
        both(&migrations(), |store| {
            city(&store);
            let changed = store.write_blocking(FUJIOKA, move |tx| tx.run(damage, params![]));
            assert!(changed.map_err(|e: DbError| e).expect("damages") > 0, "{}", damage.text);
            let told: Vec<String> = look(&store).damages.iter().map(ToString::to_string).collect();
            assert!(told.iter().any(|line| line.contains(expected)), "{}: {told:?}", damage.text);
        });
    }
}

#[test]
fn a_deleted_personal_part_leaves_the_log_whole() {
    both(&migrations(), |store| {
        city(&store);
        let erase = |tx: &mut Tx<'_>| {
            let erase = sql!(
                "UPDATE note SET body = NULL, leaf_salt = NULL WHERE municipality_id = $1 AND leaf_no < 10"
            );
            tx.run(erase, params![])
        };
        store.write_blocking(FUJIOKA, erase).map_err(|e: DbError| e).expect("erases");
        let report = look(&store);
        assert_eq!((report.erased, report.is_whole()), (10, true), "{:?}", report.damages);
    });
}

/// Somebody who has the store but not the key writes it all anew.
#[test]
fn another_key_is_refused() {
    both(&migrations(), |store| {
        city(&store);
        let keys = vec![SigningKey::from_bytes(&[6; 32]).verifying_key()];
        let report = verify(&store, FUJIOKA, SOURCES, &Trust { keys, ..Trust::default() }).expect("reads");
        assert_eq!((report.signed, report.is_whole()), (0, false));
    });
}

/// The store and the key were in one hand: the whole log is new, and sound in itself.
#[test]
fn an_exported_checkpoint_shows_a_log_that_was_written_anew() {
    both(&migrations(), |store| {
        city(&store);
        let notes = |tx: &mut Tx<'_>| {
            let all = sql!("SELECT note FROM audit_checkpoint WHERE municipality_id = $1 ORDER BY size");
            tx.all(all, params![], |r| r.take::<String>())
        };
        let exported = store.read_blocking(FUJIOKA, notes).map_err(|e: DbError| e).expect("reads");
        let report = look_with(&store, exported.clone());
        assert_eq!((report.outside, report.is_whole()), (3, true));
        for table in [
            sql!("DELETE FROM note WHERE municipality_id = $1"),
            sql!("DELETE FROM audit_tile WHERE municipality_id = $1"),
            sql!("DELETE FROM audit_head WHERE municipality_id = $1"),
            sql!("DELETE FROM audit_checkpoint WHERE municipality_id = $1"),
        ] {
            store
                .write_blocking(FUJIOKA, move |tx| tx.run(table, params![]))
                .map_err(|e: DbError| e)
                .expect("runs");
        }
        city(&store);
        assert!(look(&store).is_whole(), "in itself it is sound");
        let report = look_with(&store, exported);
        assert_eq!((report.outside, report.damages.len()), (0, 1), "{:?}", report.damages);
    });
}

#[test]
fn sealing_side_by_side_numbers_each_row_once() {
    both(&migrations(), |store| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        add(&store, 40);
                        run(seal(&store, FUJIOKA, SOURCES)).expect("seals");
                    }
                });
            }
        });
        sign(&store);
        let report = look(&store);
        assert_eq!((report.leaves, report.is_whole()), (800, true), "{:?}", report.damages);
    });
}

#[test]
fn proofs_hold_under_the_newest_checkpoint() {
    both(&migrations(), |store| {
        city(&store);
        let read = |tx: &mut Tx<'_>| {
            let all = sql!("SELECT id FROM note WHERE municipality_id = $1 ORDER BY id");
            let ids: Vec<i64> = tx.all(all, params![], |r| r.take())?;
            let records: Vec<(&Source, i64)> = ids.into_iter().map(|id| (&NOTES, id)).collect();
            proof_file(tx, "藤岡市", &key().verifying_key(), &records)
        };
        let (lines, left_out) = store.read_blocking(FUJIOKA, read).map_err(|e: DbError| e).expect("proves");
        assert_eq!((lines.len(), left_out), (1 + 3 + 700, 3));
    });
}
