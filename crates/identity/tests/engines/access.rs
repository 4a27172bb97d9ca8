//! The operation log: who saw whom, and what was refused.
use std::sync::Arc;

use base::{At, PersonId};
use db::{DbError, Migration, Store, Zone, params, sql};
use identity::{AccountId, Actor, Caller, MIGRATIONS, Operation, Policy, Purpose, look, record_access};
use testkit::{FUJIOKA, MORNING, both};

use super::{run, write};

const INQUIRY: Purpose = Purpose("住民票の照会");

fn clerk() -> Caller {
    caller(Actor { account: AccountId::new(77), ..Actor::system(FUJIOKA) })
}

fn caller(actor: Actor) -> Caller {
    let policy = Arc::new(Policy::new(&[], &[], &[]));
    Caller { actor, policy, terminal: "192.0.2.9".to_owned(), path: "/residents".to_owned() }
}

/// A log line: account, section, purpose, path, conditions, persons, when.
type Line = (AccountId, String, String, Option<String>, Option<String>, Vec<i64>, At);

fn log(store: &Store) -> Vec<Line> {
    let read = store.read_blocking(FUJIOKA, |tx| {
        let all = sql!(
            "SELECT account_id, section_code, purpose, path, conditions, at, person_count, persons FROM access
             WHERE municipality_id = $1 ORDER BY id"
        );
        tx.all(all, params![], |row| {
            let head = (row.take()?, row.take()?, row.take()?, row.take()?, row.take()?);
            let (at, count, bytes): (At, i64, Vec<u8>) = (row.take()?, row.take()?, row.take()?);
            let persons: Vec<i64> =
                bytes.chunks(8).map(|id| i64::from_be_bytes(id.try_into().expect("eight bytes"))).collect();
            assert_eq!(persons.len() as i64, count);
            Ok((head.0, head.1, head.2, head.3, head.4, persons, at))
        })
    });
    read.expect("reads the log")
}

/// A read that sees `persons` and notes `conditions`; the persons of its log lines.
#[track_caller]
fn check(persons: &'static [i64], conditions: Option<&'static str>, expected: &[&[i64]]) {
    both(MIGRATIONS, |store| {
        let answer = run(look(&store, &clerk(), INQUIRY, move |looking| {
            persons.iter().for_each(|id| looking.saw(PersonId::new(*id)));
            if let Some(conditions) = conditions {
                looking.note(conditions);
            }
            Ok::<_, DbError>(looking.tx().municipality())
        }));
        assert_eq!(answer.expect("answers"), FUJIOKA);
        let line = |persons: &&[i64]| {
            let (path, conditions) = (Some("/residents".to_owned()), conditions.map(str::to_owned));
            let (section, purpose) = ("system".to_owned(), "住民票の照会".to_owned());
            (AccountId::new(77), section, purpose, path, conditions, persons.to_vec(), MORNING)
        };
        assert_eq!(log(&store), expected.iter().map(line).collect::<Vec<_>>());
    });
}

#[test]
fn one_record_holds_everyone_once() {
    check(&[9, 3, 9, 123_456_789_012], None, &[&[3, 9, 123_456_789_012]]);
}

#[test]
fn a_page_without_persons_leaves_no_record() {
    check(&[], None, &[]);
}

#[test]
fn a_search_is_recorded_with_its_conditions() {
    check(&[5], Some("カナ ヤマタ"), &[&[5]]);
}

#[test]
fn a_search_that_finds_nobody_is_an_inquiry_too() {
    check(&[], Some("カナ ヤマタ"), &[&[]]);
}

#[test]
fn an_error_after_seeing_someone_is_recorded() {
    both(MIGRATIONS, |store| {
        let answer = run(look(&store, &clerk(), INQUIRY, |looking| {
            looking.saw(PersonId::new(4));
            Err::<(), _>(DbError::Unusable("転出しています".to_owned()))
        }));
        assert!(matches!(answer, Err(DbError::Unusable(_))), "{answer:?}");
        assert_eq!(log(&store).len(), 1);
    });
}

#[test]
fn a_read_that_cannot_be_recorded_gives_no_answer() {
    let drop = Migration { zone: Zone::Inside, name: "9999_no_log", sql: "DROP TABLE access;\n" };
    let without_log: Vec<Migration> = MIGRATIONS.iter().copied().chain([drop]).collect();
    both(&without_log, |store| {
        let see = |person: Option<i64>| {
            let answer = run(look(&store, &clerk(), INQUIRY, move |looking| {
                person.into_iter().for_each(|id| looking.saw(PersonId::new(id)));
                Ok::<_, DbError>("藤岡市藤岡1番地")
            }));
            answer.ok()
        };
        assert_eq!(see(Some(1)), None);
        assert_eq!(see(None), Some("藤岡市藤岡1番地"));
    });
}

#[test]
fn an_issue_that_fails_leaves_no_record() {
    both(MIGRATIONS, |store| {
        let issue = |store: &Store, fails: bool| {
            store.write_blocking(FUJIOKA, move |tx| {
                record_access(tx, &clerk(), Operation::Print, "住民票の写しの交付", &[PersonId::new(8)])?;
                if fails { Err(DbError::Unusable("紙がありません".to_owned())) } else { Ok(()) }
            })
        };
        issue(&store, true).expect_err("fails");
        assert_eq!(log(&store), []);
        issue(&store, false).expect("issues");
        assert_eq!(log(&store).len(), 1);
    });
}

#[test]
fn nobody_sees_the_log_of_another_municipality() {
    both(MIGRATIONS, |store| {
        let elsewhere = base::MunicipalityId(102_016);
        let seen = [PersonId::new(8)];
        let other = move |tx: &mut db::Tx<'_>| {
            record_access(tx, &caller(Actor::system(elsewhere)), Operation::Inquiry, "照会", &seen)
        };
        store.write_blocking(elsewhere, other).expect("records");
        assert_eq!(log(&store), []);
        write(&store, move |tx| record_access(tx, &clerk(), Operation::Inquiry, "照会", &seen));
        assert_eq!(log(&store).len(), 1);
    });
}

/// A refusal is a row of its own, with the act as its purpose; who was shown stays in the row of the look.
#[test]
fn a_refusal_is_recorded_even_when_the_answer_is_an_error() {
    both(MIGRATIONS, |store| {
        let answer = run(look(&store, &clerk(), INQUIRY, |looking| {
            looking.saw(PersonId::new(3));
            looking.refused("住民票の写し", PersonId::new(4));
            looking.refused("住民票の写し", PersonId::new(5));
            Err::<(), _>(DbError::Unusable("扱えません".to_owned()))
        }));
        answer.expect_err("refused");
        let told: Vec<(String, Vec<i64>)> = log(&store).into_iter().map(|line| (line.2, line.5)).collect();
        assert_eq!(told, [("住民票の照会".to_owned(), vec![3]), ("住民票の写し".to_owned(), vec![4, 5])]);
    });
}
