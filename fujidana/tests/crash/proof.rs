//! What must hold of the store afterwards.
use std::path::Path;

use base::{Clock, PersonId};
use db::{DbError, SqliteOptions, Store, Tx, Zone, params, sql};
use events::facts::MovedIn;
use events::{Event, EventId};
use register::{MoveInId, NoticeState};
use testkit::FUJIOKA;

pub fn sqlite(folder: &Path) -> Store {
    let options = SqliteOptions::at(folder.join("inside.db"));
    Store::open_sqlite(options, Zone::Inside, &[], Clock::system()).expect("the store opens after the kills")
}

pub fn postgres(url: &str) -> Store {
    Store::open_postgres(url, 1, Zone::Inside, &[], Clock::system()).expect("the store opens after the kills")
}

pub fn check(store: &Store, acknowledged: &[String]) {
    assert!(acknowledged.len() > 50, "only {} registrations: nothing is shown", acknowledged.len());
    let acknowledged = acknowledged.to_vec();
    let checked: Result<(), DbError> = store.read_blocking(FUJIOKA, move |tx| {
        for id in &acknowledged {
            let id: MoveInId = id.parse().expect("an id");
            let notice = register::notice_head(tx, id)?.expect("an acknowledged notification is there");
            assert_eq!(notice.state, NoticeState::Final, "{id} was acknowledged");
        }
        let events = moved_in(tx)?;
        assert!(events.len() >= acknowledged.len(), "each acknowledged registration has its event");
        for event in &events {
            let fact: MovedIn = event.fact().expect("a stored fact is readable");
            whole(tx, event.id, &fact.persons)?;
            followed_once(tx, event.id, &fact.persons)?;
        }
        let open = sql!("SELECT COUNT(*) FROM job WHERE municipality_id = $1");
        assert_eq!(tx.one(open, params![], |r| r.take::<i64>())?, 0, "every follower followed");
        Ok(())
    });
    checked.expect("the store reads");
}

fn moved_in(tx: &mut Tx<'_>) -> Result<Vec<Event>, DbError> {
    let find =
        sql!("SELECT id FROM event WHERE municipality_id = $1 AND kind = 'register.moved_in' ORDER BY id");
    let ids: Vec<EventId> = tx.all(find, params![], |r| r.take())?;
    ids.into_iter().map(|id| Ok(events::event(tx, id)?.expect("just listed"))).collect()
}

/// The act is there as one: its notification once, each person with version 1 alone and a projection.
fn whole(tx: &mut Tx<'_>, event: EventId, persons: &[PersonId]) -> Result<(), DbError> {
    let notices =
        sql!("SELECT COUNT(*) FROM move_in WHERE municipality_id = $1 AND event_id = $2 AND state = 'final'");
    assert_eq!(tx.one(notices, params![event], |r| r.take::<i64>())?, 1);
    let versions = sql!(
        "SELECT COUNT(*) FROM resident_version WHERE municipality_id = $1 AND event_id = $2 AND version_no = 1"
    );
    assert_eq!(tx.one(versions, params![event], |r| r.take::<i64>())?, persons.len() as i64);
    let current =
        sql!("SELECT COUNT(*) FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2)");
    assert_eq!(tx.one(current, params![persons], |r| r.take::<i64>())?, persons.len() as i64);
    Ok(())
}

/// The family has one school child: the lunch roster knows it once, each office that was told was told once.
fn followed_once(tx: &mut Tx<'_>, event: EventId, persons: &[PersonId]) -> Result<(), DbError> {
    let pupils = sql!(
        "SELECT COUNT(*) FROM pupil WHERE municipality_id = $1 AND event_id = $2 AND person_id IN INTS($3)"
    );
    assert_eq!(
        tx.one(pupils, params![event, persons], |r| r.take::<i64>())?,
        1,
        "{event} at the lunch centre"
    );
    let told =
        sql!("SELECT follower FROM followed WHERE municipality_id = $1 AND event_id = $2 ORDER BY follower");
    let followers: Vec<String> = tx.all(told, params![event], |r| r.take())?;
    let mut once = followers.clone();
    once.dedup();
    assert_eq!(followers, once);
    assert!(followers.contains(&"lunch.roster".to_owned()));
    Ok(())
}
