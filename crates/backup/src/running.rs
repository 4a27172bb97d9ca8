//! The continuous copy of an installation: its zones, what is known of them, and the drill.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::{At, Clock};
use db::{Pin, SqliteOptions, Store, WalTail, Zone};
use vault::Keys;

use crate::BackupError;
use crate::cluster::{self, Cluster};
use crate::copying::{Copying, Mark, Prepared};
use crate::dumps::{Dumps, ServerPlan};
use crate::line::{Line, Means};
use crate::object::Generation;
use crate::recover::{Recovered, recover};
use crate::restore::{Restored, Until, compare, restore_zone};
use crate::retention;
use crate::settings::Settings;
use crate::snapshot::{self, Taken};
use crate::target::{Target, open_target};

/// How often the alarm is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A continuous copy before the stores are open: they are opened with its tails.
#[derive(Debug)]
pub struct Prepare {
    zones: Vec<Prepared>,
    alarm_after: Duration,
    target: String,
}

impl Prepare {
    /// `spool` is a folder beside the data, of this process alone.
    ///
    /// # Errors
    /// The store of copies or the spool cannot be used.
    pub fn new(
        target: Box<dyn Target>,
        spool: &Path,
        keys: &Keys,
        settings: Settings,
    ) -> Result<Self, BackupError> {
        let target: Arc<dyn Target> = Arc::from(target);
        let label = target.label();
        let means = Means { folder: spool.to_owned(), target, keys: keys.clone(), settings };
        let prepare = |zone| Prepared::new(zone, means.clone());
        let zones = Zone::ALL.into_iter().map(prepare).collect::<Result<_, _>>()?;
        Ok(Self { zones, alarm_after: settings.alarm_after, target: label })
    }

    pub fn tail(&self, zone: Zone) -> Option<Arc<WalTail>> {
        self.zones.iter().find(|prepared| prepared.zone() == zone).map(|prepared| Arc::clone(&prepared.tail))
    }

    /// The stores were opened with the tails.
    pub fn start(self, stores: &[Store]) -> Running {
        let start = |prepared: Prepared| {
            let store = stores.iter().find(|store| store.zone() == prepared.zone())?;
            Some(prepared.start(store.clone()))
        };
        let zones: Vec<Copying> = self.zones.into_iter().filter_map(start).collect();
        Running::watched(Inner {
            known: zones.iter().map(|copying| Arc::clone(&copying.line)).collect(),
            zones: Mutex::new(zones),
            server: Server::None,
            alarm_after: self.alarm_after,
            target: self.target,
            stopped: AtomicBool::new(false),
        })
    }
}

/// A continuous copy that runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Running {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    known: Vec<Arc<Line>>,
    zones: Mutex<Vec<Copying>>,
    /// PostgreSQL instead of the zones.
    server: Server,
    alarm_after: Duration,
    target: String,
    stopped: AtomicBool,
}

#[derive(Debug)]
enum Server {
    None,
    Followed(Cluster),
    Dumped(Arc<Dumps>),
}

/// What a drill restored. It goes away when this is dropped, but for files in the folder that was named.
#[derive(Debug)]
pub struct Drilled {
    pub restored: Vec<Restored>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Server(Box<Recovered>),
}

impl Drilled {
    /// The restored inner zone, to be read.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn inside(&self) -> Result<Store, BackupError> {
        match &self.place {
            Place::Folder(folder) => {
                let file = SqliteOptions::at(folder.join(format!("{}.db", Zone::Inside.name())));
                Ok(Store::open_sqlite_to_read(file, Zone::Inside, Clock::system())?)
            }
            Place::Server(recovered) => recovered.inside(),
        }
    }
}

/// What is known of the copy of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneReport {
    /// `inside`, `portal`, or `postgres` for both.
    pub source: &'static str,
    /// When the last commits or a whole copy arrived; `None` since the start.
    pub confirmed_at: Option<At>,
    /// When the whole copy was taken that is being continued.
    pub whole_at: Option<At>,
    /// How long the oldest commit has been waiting to arrive; `None`: everything has arrived.
    pub waiting: Option<Duration>,
    pub waiting_bytes: u64,
    /// What holds it up.
    pub trouble: Option<String>,
    /// It waits for longer than it may.
    pub alarm: bool,
}

impl Running {
    /// The copy of a PostgreSQL server begins: its log where the server allows that, else dumps.
    ///
    /// # Errors
    /// The spool cannot be used.
    pub fn of_server(plan: ServerPlan) -> Result<Self, BackupError> {
        let (alarm_after, target) = (plan.means.settings.alarm_after, plan.means.target.label());
        // The client of PostgreSQL waits, which a thread of the web server must not.
        let ready = thread::scope(|scope| scope.spawn(|| cluster::ready(&plan.url)).join());
        let (known, server) = match ready.expect("asking does not panic") {
            Ok((receiver, standing)) => {
                let cluster = Cluster::start(&plan, receiver, standing)?;
                (vec![Arc::clone(&cluster.line)], Server::Followed(cluster))
            }
            Err(error) => {
                let why = error.to_string();
                tracing::warn!(why, "the server's log is not copied");
                (Vec::new(), Server::Dumped(Dumps::start(plan, why)))
            }
        };
        let (zones, stopped) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self::watched(Inner { known, zones, server, alarm_after, target, stopped }))
    }

    fn watched(inner: Inner) -> Self {
        let inner = Arc::new(inner);
        let watched = Arc::clone(&inner);
        let watch = thread::Builder::new().name("copy-alarm".to_owned()).spawn(move || watched.watch());
        drop(watch.expect("the system gives threads at start"));
        Self { inner }
    }

    /// Never waits for a disk or a network.
    pub fn report(&self) -> Vec<ZoneReport> {
        self.inner.report()
    }
    pub fn alarm(&self) -> bool {
        self.report().iter().any(|zone| zone.alarm)
    }
    pub fn target(&self) -> &str {
        &self.inner.target
    }

    /// What the loss of this machine costs, for people: 「最後の1秒ほど」.
    pub fn at_risk(&self) -> String {
        match &self.inner.server {
            Server::Dumped(dumps) => format!("最後の{}分ほど", dumps.plan.every.as_secs().div_ceil(60)),
            _ => "最後の1秒ほど".to_owned(),
        }
    }

    /// Why a PostgreSQL database is dumped now and then instead of being followed.
    pub fn fallback(&self) -> Option<String> {
        match &self.inner.server {
            Server::Dumped(dumps) => Some(dumps.why.clone()),
            _ => None,
        }
    }

    /// Ships what is committed, for at most `patience`; what is left waits in the spool for the next start.
    pub fn stop(&self, patience: Duration) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        let zones = std::mem::take(&mut *self.inner.zones.lock().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + patience;
        zones.into_iter().for_each(|zone| zone.stop(until.saturating_duration_since(Instant::now())));
        match &self.inner.server {
            Server::None => {}
            Server::Followed(cluster) => cluster.stop(patience),
            Server::Dumped(dumps) => dumps.stop(),
        }
    }

    /// 復元訓練: cuts the chain now, restores into `scratch` up to the cut, and compares the rows of every table
    /// with those the store had at this very moment. A dump is compared with the rows it was taken of.
    ///
    /// # Errors
    /// What failed: the copy does not arrive within `patience`, does not open, is not whole, or differs.
    pub fn drill(&self, scratch: &Path, patience: Duration) -> Result<Drilled, BackupError> {
        std::fs::create_dir_all(scratch).map_err(|e| BackupError::file(scratch, &e))?;
        match &self.inner.server {
            Server::None => {}
            // A copy that cannot be restored is not worth going on with.
            Server::Followed(cluster) => {
                return drill_server(cluster, scratch, patience).inspect_err(|_| cluster.line.begin_anew());
            }
            Server::Dumped(dumps) => {
                let means = &dumps.plan.means;
                return Ok(Drilled::server(recover(&*means.target, &means.keys, &Until::Newest, scratch)?));
            }
        }
        let drill = |zone: Zone| {
            let line = self.inner.known.iter().find(|line| line.source == zone.name())?;
            let drilled = self.drill_zone(zone, line, scratch, patience);
            Some(drilled.inspect_err(|_| line.begin_anew()))
        };
        let restored: Result<_, BackupError> = Zone::ALL.into_iter().filter_map(drill).collect();
        Ok(Drilled { restored: restored?, place: Place::Folder(scratch.to_owned()) })
    }

    fn drill_zone(
        &self,
        zone: Zone,
        line: &Line,
        scratch: &Path,
        patience: Duration,
    ) -> Result<Restored, BackupError> {
        let until = Instant::now() + patience;
        let (generation, last, pin) = self.mark(zone, until)?;
        let counts = pin.row_counts()?;
        drop(pin);
        line.await_arrival(&generation, last, until)?;
        let path = scratch.join(format!("{}.db", zone.name()));
        let place = Until::Place(generation, last);
        let restored = restore_zone(&*line.target, &line.keys, zone, &path, &place)?;
        compare(&restored.counts, &counts)?;
        Ok(restored)
    }

    fn mark(&self, zone: Zone, until: Instant) -> Result<Mark, BackupError> {
        let (reply, answer) = channel();
        let late = || BackupError::Late(zone.name().to_owned());
        loop {
            let zones = self.inner.zones.lock().unwrap_or_else(PoisonError::into_inner);
            let copying = zones.iter().find(|copying| copying.zone == zone).ok_or_else(late)?;
            copying.marks.send(reply.clone()).map_err(|_| late())?;
            drop(zones);
            // Before the first whole copy has arrived there is no answer: it is asked again.
            match answer.recv_timeout(Duration::from_secs(1)) {
                Ok(mark) => return Ok(mark),
                Err(_) if Instant::now() < until => {}
                Err(_) => return Err(late()),
            }
        }
    }
}

impl Drilled {
    fn server(recovered: Recovered) -> Self {
        Self { restored: vec![recovered.restored.clone()], place: Place::Server(Box::new(recovered)) }
    }
}

fn drill_server(cluster: &Cluster, scratch: &Path, patience: Duration) -> Result<Drilled, BackupError> {
    let until = Instant::now() + patience;
    let (generation, last, counts) = cluster.mark(until)?;
    let line = &cluster.line;
    line.await_arrival(&generation, last, until)?;
    let recovered = recover(&*line.target, &line.keys, &Until::Place(generation, last), scratch)?;
    compare(&recovered.restored.counts, &counts)?;
    Ok(Drilled::server(recovered))
}

impl Inner {
    fn report(&self) -> Vec<ZoneReport> {
        let dumps = match &self.server {
            Server::Dumped(dumps) => Some(dumps.report(self.alarm_after)),
            _ => None,
        };
        self.known.iter().map(|line| line.report(self.alarm_after)).chain(dumps).collect()
    }

    /// One line in the log when the alarm rises, one when it ends.
    fn watch(&self) {
        let mut raised = false;
        while !self.stopped.load(Ordering::SeqCst) {
            let late: Vec<ZoneReport> = self.report().into_iter().filter(|zone| zone.alarm).collect();
            if let (false, Some(zone)) = (raised, late.first()) {
                let (waiting, why) = (zone.waiting.unwrap_or_default().as_secs(), zone.trouble.as_deref());
                tracing::error!(
                    source = zone.source,
                    waiting,
                    why,
                    "commits do not arrive at the store of copies"
                );
            } else if raised && late.is_empty() {
                tracing::info!("the store of copies has everything again");
            }
            raised = !late.is_empty();
            thread::sleep(LOOK);
        }
    }
}

/// A whole copy of the stores in `data`, which another process may be serving.
///
/// # Errors
/// A store cannot be read, or the store of copies refuses.
pub fn copy_once(data: &Path, target: &str, keys: &Keys, at: At) -> Result<Vec<Taken>, BackupError> {
    let target = open_target(target, &format!("once-{}", std::process::id()))?;
    let scratch: PathBuf = data.join(format!("copy-{}.whole", std::process::id()));
    let take = |zone: Zone| {
        let pin = Pin::open(&data.join(format!("{}.db", zone.name())))?;
        let generation = Generation::new(zone.name(), at);
        let taken = snapshot::take(pin, generation, &*target, keys, &scratch, || true)?;
        retention::thin(&*target, zone.name(), retention::Keep::default(), at)?;
        Ok(taken)
    };
    let taken: Result<Vec<Option<Taken>>, BackupError> = Zone::ALL.into_iter().map(take).collect();
    Ok(taken?.into_iter().flatten().collect())
}
