//! `fujidana restore`: an installation from its copy, looked through before anybody works with it.
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use audit::{Report, Trust};
use backup::{Restored, Target, Until, is_of_server, open_target, recover, restore_into, restore_zone};
use base::{At, Clock};
use db::{SqliteOptions, Store, Zone, postgres_is_empty};
use vault::Keys;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::{AUDITED, keys_folder};
use crate::{city, serve};

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["from", "data", "database", "keys", "at"])?;
    if let Some(url) = arguments.text("database") {
        return restore_database(arguments, url);
    }
    let (started, data) = (Instant::now(), arguments.folder("data", "./data"));
    restore(arguments, &data)?.iter().for_each(|line| println!("{line}"));
    println!("{} に戻しました（{:.1} 秒）", data.display(), started.elapsed().as_secs_f64());
    Ok(())
}

/// Into the empty folder `data`, from what the command line names. Gives what came back and what was checked.
pub fn restore(arguments: &Arguments, data: &Path) -> Result<Vec<String>> {
    let (target, until) = (from(arguments)?, until(arguments)?);
    let keys = kept_keys(arguments)?;
    make_empty(data)?;
    if is_of_server(&*target)? {
        bail!("これは PostgreSQL の写しです。--database で、空のデータベースに戻せます");
    }
    let mut told = Vec::new();
    for zone in Zone::ALL {
        let path = data.join(format!("{}.db", zone.name()));
        let restored = restore_zone(&*target, &keys, zone, &path, &until).inspect_err(|_| clear(data))?;
        told.push(summary(zone.name(), &restored));
    }
    std::fs::File::open(data)
        .and_then(|folder| folder.sync_all())
        .context("戻したフォルダーを書き終えられません")?;
    let store = SqliteOptions::at(data.join("inside.db"));
    told.push(told_of(
        verified(&Store::open_sqlite_to_read(store, Zone::Inside, Clock::system())?, &keys)?.as_ref(),
    ));
    Ok(told)
}

/// Into a database that has nothing of ours, on any server. A copy that follows a server comes back on a throw-away one
/// first, for which the server's programs of the same version must be on this machine.
fn restore_database(arguments: &Arguments, url: &str) -> Result<()> {
    let (started, keys) = (Instant::now(), kept_keys(arguments)?);
    let (target, until) = (from(arguments)?, until(arguments)?);
    if !postgres_is_empty(url)? {
        bail!("このデータベースには、もう市があります。空のデータベースにだけ戻せます");
    }
    let scratch = scratch("restore");
    let restored = restore_into(&*target, &keys, &until, &scratch, url);
    drop(std::fs::remove_dir_all(&scratch));
    println!("{}", summary("postgres", &restored?));
    let store = Store::open_postgres(url, 1, Zone::Inside, &[], Clock::system())?;
    println!("{}", told_of(verified(&store, &keys)?.as_ref()));
    println!("データベースに戻しました（{:.1} 秒）", started.elapsed().as_secs_f64());
    Ok(())
}

/// Restores into something that goes away at once, as an operator's drill.
pub fn rehearse(arguments: &Arguments) -> Result<Vec<String>> {
    let (scratch, target) = (scratch("drill"), from(arguments)?);
    let told = if is_of_server(&*target)? {
        rehearse_server(arguments, &*target, &scratch)
    } else {
        restore(arguments, &scratch)
    };
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).with_context(|| format!("{} を消せません", scratch.display()))?;
    }
    told
}

fn rehearse_server(arguments: &Arguments, target: &dyn Target, scratch: &Path) -> Result<Vec<String>> {
    let keys = kept_keys(arguments)?;
    let recovered = recover(target, &keys, &until(arguments)?, scratch)?;
    let report = verified(&recovered.inside()?, &keys)?;
    Ok(vec![summary("postgres", &recovered.restored), told_of(report.as_ref())])
}

fn scratch(what: &str) -> PathBuf {
    std::env::temp_dir().join(format!("fujidana-{what}-{}", std::process::id()))
}

fn from(arguments: &Arguments) -> Result<Box<dyn Target>> {
    let missing = || WrongUsage("--from に写しの置き場（フォルダーか s3://…）を書いてください".to_owned());
    Ok(open_target(arguments.text("from").ok_or_else(missing)?, "restore")?)
}

fn until(arguments: &Arguments) -> Result<Until> {
    arguments.text("at").map_or(Ok(Until::Newest), |text| instant(text).map(Until::Instant))
}

/// What a restored store must stand before it counts: every audited row, the tree with its signatures, and the index
/// of who looked at whom.
///
/// # Errors
/// What is not whole.
pub fn verified(store: &Store, keys: &Keys) -> Result<Option<Report>> {
    let Some((city, _)) = serve::runtime()?.block_on(store.read_across(city::read))? else { return Ok(None) };
    let trust = Trust { keys: keys.verifying()?, ..Trust::default() };
    let report = audit::verify(store, city.id, AUDITED, &trust)?;
    if !report.is_whole() {
        let damages: Vec<String> = report.damages.iter().map(ToString::to_string).collect();
        bail!("監査の記録がそろっていません。戻したものは使わないでください: {}", damages.join(" / "));
    }
    if !identity::person_index_is_whole(store, city.id)? {
        bail!("だれが見たかの索引が、操作ログと合いません。戻したものは使わないでください");
    }
    Ok(Some(report))
}

fn told_of(report: Option<&Report>) -> String {
    match report {
        None => "まだ市がありません。監査の記録もありません".to_owned(),
        Some(report) => {
            format!("監査の記録 {} 行、署名 {} 件：そろっています", report.records, report.checkpoints)
        }
    }
}

fn summary(source: &str, restored: &Restored) -> String {
    let Restored { generation, segments, until, bytes, counts } = restored;
    let rows: i64 = counts.iter().map(|(_, rows)| rows).sum();
    format!(
        "{} ← {generation} と続き {segments} 個（{until} まで）\n  {} MB、{} 表 {rows} 行。検査に通りました",
        source,
        bytes >> 20,
        counts.len(),
    )
}

/// The keys must be there already: new ones would open nothing.
fn kept_keys(arguments: &Arguments) -> Result<Keys> {
    let folder = keys_folder(arguments);
    if !folder.exists() {
        bail!("鍵のフォルダー {} がありません。--keys で、保管してある鍵の場所を示せます", folder.display());
    }
    Ok(Keys::open(&folder)?)
}

fn make_empty(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data).with_context(|| format!("{} をつくれません", data.display()))?;
    match std::fs::read_dir(data)?.next() {
        None => Ok(()),
        Some(_) => bail!("{} は空ではありません。空のフォルダーにだけ戻せます", data.display()),
    }
}

/// Half an installation is none: the next try finds the folder empty.
fn clear(data: &Path) {
    for zone in Zone::ALL {
        for ending in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(data.join(format!("{}.db{ending}", zone.name()))));
        }
    }
}

/// 「2026-11-24 09:14」 or 「2026-11-24T09:14:30」, in Japan.
fn instant(text: &str) -> Result<At> {
    let wrong = || WrongUsage(format!("--at {text} は、2026-11-24T09:14 の形ではありません"));
    let (day, time) = text.split_once(['T', ' ']).ok_or_else(wrong)?;
    let day: base::Date = day.parse().map_err(|_| wrong())?;
    let parts: Vec<i64> = time.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(wrong().into()),
    };
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return Err(wrong().into());
    }
    Ok(At::midnight(day).plus_seconds(hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, micros: Option<i64>) {
        assert_eq!(instant(text).ok().map(At::micros), micros, "{text}");
    }

    #[test]
    fn an_instant_is_read_in_japans_time() {
        check("2026-11-24 09:14", Some(1_795_479_240_000_000));
        check("2026-11-24T09:14:05", Some(1_795_479_245_000_000));
        check("1970-01-01T09:00", Some(0));
        check("2026-11-24", None);
        check("2026-11-24T24:00", None);
        check("2026-11-24T09:14:05:1", None);
        check("きのう", None);
    }
}
