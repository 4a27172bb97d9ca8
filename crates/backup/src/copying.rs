//! The continuous copy of one zone's store: a thread reads the log and seals segments into the spool, another
//! takes them to the store of copies, and a third now and then begins a generation with a whole copy.
//!
//! While the whole copy is on its way, segments go to the old generation and to the new one, so that at every
//! moment one complete generation reaches the newest commit.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use db::{Changes, Pin, Store, WalPosition, WalTail, Zone};

use crate::BackupError;
use crate::line::{Line, Means};
use crate::object::{self, Generation};
use crate::place::{self, Chain, Frame};
use crate::retention;
use crate::snapshot::{self, Taken};

/// After a failure (the store of copies does not answer, the log cannot be read) the next try comes later.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// A whole copy that failed is tried again after this.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(10);

/// A moment of the store: the last segment that has it, and the snapshot itself.
pub(crate) type Mark = (Generation, u64, Pin);

/// One zone that is to be followed, before its store is opened.
#[derive(Debug)]
pub(crate) struct Prepared {
    zone: Zone,
    line: Arc<Line>,
    chain: Option<Chain>,
    pub tail: Arc<WalTail>,
}

#[derive(Debug)]
pub(crate) struct Copying {
    pub zone: Zone,
    pub line: Arc<Line>,
    pub marks: Sender<Sender<Mark>>,
    threads: Vec<JoinHandle<()>>,
}

impl Prepared {
    pub(crate) fn new(zone: Zone, means: Means) -> Result<Self, BackupError> {
        let place = place::of(&means.folder, zone.name());
        let resumed = place::read::<Frame>(&place, zone.name(), &means.target.label());
        let (chain, at) = resumed.map_or((None, None), |(chain, at)| (Some(chain), Some(at.into())));
        let tail = Arc::new(WalTail::new(at));
        let line = Arc::new(Line::new(zone.name(), means, chain.as_ref(), Some(Arc::clone(&tail)))?);
        Ok(Self { zone, line, chain, tail })
    }

    pub(crate) fn zone(&self) -> Zone {
        self.zone
    }

    /// `store` was opened with this tail.
    pub(crate) fn start(self, store: Store) -> Copying {
        let Self { zone, line, chain, tail } = self;
        let (marks, asked) = channel();
        let (reader, expected, last) = (Arc::clone(&line), chain.clone(), Instant::now());
        let reading = thread::Builder::new().name(format!("{}-tail", line.source)).spawn(move || {
            Reader {
                line: reader,
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
        let threads =
            vec![reading.expect("the system gives threads at start"), start_shipping(&line, expected)];
        Copying { zone, line, marks, threads }
    }
}

/// The thread that takes segments to the store of copies. `expected` is what must be there already.
pub(crate) fn start_shipping(line: &Arc<Line>, expected: Option<Chain>) -> JoinHandle<()> {
    let line = Arc::clone(line);
    let shipping = thread::Builder::new().name(format!("{}-ship", line.source)).spawn(move || {
        if let Some(chain) = expected {
            line.check_chain(&chain);
        }
        line.ship();
    });
    shipping.expect("the system gives threads at start")
}

/// Waits for threads that were told to stop. A store that hangs holds its thread for ever: the process ends without.
pub(crate) fn join(threads: Vec<JoinHandle<()>>, patience: Duration) {
    let until = Instant::now() + patience;
    for thread in threads {
        while !thread.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(10));
        }
        if thread.is_finished() {
            drop(thread.join());
        }
    }
}

impl Copying {
    /// Ships what is committed, for at most `patience`. What is left stays in the spool for the next start.
    pub(crate) fn stop(self, patience: Duration) {
        self.line.stop();
        join(self.threads, patience);
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
    line: Arc<Line>,
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
            let stopping = self.line.stopped();
            if self.line.gap.swap(false, Ordering::SeqCst) {
                self.lose();
            }
            let began = Instant::now();
            if stopping || asked_for || !self.line.gathers(self.last) {
                if let Err(error) = self.read() {
                    self.line.trouble(&error);
                    self.lose();
                }
                self.last = began;
                self.line.known().beat = began;
            }
            if stopping {
                self.line.drained.store(true, Ordering::SeqCst);
                return;
            }
            self.settle();
            if self.is_due() {
                self.begin();
            }
            if let Ok(reply) = asked.try_recv() {
                self.mark(&reply);
            }
            asked_for = self.tail.rest(self.line.settings.every.saturating_sub(began.elapsed()));
        }
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
        let (plain, until) = (object::encode(changes), self.store.clock().now());
        let next = self.next.as_mut().filter(|next| with_next && !given_up(next)).map(|next| &mut next.chain);
        for chain in self.chain.as_mut().into_iter().chain(next) {
            self.line.append(chain, &plain, until, self.last)?;
        }
        Ok(())
    }

    fn note(&self, at: WalPosition) -> Result<(), BackupError> {
        let Some(chain) = &self.chain else { return Ok(()) };
        let path = self.line.place();
        let written = place::write(&path, &self.line.target.label(), chain, Frame::from(at));
        written.map_err(|e| BackupError::file(&path, &e))
    }

    /// The chain has a gap: everything begins anew.
    fn lose(&mut self) {
        self.line.uncovered();
        self.tail.let_go();
        (self.chain, self.kept) = (None, None);
        if let Some(next) = &self.next {
            next.given_up.store(true, Ordering::SeqCst);
        }
        // At once, and then not again and again.
        self.retry_at = self.began_at.map_or_else(Instant::now, |began| began + PAUSE);
    }

    /// Takes over a generation whose whole copy has arrived.
    fn settle(&mut self) {
        let Some(next) = self.next.take_if(|next| next.thread.is_finished()) else { return };
        let usable = !given_up(&next);
        match next.thread.join().unwrap_or(Ok(None)) {
            Ok(Some(taken)) if usable => {
                self.line.covered(taken.generation, self.store.clock().now());
                self.chain = Some(next.chain);
                // A kill before the next commit must not cost this copy.
                if let Err(error) = self.kept.map_or(Ok(()), |at| self.note(at)) {
                    self.line.trouble(&error);
                }
            }
            Ok(_) => {}
            Err(error) => {
                self.line.trouble(&error);
                self.retry_at = Instant::now() + SNAPSHOT_PAUSE;
            }
        }
    }

    fn is_due(&self) -> bool {
        let Some(chain) = &self.chain else {
            return self.next.is_none() && Instant::now() >= self.retry_at;
        };
        let long = self.line.is_long(chain, self.store.clock().now());
        self.next.is_none() && long && Instant::now() >= self.retry_at
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
                self.line.trouble(&error);
                self.lose();
                return;
            }
        };
        let generation = Generation::new(self.line.source, self.store.clock().now());
        let chain = Chain { generation: generation.clone(), segments: 0, bytes: 0 };
        let given_up = Arc::new(AtomicBool::new(false));
        let (line, wanted, clock) =
            (Arc::clone(&self.line), Arc::clone(&given_up), self.store.clock().clone());
        let scratch = line.folder.join(format!("{}.whole", line.source));
        let body = move || {
            let wanted = || !wanted.load(Ordering::SeqCst);
            let target = &*line.target;
            let taken = snapshot::take(pin, generation, target, &line.keys, &scratch, wanted)?;
            if taken.is_some()
                && let Err(error) = retention::thin(target, line.source, line.settings.keep, clock.now())
            {
                line.trouble(&error);
            }
            Ok(taken)
        };
        let thread = thread::Builder::new().name(format!("{}-whole", self.line.source)).spawn(body);
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
                self.line.trouble(&error);
                self.lose();
            }
        }
    }
}

fn given_up(next: &Next) -> bool {
    next.given_up.load(Ordering::SeqCst)
}
