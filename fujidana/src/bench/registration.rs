//! 本登録 of a family of four by eight clerks at once, followers at work.
use std::time::Instant;

use anyhow::{Context, Result};
use base::Clock;
use identity::{AccountId, Actor, Section};
use register::{MoveInId, RawMember, RawMoveIn, Refusal};
use sample::Spec;
use web::Site;

use super::{Line, Scratch, block_on, ms, p95};
use crate::{demo, installation::Installation};

const CLERKS: usize = 8;
const EACH: usize = 60;

pub fn run() -> Result<Vec<Line>> {
    let scratch = Scratch::new("registration")?;
    let clock = Clock::system();
    let installation = Installation::open(&scratch.arguments()?, &clock)?;
    let spec = Spec { residents: 5000, seed: 1, on: clock.today() };
    let times = block_on(async {
        let site = demo::create(&installation, &clock, spec).await?;
        events::start(site.inside(), site.follow_ups());
        let mut clerks = tokio::task::JoinSet::new();
        for clerk in 0..CLERKS {
            let site = site.clone();
            clerks.spawn(async move { work(&site, clerk).await });
        }
        let mut times = Vec::new();
        while let Some(ended) = clerks.join_next().await {
            times.extend(ended??);
        }
        Ok(times)
    })?;
    let value = p95(times);
    Ok(vec![Line {
        what: "本登録 of four people, 8 clerks, SQLite FULL, p95".to_owned(),
        bar: "≤ 20 ms",
        measured: ms(value),
        holds: Some(value <= 20_000),
    }])
}

/// Microseconds of each 本登録 of one clerk.
async fn work(site: &Site, clerk: usize) -> Result<Vec<u64>> {
    let mut times = Vec::new();
    for i in 0..EACH {
        let notice = enter(site, clerk, i).await?;
        let started = Instant::now();
        finalize(site, notice).await?;
        times.push(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    Ok(times)
}

pub async fn enter(site: &Site, clerk: usize, i: usize) -> Result<MoveInId> {
    let (raw, at) = (family(clerk, i), site.inside().clock().now());
    let entered = site.inside().write(site.city().id, move |tx| {
        register::provisional(tx, &actor(1, tx.municipality()), at, &raw, &[])
    });
    entered.await.map_err(told).context("仮登録")
}

pub async fn finalize(site: &Site, notice: MoveInId) -> Result<register::Registered> {
    let at = site.inside().clock().now();
    let done = site
        .inside()
        .write(site.city().id, move |tx| register::finalize(tx, &actor(2, tx.municipality()), at, notice, 1));
    done.await.map_err(told).context("本登録")
}

fn told(refusal: Refusal) -> anyhow::Error {
    anyhow::anyhow!("{refusal:?}")
}

/// A clerk of 市民課 who is in no table.
pub fn actor(number: i64, municipality: base::MunicipalityId) -> Actor {
    Actor {
        municipality,
        account: AccountId::new(number),
        name: format!("計測{number}"),
        section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
        roles: vec!["resident_clerk".to_owned()],
    }
}

fn family(clerk: usize, i: usize) -> RawMoveIn {
    let member = |given: &str, birth: &str, sex: &str, relationship: &str| RawMember {
        family: format!("計測{clerk}の{i}"),
        given: given.to_owned(),
        family_kana: "ケイソク".to_owned(),
        given_kana: "ヒト".to_owned(),
        birth: birth.to_owned(),
        sex: sex.to_owned(),
        relationship: relationship.to_owned(),
        domicile: "不明".to_owned(),
        domicile_head: "不明".to_owned(),
        nationality: String::new(),
    };
    RawMoveIn {
        moved_on: ".".to_owned(),
        filed_on: ".".to_owned(),
        address: "中栗須".to_owned(),
        address_lot: format!("{}-{}", clerk + 1, i + 1),
        previous_address: "不明".to_owned(),
        members: vec![
            member("一", "S60.5.5", "M", "世帯主"),
            member("二", "S62.2.3", "F", "妻"),
            member("三", "H30.1.5", "M", "子"),
            member("四", "S25.8.1", "F", "母"),
        ],
        ..RawMoveIn::default()
    }
}
