//! The continuous copy of an installation: its zones, what is known of them, and the drill.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::At;
use db::{Pin, Store, WalTail, Zone};
use vault::Keys;

use crate::BackupError;
use crate::copying::{Copying, Prepared, Zoned};
use crate::dumps::Dumps;
use crate::object::{Generation, Part};
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
        let prepare =
            |zone| Prepared::new(zone, spool.to_owned(), Arc::clone(&target), keys.clone(), settings);
        let zones = Zone::ALL.into_iter().map(prepare).collect::<Result<_, _>>()?;
        Ok(Self { zones, alarm_after: settings.alarm_after, target: target.label() })
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
            known: zones.iter().map(|copying| Arc::clone(&copying.shared)).collect(),
            zones: Mutex::new(zones),
            dumps: None,
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
    known: Vec<Arc<Zoned>>,
    zones: Mutex<Vec<Copying>>,
    /// PostgreSQL instead of the zones.
    dumps: Option<Arc<Dumps>>,
    alarm_after: Duration,
    target: String,
    stopped: AtomicBool,
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
    /// Dumps of a PostgreSQL database begin.
    pub fn dumping(dumps: Dumps, alarm_after: Duration) -> Self {
        Self::watched(Inner {
            known: Vec::new(),
            zones: Mutex::default(),
            target: dumps.label(),
            dumps: Some(dumps.start()),
            alarm_after,
            stopped: AtomicBool::new(false),
        })
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
        match &self.inner.dumps {
            None => "最後の1秒ほど".to_owned(),
            Some(dumps) => format!("最後の{}分ほど", dumps.every().as_secs().div_ceil(60)),
        }
    }

    /// Ships what is committed, for at most `patience`; what is left waits in the spool for the next start.
    pub fn stop(&self, patience: Duration) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        self.inner.dumps.iter().for_each(|dumps| dumps.stop());
        let zones = std::mem::take(&mut *self.inner.zones.lock().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + patience;
        zones.into_iter().for_each(|zone| zone.stop(until.saturating_duration_since(Instant::now())));
    }

    /// 復元訓練: cuts the chain now, restores into `scratch` up to the cut, and compares the rows of every table
    /// with those the store had at this very moment. A dump of PostgreSQL is read from beginning to end instead.
    ///
    /// # Errors
    /// What failed: the copy does not arrive within `patience`, does not open, is not whole, or differs.
    pub fn drill(&self, scratch: &Path, patience: Duration) -> Result<Vec<Restored>, BackupError> {
        if let Some(dumps) = &self.inner.dumps {
            let (generation, bytes) = dumps.read_through()?;
            let until = generation.taken_at();
            return Ok(vec![Restored { generation, segments: 0, until, bytes, counts: Vec::new() }]);
        }
        std::fs::create_dir_all(scratch).map_err(|e| BackupError::file(scratch, &e))?;
        let drill = |zoned: &Arc<Zoned>| {
            let drilled = self.drill_zone(zoned, scratch, patience);
            // A copy that cannot be restored is not worth going on with.
            drilled.inspect_err(|_| zoned.begin_anew())
        };
        self.inner.known.iter().map(drill).collect()
    }

    fn drill_zone(&self, zoned: &Zoned, scratch: &Path, patience: Duration) -> Result<Restored, BackupError> {
        let until = Instant::now() + patience;
        let (generation, last, pin) = self.mark(zoned, until)?;
        let counts = pin.row_counts()?;
        drop(pin);
        while last > 0 && !zoned.has_arrived(&generation, last) {
            if Instant::now() >= until {
                return Err(BackupError::Late(generation.to_string()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let path = scratch.join(format!("{}.db", zoned.zone.name()));
        let place = Until::Place(generation, last);
        let restored = restore_zone(&*zoned.target, &zoned.keys, zoned.zone, &path, &place)?;
        compare(&restored.counts, &counts)?;
        Ok(restored)
    }

    fn mark(&self, zoned: &Zoned, until: Instant) -> Result<(Generation, u64, Pin), BackupError> {
        let (reply, answer) = channel();
        let late = || BackupError::Late(zoned.zone.name().to_owned());
        loop {
            let zones = self.inner.zones.lock().unwrap_or_else(PoisonError::into_inner);
            let copying = zones.iter().find(|copying| copying.shared.zone == zoned.zone).ok_or_else(late)?;
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

impl Inner {
    fn report(&self) -> Vec<ZoneReport> {
        let dumps = self.dumps.iter().map(|dumps| dumps.report(self.alarm_after));
        self.known.iter().map(|zoned| zoned.report(self.alarm_after)).chain(dumps).collect()
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

impl Zoned {
    fn report(&self, alarm_after: Duration) -> ZoneReport {
        let (oldest, waiting_bytes, now) = (self.spool.oldest(), self.spool.bytes(), Instant::now());
        let known = self.known();
        let age = |since: Instant| now.saturating_duration_since(since);
        // What was committed since the last look at the log; a reader that stands still knows of nothing.
        let unread = Some(known.beat).filter(|beat| self.tail.is_behind() || age(*beat) > alarm_after);
        let since = [oldest, known.uncovered, unread].into_iter().flatten().min();
        let waiting = since.map(age);
        ZoneReport {
            source: self.zone.name(),
            confirmed_at: known.confirmed_at,
            whole_at: known.generation.as_ref().map(Generation::taken_at),
            waiting,
            waiting_bytes,
            trouble: known.trouble.clone(),
            alarm: waiting.is_some_and(|waiting| waiting > alarm_after),
        }
    }

    /// Nothing of it waits.
    fn has_arrived(&self, generation: &Generation, last: u64) -> bool {
        let waits = |name: &String| {
            Generation::parse(self.zone.name(), name).is_some_and(|(of, part)| match part {
                Part::Segment(segment) => of == *generation && segment.number <= last,
                _ => false,
            })
        };
        !self.spool.names().iter().any(waits)
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
