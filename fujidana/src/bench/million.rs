//! A city of 1,000,000: generated, loaded, searched. `fujidana bench million`; with `FUJIDANA_BENCH_DATABASE` naming an
//! empty PostgreSQL database, on that as well. Not part of `bench all`: it takes minutes and gigabytes.
use std::time::Instant;

use anyhow::{Context, Result};
use base::Clock;
use identity::{Caller, Purpose};
use register::Query;
use sample::Spec;
use web::Site;

use super::registration::actor;
use super::{Line, Scratch, block_on, ms, p95};
use crate::arguments::Arguments;
use crate::{demo, installation::Installation};

const RESIDENTS: u32 = 1_000_000;
/// Searches of each kind, each with another name.
const SEARCHES: usize = 300;

/// What is typed: an ordinary reading with a year; an ordinary name in its rarer letters with a town.
const READINGS: [&str; 10] = [
    "サトウ",
    "スズキ",
    "タカハシ",
    "タナカ",
    "ワタナベ",
    "イトウ",
    "コバヤシ",
    "ナカムラ",
    "ヤマタ",
    "サイトウ",
];
const VARIANTS: [&str; 10] = ["渡邉", "渡邊", "齋藤", "齊藤", "髙橋", "濵田", "﨑山", "澤田", "櫻井", "廣田"];
const TOWNS: [&str; 6] = ["中栗須", "上大塚", "下栗須", "鬼石", "藤岡", "小林"];

pub fn run() -> Result<Vec<Line>> {
    let clock = Clock::system();
    let started = Instant::now();
    drop(sample::generate(Spec { residents: RESIDENTS, seed: 1, on: clock.today() }));
    let generated = started.elapsed().as_secs_f64();
    let mut lines = vec![Line {
        what: "sample of 1,000,000: generated".to_owned(),
        bar: "≤ 60 s",
        measured: format!("{generated:.1} s"),
        holds: Some(generated <= 60.0),
    }];
    let scratch = Scratch::new("million")?;
    lines.extend(on("SQLite", &scratch.arguments()?)?);
    if let Ok(database) = std::env::var("FUJIDANA_BENCH_DATABASE") {
        let keys = scratch.0.join("server").display().to_string();
        let words = ["--data", &keys, "--database", &database].map(str::to_owned);
        lines.extend(on("PostgreSQL", &Arguments::parse(words.into_iter())?)?);
    }
    Ok(lines)
}

fn on(engine: &str, arguments: &Arguments) -> Result<Vec<Line>> {
    let clock = Clock::system();
    let installation = Installation::open(arguments, &clock)?;
    block_on(async {
        let started = Instant::now();
        let spec = Spec { residents: RESIDENTS, seed: 1, on: clock.today() };
        let site = demo::create(&installation, &clock, spec).await?;
        let loaded = started.elapsed().as_secs_f64();
        let year = |i: usize| format!("{} {}年", READINGS[i % READINGS.len()], 1930 + i * 7 % 90);
        let town = |i: usize| format!("{} {}", VARIANTS[i % VARIANTS.len()], TOWNS[i % TOWNS.len()]);
        let (by_year, years_found) = searches(&site, year).await?;
        let (by_town, towns_found) = searches(&site, town).await?;
        Ok(vec![
            Line {
                what: format!("1,000,000 on {engine}: loaded, all followers done"),
                bar: "",
                measured: format!("{loaded:.0} s"),
                holds: None,
            },
            Line {
                what: format!("… search by kana and birth year, p95 ({years_found} rows in all)"),
                bar: "≤ 30 ms",
                measured: ms(by_year),
                holds: Some(by_year <= 30_000 && years_found > 0),
            },
            Line {
                what: format!("… search by variant name and town, p95 ({towns_found} rows in all)"),
                bar: "≤ 80 ms",
                measured: ms(by_town),
                holds: Some(by_town <= 80_000 && towns_found > 0),
            },
        ])
    })
}

/// p95 in microseconds, from the request to the recorded answer, and how many rows were found in all.
async fn searches(site: &Site, typed: impl Fn(usize) -> String) -> Result<(u64, i64)> {
    let (mut times, mut found) = (Vec::new(), 0);
    for i in 0..SEARCHES {
        let (text, today) = (typed(i), site.inside().clock().today());
        let query = Query::parse(&text, site.city().id, today).context("nothing to search by")?;
        let caller = Caller {
            actor: actor(1, site.city().id),
            policy: site.policy().clone(),
            terminal: String::new(),
            path: String::new(),
        };
        let started = Instant::now();
        let hits = identity::look(site.inside(), &caller, Purpose("計測"), move |looking| {
            register::search(looking, &text, &query, 0)
        });
        found += hits.await.map_err(|error: db::DbError| error)?.total;
        times.push(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    Ok((p95(times), found))
}
