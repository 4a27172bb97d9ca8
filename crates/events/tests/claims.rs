//! A process that dies keeps its claims: the next one that owns the store takes them back.
use std::sync::atomic::{AtomicI64, Ordering};

use base::{Clock, Date, HouseholdId};
use db::{DbError, Store, Tx};
use events::facts::{Fact, TakenOver};
use events::{Event, FollowError, FollowUp, Source, State, Told};
use testkit::{FUJIOKA, MORNING, Scratch};

static READER: FollowUp = FollowUp {
    name: "test.reader",
    office: "試験課",
    kinds: &[TakenOver::KIND],
    foresee: |_, _| None,
    apply: count,
    clear: |_, _| Ok(()),
};
static FOLLOWED: AtomicI64 = AtomicI64::new(0);
/// The follower of a process that is killed while it applies a slice: it never ends.
static DYING: FollowUp = FollowUp { apply: hang, ..READER };

fn count(_: &FollowUp, _: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    FOLLOWED.fetch_add(events.len() as i64, Ordering::SeqCst);
    let told =
        |event: &Event| Told { event: event.id, fact: "届きました".to_owned(), path: "/".to_owned() };
    Ok(events.iter().map(told).collect())
}

/// Longer than the test waits: its claim is stored, its transaction is not.
fn hang(_: &FollowUp, _: &mut Tx<'_>, _: &[Event]) -> Result<Vec<Told>, FollowError> {
    std::thread::sleep(std::time::Duration::from_millis(300));
    Err(FollowError::Refused("the process is dead".to_owned()))
}

fn drain(store: &Store) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(events::drain(store, &[&READER])).expect("drains");
}

fn write<T: Send + 'static>(
    store: &Store,
    closure: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
) -> T {
    store.write_blocking(FUJIOKA, closure).expect("writes")
}

#[test]
fn claims_of_a_killed_process_are_released() {
    let scratch = Scratch::new();
    let store = scratch.sqlite(events::MIGRATIONS, Clock::fixed(MORNING));
    let as_of: Date = "2026-11-24".parse().expect("a day");
    let events = write(&store, move |tx| {
        events::enable(tx, &[&READER])?;
        let fact = |stream| TakenOver { household: HouseholdId::new(stream), persons: Vec::new(), as_of };
        events::append_all(tx, &[fact(1), fact(2), fact(1)], Source { account: 0, reason: "試験" })
    });
    // The worker is dropped with its runtime while it applies what it has claimed.
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let dying = dying.expect("a runtime");
    events_start(&dying, &store);
    std::thread::sleep(std::time::Duration::from_millis(100));
    dying.shutdown_background();
    std::thread::sleep(std::time::Duration::from_millis(500));

    drain(&store);
    assert_eq!(FOLLOWED.load(Ordering::SeqCst), 0, "the claims of the dead process stand");
    write(&store, events::release_claims);
    drain(&store);
    assert_eq!(FOLLOWED.load(Ordering::SeqCst), 3);
    let board: Result<_, DbError> = store.read_blocking(FUJIOKA, move |tx| events::board(tx, events[2]));
    assert!(matches!(board.expect("reads")[0].state, State::Done { .. }));
}

fn events_start(runtime: &tokio::runtime::Runtime, store: &Store) {
    let _entered = runtime.enter();
    events::start(store, &[&DYING]);
}
