//! Small commands with synchronous=FULL: 64 clients share commits, each gets its answer after its own.
use std::time::{Duration, Instant};

use anyhow::Result;
use base::{Clock, MunicipalityId};
use db::{DbError, SqliteOptions, Store, Zone};
use identity::Actor;
use web::Submission;

use super::{Line, Scratch, block_on};
use crate::installation::migrations;

const CLIENTS: usize = 64;
const LASTS: Duration = Duration::from_secs(5);
const CITY: MunicipalityId = MunicipalityId(102_091);

pub fn run() -> Result<Vec<Line>> {
    let scratch = Scratch::new("durable")?;
    let options = SqliteOptions::at(scratch.0.join("inside.db"));
    let store = Store::open_sqlite(options, Zone::Inside, &migrations(), Clock::system())?;
    let rate = rate(&store)?;
    Ok(vec![Line {
        what: "durable small commands/s, 64 clients, SQLite FULL".to_owned(),
        bar: "≥ 10,000",
        measured: format!("{rate:.0}"),
        holds: Some(rate >= 10_000.0),
    }])
}

/// Commands a second.
pub fn rate(store: &Store) -> Result<f64> {
    block_on(async {
        let started = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let store = store.clone();
            clients.spawn(async move {
                let mut done = 0u64;
                while started.elapsed() < LASTS {
                    one(&store, client, done).await?;
                    done += 1;
                }
                Ok::<u64, DbError>(done)
            });
        }
        let mut total = 0;
        while let Some(ended) = clients.join_next().await {
            total += ended??;
        }
        Ok(total as f64 / started.elapsed().as_secs_f64())
    })
}

/// Two inserts, as the smallest act has them: a row and a trace of who made it.
async fn one(store: &Store, client: usize, count: u64) -> Result<(), DbError> {
    let done = store.write(CITY, move |tx| {
        let (actor, at) = (Actor::system(CITY), tx.started_at());
        for table in ["a", "b"] {
            let submission = Submission::sent(&format!("{client}-{count}-{table}"));
            web::keep_result(tx, &actor, &submission, "/desk", at)?;
        }
        Ok(())
    });
    done.await
}
