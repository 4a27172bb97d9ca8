//! `fujidana backup`: one whole copy, beside a running program as well; and the continuous copy of `serve`.
use std::time::Duration;

use anyhow::{Result, bail};
use backup::{Keep, Prepare, Settings, copy_once, open_target};
use base::Clock;
use vault::Keys;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::open_keys;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data", "keys", "to"])?;
    let Some(target) = arguments.text("to") else {
        return Err(
            WrongUsage("--to に写しの置き場（フォルダーか s3://…）を書いてください".to_owned()).into()
        );
    };
    let data = arguments.folder("data", "./data");
    if !data.join("inside.db").exists() {
        bail!("{} に市がありません", data.display());
    }
    let keys = open_keys(arguments)?;
    for taken in copy_once(&data, target, &keys, Clock::system().now())? {
        let rows: i64 = taken.counts.iter().map(|(_, rows)| rows).sum();
        let (whole, sealed) = (taken.bytes >> 20, taken.sealed >> 20);
        println!("{} {rows} 行 {whole} MB（暗号化して {sealed} MB）", taken.generation);
    }
    println!("写しができました。戻すときは、鍵のフォルダー {} も要ります", keys.folder().display());
    Ok(())
}

/// What `--backup` asks for; `None` without it.
pub fn prepare(arguments: &Arguments, keys: &Keys) -> Result<Option<Prepare>> {
    let Some(target) = arguments.text("backup") else { return Ok(None) };
    let defaults = Settings::default();
    let alarm = arguments.number("backup-alarm", defaults.alarm_after.as_secs())?;
    let days = arguments.number("keep-days", defaults.keep.days)?;
    let settings = Settings {
        alarm_after: Duration::from_secs(alarm),
        keep: Keep { days, ..defaults.keep },
        ..defaults
    };
    let spool = arguments.folder("data", "./data").join("spool");
    Ok(Some(Prepare::new(open_target(target, "serve")?, &spool, keys, settings)?))
}
