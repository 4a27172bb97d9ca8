//! 復元訓練: each night the running program restores its copy into a scratch folder and compares; `fujidana drill`
//! does the same by hand from any store of copies.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use backup::{DrillReport, Drilled, Restored, Running, drills, record_drill};
use db::{DbError, Engine};
use vault::Keys;
use web::{Site, Watch};

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::Installation;
use crate::restore;

/// 3 at night, when nobody is at a desk.
const HOUR: i64 = 3;
/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(30);
/// For the copy to arrive at its place.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a night's drill needs.
struct Drills {
    copies: Running,
    keys: Keys,
    /// On the disk of the data, outside its stores.
    scratch: PathBuf,
    hour: i64,
}

/// What the site knows of the program that serves it; the nightly drill where there is a copy.
pub async fn watched(
    installation: &Installation,
    site: Site,
    arguments: &Arguments,
    copies: Option<Running>,
) -> Result<Site> {
    let embedded = site.inside().engine() == Engine::Sqlite;
    let folder = arguments.folder("data", "./data");
    let data = embedded.then(|| folder.clone());
    let (hour, now) = (hour(arguments)?, site.inside().clock().now());
    let site = site.watched(Watch::new(data.clone(), copies.clone(), now));
    if let Some(copies) = copies {
        tell_last(&site).await?;
        let (keys, scratch) = (installation.keys.clone(), folder.join("spool").join("drill"));
        start(site.clone(), Drills { copies, keys, scratch, hour });
    }
    Ok(site)
}

/// `--drill-hour`, in Japan.
fn hour(arguments: &Arguments) -> Result<i64> {
    match arguments.number("drill-hour", HOUR)? {
        hour @ 0..24 => Ok(hour),
        other => Err(WrongUsage(format!("--drill-hour {other} は0から23の間です")).into()),
    }
}

/// A copy that was never proved is noticed at the start.
async fn tell_last(site: &Site) -> Result<()> {
    let last: Result<_, DbError> = site.inside().read(site.city().id, |tx| drills(tx, 1)).await;
    match last?.first() {
        Some(last) if last.passed => println!("最後の復元訓練 {} 成功", last.ended_at),
        Some(last) => println!("最後の復元訓練 {} 失敗: {}", last.ended_at, last.told),
        None => println!("復元訓練はまだです。毎晩、控えから戻せることを確かめます"),
    }
    Ok(())
}

/// Drills each night for as long as the program runs, and whenever the page asks.
fn start(site: Site, plan: Drills) {
    let plan = Arc::new(plan);
    tokio::spawn(async move {
        let mut drilled_on = None;
        loop {
            let asked = site.watch().map(|watch| Arc::clone(&watch.drill_now));
            let by_hand = match asked {
                Some(asked) => tokio::time::timeout(LOOK, asked.notified()).await.is_ok(),
                None => return,
            };
            let now = site.inside().clock().now();
            let is_night = now.hour_minute().0 == plan.hour && drilled_on != Some(now.date());
            if !by_hand && !is_night {
                continue;
            }
            drilled_on = Some(now.date()).filter(|_| is_night).or(drilled_on);
            if let Err(error) = once(&site, &plan).await {
                tracing::error!(%error, "the drill is not recorded");
            }
        }
    });
}

/// Restores, compares and records what came of it.
async fn once(site: &Site, plan: &Arc<Drills>) -> Result<()> {
    let started_at = site.inside().clock().now();
    let (own, clock) = (Arc::clone(plan), site.inside().clock().clone());
    let outcome = tokio::task::spawn_blocking(move || drill(&own)).await?;
    let ended_at = clock.now();
    let report = match outcome {
        Ok((bytes, rows, told)) => DrillReport { passed: true, told, bytes, rows, started_at, ended_at },
        Err(error) => {
            tracing::error!(%error, "the drill failed: the copy cannot be restored");
            let told = format!("{error:#}");
            DrillReport { passed: false, told, bytes: 0, rows: 0, started_at, ended_at }
        }
    };
    let recorded = site.inside().write(site.city().id, move |tx| record_drill(tx, &report)).await;
    recorded.map_err(|error: DbError| error.into())
}

/// Bytes, rows, and what was compared.
fn drill(plan: &Drills) -> Result<(i64, i64, String)> {
    drop(std::fs::remove_dir_all(&plan.scratch));
    let drilled = plan.copies.drill(&plan.scratch, PATIENCE).map_err(anyhow::Error::from);
    let result = drilled.and_then(|drilled: Drilled| {
        let audited = restore::verified(&drilled.inside()?, &plan.keys)?.map_or(0, |report| report.records);
        Ok(summary(&drilled.restored, audited))
    });
    drop(std::fs::remove_dir_all(&plan.scratch));
    result
}

fn summary(restored: &[Restored], audited: u64) -> (i64, i64, String) {
    let bytes: u64 = restored.iter().map(|one| one.bytes).sum();
    let rows: i64 = restored.iter().flat_map(|one| &one.counts).map(|(_, rows)| rows).sum();
    let tables: usize = restored.iter().map(|one| one.counts.len()).sum();
    let told = format!("{tables}表 {rows}行が一致し、監査の記録{audited}行がそろっています");
    (i64::try_from(bytes).unwrap_or(i64::MAX), rows, told)
}

/// `fujidana drill --from TARGET`: into a scratch folder, which goes away afterwards.
pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["from", "data", "keys", "at"])?;
    let started = Instant::now();
    restore::rehearse(arguments)?.iter().for_each(|line| println!("{line}"));
    println!("控えから戻せます（{:.1} 秒）。戻したものは消しました", started.elapsed().as_secs_f64());
    Ok(())
}
