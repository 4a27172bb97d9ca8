//! The audit log: how many looks a second it takes together with its tree, and how long a whole log takes to verify.
use std::time::{Duration, Instant};

use ::audit::Trust;
use anyhow::{Result, ensure};
use base::{Clock, Date, HouseholdId, MunicipalityId, PersonId, day};
use db::{DbError, SqliteOptions, Store, Zone};
use events::Source;
use events::facts::MovedIn;
use identity::{Actor, Entry, Operation};

use super::{Line, Scratch, block_on};
use crate::installation::{AUDITED, migrations};

const CITY: MunicipalityId = MunicipalityId(102_091);
const CLIENTS: usize = 64;
const LASTS: Duration = Duration::from_secs(5);
const EVENTS: i64 = 1_000_000;
const SLICE: i64 = 5_000;
const A_DAY: Date = day(2026, 11, 24);

pub fn run() -> Result<Vec<Line>> {
    Ok(vec![looks()?, whole()?])
}

fn store(scratch: &Scratch) -> Result<Store> {
    let options = SqliteOptions::at(scratch.0.join("inside.db"));
    Ok(Store::open_sqlite(options, Zone::Inside, &migrations(), Clock::system())?)
}

/// Looks that are answered after their row is durable, while a sealer keeps up; the clock stops when all is in the tree.
fn looks() -> Result<Line> {
    let scratch = Scratch::new("looks")?;
    let store = store(&scratch)?;
    let rate = block_on(async {
        let started = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let store = store.clone();
            clients.spawn(async move {
                let mut done = 0u64;
                while started.elapsed() < LASTS {
                    look(&store, client as i64 * 1_000_000 + done as i64).await?;
                    done += 1;
                }
                Ok::<u64, DbError>(done)
            });
        }
        let mut total = 0;
        let mut sealing = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = sealing.tick() => { ::audit::seal(&store, CITY, AUDITED).await?; }
                ended = clients.join_next() => match ended {
                    Some(ended) => total += ended??,
                    None => break,
                },
            }
        }
        ::audit::seal(&store, CITY, AUDITED).await?;
        Ok(total as f64 / started.elapsed().as_secs_f64())
    })?;
    Ok(Line {
        what: "audit rows/s, each durable before its answer, all in the tree".to_owned(),
        bar: "≥ 10,000",
        measured: format!("{rate:.0}"),
        holds: Some(rate >= 10_000.0),
    })
}

async fn look(store: &Store, number: i64) -> Result<(), DbError> {
    let written = store.write(CITY, move |tx| {
        let actor = Actor::system(CITY);
        let persons = [PersonId::new(number + 1), PersonId::new(number + 2)];
        identity::record(tx, &Entry { persons: &persons, ..Entry::new(&actor, Operation::Inquiry, "計測") })
    });
    written.await
}

fn whole() -> Result<Line> {
    let scratch = Scratch::new("verify")?;
    let store = store(&scratch)?;
    for first in (0..EVENTS).step_by(SLICE as usize) {
        store.write_blocking(CITY, move |tx| append(tx, first))?;
    }
    block_on(async { Ok(::audit::seal(&store, CITY, AUDITED).await?) })?;
    let started = Instant::now();
    let report = ::audit::verify(&store, CITY, AUDITED, &Trust::default())?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(report.is_whole() && report.leaves == EVENTS as u64, "the log is not whole");
    Ok(Line {
        what: "verify of 1,000,000 events".to_owned(),
        bar: "≤ 10 s",
        measured: format!("{seconds:.2} s"),
        holds: Some(seconds <= 10.0),
    })
}

fn append(tx: &mut db::Tx<'_>, first: i64) -> Result<(), DbError> {
    let fact = |number: i64| MovedIn {
        household: HouseholdId::new(number + 1),
        persons: (1..4).map(|i| PersonId::new(number * 4 + i)).collect(),
        moved_in_on: A_DAY,
        filed_on: A_DAY,
    };
    let facts: Vec<MovedIn> = (first..first + SLICE).map(fact).collect();
    events::append_all(tx, &facts, Source { account: 1, reason: "転入届" })?;
    Ok(())
}
