//! Copies of a PostgreSQL database by its own tools: a whole dump every few minutes, sealed on its way.
//!
//! What was committed since the last dump is lost with the machine; the health page says so. Who needs less loss
//! runs a replica or archives the server's log beside this.
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::{At, Clock};
use db::{Zone, postgres_environment};
use vault::Keys;

use crate::BackupError;
use crate::object::{self, CHUNK, Generation, Manifest};
use crate::restore::{Until, choose, fetch};
use crate::retention::{self, Keep};
use crate::running::ZoneReport;
use crate::snapshot::Taken;
use crate::target::Target;

const SOURCE: &str = "postgres";
/// Where a dump is put when it is only read.
const NOWHERE: &str = "/dev/null";
/// Between two looks whether the program ends.
const LOOK: Duration = Duration::from_millis(200);

/// The database and its store of copies.
pub struct Dumps {
    environment: Vec<(&'static str, String)>,
    target: Box<dyn Target>,
    keys: Keys,
    keep: Keep,
    every: Duration,
    clock: Clock,
    known: Mutex<Known>,
    stop: AtomicBool,
}

impl std::fmt::Debug for Dumps {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Dumps({:?})", self.target)
    }
}

#[derive(Debug)]
struct Known {
    confirmed_at: Option<At>,
    confirmed: Instant,
    trouble: Option<String>,
}

impl Dumps {
    /// # Errors
    /// `url` is no connection string.
    pub fn new(
        url: &str,
        target: Box<dyn Target>,
        keys: Keys,
        (every, keep): (Duration, Keep),
        clock: Clock,
    ) -> Result<Self, BackupError> {
        let environment = postgres_environment(url)?;
        let known = Known { confirmed_at: None, confirmed: Instant::now(), trouble: None };
        let (known, stop) = (Mutex::new(known), AtomicBool::new(false));
        Ok(Self { environment, target, keys, keep, every, clock, known, stop })
    }

    /// Dumps now and then every so often, in a thread of its own.
    pub(crate) fn start(self) -> Arc<Self> {
        let dumps = Arc::new(self);
        let own = Arc::clone(&dumps);
        let thread = thread::Builder::new().name("dump".to_owned()).spawn(move || own.run());
        drop(thread.expect("the system gives threads at start"));
        dumps
    }

    fn run(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            let started = Instant::now();
            let dumped = self.dump().and_then(|taken| {
                retention::thin(&*self.target, SOURCE, self.keep, self.clock.now())?;
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
            while started.elapsed() < self.every && !self.stop.load(Ordering::SeqCst) {
                thread::sleep(LOOK);
            }
        }
    }

    /// One whole dump.
    ///
    /// # Errors
    /// `pg_dump` fails, or the store of copies refuses.
    pub fn dump(&self) -> Result<Taken, BackupError> {
        let generation = Generation::new(SOURCE, self.clock.now());
        let schemas = Zone::ALL.map(|zone| format!("--schema={}", zone.name()));
        let mut tool = Command::new("pg_dump");
        tool.args(["--format=custom", "--compress=0", "--no-owner", "--no-privileges"]).args(schemas);
        let mut child = self.spawn(&mut tool, "pg_dump", Stdio::null(), Stdio::piped())?;
        let mut out = child.stdout.take().expect("it is piped");
        let (mut chunks, mut bytes, mut sealed_bytes) = (0, 0, 0);
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = out.by_ref().take(CHUNK as u64).read_to_end(&mut chunk);
            read.map_err(|e| BackupError::Tool { tool: "pg_dump", reason: e.to_string() })?;
            if chunk.is_empty() {
                break;
            }
            chunks += 1;
            bytes += chunk.len() as u64;
            let name = generation.chunk(chunks);
            let sealed = object::seal(&self.keys, &name, &chunk);
            self.target.put(&name, &sealed)?;
            sealed_bytes += sealed.len() as u64;
        }
        finish(child, "pg_dump")?;
        let manifest = Manifest { form: 1, bytes, chunks, counts: Vec::new() };
        let name = generation.manifest();
        let text = serde_json::to_vec(&manifest).expect("a manifest is plain data");
        self.target.put(&name, &object::seal(&self.keys, &name, &text))?;
        Ok(Taken { generation, bytes, sealed: sealed_bytes, counts: Vec::new() })
    }

    /// Puts the newest dump until `until` into the database, which has nothing of ours yet.
    ///
    /// # Errors
    /// There is no dump, an object does not open, or `pg_restore` fails; then nothing is stored.
    pub fn restore(&self, until: &Until) -> Result<(Generation, u64), BackupError> {
        let name = self.environment.iter().find(|(name, _)| *name == "PGDATABASE");
        let name = name.map_or("postgres", |(_, value)| value.as_str());
        let into = ["--exit-on-error", "--single-transaction", "--no-owner", "--dbname", name];
        self.pour(until, &into)
    }

    /// Reads the newest dump from beginning to end, as `pg_restore` would to restore it.
    ///
    /// # Errors
    /// As [`Dumps::restore`].
    pub(crate) fn read_through(&self) -> Result<(Generation, u64), BackupError> {
        self.pour(&Until::Newest, &["--file", NOWHERE])
    }

    fn pour(&self, until: &Until, arguments: &[&str]) -> Result<(Generation, u64), BackupError> {
        let (generation, _) = choose(&*self.target, SOURCE, until)?;
        let name = generation.manifest();
        let manifest: Manifest = serde_json::from_slice(&fetch(&*self.target, &self.keys, &name)?)
            .map_err(|_| object::damaged(&name))?;
        let mut tool = Command::new("pg_restore");
        let mut child = self.spawn(tool.args(arguments), "pg_restore", Stdio::piped(), Stdio::null())?;
        let mut input: ChildStdin = child.stdin.take().expect("it is piped");
        for number in 1..=manifest.chunks {
            let chunk = match fetch(&*self.target, &self.keys, &generation.chunk(number)) {
                Ok(chunk) => chunk,
                Err(error) => {
                    // Half a dump ends in a rollback.
                    drop(child.kill());
                    drop(child.wait());
                    return Err(error);
                }
            };
            if input.write_all(&chunk).is_err() {
                // It has given up, and says why at its end.
                break;
            }
        }
        drop(input);
        finish(child, "pg_restore")?;
        Ok((generation, manifest.bytes))
    }

    fn spawn(
        &self,
        command: &mut Command,
        tool: &'static str,
        input: Stdio,
        output: Stdio,
    ) -> Result<Child, BackupError> {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let child = command.envs(environment).stdin(input).stdout(output).stderr(Stdio::piped()).spawn();
        child.map_err(|e| BackupError::Tool { tool, reason: e.to_string() })
    }

    pub(crate) fn report(&self, alarm_after: Duration) -> ZoneReport {
        let known = self.known();
        let age = known.confirmed.elapsed();
        // One dump may be under way while the last one grows old.
        let late = age > 2 * self.every + alarm_after;
        ZoneReport {
            source: SOURCE,
            confirmed_at: known.confirmed_at,
            whole_at: known.confirmed_at,
            waiting: (late || known.trouble.is_some()).then_some(age),
            waiting_bytes: 0,
            trouble: known.trouble.clone(),
            alarm: late,
        }
    }
    pub(crate) fn every(&self) -> Duration {
        self.every
    }
    pub(crate) fn label(&self) -> String {
        self.target.label()
    }
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tool ended well; else what it said.
fn finish(child: Child, tool: &'static str) -> Result<(), BackupError> {
    let refused = |reason: String| BackupError::Tool { tool, reason };
    let ended = child.wait_with_output().map_err(|e| refused(e.to_string()))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr).lines().take(3).collect::<Vec<_>>().join(" / ");
    Err(refused(said))
}
