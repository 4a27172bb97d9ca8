//! `fujidana backup`: one whole copy, beside a running program as well; and the continuous copy of `serve`.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use backup::{Keep, Prepare, Running, ServerPlan, Settings, copy_once, dump_once, open_target};
use base::Clock;
use db::{Store, WalTail, Zone};
use vault::Keys;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::open_keys;

/// Between two dumps of a PostgreSQL database whose log cannot be had.
const DUMP_MINUTES: u64 = 15;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data", "database", "keys", "to"])?;
    let Some(target) = arguments.text("to") else {
        return Err(
            WrongUsage("--to に写しの置き場（フォルダーか s3://…）を書いてください".to_owned()).into()
        );
    };
    if let Some(url) = arguments.text("database") {
        let store = open_target(target, &format!("once-{}", std::process::id()))?;
        let taken = dump_once(url, &*store, &open_keys(arguments)?, &Clock::system())?;
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
    Server(ServerPlan),
}

impl Planned {
    pub fn tail(&self, zone: Zone) -> Option<Arc<WalTail>> {
        match self {
            Self::Embedded(prepare) => prepare.tail(zone),
            Self::Server(..) => None,
        }
    }
    pub fn start(self, stores: &[Store]) -> Result<Running> {
        match self {
            Self::Embedded(prepare) => Ok(prepare.start(stores)),
            Self::Server(plan) => Ok(Running::of_server(plan)?),
        }
    }
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
    let settings = Settings { alarm_after, keep: keep(arguments)?, ..defaults };
    let spool = arguments.folder("data", "./data").join("spool");
    let store = open_target(target, "serve")?;
    if let Some(url) = arguments.text("database") {
        let every = Duration::from_secs(60 * arguments.number("backup-every", DUMP_MINUTES)?);
        return Ok(Some(Planned::Server(ServerPlan::new(url, store, &spool, keys, (every, settings)))));
    }
    let prepare = Prepare::new(store, &spool, keys, settings)?;
    Ok(Some(Planned::Embedded(prepare)))
}
