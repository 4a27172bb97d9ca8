//! An installation: its folder or database, opened by one process.
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base::Clock;
use db::{DbError, Engine, Migration, SqliteOptions, Store, Tx, Zone};
use identity::Policy;
use web::{Asset, City, Parts, Site};

use crate::arguments::Arguments;
use crate::{APPS, city};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// PostgreSQL connections for each zone.
const CONNECTIONS: usize = 12;

/// The stores of an installation, kept by this process alone.
pub struct Installation {
    pub inside: Store,
    pub portal: Store,
    /// Held as long as the program runs.
    _lock: Option<File>,
}

/// All schema changes, core first, in the order of the apps.
pub fn migrations() -> Vec<Migration> {
    let own = [Migration {
        zone: Zone::Inside,
        name: "fujidana/0001",
        sql: include_str!("../migrations/0001_installation.sql"),
    }];
    let core = [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, web::MIGRATIONS, register::MIGRATIONS];
    let apps = APPS.iter().flat_map(|app| app.migrations);
    own.iter().chain(core.into_iter().flatten()).chain(apps).copied().collect()
}

impl Installation {
    /// Opens what `--data` or `--database` names, and makes the tables that are missing.
    pub fn open(arguments: &Arguments, clock: &Clock) -> Result<Self> {
        let migrations = migrations();
        if let Some(url) = arguments.text("database") {
            let open = |zone| Store::open_postgres(url, CONNECTIONS, zone, &migrations, clock.clone());
            return Ok(Self { inside: open(Zone::Inside)?, portal: open(Zone::Portal)?, _lock: None });
        }
        let folder = arguments.folder("data", "./data");
        let lock = lock(&folder)?;
        let open = |zone: Zone| {
            let options = SqliteOptions::at(folder.join(format!("{}.db", zone.name())));
            Store::open_sqlite(options, zone, &migrations, clock.clone())
        };
        Ok(Self { inside: open(Zone::Inside)?, portal: open(Zone::Portal)?, _lock: Some(lock) })
    }

    pub async fn city(&self) -> Result<Option<(City, bool)>, DbError> {
        self.inside.read_across(city::read).await
    }

    /// The running site. Switches the followers of the city on as this program knows them.
    pub async fn site(&self, city: City, sample: bool) -> Result<Site, DbError> {
        let site = Site::new(Parts {
            version: env!("CARGO_PKG_VERSION"),
            city,
            inside: self.inside.clone(),
            portal: self.portal.clone(),
            apps: APPS,
            policy: Arc::new(policy()),
            sample_sign_ins: if sample { city::SAMPLE_SIGN_INS } else { &[] },
            assets: assets(),
        });
        let follow_ups = site.follow_ups().to_vec();
        let alone = self.inside.engine() == Engine::Sqlite;
        let prepare = move |tx: &mut Tx<'_>| {
            events::enable(tx, &follow_ups)?;
            // An embedded store has one process: claims that are left are those of a process that died.
            if alone { events::release_claims(tx) } else { Ok(()) }
        };
        self.inside.write(site.city().id, prepare).await?;
        Ok(site)
    }
}

fn lock(folder: &PathBuf) -> Result<File> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} をつくれません", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("{} に書けません", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "{} は別の fujidana が使っています。それを止めてから、もう一度実行できます",
                folder.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).context("ロックできません"),
    }
}

/// Roles × resources × actions, as the apps declare them.
pub fn policy() -> Policy {
    let resources: Vec<_> = APPS.iter().flat_map(|app| app.resources).copied().collect();
    let grants: Vec<_> = APPS.iter().flat_map(|app| app.grants).copied().collect();
    Policy::new(city::ROLES, &resources, &grants)
}

fn assets() -> HashMap<String, Asset> {
    let urls = EMBEDDED.iter().map(|(logical, hashed, _)| (*logical, format!("/assets/{hashed}"))).collect();
    ui::assets::set(urls);
    EMBEDDED.iter().map(|(_, hashed, bytes)| ((*hashed).to_owned(), Asset { bytes })).collect()
}
