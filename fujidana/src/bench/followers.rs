//! From the answer of the desk to the last follower, at 30 events a second with 20 more followers.
use std::time::{Duration, Instant};

use anyhow::Result;
use base::Clock;
use db::{DbError, Tx};
use events::facts::{Fact, Foresight, MovedIn};
use events::{Event, FollowError, FollowUp, State, Told};
use sample::Spec;
use web::Site;

use super::registration::{enter, finalize};
use super::{Line, Scratch, block_on, ms, p95};
use crate::{demo, installation::Installation};

const EVENTS: usize = 300;
const PACE: Duration = Duration::from_micros(1_000_000 / 30);
const MORE: usize = 20;

pub fn run() -> Result<Vec<Line>> {
    let scratch = Scratch::new("followers")?;
    let clock = Clock::system();
    let installation = Installation::open(&scratch.arguments()?, &clock)?;
    let spec = Spec { residents: 5000, seed: 1, on: clock.today() };
    let times = block_on(async {
        let site = demo::create(&installation, &clock, spec).await?;
        let follow_ups: Vec<&'static FollowUp> =
            site.follow_ups().iter().copied().chain((0..MORE).map(synthetic)).collect();
        let enabled = follow_ups.clone();
        site.inside().write(site.city().id, move |tx| events::enable(tx, &enabled)).await?;
        events::start(site.inside(), &follow_ups);
        paced(&site).await
    })?;
    let value = p95(times);
    Ok(vec![Line {
        what: format!("commit → last follower done, 30 events/s, {MORE} synthetic followers more, p95"),
        bar: "≤ 1 s",
        measured: ms(value),
        holds: Some(value <= 1_000_000),
    }])
}

/// Reads what a real follower reads and tells one sentence.
fn synthetic(i: usize) -> &'static FollowUp {
    Box::leak(Box::new(FollowUp {
        name: Box::leak(format!("bench.{i:02}").into_boxed_str()),
        office: "計測課",
        kinds: &[MovedIn::KIND],
        foresee: |_: &FollowUp, _: &Foresight| None,
        apply,
        clear: |_, _| Ok(()),
    }))
}

fn apply(_: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let mut told = Vec::new();
    for event in events {
        let fact: MovedIn = event.fact()?;
        let members = register::followers_view(tx, &fact.persons)?;
        told.push(Told { event: event.id, fact: format!("{}人", members.len()), path: "/desk".to_owned() });
    }
    Ok(told)
}

async fn paced(site: &Site) -> Result<Vec<u64>> {
    let mut waiting = tokio::task::JoinSet::new();
    let mut tick = tokio::time::interval(PACE);
    for i in 0..EVENTS {
        tick.tick().await;
        let site = site.clone();
        waiting.spawn(async move {
            let notice = enter(&site, 0, i).await?;
            let registered = finalize(&site, notice).await?;
            let committed = Instant::now();
            until_followed(&site, registered.event).await?;
            anyhow::Ok(u64::try_from(committed.elapsed().as_micros()).unwrap_or(u64::MAX))
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = waiting.join_next().await {
        times.push(ended??);
    }
    Ok(times)
}

async fn until_followed(site: &Site, event: events::EventId) -> Result<(), DbError> {
    loop {
        let florets = site.inside().read(site.city().id, move |tx| events::board(tx, event)).await?;
        if !florets.iter().any(|floret| floret.state == State::Waiting) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
