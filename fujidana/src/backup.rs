//! `fujidana backup`: one whole copy, beside a running program as well; and the continuous copy of `serve`.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use backup::{Dumps, Keep, Prepare, Running, Settings, copy_once, open_target};
use base::Clock;
use db::{Store, WalTail, Zone};
use vault::Keys;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::open_keys;

/// Between two dumps of PostgreSQL.
const DUMP_MINUTES: u64 = 15;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data", "database", "keys", "to"])?;
    let Some(target) = arguments.text("to") else {
        return Err(
            WrongUsage("--to に写しの置き場（フォルダーか s3://…）を書いてください".to_owned()).into()
        );
    };
    if arguments.text("database").is_some() {
        let taken = dumps(arguments, target, &open_keys(arguments)?)?.dump()?;
        println!("{} {} MB（暗号化して {} MB）", taken.generation, taken.bytes >> 20, taken.sealed >> 20);
        return Ok(());
    }
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

/// A copy that goes on as long as the program serves.
pub enum Planned {
    Embedded(Prepare),
    Server(Dumps, Duration),
}

impl Planned {
    pub fn tail(&self, zone: Zone) -> Option<Arc<WalTail>> {
        match self {
            Self::Embedded(prepare) => prepare.tail(zone),
            Self::Server(..) => None,
        }
    }
    pub fn start(self, stores: &[Store]) -> Running {
        match self {
            Self::Embedded(prepare) => prepare.start(stores),
            Self::Server(dumps, alarm_after) => Running::dumping(dumps, alarm_after),
        }
    }
}

/// Of the database that `--database` names.
pub fn dumps(arguments: &Arguments, target: &str, keys: &Keys) -> Result<Dumps> {
    let url = arguments.text("database").unwrap_or_default();
    let minutes = arguments.number("backup-every", DUMP_MINUTES)?;
    let every = (Duration::from_secs(60 * minutes), keep(arguments)?);
    Ok(Dumps::new(url, open_target(target, "dump")?, keys.clone(), every, Clock::system())?)
}

fn keep(arguments: &Arguments) -> Result<Keep> {
    let defaults = Keep::default();
    Ok(Keep { days: arguments.number("keep-days", defaults.days)?, ..defaults })
}

/// What `--backup` asks for; `None` without it.
pub fn prepare(arguments: &Arguments, keys: &Keys) -> Result<Option<Planned>> {
    let Some(target) = arguments.text("backup") else { return Ok(None) };
    let defaults = Settings::default();
    let alarm = arguments.number("backup-alarm", defaults.alarm_after.as_secs())?;
    let alarm_after = Duration::from_secs(alarm);
    if arguments.text("database").is_some() {
        return Ok(Some(Planned::Server(dumps(arguments, target, keys)?, alarm_after)));
    }
    let settings = Settings { alarm_after, keep: keep(arguments)?, ..defaults };
    let spool = arguments.folder("data", "./data").join("spool");
    let prepare = Prepare::new(open_target(target, "serve")?, &spool, keys, settings)?;
    Ok(Some(Planned::Embedded(prepare)))
}
