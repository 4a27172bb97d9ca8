use base::HouseholdId;
use db::{DbError, Store};
use events::facts::{Fact, TakenOver};
use events::{EventId, Source, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{FUJIOKA, MORNING, both};
use web::{Refused, Site};

use super::{act, actor, drain, family, migrations, move_in, run, site};

/// What has reached each office, with the acts at it.
fn desk(site: &Site) -> Vec<(String, Value)> {
    let reader = actor(1, "一子", "resident_clerk");
    desks_keys()
        .map(|key| {
            let told = act(site, &reader, "desks.list", &json!({ "office": key })).expect("lists");
            (key.to_owned(), told["rows"].clone())
        })
        .collect()
}

fn desks_keys() -> impl Iterator<Item = &'static str> {
    desks::APP.follow_ups.iter().filter_map(|follow_up| follow_up.name.strip_prefix("desks."))
}

fn board(store: &Store, event: EventId) -> Vec<(String, State)> {
    let read: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| events::board(tx, event));
    read.expect("reads").into_iter().map(|floret| (floret.follower, floret.state)).collect()
}

// measure 3-1-7: move-in
#[test]
fn a_move_in_reaches_each_office_once() {
    both(&migrations(), |store| {
        let site = site(&store);
        let registered = move_in(&store, &family());
        run(async {
            // Two workers, as two processes would have.
            let (store, all) = (site.inside(), site.follow_ups());
            let (one, two) = tokio::join!(events::drain(store, all), events::drain(store, all));
            one.and(two).expect("drains");
        });
        drain(&site);
        let told: Vec<(String, usize)> =
            desk(&site).into_iter().map(|(key, rows)| (key, rows.as_array().map_or(0, Vec::len))).collect();
        let expect = desks_keys().map(|key| (key.to_owned(), usize::from(key != "late_elderly")));
        assert_eq!(told, expect.collect::<Vec<_>>());
        let checked = register::check(&family(), MORNING.date(), FUJIOKA).expect("a possible notice");
        let foresight = register::foresight(&checked);
        for (follower, state) in board(&store, registered.event) {
            let follow_up = site.follow_up(&follower).expect("one of ours");
            match (state, (follow_up.foresee)(follow_up, &foresight)) {
                (State::Done { fact, path, .. }, Some(foretold)) => {
                    assert_eq!(fact, foretold, "what was foretold arrives");
                    assert_eq!(path, format!("/desks/{}", &follower["desks.".len()..]));
                    assert!(!fact.contains("山田"), "the board shows no name");
                }
                (State::NoConcern, None) => assert_eq!(follower, "desks.late_elderly"),
                other => panic!("{follower}: {other:?}"),
            }
        }
    });
}

#[test]
fn a_takeover_makes_no_work() {
    both(&migrations(), |store| {
        let site = site(&store);
        let recorded: Result<EventId, DbError> = store.write_blocking(FUJIOKA, |tx| {
            let as_of = MORNING.date();
            let fact = TakenOver { household: HouseholdId::new(7), persons: Vec::new(), as_of };
            events::append(tx, &fact, Source { account: 0, reason: "初期移行" })
        });
        let event = recorded.expect("records");
        drain(&site);
        assert!(desk(&site).iter().all(|(_, rows)| rows == &json!([])));
        assert_eq!(board(&store, event), [], "no job either");
    });
}

#[test]
fn reading_the_log_again_gives_the_same_rows_and_keeps_the_acts() {
    both(&migrations(), |store| {
        let site = site(&store);
        let registered = move_in(&store, &family());
        drain(&site);
        let clerk = actor(7, "五月", "tax_clerk");
        let input = json!({ "office": "tax", "event": registered.event });
        let done = act(&site, &clerk, "desks.complete", &input).expect("completes");
        assert_eq!(done["done_by"], "五月");
        let before = desk(&site);
        store.clock().set(MORNING.plus_seconds(3600));
        let operator = actor(9, "七海", "operator");
        for follow_up in site.follow_ups() {
            let begun = act(&site, &operator, "followers.replay", &json!({ "follower": follow_up.name }));
            assert_eq!(begun.expect("begins")["begun"], follow_up.name);
        }
        assert!(desk(&site).iter().all(|(_, rows)| rows == &json!([])), "empty until read again");
        drain(&site);
        assert_eq!(desk(&site), before);
        // Who did it first stays.
        let other = actor(8, "六花", "tax_clerk");
        let again = act(&site, &other, "desks.complete", &input).expect("answers");
        assert_eq!(again, done);
    });
}

#[test]
fn only_the_offices_own_clerk_completes() {
    both(&migrations(), |store| {
        let site = site(&store);
        let registered = move_in(&store, &family());
        drain(&site);
        let complete = |role: &str, office: &str, event: Value| {
            let input = json!({ "office": office, "event": event });
            act(&site, &actor(7, "五月", role), "desks.complete", &input)
        };
        let event = json!(registered.event);
        assert!(matches!(complete("resident_clerk", "tax", event.clone()), Err(Refused::Forbidden)));
        assert!(matches!(complete("tax_clerk", "pension", event.clone()), Err(Refused::Forbidden)));
        assert!(matches!(
            complete("insurance_clerk", "late_elderly", event.clone()),
            Err(Refused::Rule { .. })
        ));
        assert!(matches!(complete("insurance_clerk", "pantry", event.clone()), Err(Refused::Input(_))));
        complete("insurance_clerk", "pension", event).expect("completes");
    });
}

/// A stored fact that no follower can read.
#[derive(Serialize, Deserialize)]
pub(super) struct Damaged {
    household: i64,
}

impl Fact for Damaged {
    const KIND: &'static str = "register.moved_in";
    const VERSION: i64 = 1;
    fn stream(&self) -> i64 {
        self.household
    }
}

pub(super) fn damage(store: &Store) -> EventId {
    let recorded: Result<EventId, DbError> = store.write_blocking(FUJIOKA, |tx| {
        events::append(tx, &Damaged { household: 7 }, Source { account: 0, reason: "試験" })
    });
    recorded.expect("records")
}

#[test]
fn what_cannot_be_followed_is_shown_and_run_again() {
    both(&migrations(), |store| {
        let site = site(&store);
        let event = damage(&store);
        drain(&site);
        let operator = actor(9, "七海", "operator");
        let troubles =
            || act(&site, &operator, "followers.troubles", &json!({})).expect("lists")["rows"].clone();
        let rows = troubles();
        assert_eq!(rows.as_array().map(Vec::len), Some(site.follow_ups().len()));
        assert_eq!((&rows[0]["event"], &rows[0]["attempts"]), (&json!(event), &json!(1)));
        drain(&site);
        assert_eq!(troubles(), rows, "not before its time");
        let input = json!({ "follower": "desks.tax", "event": event });
        let retried = act(&site, &operator, "followers.retry", &input).expect("retries");
        assert_eq!(retried, json!({ "retried": true }));
        let gone = json!({ "follower": "desks.tax", "event": EventId::new(1) });
        let retried = act(&site, &operator, "followers.retry", &gone).expect("answers");
        assert_eq!(retried, json!({ "retried": false }));
        let clerk = actor(7, "五月", "tax_clerk");
        assert!(matches!(act(&site, &clerk, "followers.retry", &input), Err(Refused::Forbidden)));
    });
}
