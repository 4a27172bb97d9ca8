//! `fujidana restore`: an installation from its copy, looked through before anybody works with it.
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use audit::{Report, Trust};
use backup::{Restored, Until, open_target, restore_zone};
use base::{At, Clock};
use db::{SqliteOptions, Store, Zone};
use vault::Keys;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::{AUDITED, keys_folder};
use crate::{city, serve};

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["from", "data", "keys", "at"])?;
    let (started, data) = (Instant::now(), arguments.folder("data", "./data"));
    restore(arguments, &data)?;
    println!("{} に戻しました（{:.1} 秒）", data.display(), started.elapsed().as_secs_f64());
    Ok(())
}

/// Into the empty folder `data`, from what the command line names.
pub fn restore(arguments: &Arguments, data: &Path) -> Result<()> {
    let Some(from) = arguments.text("from") else {
        return Err(
            WrongUsage("--from に写しの置き場（フォルダーか s3://…）を書いてください".to_owned()).into()
        );
    };
    let until = arguments.text("at").map_or(Ok(Until::Newest), |text| instant(text).map(Until::Instant))?;
    let keys = kept_keys(arguments)?;
    make_empty(data)?;
    let target = open_target(from, "restore")?;
    for zone in Zone::ALL {
        let path = data.join(format!("{}.db", zone.name()));
        let restored = restore_zone(&*target, &keys, zone, &path, &until).inspect_err(|_| clear(data))?;
        tell(zone, &restored);
    }
    let store = SqliteOptions::at(data.join("inside.db"));
    let store = Store::open_sqlite_to_read(store, Zone::Inside, Clock::system())?;
    match verify_restored(&store, &keys)? {
        Some(report) if report.is_whole() => {
            println!("監査の記録 {} 行、署名 {} 件：そろっています", report.records, report.checkpoints);
        }
        Some(report) => {
            report.damages.iter().for_each(|damage| println!("  ✕ {damage}"));
            bail!("監査の記録がそろっていません。{} の中身は使わないでください", data.display());
        }
        None => println!("まだ市がありません。監査の記録もありません"),
    }
    Ok(())
}

/// What a restored store must stand before it counts: every audited row, the tree and its signatures.
pub fn verify_restored(store: &Store, keys: &Keys) -> Result<Option<Report>> {
    let Some((city, _)) = serve::runtime()?.block_on(store.read_across(city::read))? else { return Ok(None) };
    let trust = Trust { keys: keys.verifying()?, notes: Vec::new() };
    Ok(Some(audit::verify(store, city.id, AUDITED, &trust)?))
}

fn tell(zone: Zone, restored: &Restored) {
    let (rows, tables): (i64, usize) =
        (restored.counts.iter().map(|(_, rows)| rows).sum(), restored.counts.len());
    println!(
        "{} ← {} と続き {} 個（{} まで）",
        zone.name(),
        restored.generation,
        restored.segments,
        restored.until
    );
    println!("  {} MB、{tables} 表 {rows} 行。ファイルの検査に通りました", restored.bytes >> 20);
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
