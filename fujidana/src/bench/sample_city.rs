//! The sample city of 65,000: generated, and loaded with every follower done.
use std::time::Instant;

use anyhow::Result;
use base::Clock;
use sample::Spec;

use super::{Line, Scratch, block_on};
use crate::{demo, installation::Installation};

pub fn run() -> Result<Vec<Line>> {
    let clock = Clock::system();
    let spec = Spec { residents: 65_000, seed: 1, on: clock.today() };
    let started = Instant::now();
    let population = sample::generate(spec);
    let generated = started.elapsed();
    drop(population);
    let scratch = Scratch::new("sample")?;
    let installation = Installation::open(&scratch.arguments()?, &clock)?;
    let started = Instant::now();
    let spec = Spec { residents: 65_000, seed: 1, on: clock.today() };
    block_on(async { demo::create(&installation, &clock, spec).await.map(drop) })?;
    let loaded = started.elapsed();
    Ok(vec![
        Line {
            what: "sample of 65,000: generated".to_owned(),
            bar: "≤ 2 s",
            measured: format!("{:.2} s", generated.as_secs_f64()),
            holds: Some(generated.as_secs_f64() <= 2.0),
        },
        Line {
            what: "… loaded, all followers done".to_owned(),
            bar: "≤ 20 s",
            measured: format!("{:.1} s", loaded.as_secs_f64()),
            holds: Some(loaded.as_secs_f64() <= 20.0),
        },
    ])
}
