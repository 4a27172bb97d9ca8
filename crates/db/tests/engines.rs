//! The same behaviour on both engines.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base::MunicipalityId;
use db::{Column, DbError, Filter, Migration, SqliteOptions, Store, Value, Zone, params, sql};
use testkit::{FUJIOKA, both};

const MIGRATIONS: &[Migration] = &[Migration {
    zone: Zone::Inside,
    name: "0001_test",
    sql: "CREATE TABLE coin (municipality_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL,
            bent BOOLEAN NOT NULL, face BYTEA, PRIMARY KEY (municipality_id, id));
          CREATE UNIQUE INDEX coin_name ON coin (municipality_id, name);\n",
}];

fn insert(store: &Store, m: MunicipalityId, id: i64, name: &'static str) -> Result<u64, DbError> {
    store.write_blocking(m, move |tx| {
        tx.run(
            sql!("INSERT INTO coin (municipality_id, id, name, bent) VALUES ($1, $2, $3, $4)"),
            params![id, name, false],
        )
    })
}

fn names(store: &Store, m: MunicipalityId) -> Vec<String> {
    store
        .read_blocking(m, |tx| {
            tx.all(sql!("SELECT name FROM coin WHERE municipality_id = $1 ORDER BY id"), params![], |r| {
                r.take()
            })
        })
        .expect("reads")
}

#[test]
fn a_transaction_sees_its_own_municipality() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 1, "a").expect("inserts");
        insert(&store, MunicipalityId(102_016), 1, "b").expect("the same id in another city");
        assert_eq!(names(&store, FUJIOKA), ["a"]);
    });
}

#[test]
fn parameters_bind_by_number() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 1, "a").expect("inserts");
        let touched = store.write_blocking(FUJIOKA, |tx| {
            let update = sql!("UPDATE coin SET name = $3 WHERE id = $2 AND municipality_id = $1");
            tx.run(update, params![1i64, "z"])
        });
        assert_eq!(touched.expect("updates"), 1);
        assert_eq!(names(&store, FUJIOKA), ["z"]);
    });
}

#[test]
fn an_error_undoes_its_own_request_alone() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 1, "a").expect("inserts");
        let failed: Result<(), DbError> = store.write_blocking(FUJIOKA, |tx| {
            tx.run(sql!("DELETE FROM coin WHERE municipality_id = $1"), params![])?;
            Err(DbError::Unusable("changed my mind".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(names(&store, FUJIOKA), ["a"]);
        insert(&store, FUJIOKA, 2, "a").expect_err("the name is taken");
        assert_eq!(names(&store, FUJIOKA), ["a"]);
    });
}

#[test]
fn a_dropped_statement_error_undoes_the_transaction() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 1, "a").expect("inserts");
        let answer: Result<(), DbError> = store.write_blocking(FUJIOKA, |tx| {
            let insert = sql!("INSERT INTO coin (municipality_id, id, name, bent) VALUES ($1, $2, $3, $4)");
            tx.run(insert, params![2i64, "b", true])?;
            drop(tx.run(insert, params![2i64, "c", true]));
            Ok(())
        });
        assert!(matches!(answer, Err(DbError::Engine { .. })), "{answer:?}");
        assert_eq!(names(&store, FUJIOKA), ["a"]);
    });
}

#[test]
fn a_panic_is_an_error_and_the_store_goes_on() {
    both(MIGRATIONS, |store| {
        let answer: Result<(), DbError> = store.write_blocking(FUJIOKA, |_| panic!("boom"));
        assert!(matches!(&answer, Err(DbError::Panicked(text)) if text == "boom"), "{answer:?}");
        insert(&store, FUJIOKA, 1, "a").expect("the next request is served");
    });
}

#[test]
fn many_lists_and_filters() {
    both(MIGRATIONS, |store| {
        let rows: Vec<Vec<Value>> = (0..7000i64)
            .map(|i| {
                vec![Value::Int(i), Value::Text(format!("n{i:04}")), Value::Bool(i % 2 == 0), Value::Null]
            })
            .collect();
        let added = store.write_blocking(FUJIOKA, move |tx| {
            tx.many(
                sql!("INSERT INTO coin (municipality_id, id, name, bent, face) VALUES ($1, $2, $3, $4, $5)"),
                rows.clone(),
            )
        });
        assert_eq!(added.expect("inserts"), 7000);
        let found = store.read_blocking(FUJIOKA, |tx| {
            let by_id =
                sql!("SELECT name FROM coin WHERE municipality_id = $1 AND id IN INTS($2) ORDER BY id");
            let mut names: Vec<String> = tx.all(by_id, params![vec![5i64, 3, 9999]], |r| r.take())?;
            let by_name = sql!(
                "SELECT name FROM coin WHERE municipality_id = $1 AND name IN TEXTS($2) AND bent ORDER BY id"
            );
            let quoted = vec!["n0004".to_owned(), "\"\\\n".to_owned()];
            names.extend(tx.all(by_name, params![quoted], |r| r.take::<String>())?);
            let filter = Filter::new().begins_with(Column("name"), "n001").at_least(Column("id"), 18i64);
            let filtered =
                sql!("SELECT name FROM coin WHERE municipality_id = $1 AND {filter} ORDER BY id LIMIT $2");
            names.extend(tx.select(filtered, params![50i64], &filter, |r| r.take::<String>())?);
            Ok::<_, DbError>(names)
        });
        assert_eq!(found.expect("reads"), ["n0003", "n0005", "n0004", "n0018", "n0019"]);
    });
}

#[test]
fn a_wrong_type_names_the_column() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 1, "a").expect("inserts");
        let answer: Result<Vec<i64>, DbError> = store.read_blocking(FUJIOKA, |tx| {
            tx.all(sql!("SELECT id, name FROM coin WHERE municipality_id = $1"), params![], |r| {
                r.take::<i64>()?;
                r.take()
            })
        });
        assert!(matches!(
            answer,
            Err(DbError::Mismatch { column: 2, expected: "BIGINT", found: "TEXT", .. })
        ));
    });
}

#[test]
fn counters_do_not_lose_updates() {
    both(MIGRATIONS, |store| {
        insert(&store, FUJIOKA, 0, "0").expect("inserts");
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                std::thread::spawn(move || {
                    for _ in 0..20 {
                        let bump: Result<u64, DbError> = store.write_blocking(FUJIOKA, |tx| {
                            let read = sql!("SELECT name FROM coin WHERE municipality_id = $1 AND id = 0");
                            let count: String = tx.one(read, params![], |r| r.take())?;
                            let next = (count.parse::<i64>().expect("a number") + 1).to_string();
                            tx.run(
                                sql!("UPDATE coin SET name = $2 WHERE municipality_id = $1 AND id = 0"),
                                params![next],
                            )
                        });
                        bump.expect("counts");
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().expect("counts"));
        assert_eq!(names(&store, FUJIOKA), ["160"]);
    });
}

/// Disk full during a batch: who was answered Ok is stored, the others get an error.
#[test]
fn a_full_disk_loses_nothing_that_was_answered() {
    let scratch = testkit::Scratch::new();
    let path = scratch.path.join("full.db");
    let full = SqliteOptions { max_pages: Some(60), ..SqliteOptions::at(&path) };
    let store = Store::open_sqlite(full, Zone::Inside, MIGRATIONS, base::Clock::system()).expect("opens");
    let (stored, refused) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let threads: Vec<_> = (0..16i64)
        .map(|t| {
            let (store, stored, refused) = (store.clone(), Arc::clone(&stored), Arc::clone(&refused));
            std::thread::spawn(move || {
                for i in 0..40i64 {
                    let row = move |tx: &mut db::Tx<'_>| {
                        let face = vec![7u8; if i % 5 == 0 { 9000 } else { 10 }];
                        let insert =
                            sql!("INSERT INTO coin (municipality_id, id, name, bent, face) VALUES ($1, $2, $3, $4, $5)");
                        tx.run(insert, params![t * 1000 + i, format!("{t}/{i}"), true, face])
                    };
                    let answer: Result<u64, DbError> = store.write_blocking(FUJIOKA, row);
                    if answer.is_ok() { &stored } else { &refused }.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().expect("writes"));
    drop(store);
    let again = Store::open_sqlite(SqliteOptions::at(&path), Zone::Inside, MIGRATIONS, base::Clock::system());
    let found = names(&again.expect("opens again"), FUJIOKA).len();
    assert_eq!(found as i64, stored.load(Ordering::SeqCst));
    assert!(refused.load(Ordering::SeqCst) > 0, "the disk did get full");
    assert!(stored.load(Ordering::SeqCst) > 0);
}

#[test]
fn an_edited_migration_is_refused() {
    let scratch = testkit::Scratch::new();
    drop(scratch.sqlite(MIGRATIONS, base::Clock::system()));
    let edited =
        [Migration { sql: "CREATE TABLE other (municipality_id BIGINT PRIMARY KEY);\n", ..MIGRATIONS[0] }];
    let options = SqliteOptions::at(scratch.path.join("inside.db"));
    let opened = Store::open_sqlite(options, Zone::Inside, &edited, base::Clock::system());
    assert!(matches!(opened.map(drop), Err(DbError::Unusable(_))));
}

/// Three-layer separation: a table lives in the store of its zone, and the other store does not know it.
#[test]
fn each_zone_has_its_own_tables() {
    let portal = Migration {
        zone: Zone::Portal,
        name: "0001_portal",
        sql: "CREATE TABLE visit (municipality_id BIGINT NOT NULL, id BIGINT NOT NULL,
                PRIMARY KEY (municipality_id, id));\n",
    };
    let migrations = [MIGRATIONS[0], portal];
    let scratch = testkit::Scratch::new();
    let sqlite = |zone: Zone| {
        let options = SqliteOptions::at(scratch.path.join(format!("{}.db", zone.name())));
        Store::open_sqlite(options, zone, &migrations, base::Clock::system()).expect("opens")
    };
    check_zones(&sqlite(Zone::Inside), &sqlite(Zone::Portal));
    let Some(database) = testkit::Database::create() else { return };
    let postgres = |zone: Zone| {
        Store::open_postgres(&database.url, 1, zone, &migrations, base::Clock::system()).expect("opens")
    };
    check_zones(&postgres(Zone::Inside), &postgres(Zone::Portal));
}

fn check_zones(inside: &Store, portal: &Store) {
    let visits = |store: &Store| {
        store.read_blocking(FUJIOKA, |tx| {
            let count = sql!("SELECT COUNT(*) FROM visit WHERE municipality_id = $1");
            tx.one(count, params![], |r| r.take::<i64>())
        })
    };
    assert_eq!(visits(portal).expect("the portal has its table"), 0);
    assert!(matches!(visits(inside), Err(DbError::Engine { .. })), "the inside does not know it");
    assert!(insert(inside, FUJIOKA, 1, "a").is_ok());
    assert!(insert(portal, FUJIOKA, 1, "a").is_err(), "and the portal knows no table of the inside");
}
