//! The workers: one task a follower. They claim what is due, apply it in slices, and record failures.
use std::collections::HashMap;
use std::time::Duration;

use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, Value, params, sql, sql_across};

use crate::follow::{FollowError, FollowUp, Told};
use crate::log::{Event, EventId};
use crate::replay;

/// Jobs of one follower that are claimed together.
const SLICE: i64 = 100;
/// A claim ends by itself after this long, so that another process can take over.
const LEASE_SECONDS: i64 = 15;
/// After so many failures a person must look.
pub(crate) const TRIES: i64 = 12;
/// `run_at` of a job that waits for a person.
pub(crate) const STOPPED: At = At::from_micros(i64::MAX);
/// Without a wake-up (another process recorded the event) a follower looks this often.
const POLL: Duration = Duration::from_millis(500);

/// Takes back the claims of an earlier run, so that nothing waits for their end. Only for a process that
/// has the store to itself.
///
/// # Errors
/// What the engine says.
pub fn release_claims(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let release =
        sql!("UPDATE job SET locked_until_at = 0 WHERE municipality_id = $1 AND locked_until_at > 0");
    tx.run(release, params![]).map(drop)
}

/// Starts the followers' tasks on the present runtime. They end with it.
pub fn start(store: &Store, follow_ups: &[&'static FollowUp]) {
    for follow_up in follow_ups.iter().copied() {
        let store = store.clone();
        tokio::spawn(async move {
            let mut wakes = store.subscribe_wakes();
            loop {
                wakes.mark_unchanged();
                match run_due(&store, follow_up).await {
                    Ok(0) => drop(tokio::time::timeout(POLL, wakes.changed()).await),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(follower = follow_up.name, %error, "worker");
                        tokio::time::sleep(POLL).await;
                    }
                }
            }
        });
    }
}

/// Runs followers until nothing is due: for bulk loads, the command line and tests.
///
/// # Errors
/// The store fails.
pub async fn drain(store: &Store, follow_ups: &[&'static FollowUp]) -> Result<(), DbError> {
    let mut running = tokio::task::JoinSet::new();
    for follow_up in follow_ups.iter().copied() {
        let store = store.clone();
        running.spawn(async move {
            while run_due(&store, follow_up).await? > 0 {}
            Ok::<(), DbError>(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.map_err(|e| DbError::Panicked(e.to_string()))??;
    }
    Ok(())
}

/// One round over all municipalities; gives the number of jobs (or replay slices) that were worked on.
async fn run_due(store: &Store, follow_up: &'static FollowUp) -> Result<usize, DbError> {
    let mut worked = replay::advance(store, follow_up).await?;
    let now = store.clock().now();
    let due = store.read_across(move |tx| {
        let find = sql_across!(
            "job polling: a worker serves every city of the installation",
            "SELECT DISTINCT municipality_id FROM job WHERE follower = $1 AND run_at <= $2 AND locked_until_at < $2"
        );
        tx.all(find, params![follow_up.name, now], |r| r.take::<MunicipalityId>())
    });
    for municipality in due.await? {
        worked += run_slice(store, municipality, follow_up).await?;
    }
    Ok(worked)
}

async fn run_slice(
    store: &Store,
    municipality: MunicipalityId,
    follow_up: &'static FollowUp,
) -> Result<usize, DbError> {
    let now = store.clock().now();
    let lease = now.plus_seconds(LEASE_SECONDS);
    let claimed = store.claim(municipality, move |tx| claim(tx, follow_up, now, lease)).await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    let count = claimed.len();
    if let Err(error) = apply(store, municipality, follow_up, claimed.clone(), lease).await {
        tracing::warn!(follower = follow_up.name, %error, jobs = count, "a slice failed: one by one");
        for id in claimed {
            if let Err(error) = apply(store, municipality, follow_up, vec![id], lease).await {
                let trouble = chain(&error);
                store.write(municipality, move |tx| postpone(tx, follow_up, id, now, &trouble)).await?;
            }
        }
    }
    Ok(count)
}

/// Looks through what is due, a slice at a time, until some of it may be claimed.
fn claim(tx: &mut Tx<'_>, follow_up: &FollowUp, now: At, lease: At) -> Result<Vec<EventId>, DbError> {
    let replayed = sql!("SELECT follower FROM replay WHERE municipality_id = $1 AND follower = $2");
    if tx.opt(replayed, params![follow_up.name], |r| r.take::<String>())?.is_some() {
        return Ok(Vec::new());
    }
    let mut after = EventId::new(0);
    loop {
        let find = sql!(
            "SELECT event_id, stream FROM job
              WHERE municipality_id = $1 AND follower = $2 AND event_id > $3 AND run_at <= $4 AND locked_until_at < $4
              ORDER BY event_id LIMIT $5 FOR UPDATE SKIP LOCKED"
        );
        let due: Vec<(EventId, i64)> =
            tx.all(find, params![follow_up.name, after, now, SLICE], |r| Ok((r.take()?, r.take()?)))?;
        let Some(&(last, _)) = due.last() else { return Ok(Vec::new()) };
        let held = held_streams(tx, follow_up, now, due.iter().map(|(_, stream)| *stream).collect())?;
        let free = due.into_iter().filter(|(id, stream)| held.get(stream).is_none_or(|first| id < first));
        let ids: Vec<EventId> = free.map(|(id, _)| id).collect();
        if !ids.is_empty() {
            let update = sql!(
                "UPDATE job SET locked_until_at = $3, attempts = attempts + 1
                  WHERE municipality_id = $1 AND follower = $2 AND event_id IN INTS($4)"
            );
            tx.run(update, params![follow_up.name, lease, ids])?;
            return Ok(ids);
        }
        after = last;
    }
}

/// The streams that have a job which is postponed or claimed, and its event: later ones have to wait.
fn held_streams(
    tx: &mut Tx<'_>,
    follow_up: &FollowUp,
    now: At,
    streams: Vec<i64>,
) -> Result<HashMap<i64, EventId>, DbError> {
    let find = sql!(
        "SELECT stream, MIN(event_id) FROM job
          WHERE municipality_id = $1 AND follower = $2 AND stream IN INTS($3) AND (run_at > $4 OR locked_until_at >= $4)
          GROUP BY stream"
    );
    let held = tx.all(find, params![follow_up.name, streams, now], |r| Ok((r.take()?, r.take()?)))?;
    Ok(held.into_iter().collect())
}

async fn apply(
    store: &Store,
    municipality: MunicipalityId,
    follow_up: &'static FollowUp,
    ids: Vec<EventId>,
    lease: At,
) -> Result<(), FollowError> {
    store.write_bulk(municipality, move |tx| apply_in(tx, follow_up, &ids, lease)).await
}

fn apply_in(tx: &mut Tx<'_>, follow_up: &FollowUp, ids: &[EventId], lease: At) -> Result<(), FollowError> {
    let mine = sql!(
        "SELECT v.id, v.kind, v.version, v.stream, v.account_id, v.recorded_at, v.body
           FROM job AS j JOIN event AS v ON v.municipality_id = $1 AND v.id = j.event_id
          WHERE j.municipality_id = $1 AND j.follower = $2 AND j.locked_until_at = $3 AND j.event_id IN INTS($4)
          ORDER BY v.id"
    );
    let mut events = tx.all(mine, params![follow_up.name, lease, ids], Event::read)?;
    // Two processes may have claimed one stream at the same moment: the later event is given back.
    let others = sql!(
        "SELECT stream, MIN(event_id) FROM job
          WHERE municipality_id = $1 AND follower = $2 AND stream IN INTS($3) AND locked_until_at <> $4
          GROUP BY stream"
    );
    let streams: Vec<i64> = events.iter().map(|event| event.stream).collect();
    let others: Vec<(i64, EventId)> =
        tx.all(others, params![follow_up.name, streams, lease], |r| Ok((r.take()?, r.take()?)))?;
    let others: HashMap<i64, EventId> = others.into_iter().collect();
    events.retain(|event| others.get(&event.stream).is_none_or(|first| event.id < *first));
    let told = if events.is_empty() { Vec::new() } else { (follow_up.apply)(follow_up, tx, &events)? };
    let done: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let delete =
        sql!("DELETE FROM job WHERE municipality_id = $1 AND follower = $2 AND event_id IN INTS($3)");
    tx.run(delete, params![follow_up.name, done])?;
    let release = sql!(
        "UPDATE job SET locked_until_at = 0 WHERE municipality_id = $1 AND follower = $2 AND locked_until_at = $3
            AND event_id IN INTS($4)"
    );
    tx.run(release, params![follow_up.name, lease, ids])?;
    record(tx, follow_up, &told)?;
    Ok(())
}

fn record(tx: &mut Tx<'_>, follow_up: &FollowUp, told: &[Told]) -> Result<(), DbError> {
    let at = tx.started_at();
    let row = |told: &Told| {
        vec![
            Value::Int(told.event.get()),
            Value::Text(follow_up.name.to_owned()),
            Value::Text(told.fact.clone()),
            Value::Text(told.path.clone()),
            Value::Int(at.micros()),
        ]
    };
    let insert = sql!(
        "INSERT INTO followed (municipality_id, event_id, follower, fact, path, done_at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.many(insert, told.iter().map(row).collect())?;
    Ok(())
}

/// Later and later: after 2ⁿ minutes; after the last try a person must look.
fn postpone(
    tx: &mut Tx<'_>,
    follow_up: &FollowUp,
    id: EventId,
    now: At,
    trouble: &str,
) -> Result<(), DbError> {
    let find =
        sql!("SELECT attempts FROM job WHERE municipality_id = $1 AND follower = $2 AND event_id = $3");
    let Some(attempts) = tx.opt(find, params![follow_up.name, id], |r| r.take::<i64>())? else {
        return Ok(());
    };
    let run_at = if attempts >= TRIES { STOPPED } else { now.plus_seconds(60 << attempts.clamp(0, TRIES)) };
    let update = sql!(
        "UPDATE job SET run_at = $4, locked_until_at = 0, trouble = $5
          WHERE municipality_id = $1 AND follower = $2 AND event_id = $3"
    );
    tx.run(update, params![follow_up.name, id, run_at, trouble])?;
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
