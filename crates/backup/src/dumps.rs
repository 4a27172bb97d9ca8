//! Copies of a PostgreSQL database where its log cannot be had (no right to replicate, a managed service): a whole
//! dump every few minutes, sealed on its way. What was committed since the last one is lost with the machine, and the
//! health page says so.
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::{At, Clock};
use db::{Server, Snapshot};
use vault::Keys;

use crate::BackupError;
use crate::line::Means;
use crate::object::{DUMP, Generation, Manifest, SERVER};
use crate::recover::ours;
use crate::retention;
use crate::running::ZoneReport;
use crate::settings::Settings;
use crate::snapshot::{Taken, put_chunks, put_manifest};
use crate::target::Target;
use crate::tools::{Tool, reach};

/// Between two looks whether the program ends.
const LOOK: Duration = Duration::from_millis(200);

/// A PostgreSQL database that is to be copied.
#[derive(Debug, Clone)]
pub struct ServerPlan {
    pub(crate) url: String,
    pub(crate) means: Means,
    /// Between two dumps, where there are dumps.
    pub(crate) every: Duration,
    pub(crate) clock: Clock,
}

impl ServerPlan {
    /// `spool` is a folder of this process alone.
    pub fn new(
        url: &str,
        target: Box<dyn Target>,
        spool: &std::path::Path,
        keys: &Keys,
        (every, settings): (Duration, Settings),
    ) -> Self {
        let means =
            Means { folder: spool.to_owned(), target: Arc::from(target), keys: keys.clone(), settings };
        Self { url: url.to_owned(), means, every, clock: Clock::system() }
    }
}

#[derive(Debug)]
pub(crate) struct Dumps {
    pub plan: ServerPlan,
    /// Why there are no more than dumps.
    pub why: String,
    known: Mutex<Known>,
    stop: AtomicBool,
}

#[derive(Debug)]
struct Known {
    confirmed_at: Option<At>,
    confirmed: Instant,
    trouble: Option<String>,
}

/// One whole dump, and the rows that are in it.
///
/// # Errors
/// `pg_dump` fails, or the store of copies refuses.
pub fn dump_once(url: &str, target: &dyn Target, keys: &Keys, clock: &Clock) -> Result<Taken, BackupError> {
    let standing = Server::connect(url)?.standing()?;
    let generation = Generation::new(SERVER, clock.now());
    let snapshot = Snapshot::take(url)?;
    let mut command = Tool::Dump.command();
    reach(&mut command, url)?;
    let command = ours(&mut command).arg(format!("--snapshot={}", snapshot.name));
    let mut child = Tool::Dump.start(command.stdout(Stdio::piped()))?;
    let mut out = child.stdout.take().expect("it is piped");
    let unreadable = |e: std::io::Error| Tool::Dump.refused(e);
    let (chunks, bytes, sealed) = put_chunks(&generation, target, keys, &mut out, unreadable)?;
    drop(out);
    Tool::Dump.finish(child)?;
    let counts = snapshot.release()?;
    let manifest = Manifest {
        form: DUMP,
        bytes,
        chunks,
        counts,
        user: standing.user,
        database: standing.database,
        version: 0,
    };
    put_manifest(&generation, target, keys, &manifest)?;
    Ok(Taken { generation, bytes, sealed, counts: manifest.counts })
}

impl Dumps {
    /// Dumps now and then every so often, in a thread of its own.
    pub(crate) fn start(plan: ServerPlan, why: String) -> Arc<Self> {
        let known = Known { confirmed_at: None, confirmed: Instant::now(), trouble: None };
        let (known, stop) = (Mutex::new(known), AtomicBool::new(false));
        let dumps = Arc::new(Self { plan, why, known, stop });
        let own = Arc::clone(&dumps);
        let thread = thread::Builder::new().name("dump".to_owned()).spawn(move || own.run());
        drop(thread.expect("the system gives threads at start"));
        dumps
    }

    fn run(&self) {
        let ServerPlan { url, means, every, clock } = &self.plan;
        while !self.stop.load(Ordering::SeqCst) {
            let started = Instant::now();
            let dumped = dump_once(url, &*means.target, &means.keys, clock).and_then(|taken| {
                retention::thin(&*means.target, SERVER, means.settings.keep, clock.now())?;
                Ok(taken)
            });
            match dumped {
                Ok(taken) => {
                    let mut known = self.known();
                    known.confirmed_at = Some(taken.generation.taken_at());
                    known.confirmed = started;
                    known.trouble = None;
                }
                Err(error) => {
                    let text = error.to_string();
                    tracing::warn!(error = text, "the dump failed");
                    self.known().trouble = Some(text);
                }
            }
            while started.elapsed() < *every && !self.stop.load(Ordering::SeqCst) {
                thread::sleep(LOOK);
            }
        }
    }

    pub(crate) fn report(&self, alarm_after: Duration) -> ZoneReport {
        let known = self.known();
        let age = known.confirmed.elapsed();
        // One dump may be under way while the last one grows old.
        let late = age > 2 * self.plan.every + alarm_after;
        ZoneReport {
            source: SERVER,
            confirmed_at: known.confirmed_at,
            whole_at: known.confirmed_at,
            waiting: (late || known.trouble.is_some()).then_some(age),
            waiting_bytes: 0,
            trouble: known.trouble.clone().or_else(|| Some(self.why.clone())),
            alarm: late,
        }
    }
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
