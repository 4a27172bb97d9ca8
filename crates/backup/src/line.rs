//! What the copy of one source is and knows: its spool, its store of copies, and what holds it up. One for a zone
//! of the embedded engine, one for a PostgreSQL server.
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::At;
use db::WalTail;
use vault::Keys;

use crate::BackupError;
use crate::object::{self, Generation, Part, Segment};
use crate::place::{self, Chain};
use crate::running::ZoneReport;
use crate::settings::Settings;
use crate::spool::Spool;
use crate::target::Target;

/// When so many segments wait, commits gather, for at most a second: then the disk takes them.
const QUEUED: usize = 2;
const GATHER: Duration = Duration::from_secs(1);

/// What is known of the copy of one source. Locked for a moment only, never while a disk or a network is waited for.
#[derive(Debug)]
pub(crate) struct Known {
    /// When a segment or a whole copy arrived last.
    pub confirmed_at: Option<At>,
    /// The generation that is complete in the store of copies.
    pub generation: Option<Generation>,
    /// Since when no complete generation is being continued.
    pub uncovered: Option<Instant>,
    /// When the log was read last.
    pub beat: Instant,
    pub trouble: Option<String>,
}

/// What the threads of one copy share.
#[derive(Debug)]
pub(crate) struct Line {
    /// `inside`, `portal` or `postgres`.
    pub source: &'static str,
    pub settings: Settings,
    pub known: Mutex<Known>,
    pub spool: Spool,
    /// Of the embedded engine.
    pub tail: Option<Arc<WalTail>>,
    pub target: Arc<dyn Target>,
    pub keys: Keys,
    /// Beside the data.
    pub folder: PathBuf,
    stop: AtomicBool,
    /// The reader has put its last segment into the spool.
    pub drained: AtomicBool,
    /// The shipper found that the chain has a gap.
    pub gap: AtomicBool,
}

/// Where a copy goes, and how.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub folder: PathBuf,
    pub target: Arc<dyn Target>,
    pub keys: Keys,
    pub settings: Settings,
}

impl Line {
    /// `chain` is what an earlier run had come to.
    pub(crate) fn new(
        source: &'static str,
        means: Means,
        chain: Option<&Chain>,
        tail: Option<Arc<WalTail>>,
    ) -> Result<Self, BackupError> {
        let Means { folder, target, keys, settings } = means;
        // What an unfinished generation left is of no use.
        let keep = |name: &str| {
            let parsed = Generation::parse(source, name);
            // A segment that the place file does not know yet is read from the log again.
            chain.zip(parsed).is_some_and(|(chain, (generation, part))| match part {
                Part::Segment(segment) => generation == chain.generation && segment.number <= chain.segments,
                _ => false,
            })
        };
        let spool = Spool::open(&folder.join(source), settings.spool_bytes, keep)?;
        let generation = chain.map(|chain| chain.generation.clone());
        let known = Mutex::new(Known {
            confirmed_at: None,
            uncovered: generation.is_none().then(Instant::now),
            generation,
            beat: Instant::now(),
            trouble: None,
        });
        let (stop, drained, gap) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { source, settings, known, spool, tail, target, keys, folder, stop, drained, gap })
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A whole copy as soon as possible.
    pub(crate) fn begin_anew(&self) {
        self.gap.store(true, Ordering::SeqCst);
    }
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
    pub(crate) fn place(&self) -> PathBuf {
        place::of(&self.folder, self.source)
    }

    pub(crate) fn trouble(&self, error: &BackupError) {
        let text = error.to_string();
        let mut known = self.known();
        if known.trouble.as_ref() != Some(&text) {
            tracing::warn!(source = self.source, error = text, "the copy is held up");
            known.trouble = Some(text);
        }
    }

    /// While the store of copies is behind, commits gather for one larger segment instead of queueing as many.
    pub(crate) fn gathers(&self, last: Instant) -> bool {
        self.spool.waits() >= QUEUED && last.elapsed() < GATHER
    }

    /// Seals what was committed since `since` as the next segment of `chain`, and lets it wait for its way.
    pub(crate) fn append(
        &self,
        chain: &mut Chain,
        plain: &[u8],
        until: At,
        since: Instant,
    ) -> Result<(), BackupError> {
        let name = chain.generation.segment(Segment { number: chain.segments + 1, until });
        let sealed = object::seal(&self.keys, &name, plain);
        self.spool.push(name, &sealed, since)?;
        chain.segments += 1;
        chain.bytes += sealed.len() as u64;
        Ok(())
    }

    /// A chain that is so old or so long is followed by a new generation.
    pub(crate) fn is_long(&self, chain: &Chain, now: At) -> bool {
        let Settings { segments, segment_bytes, .. } = self.settings;
        let old = chain.generation.taken_at().date() != now.date();
        old || chain.segments >= segments || chain.bytes >= segment_bytes
    }

    /// The whole copy of `generation` has arrived.
    pub(crate) fn covered(&self, generation: Generation, now: At) {
        let mut known = self.known();
        known.generation = Some(generation);
        known.uncovered = None;
        known.trouble = None;
        known.confirmed_at = Some(now);
    }

    /// The chain has a gap: what waits of it is of no use.
    pub(crate) fn uncovered(&self) {
        tracing::warn!(source = self.source, "the chain of the copy is broken: a new one begins");
        place::forget(&self.place());
        self.spool.clear();
        self.known().uncovered.get_or_insert_with(Instant::now);
    }

    pub(crate) fn report(&self, alarm_after: Duration) -> ZoneReport {
        let (oldest, waiting_bytes, now) = (self.spool.oldest(), self.spool.bytes(), Instant::now());
        let known = self.known();
        let age = |since: Instant| now.saturating_duration_since(since);
        // What was committed since the last look at the log; a reader that stands still knows of nothing.
        let behind = self.tail.as_ref().is_some_and(|tail| tail.is_behind());
        let unread = Some(known.beat).filter(|beat| behind || age(*beat) > alarm_after);
        let since = [oldest, known.uncovered, unread].into_iter().flatten().min();
        let waiting = since.map(age);
        ZoneReport {
            source: self.source,
            confirmed_at: known.confirmed_at,
            whole_at: known.generation.as_ref().map(Generation::taken_at),
            waiting,
            waiting_bytes,
            trouble: known.trouble.clone(),
            alarm: waiting.is_some_and(|waiting| waiting > alarm_after),
        }
    }

    /// Nothing of it waits.
    pub(crate) fn has_arrived(&self, generation: &Generation, last: u64) -> bool {
        let waits = |name: &String| {
            Generation::parse(self.source, name).is_some_and(|(of, part)| match part {
                Part::Segment(segment) => of == *generation && segment.number <= last,
                _ => false,
            })
        };
        !self.spool.names().iter().any(waits)
    }

    /// Waits until it has, for at most until then.
    ///
    /// # Errors
    /// It has not.
    pub(crate) fn await_arrival(
        &self,
        generation: &Generation,
        last: u64,
        until: Instant,
    ) -> Result<(), BackupError> {
        while last > 0 && !self.has_arrived(generation, last) {
            if Instant::now() >= until {
                return Err(BackupError::Late(generation.to_string()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}
