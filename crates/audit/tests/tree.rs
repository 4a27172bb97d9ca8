//! The tree on both engines: sealing, signing, proofs, and every kind of damage.
use std::sync::atomic::{AtomicI64, Ordering};

use audit::{
    History, Refusal, Report, Salts, Seen, Source, Trust, Uncountersigned, Witness, admit, checkpoint,
    countersign, hand_over, proof_file, seal, stored_keys, verify,
};
use base::At;
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
    sign_with(store, key());
}

fn sign_with(store: &Store, key: SigningKey) {
    run(seal(store, FUJIOKA, SOURCES)).expect("seals");
    store.write_blocking(FUJIOKA, move |tx| checkpoint(tx, &key)).map_err(|e: DbError| e).expect("signs");
}

fn look(store: &Store) -> Report {
    look_with(store, Vec::new())
}

fn look_with(store: &Store, notes: Vec<String>) -> Report {
    verify(store, FUJIOKA, SOURCES, &Trust { keys: vec![key().verifying_key()], notes, ..Trust::default() })
        .expect("reads")
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

/// The notes as they were exported.
fn exported(store: &Store) -> Vec<String> {
    let notes = |tx: &mut Tx<'_>| {
        let all = sql!("SELECT note FROM audit_checkpoint WHERE municipality_id = $1 ORDER BY size");
        tx.all(all, params![], |r| r.take::<String>())
    };
    store.read_blocking(FUJIOKA, notes).map_err(|e: DbError| e).expect("reads")
}

fn forget_all(store: &Store) {
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
}

/// The store and the key were in one hand: the whole log is new, and sound in itself.
#[test]
fn an_exported_checkpoint_shows_a_log_that_was_written_anew() {
    both(&migrations(), |store| {
        city(&store);
        let exported = exported(&store);
        let report = look_with(&store, exported.clone());
        assert_eq!((report.outside, report.is_whole()), (3, true));
        forget_all(&store);
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

/// One trusted key leads to all later ones; a key that nobody handed over to signs nothing.
#[test]
fn trust_follows_the_rotations_of_the_key() {
    let keys = [5u8, 6, 7, 8].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let rotate = |store: &Store, old: &SigningKey, new: &SigningKey| {
        let (old, new) = (old.clone(), new.verifying_key());
        store
            .write_blocking(FUJIOKA, move |tx| hand_over(tx, &old, &new))
            .map_err(|e: DbError| e)
            .expect("signs")
    };
    both(&migrations(), |store| {
        for (i, key) in keys[..3].iter().enumerate() {
            if i > 0 {
                rotate(&store, &keys[i - 1], key);
            }
            add(&store, 2);
            sign_with(&store, key.clone());
        }
        let signed = |trusted: &SigningKey| {
            let trust = Trust { keys: vec![trusted.verifying_key()], ..Trust::default() };
            let report = verify(&store, FUJIOKA, SOURCES, &trust).expect("reads");
            (report.signed, report.damages.iter().map(|damage| damage.count).sum::<u64>())
        };
        assert_eq!(signed(&keys[0]), (6, 0));
        assert_eq!(signed(&keys[1]), (6, 1), "a later key says nothing of an earlier one");
        assert_eq!(signed(&keys[3]), (0, 3));
        let order = store.read_blocking(FUJIOKA, stored_keys).map_err(|e: DbError| e).expect("reads");
        assert_eq!(order, keys[..3].iter().map(SigningKey::verifying_key).collect::<Vec<_>>());

        add(&store, 1);
        sign_with(&store, keys[3].clone());
        assert_eq!(signed(&keys[0]), (6, 1), "nobody handed over to this key");
        // Its own word for itself is worth nothing.
        rotate(&store, &keys[3], &keys[3]);
        assert_eq!(signed(&keys[0]), (6, 1));
    });
}

/// The proof that the store exports for an audit office.
fn history(store: &Store) -> History {
    let read = |tx: &mut Tx<'_>| proof_file(tx, "藤岡市", &key().verifying_key(), &[]);
    let (lines, _) = store.read_blocking(FUJIOKA, read).map_err(|e: DbError| e).expect("proves");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    History::read(&text, None).expect("holds")
}

#[test]
fn a_countersignature_holds_while_the_log_only_grows() {
    let office = SigningKey::from_bytes(&[30; 32]);
    let at = At::from_micros(1_795_479_240_000_000);
    both(&migrations(), |store| {
        city(&store);
        let look = |notes: &[String]| {
            let trust = Trust {
                keys: vec![key().verifying_key()],
                notes: notes.to_vec(),
                countersigned_by: Some(Witness::from(&office)),
            };
            verify(&store, FUJIOKA, SOURCES, &trust).expect("reads").countersigned.expect("was asked")
        };
        let mut notes = exported(&store);
        assert_eq!(look(&[]), Err(Uncountersigned::Nothing));
        assert_eq!(look(&notes), Err(Uncountersigned::Absent { size: 700, last: None }));
        let seen = admit(&history(&store), &notes[2], None).expect("the first is admitted");
        assert_eq!(
            admit(&history(&store), &notes[1], Some(&seen)),
            Err(Refusal::Older { size: 300, newest: 700 })
        );
        notes[2] = countersign(&notes[2], &office, at).expect("a note");
        assert_eq!(look(&notes), Ok((700, at)));
        let before = history(&store);

        add(&store, 1);
        sign(&store);
        notes.push(exported(&store).pop().expect("a note"));
        assert_eq!(look(&notes), Err(Uncountersigned::Absent { size: 704, last: Some(700) }));
        assert_eq!(admit(&before, &notes[3], None), Err(Refusal::Unproved { size: 704, newest: 700 }));
        let seen = admit(&history(&store), &notes[3], Some(&seen)).expect("it grew");

        forget_all(&store);
        city(&store);
        assert_eq!(look(&notes[2..3]), Err(Uncountersigned::OtherTree(700)));
        let refused = |seen: &Seen| admit(&history(&store), &exported(&store)[2], Some(seen));
        assert_eq!(refused(&seen), Err(Refusal::Shorter { seen: 704, newest: 700 }));
        let mut earlier = seen;
        earlier.size = 699;
        assert_eq!(refused(&earlier), Err(Refusal::Gone { seen: 699 }));
        earlier.size = 700;
        assert_eq!(refused(&earlier), Err(Refusal::Rewritten { seen: 700 }));
        earlier.city.0 += 1;
        assert_eq!(refused(&earlier), Err(Refusal::City { seen: earlier.city, found: FUJIOKA }));
    });
}
