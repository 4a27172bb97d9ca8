//! The continuous copy of one zone's store: a thread reads the log and seals segments into the spool, another
//! takes them to the store of copies, and a third now and then begins a generation with a whole copy.
//!
//! While the whole copy is on its way, segments go to the old generation and to the new one, so that at every
//! moment one complete generation reaches the newest commit.
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base::At;
use db::{Changes, Pin, Store, WalPosition, WalTail, Zone};
use vault::Keys;

use crate::BackupError;
use crate::object::{self, Generation, Part, Segment};
use crate::place::{self, Chain};
use crate::retention;
use crate::settings::Settings;
use crate::snapshot::{self, Taken};
use crate::spool::Spool;
use crate::target::Target;

/// After a failure (the store of copies does not answer, the log cannot be read) the next try comes later.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// When so many segments wait, commits gather, for at most a second: then the disk takes them.
const QUEUED: usize = 2;
const GATHER: Duration = Duration::from_secs(1);
/// A whole copy that failed is tried again after this.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(10);

/// What is known of the copy of one zone. Locked for a moment only, never while a disk or a network is waited for.
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

/// What both threads share.
#[derive(Debug)]
pub(crate) struct Zoned {
    pub zone: Zone,
    pub settings: Settings,
    pub known: Mutex<Known>,
    pub spool: Spool,
    pub tail: Arc<WalTail>,
    pub target: Arc<dyn Target>,
    pub keys: Keys,
    folder: PathBuf,
    stop: AtomicBool,
    /// The reader has put its last segment into the spool.
    pub drained: AtomicBool,
    /// The shipper found that the chain has a gap.
    gap: AtomicBool,
}

/// A moment of the store: the last segment that has it, and the snapshot itself.
pub(crate) type Mark = (Generation, u64, Pin);

/// One zone that is to be followed, before its store is opened.
#[derive(Debug)]
pub(crate) struct Prepared {
    shared: Arc<Zoned>,
    chain: Option<Chain>,
    pub tail: Arc<WalTail>,
}

#[derive(Debug)]
pub(crate) struct Copying {
    pub shared: Arc<Zoned>,
    pub marks: Sender<Sender<Mark>>,
    threads: Vec<JoinHandle<()>>,
}

impl Prepared {
    pub(crate) fn new(
        zone: Zone,
        spool: PathBuf,
        target: Arc<dyn Target>,
        keys: Keys,
        settings: Settings,
    ) -> Result<Self, BackupError> {
        let place = place::of(&spool, zone);
        let resumed = place::read(&place, zone.name(), &target.label());
        let chain = resumed.as_ref().map(|(chain, _)| chain.clone());
        let (generation, known) = (chain.as_ref().map(|chain| chain.generation.clone()), chain.clone());
        // What an unfinished generation left is of no use.
        let keep = move |name: &str| {
            let parsed = Generation::parse(zone.name(), name);
            // A segment that the place file does not know yet is read from the log again.
            known.as_ref().zip(parsed).is_some_and(|(chain, (generation, part))| match part {
                Part::Segment(segment) => generation == chain.generation && segment.number <= chain.segments,
                _ => false,
            })
        };
        let known = Known {
            confirmed_at: None,
            uncovered: generation.is_none().then(Instant::now),
            generation,
            beat: Instant::now(),
            trouble: None,
        };
        let waiting = Spool::open(&spool.join(zone.name()), settings.spool_bytes, keep)?;
        let tail = Arc::new(WalTail::new(resumed.map(|(_, at)| at)));
        let shared = Arc::new(Zoned {
            zone,
            settings,
            known: Mutex::new(known),
            spool: waiting,
            tail: Arc::clone(&tail),
            target,
            keys,
            folder: spool,
            stop: AtomicBool::new(false),
            drained: AtomicBool::new(false),
            gap: AtomicBool::new(false),
        });
        Ok(Self { shared, chain, tail })
    }

    pub(crate) fn zone(&self) -> Zone {
        self.shared.zone
    }

    /// `store` was opened with this tail.
    pub(crate) fn start(self, store: Store) -> Copying {
        let Self { shared, chain, tail } = self;
        let (marks, asked) = channel();
        let name = |what: &str| format!("{}-{what}", shared.zone.name());
        let (reader, shipper) = (Arc::clone(&shared), Arc::clone(&shared));
        let expected = chain.clone();
        let reading = thread::Builder::new().name(name("tail")).spawn(move || {
            let last = Instant::now();
            Reader {
                shared: reader,
                store,
                tail,
                chain,
                next: None,
                last,
                kept: None,
                began_at: None,
                retry_at: last,
            }
            .run(&asked);
        });
        let shipping = thread::Builder::new().name(name("ship")).spawn(move || {
            if let Some(chain) = expected {
                shipper.check_chain(&chain);
            }
            shipper.ship();
        });
        let threads = [reading, shipping].map(|thread| thread.expect("the system gives threads at start"));
        Copying { shared, marks, threads: threads.into() }
    }
}

impl Copying {
    /// Ships what is committed, for at most `patience`. What is left stays in the spool for the next start.
    pub(crate) fn stop(self, patience: Duration) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let until = Instant::now() + patience;
        for thread in self.threads {
            while !thread.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(10));
            }
            // A store that hangs holds its thread for ever: the process ends without it.
            if thread.is_finished() {
                drop(thread.join());
            }
        }
    }
}

impl Zoned {
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A whole copy as soon as possible.
    pub(crate) fn begin_anew(&self) {
        self.gap.store(true, Ordering::SeqCst);
    }
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
    fn place(&self) -> PathBuf {
        place::of(&self.folder, self.zone)
    }

    pub(crate) fn trouble(&self, error: &BackupError) {
        let text = error.to_string();
        let mut known = self.known();
        if known.trouble.as_ref() != Some(&text) {
            tracing::warn!(zone = self.zone.name(), error = text, "the copy is held up");
            known.trouble = Some(text);
        }
    }
}

/// A generation that becomes complete.
struct Next {
    chain: Chain,
    /// Set when its segments have a gap: it must not become complete then.
    given_up: Arc<AtomicBool>,
    thread: JoinHandle<Result<Option<Taken>, BackupError>>,
}

struct Reader {
    shared: Arc<Zoned>,
    store: Store,
    tail: Arc<WalTail>,
    chain: Option<Chain>,
    next: Option<Next>,
    /// When the log was read last: what comes now was committed after that.
    last: Instant,
    /// Up to here the spool has everything.
    kept: Option<WalPosition>,
    /// The last whole copy.
    began_at: Option<Instant>,
    retry_at: Instant,
}

impl Reader {
    fn run(mut self, asked: &Receiver<Sender<Mark>>) {
        let mut asked_for = false;
        loop {
            let stopping = self.shared.stopped();
            if self.shared.gap.swap(false, Ordering::SeqCst) {
                self.lose();
            }
            let began = Instant::now();
            if stopping || asked_for || !self.gathers() {
                if let Err(error) = self.read() {
                    self.shared.trouble(&error);
                    self.lose();
                }
                self.last = began;
                self.shared.known().beat = began;
            }
            if stopping {
                self.shared.drained.store(true, Ordering::SeqCst);
                return;
            }
            self.settle();
            if self.is_due() {
                self.begin();
            }
            if let Ok(reply) = asked.try_recv() {
                self.mark(&reply);
            }
            asked_for = self.tail.rest(self.shared.settings.every.saturating_sub(began.elapsed()));
        }
    }

    /// While the store of copies is behind, commits gather for one larger segment instead of queueing as many.
    fn gathers(&self) -> bool {
        self.shared.spool.waits() >= QUEUED && self.last.elapsed() < GATHER
    }

    fn read(&mut self) -> Result<(), BackupError> {
        let Some((changes, at)) = self.tail.take()? else {
            // Nobody follows, or the writer lost the log: what was begun is of no use.
            if self.chain.is_some() || self.next.as_ref().is_some_and(|next| !given_up(next)) {
                self.lose();
            }
            return Ok(());
        };
        if !changes.is_empty() {
            self.spool(&changes, true)?;
            self.note(at)?;
        }
        self.kept = Some(at);
        self.tail.keep(at);
        Ok(())
    }

    /// Seals `changes` into each chain that is being continued.
    fn spool(&mut self, changes: &Changes, with_next: bool) -> Result<(), BackupError> {
        let shared = &self.shared;
        let (plain, until) = (object::encode(changes), self.store.clock().now());
        let next = self.next.as_mut().filter(|next| with_next && !given_up(next)).map(|next| &mut next.chain);
        for chain in self.chain.as_mut().into_iter().chain(next) {
            let name = chain.generation.segment(Segment { number: chain.segments + 1, until });
            let sealed = object::seal(&shared.keys, &name, &plain);
            shared.spool.push(name, &sealed, self.last)?;
            chain.segments += 1;
            chain.bytes += sealed.len() as u64;
        }
        Ok(())
    }

    fn note(&self, at: WalPosition) -> Result<(), BackupError> {
        let Some(chain) = &self.chain else { return Ok(()) };
        let path = self.shared.place();
        place::write(&path, &self.shared.target.label(), chain, at).map_err(|e| BackupError::file(&path, &e))
    }

    /// The chain has a gap: everything begins anew.
    fn lose(&mut self) {
        tracing::warn!(zone = self.shared.zone.name(), "the chain of the copy is broken: a new one begins");
        self.tail.let_go();
        (self.chain, self.kept) = (None, None);
        if let Some(next) = &self.next {
            next.given_up.store(true, Ordering::SeqCst);
        }
        place::forget(&self.shared.place());
        self.shared.spool.clear();
        let mut known = self.shared.known();
        known.uncovered.get_or_insert_with(Instant::now);
        drop(known);
        // At once, and then not again and again.
        self.retry_at = self.began_at.map_or_else(Instant::now, |began| began + PAUSE);
    }

    /// Takes over a generation whose whole copy has arrived.
    fn settle(&mut self) {
        let Some(next) = self.next.take_if(|next| next.thread.is_finished()) else { return };
        let usable = !given_up(&next);
        match next.thread.join().unwrap_or(Ok(None)) {
            Ok(Some(taken)) if usable => {
                let mut known = self.shared.known();
                known.generation = Some(taken.generation);
                known.uncovered = None;
                known.trouble = None;
                known.confirmed_at = Some(self.store.clock().now());
                drop(known);
                self.chain = Some(next.chain);
                // A kill before the next commit must not cost this copy.
                if let Err(error) = self.kept.map_or(Ok(()), |at| self.note(at)) {
                    self.shared.trouble(&error);
                }
            }
            Ok(_) => {}
            Err(error) => {
                self.shared.trouble(&error);
                self.retry_at = Instant::now() + SNAPSHOT_PAUSE;
            }
        }
    }

    fn is_due(&self) -> bool {
        let Some(chain) = &self.chain else {
            return self.next.is_none() && Instant::now() >= self.retry_at;
        };
        let Settings { segments, segment_bytes, .. } = self.shared.settings;
        let old = chain.generation.taken_at().date() != self.store.clock().today();
        let long = chain.segments >= segments || chain.bytes >= segment_bytes;
        self.next.is_none() && (old || long) && Instant::now() >= self.retry_at
    }

    /// Begins a generation: a whole copy at a known place of the log.
    fn begin(&mut self) {
        self.began_at = Some(Instant::now());
        let pinned = self.store.pin().map_err(BackupError::from);
        let begun = pinned.and_then(|pin| {
            self.finish_before(&pin, false)?;
            Ok(pin)
        });
        let pin = match begun {
            Ok(pin) => pin,
            Err(error) => {
                self.shared.trouble(&error);
                self.lose();
                return;
            }
        };
        let generation = Generation::new(self.shared.zone.name(), self.store.clock().now());
        let chain = Chain { generation: generation.clone(), segments: 0, bytes: 0 };
        let given_up = Arc::new(AtomicBool::new(false));
        let (shared, wanted, clock) =
            (Arc::clone(&self.shared), Arc::clone(&given_up), self.store.clock().clone());
        let scratch = self.shared.folder.join(format!("{}.whole", self.shared.zone.name()));
        let body = move || {
            let wanted = || !wanted.load(Ordering::SeqCst);
            let target = &*shared.target;
            let taken = snapshot::take(pin, generation, target, &shared.keys, &scratch, wanted)?;
            if taken.is_some()
                && let Err(error) =
                    retention::thin(target, shared.zone.name(), shared.settings.keep, clock.now())
            {
                shared.trouble(&error);
            }
            Ok(taken)
        };
        let thread = thread::Builder::new().name(format!("{}-whole", self.shared.zone.name())).spawn(body);
        self.next = Some(Next { chain, given_up, thread: thread.expect("the system gives threads") });
    }

    /// What was committed before the pin belongs to the old generation; to the next one as well when that had
    /// begun before.
    fn finish_before(&mut self, pin: &Pin, with_next: bool) -> Result<(), BackupError> {
        let before = self.tail.take_before();
        if !before.is_empty() {
            self.spool(&before, with_next)?;
        }
        pin.at().map_or(Ok(()), |at| self.note(at))
    }

    /// Cuts the chain here, and tells what the store has at this moment.
    fn mark(&mut self, reply: &Sender<Mark>) {
        let cut = self.store.pin().map_err(BackupError::from).and_then(|pin| {
            self.finish_before(&pin, true)?;
            Ok(pin)
        });
        match (cut, &self.chain) {
            (Ok(pin), Some(chain)) => {
                drop(reply.send((chain.generation.clone(), chain.segments, pin)));
            }
            (Ok(_), None) => {}
            (Err(error), _) => {
                self.shared.trouble(&error);
                self.lose();
            }
        }
    }
}

fn given_up(next: &Next) -> bool {
    next.given_up.load(Ordering::SeqCst)
}
