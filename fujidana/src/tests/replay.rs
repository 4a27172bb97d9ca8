//! A follower that reads the log again ends where it was, and one that is broken holds nobody up.
use std::sync::atomic::{AtomicBool, Ordering};

use db::{Tx, params, sql};
use events::facts::{Fact, MovedIn};
use events::{Event, EventId, FollowError, FollowUp, State, Told};

use super::sample_city::{SampleCity, on_both};

/// What the followers wrote, row by row.
fn dump(city: &SampleCity) -> Vec<String> {
    city.read(|tx| {
        let pupils = sql!(
            "SELECT person_id, entry_fiscal_year, needs_check, since_on, event_id FROM pupil
              WHERE municipality_id = $1 ORDER BY person_id"
        );
        let mut rows = tx.all(pupils, params![], |r| {
            let (person, entry, check) = (r.take::<i64>()?, r.take::<i64>()?, r.take::<bool>()?);
            Ok(format!("pupil {person} {entry} {check} {} {}", r.take::<String>()?, r.take::<i64>()?))
        })?;
        let insured = sql!(
            "SELECT person_id, acquired_on, needs_check, event_id FROM insured_person
              WHERE municipality_id = $1 ORDER BY person_id"
        );
        rows.extend(tx.all(insured, params![], |r| {
            let (person, acquired, check) = (r.take::<i64>()?, r.take::<String>()?, r.take::<bool>()?);
            Ok(format!("insured {person} {acquired} {check} {}", r.take::<i64>()?))
        })?);
        let items = sql!(
            "SELECT office, event_id, household_id, sentence, source, persons_count, due_on, recorded_at
               FROM work_item WHERE municipality_id = $1 ORDER BY office, event_id"
        );
        rows.extend(tx.all(items, params![], |r| {
            let (office, event, household) = (r.take::<String>()?, r.take::<i64>()?, r.take::<i64>()?);
            let (sentence, source, persons) = (r.take::<String>()?, r.take::<String>()?, r.take::<i64>()?);
            let (due, at) = (r.take::<Option<String>>()?, r.take::<i64>()?);
            Ok(format!("item {office} {event} {household} {sentence} {source} {persons} {due:?} {at}"))
        })?);
        Ok(rows)
    })
}

fn some_of_each(rows: &[String]) {
    for table in ["pupil", "insured", "item tax", "item election"] {
        let count = rows.iter().filter(|row| row.starts_with(table)).count();
        assert!(count >= 5, "{count} rows of {table}: nothing is shown");
    }
}

// measure 3-1-3: payer-roster
#[test]
fn every_follower_read_again_ends_where_it_was() {
    on_both(|city| {
        let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
        for family in ["再読一", "再読二", "再読三", "再読四", "再読五"] {
            city.move_in(&first, &second, family);
        }
        let before = dump(&city);
        some_of_each(&before);
        for follow_up in city.site.follow_ups().iter().copied() {
            city.write(move |tx| events::replay(tx, follow_up));
            assert!(dump(&city).len() < before.len(), "{}: its rows are gone first", follow_up.name);
            city.drain();
            assert_eq!(dump(&city), before, "{}", follow_up.name);
        }
    });
}

/// An office whose program fails at everything while `BROKEN`.
static BROKEN_OFFICE: FollowUp = FollowUp {
    name: "test.broken",
    office: "試験課",
    kinds: &[MovedIn::KIND],
    foresee: |_, _| None,
    apply: fail,
    clear: |_, _| Ok(()),
};
static BROKEN: AtomicBool = AtomicBool::new(true);

fn fail(_: &FollowUp, _: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    if BROKEN.load(Ordering::SeqCst) {
        return Err(FollowError::Refused("表が壊れています".to_owned()));
    }
    let told =
        |event: &Event| Told {
            event: event.id, fact: "直りました".to_owned(), path: "/desk".to_owned()
        };
    Ok(events.iter().map(told).collect())
}

#[test]
fn a_broken_follower_holds_nobody_up() {
    on_both(|city| {
        BROKEN.store(true, Ordering::SeqCst);
        let mut all = city.site.follow_ups().to_vec();
        all.insert(0, &BROKEN_OFFICE);
        let enabled = all.clone();
        city.write(move |tx| events::enable(tx, &enabled));
        let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
        let paths = ["故障一", "故障二"].map(|family| city.move_in(&first, &second, family));
        city.drain_with(&all);
        for path in &paths {
            let board = board(&city, path);
            assert!(matches!(&board[0].1, State::Late { trouble, .. } if trouble == "表が壊れています"));
            assert!(board[1..].iter().all(|(_, state)| is_settled(state)), "{board:?}");
            assert!(board.iter().any(|(name, state)| name == "lunch.roster" && is_done(state)), "{board:?}");
        }
        // A replay of another one goes through, beside the failing one.
        let lunch = city.site.follow_up("lunch.roster").expect("is there");
        let before = dump(&city);
        city.write(move |tx| events::replay(tx, lunch));
        city.drain_with(&all);
        assert_eq!(dump(&city), before);
        let troubles = city.read(events::troubles);
        assert_eq!(troubles.len(), 2, "told to the section that runs the program");

        BROKEN.store(false, Ordering::SeqCst);
        city.write(move |tx| {
            troubles.iter().try_for_each(|one| events::retry(tx, &one.follower, one.event).map(drop))
        });
        city.drain_with(&all);
        for path in &paths {
            assert!(is_done(&board(&city, path)[0].1), "{path}: after the repair");
        }
    });
}

fn is_done(state: &State) -> bool {
    matches!(state, State::Done { .. })
}

fn is_settled(state: &State) -> bool {
    is_done(state) || *state == State::NoConcern
}

/// Who has followed the act of a page.
fn board(city: &SampleCity, path: &str) -> Vec<(String, State)> {
    let id = path.rsplit('/').next().expect("a path").parse().expect("an id");
    let florets = city.read(move |tx| {
        let event: EventId =
            register::notice_head(tx, id)?.and_then(|notice| notice.event).expect("registered");
        events::board(tx, event)
    });
    florets.into_iter().map(|floret| (floret.follower, floret.state)).collect()
}
