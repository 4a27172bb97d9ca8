//! Followers on both engines: once, in order, and nobody waits for a broken one.
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use base::{Date, HouseholdId};
use db::{DbError, Migration, Store, Tx, Zone, params, sql};
use events::facts::{Fact, Foresight, TakenOver};
use events::{Event, EventId, FollowError, FollowUp, Source, State, Told};
use testkit::{FUJIOKA, MORNING, both};

const DIARY: Migration = Migration {
    zone: Zone::Inside,
    name: "test/diary",
    sql: "CREATE TABLE diary (municipality_id BIGINT NOT NULL, follower TEXT NOT NULL, event_id BIGINT NOT NULL,
            stream BIGINT NOT NULL, PRIMARY KEY (municipality_id, follower, event_id));\n",
};

const fn follower(name: &'static str) -> FollowUp {
    FollowUp { name, office: "試験課", kinds: &[TakenOver::KIND], foresee, apply: write_diary, clear }
}

fn foresee(_: &FollowUp, _: &Foresight) -> Option<String> {
    None
}

fn write_diary(me: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let mut told = Vec::new();
    for event in events {
        let insert =
            sql!("INSERT INTO diary (municipality_id, follower, event_id, stream) VALUES ($1, $2, $3, $4)");
        tx.run(insert, params![me.name, event.id, event.stream])?;
        told.push(Told { event: event.id, fact: "書きました".to_owned(), path: "/diary".to_owned() });
    }
    Ok(told)
}

fn clear(me: &FollowUp, tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM diary WHERE municipality_id = $1 AND follower = $2"), params![me.name]).map(drop)
}

static GOOD: FollowUp = follower("test.good");
static OTHER: FollowUp = follower("test.other");
/// Refuses events of the stream in `POISON` while `BROKEN`.
static PICKY: FollowUp = FollowUp { apply: refuse_poison, ..follower("test.picky") };
static BROKEN: AtomicBool = AtomicBool::new(true);
static POISON: AtomicI64 = AtomicI64::new(0);

fn refuse_poison(me: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let poisoned = events.iter().any(|event| event.stream == POISON.load(Ordering::SeqCst));
    if poisoned && BROKEN.load(Ordering::SeqCst) {
        return Err(FollowError::Refused("この世帯は読めません".to_owned()));
    }
    write_diary(me, tx, events)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn prepare(store: &Store, follow_ups: &[&'static FollowUp]) {
    let follow_ups = follow_ups.to_vec();
    let enabled: Result<(), DbError> =
        store.write_blocking(FUJIOKA, move |tx| events::enable(tx, &follow_ups));
    enabled.expect("enables");
}

fn record(store: &Store, streams: &[i64]) -> Vec<EventId> {
    let as_of: Date = "2026-11-24".parse().expect("a day");
    let facts: Vec<TakenOver> = streams
        .iter()
        .map(|&stream| TakenOver { household: HouseholdId::new(stream), persons: Vec::new(), as_of })
        .collect();
    let recorded: Result<_, DbError> = store.write_blocking(FUJIOKA, move |tx| {
        events::append_all(tx, &facts, Source { account: 0, reason: "試験" })
    });
    recorded.expect("records")
}

fn diary(store: &Store, follower: &'static FollowUp) -> Vec<EventId> {
    let read: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| {
        let find =
            sql!("SELECT event_id FROM diary WHERE municipality_id = $1 AND follower = $2 ORDER BY event_id");
        tx.all(find, params![follower.name], |r| r.take())
    });
    read.expect("reads")
}

fn states(store: &Store, event: EventId) -> Vec<State> {
    let read: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| events::board(tx, event));
    read.expect("reads").into_iter().map(|floret| floret.state).collect()
}

fn migrations() -> Vec<Migration> {
    events::MIGRATIONS.iter().copied().chain([DIARY]).collect()
}

#[test]
fn every_follower_gets_every_event_once() {
    both(&migrations(), |store| {
        prepare(&store, &[&GOOD, &OTHER]);
        let events = record(&store, &(0..250).map(|i| i % 40).collect::<Vec<_>>());
        run(async {
            // Two workers of one follower, as two processes would have.
            let both = [&GOOD, &OTHER];
            let (first, second) = tokio::join!(events::drain(&store, &both), events::drain(&store, &both));
            first.and(second).expect("drains");
        });
        assert_eq!(diary(&store, &GOOD), events);
        assert_eq!(diary(&store, &OTHER), events);
        let board = states(&store, events[0]);
        assert!(
            board.iter().all(|state| matches!(state, State::Done { fact, .. } if fact == "書きました")),
            "{board:?}"
        );
    });
}

#[test]
fn a_broken_event_stops_its_stream_alone_and_is_retried() {
    both(&migrations(), |store| {
        BROKEN.store(true, Ordering::SeqCst);
        prepare(&store, &[&GOOD, &PICKY]);
        POISON.store(2, Ordering::SeqCst);
        let events = record(&store, &[1, 2, 2, 3]);
        let drain = || run(events::drain(&store, &[&GOOD, &PICKY])).expect("drains");
        drain();
        assert_eq!(diary(&store, &GOOD), events, "the others go on");
        assert_eq!(diary(&store, &PICKY), [events[0], events[3]], "the later event of the stream waits");
        let late = State::Late {
            again_at: MORNING.plus_seconds(120),
            trouble: "この世帯は読めません".to_owned(),
        };
        assert_eq!(states(&store, events[1])[1], late);
        BROKEN.store(false, Ordering::SeqCst);
        drain();
        assert_eq!(diary(&store, &PICKY).len(), 2, "not before its time");
        let retried: Result<bool, DbError> = store.write_blocking(FUJIOKA, move |tx| {
            let troubles = events::troubles(tx)?;
            assert!(
                troubles.iter().any(|t| t.follower == "test.picky" && t.event == events_first(&troubles))
            );
            let mut all = true;
            for trouble in troubles {
                all &= events::retry(tx, &trouble.follower, trouble.event)?;
            }
            Ok(all)
        });
        assert!(retried.expect("retries"));
        drain();
        store.clock().set(MORNING.plus_seconds(3600));
        drain();
        assert_eq!(diary(&store, &PICKY), events);
    });
}

fn events_first(troubles: &[events::Trouble]) -> EventId {
    troubles[0].event
}

#[test]
fn after_twelve_tries_a_person_must_look() {
    both(&migrations(), |store| {
        static HOPELESS: FollowUp = FollowUp { apply: refuse_all, ..follower("test.hopeless") };
        fn refuse_all(_: &FollowUp, _: &mut Tx<'_>, _: &[Event]) -> Result<Vec<Told>, FollowError> {
            Err(FollowError::Refused("いつも読めません".to_owned()))
        }
        prepare(&store, &[&HOPELESS]);
        let events = record(&store, &[1]);
        let mut at = MORNING;
        for _ in 0..12 {
            run(events::drain(&store, &[&HOPELESS])).expect("drains");
            at = at.plus_seconds(60 << 13);
            store.clock().set(at);
        }
        assert_eq!(states(&store, events[0]), [State::Stopped { trouble: "いつも読めません".to_owned() }]);
    });
}

#[test]
fn a_replay_gives_the_same_rows() {
    both(&migrations(), |store| {
        prepare(&store, &[&GOOD, &OTHER]);
        let events = record(&store, &[1, 2, 3, 1]);
        let drain = || run(events::drain(&store, &[&GOOD, &OTHER])).expect("drains");
        drain();
        let begun: Result<(), DbError> = store.write_blocking(FUJIOKA, |tx| events::replay(tx, &GOOD));
        begun.expect("begins");
        assert_eq!(diary(&store, &GOOD), []);
        let new = record(&store, &[2]);
        drain();
        assert_eq!(diary(&store, &GOOD), [events, new].concat());
    });
}
