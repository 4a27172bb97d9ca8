//! An installation: its folder or database, opened by one process.
use std::collections::HashMap;
use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use base::Clock;
use db::{DbError, Engine, Migration, SqliteOptions, Store, Tx, Zone};
use identity::Policy;
use paper_typst::Press;
use vault::Keys;
use web::{Asset, City, Parts, Site};

use crate::arguments::Arguments;
use crate::backup::Planned;
use crate::{APPS, city};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// PostgreSQL connections for each zone.
const CONNECTIONS: usize = 12;

/// The stores of an installation, kept by this process alone.
pub struct Installation {
    pub inside: Store,
    pub portal: Store,
    /// Outside the data and its backup.
    pub keys: Keys,
    /// The continuous copy that `--backup` asks for, until somebody serves.
    pub copy: Mutex<Option<Planned>>,
    /// Sets papers; `--papers` names the folder of the city's own templates.
    paper: Arc<Press>,
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
    let core = [
        audit::MIGRATIONS,
        backup::MIGRATIONS,
        events::MIGRATIONS,
        identity::MIGRATIONS,
        web::MIGRATIONS,
        vault::MIGRATIONS,
        register::MIGRATIONS,
    ];
    let apps = APPS.iter().flat_map(|app| app.migrations);
    own.iter().chain(core.into_iter().flatten()).chain(apps).copied().collect()
}

/// The audited tables: what `verify` computes anew.
pub static AUDITED: &[&audit::Source] = &[&events::AUDITED, &identity::AUDITED];

/// `--keys`, or a folder beside the data.
pub fn keys_folder(arguments: &Arguments) -> PathBuf {
    arguments.text("keys").map_or_else(|| vault::beside(&arguments.folder("data", "./data")), PathBuf::from)
}

/// The keys of the installation, made where they are missing; never within the data, whose copies leave the house.
pub fn open_keys(arguments: &Arguments) -> Result<Keys> {
    let folder = keys_folder(arguments);
    vault::ensure_outside(&folder, &arguments.folder("data", "./data"))?;
    Ok(Keys::open(&folder)?)
}

impl Installation {
    /// Opens what `--data` or `--database` names, and makes the tables that are missing.
    pub fn open(arguments: &Arguments, clock: &Clock) -> Result<Self> {
        let (migrations, keys) = (migrations(), open_keys(arguments)?);
        let copy = crate::backup::prepare(arguments, &keys)?;
        let paper = Arc::new(press(arguments));
        if let Some(url) = arguments.text("database") {
            let open = |zone| Store::open_postgres(url, CONNECTIONS, zone, &migrations, clock.clone());
            let (inside, portal) = (open(Zone::Inside)?, open(Zone::Portal)?);
            return Ok(Self { inside, portal, keys, copy: Mutex::new(copy), paper, _lock: None });
        }
        let folder = arguments.folder("data", "./data");
        let lock = lock(&folder)?;
        let open = |zone: Zone| {
            let tail = copy.as_ref().and_then(|copy| copy.tail(zone));
            let place = SqliteOptions::at(folder.join(format!("{}.db", zone.name())));
            Store::open_sqlite(SqliteOptions { tail, ..place }, zone, &migrations, clock.clone())
        };
        if copy.is_none() {
            backup::forget_places(&folder.join("spool"));
        }
        let (inside, portal) = (open(Zone::Inside)?, open(Zone::Portal)?);
        Ok(Self { inside, portal, keys, copy: Mutex::new(copy), paper, _lock: Some(lock) })
    }

    /// Begins the continuous copy. Its threads do not stop the program from ending.
    pub fn start_copy(&self) -> Result<Option<backup::Running>> {
        let copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner).take();
        copy.map(|copy| copy.start(&[self.inside.clone(), self.portal.clone()])).transpose()
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
            keys: self.keys.clone(),
            apps: APPS,
            policy: Arc::new(policy()),
            sample_sign_ins: if sample { city::SAMPLE_SIGN_INS } else { &[] },
            assets: assets(),
        });
        let site = site.printed_by(self.paper.clone());
        let follow_ups = site.follow_ups().to_vec();
        let alone = self.inside.engine() == Engine::Sqlite;
        let prepare = move |tx: &mut Tx<'_>| {
            events::enable(tx, &follow_ups)?;
            // An embedded store has one process: claims that are left are those of a process that died.
            if alone { events::release_claims(tx) } else { Ok(()) }
        };
        let keys = self.keys.clone();
        let opens = move |tx: &mut Tx<'_>| {
            vault::numbers::ensure_opens(tx, &keys).map_err(|error| DbError::Unusable(error.to_string()))
        };
        self.inside.read(site.city().id, opens).await?;
        self.inside.write(site.city().id, prepare).await?;
        Ok(site)
    }
}

/// The typesetter with the templates of all apps.
pub fn press(arguments: &Arguments) -> Press {
    Press::new(paper::TEMPLATES, arguments.text("papers").map(PathBuf::from))
}

fn lock(folder: &PathBuf) -> Result<File> {
    // Residents' data: for the program's user alone, whatever the machine's habit is.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("{} をつくれません", folder.display()))?;
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
    let resources = APPS.iter().flat_map(|app| app.resources).chain(web::RESOURCES);
    let grants = APPS.iter().flat_map(|app| app.grants).chain(web::GRANTS);
    let (resources, grants): (Vec<_>, Vec<_>) = (resources.copied().collect(), grants.copied().collect());
    Policy::new(city::ROLES, &resources, &grants)
}

fn assets() -> HashMap<String, Asset> {
    let urls = EMBEDDED.iter().map(|(logical, hashed, _)| (*logical, format!("/assets/{hashed}"))).collect();
    ui::assets::set(urls);
    EMBEDDED.iter().map(|(_, hashed, bytes)| ((*hashed).to_owned(), Asset { bytes })).collect()
}
