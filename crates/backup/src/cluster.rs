//! The continuous copy of a PostgreSQL server: a whole copy by `pg_basebackup`, then its log as it grows. The chain is
//! that of the embedded engine; a segment is a piece of the log.
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver as Asked, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base::Clock;
use db::{Moment, RowCounts, Server, Standing};

use crate::copying::{PAUSE, join, start_shipping};
use crate::dumps::ServerPlan;
use crate::line::Line;
use crate::object::{BASE, Generation, Manifest, SERVER};
use crate::place::{self, Chain};
use crate::receiver::{Receiver, has_lost};
use crate::snapshot::{Taken, put_whole};
use crate::tools::{Tool, reach};
use crate::wal::{LogPlace, Piece, WalFolder};
use crate::{BackupError, retention};

/// The first version whose tools begin a stream where the slot stands.
const OLDEST: i32 = 150_000;
/// A whole copy that failed is tried again after this.
const WHOLE_PAUSE: Duration = Duration::from_secs(10);
/// The log's last bytes may be zeros that fill a record up: so many are not waited for.
const FILLING: u64 = 7;

/// Whoever asks for a cut says where as soon as it is known: nothing is read meanwhile.
struct Cut {
    lsn: Asked<u64>,
    reply: Sender<(Generation, u64)>,
}

/// What runs.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub line: Arc<Line>,
    url: String,
    cuts: Sender<Cut>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The server allows it, and the slot is there.
///
/// # Errors
/// What is missing, and what to run.
pub(crate) fn ready(url: &str) -> Result<(Receiver, Standing), BackupError> {
    let standing = Server::connect(url)?.standing()?;
    let Standing { version, wal_level, may_replicate, user, database, .. } = &standing;
    let lacking = |told: String| Err(BackupError::Lacking(told));
    if *version < OLDEST {
        return lacking("PostgreSQL 15 以上が要ります".to_owned());
    }
    if wal_level == "minimal" {
        let told = "ALTER SYSTEM SET wal_level = 'replica'; を実行し、PostgreSQL を動かし直してください";
        return lacking(told.to_owned());
    }
    if !may_replicate {
        return lacking(format!(
            "データベースの管理者が ALTER ROLE \"{user}\" REPLICATION; を実行してください"
        ));
    }
    let name = database.to_lowercase();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(50).collect();
    let receiver = Receiver::new(url.to_owned(), format!("fujidana_{name}"));
    match receiver.prepare() {
        Ok(()) => Ok((receiver, standing)),
        Err(error) => lacking(format!(
            "pg_hba.conf に replication の行（例 host replication {user} 192.0.2.0/24 scram-sha-256）があり、max_wal_senders と max_replication_slots に空きがあるか確かめてください。{error}"
        )),
    }
}

impl Cluster {
    pub(crate) fn start(
        plan: &ServerPlan,
        receiver: Receiver,
        standing: Standing,
    ) -> Result<Self, BackupError> {
        let path = place::of(&plan.means.folder, SERVER);
        let resumed = place::read::<LogPlace>(&path, SERVER, &plan.means.target.label());
        let (chain, at) = resumed.map_or((None, None), |(chain, at)| (Some(chain), Some(at)));
        let line = Arc::new(Line::new(SERVER, plan.means.clone(), chain.as_ref(), None)?);
        let wal = WalFolder { path: line.folder.join("postgres.wal"), file_bytes: standing.wal_file_bytes };
        if chain.is_none() {
            // The slot gives what comes from now on.
            wal.clear();
        }
        let (cuts, asked) = channel();
        let (expected, now) = (chain.clone(), Instant::now());
        let follower = Follower {
            line: Arc::clone(&line),
            clock: plan.clock.clone(),
            receiver,
            standing,
            wal,
            at,
            chain,
            next: None,
            cut: None,
            last: now,
            began_at: None,
            retry_at: now,
        };
        let reading =
            thread::Builder::new().name("postgres-tail".to_owned()).spawn(move || follower.run(&asked));
        let threads =
            vec![reading.expect("the system gives threads at start"), start_shipping(&line, expected)];
        Ok(Self { line, url: plan.url.clone(), cuts, threads: Mutex::new(threads) })
    }

    /// Cuts the chain at a moment of which the rows are known.
    ///
    /// # Errors
    /// No complete copy is being continued by then, or the server refuses.
    pub(crate) fn mark(&self, until: Instant) -> Result<(Generation, u64, RowCounts), BackupError> {
        let late = || BackupError::Late(SERVER.to_owned());
        loop {
            let ((say, lsn), (reply, answer)) = (channel(), channel());
            self.cuts.send(Cut { lsn, reply }).map_err(|_| late())?;
            let moment = Moment::take(&self.url)?;
            if say.send(moment.lsn).is_err() && Instant::now() < until {
                // It took longer than anybody waits for.
                continue;
            }
            match answer.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok((generation, last)) => return Ok((generation, last, moment.counts)),
                // No whole copy is there yet.
                Err(_) if Instant::now() + PAUSE < until => thread::sleep(PAUSE),
                Err(_) => return Err(late()),
            }
        }
    }

    /// Ships what has come, for at most `patience`; what is left waits in the spool for the next start.
    pub(crate) fn stop(&self, patience: Duration) {
        self.line.stop();
        join(std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner)), patience);
    }
}

/// A generation that becomes complete.
struct Next {
    /// The log is kept from here on.
    from: Option<LogPlace>,
    /// It took so long that the log could not be kept.
    lost: bool,
    thread: JoinHandle<Result<Option<Taken>, BackupError>>,
}

struct Follower {
    line: Arc<Line>,
    clock: Clock,
    receiver: Receiver,
    standing: Standing,
    wal: WalFolder,
    /// Up to here the log was read.
    at: Option<LogPlace>,
    chain: Option<Chain>,
    next: Option<Next>,
    cut: Option<(u64, Sender<(Generation, u64)>)>,
    /// When the log was read last: what comes now was committed after that.
    last: Instant,
    began_at: Option<Instant>,
    retry_at: Instant,
}

impl Follower {
    fn run(mut self, asked: &Asked<Cut>) {
        loop {
            let stopping = self.line.stopped();
            let began = Instant::now();
            if self.line.gap.swap(false, Ordering::SeqCst) {
                self.lose();
            }
            self.tend();
            if stopping || self.cut.is_some() || !self.line.gathers(self.last) {
                if let Err(error) = self.read() {
                    self.line.trouble(&error);
                    self.renew();
                }
                self.last = began;
            }
            if stopping {
                self.receiver.stop();
                self.line.drained.store(true, Ordering::SeqCst);
                return;
            }
            self.settle();
            if self.is_due() {
                self.begin();
            }
            let patience = self.line.settings.every.saturating_sub(began.elapsed());
            if let Ok(cut) = asked.recv_timeout(patience) {
                self.take_cut(&cut);
            }
        }
    }

    /// A receiver that does not run is a copy that stands still.
    fn tend(&mut self) {
        match self.receiver.tend(&self.wal) {
            Ok(true) => self.line.known().beat = Instant::now(),
            Ok(false) => {}
            Err(error) => {
                self.line.trouble(&error);
                if has_lost(&error) {
                    self.renew();
                }
            }
        }
    }

    /// All of the log that has come.
    fn read(&mut self) -> Result<(), BackupError> {
        while let Some(piece) = self.wal.next(&mut self.at)? {
            // Noted one by one: a kill must not cost a whole copy whose log is still being caught up with.
            if let Err(error) = self.append(piece).and_then(|()| self.note()) {
                self.line.trouble(&error);
                self.lose();
            }
        }
        self.answer_cut();
        self.forget();
        Ok(())
    }

    /// What was read goes away, but for what the next generation begins with. It gives up what becomes too much.
    fn forget(&mut self) {
        let Some(at) = self.at else { return };
        let most = self.line.settings.spool_bytes;
        let kept = match &mut self.next {
            Some(next) => {
                // With nothing read before, it begins with the oldest file.
                let from = next.from.map_or(0, |from| from.lsn);
                next.lost = next.lost || (from > 0 && at.lsn - from > most);
                if next.lost { at.lsn } else { from }
            }
            None => at.lsn,
        };
        self.wal.forget_before(kept);
    }

    fn append(&mut self, piece: Piece) -> Result<(), BackupError> {
        let Some(chain) = &mut self.chain else { return Ok(()) };
        let at = self.cut.as_ref().map_or(u64::MAX, |(lsn, _)| *lsn);
        let (before, after) = piece.split(at);
        let until = self.clock.now();
        if !before.bytes.is_empty() {
            self.line.append(chain, &before.encode(), until, self.last)?;
        }
        if !after.bytes.is_empty() {
            if let Some((_, reply)) = self.cut.take() {
                drop(reply.send((chain.generation.clone(), chain.segments)));
            }
            self.line.append(chain, &after.encode(), until, self.last)?;
        }
        Ok(())
    }

    /// The log has come exactly to the cut.
    fn answer_cut(&mut self) {
        let reached = |(lsn, _): &mut (u64, _)| self.at.is_some_and(|at| at.lsn + FILLING >= *lsn);
        if let (Some(chain), Some((_, reply))) = (&self.chain, self.cut.take_if(reached)) {
            drop(reply.send((chain.generation.clone(), chain.segments)));
        }
    }

    fn take_cut(&mut self, cut: &Cut) {
        if let Ok(lsn) = cut.lsn.recv_timeout(WHOLE_PAUSE)
            && self.chain.is_some()
        {
            self.cut = Some((lsn, cut.reply.clone()));
        }
    }

    fn note(&self) -> Result<(), BackupError> {
        let (Some(chain), Some(at)) = (&self.chain, self.at) else { return Ok(()) };
        let path = self.line.place();
        place::write(&path, &self.line.target.label(), chain, at).map_err(|e| BackupError::file(&path, &e))
    }

    /// The chain has a gap: everything begins anew, at once and then not again and again.
    fn lose(&mut self) {
        self.line.uncovered();
        (self.chain, self.cut) = (None, None);
        self.retry_at = self.began_at.map_or_else(Instant::now, |began| began + PAUSE);
    }

    /// The log itself has a gap.
    fn renew(&mut self) {
        self.lose();
        self.receiver.stop();
        (self.at, self.next) = (None, None);
        self.wal.clear();
        let dropped = Server::connect(&self.receiver.url).and_then(|mut server| {
            server.free_slot(&self.receiver.slot)?;
            server.drop_slot(&self.receiver.slot)
        });
        if let Err(error) = dropped.map_err(BackupError::from).and_then(|()| self.receiver.prepare()) {
            self.line.trouble(&error);
        }
    }

    /// Takes over a generation whose whole copy has arrived: its chain begins with what the log had before.
    fn settle(&mut self) {
        if self.cut.is_some() {
            return;
        }
        let Some(next) = self.next.take_if(|next| next.thread.is_finished()) else { return };
        match next.thread.join().unwrap_or(Ok(None)) {
            Ok(Some(taken)) if !next.lost => {
                let chain = Chain { generation: taken.generation.clone(), segments: 0, bytes: 0 };
                (self.chain, self.at) = (Some(chain), next.from);
                self.line.covered(taken.generation, self.clock.now());
                if let Err(error) = self.note().and_then(|()| self.read()) {
                    self.line.trouble(&error);
                    self.renew();
                }
            }
            Ok(_) => {}
            Err(error) => {
                self.line.trouble(&error);
                self.retry_at = Instant::now() + WHOLE_PAUSE;
            }
        }
    }

    fn is_due(&self) -> bool {
        let long = self.chain.as_ref().is_none_or(|chain| self.line.is_long(chain, self.clock.now()));
        self.next.is_none() && long && Instant::now() >= self.retry_at
    }

    /// Begins a generation.
    fn begin(&mut self) {
        self.began_at = Some(Instant::now());
        let from = self.at.map(|at| LogPlace { lsn: at.lsn - at.lsn % self.wal.file_bytes, ..at });
        let (line, clock, url) = (Arc::clone(&self.line), self.clock.clone(), self.receiver.url.clone());
        let Standing { user, database, version, .. } = self.standing.clone();
        let version = version.unsigned_abs() / 10_000;
        let body = move || {
            let manifest = Manifest { form: BASE, user, database, version, ..Manifest::default() };
            let taken = take_base(&line, &clock, &url, manifest)?;
            if let Err(error) = retention::thin(&*line.target, SERVER, line.settings.keep, clock.now()) {
                line.trouble(&error);
            }
            Ok(taken)
        };
        let thread = thread::Builder::new().name("postgres-whole".to_owned()).spawn(body);
        self.next = Some(Next { from, lost: false, thread: thread.expect("the system gives threads") });
    }
}

/// The whole server, with the log that makes it whole. It is as it was at the end: that is its instant.
fn take_base(
    line: &Line,
    clock: &Clock,
    url: &str,
    manifest: Manifest,
) -> Result<Option<Taken>, BackupError> {
    let scratch = line.folder.join(format!("{SERVER}.whole"));
    drop(std::fs::remove_file(&scratch));
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&scratch);
    let file = file.map_err(|e| BackupError::file(&scratch, &e))?;
    let mut command = Tool::BaseBackup.command();
    reach(&mut command, url)?;
    command.args(["--no-password", "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"]);
    let taken = Tool::BaseBackup.run(command.arg("--no-manifest").stdout(Stdio::from(file)));
    let put = taken.and_then(|()| {
        let generation = Generation::new(SERVER, clock.now());
        put_whole(generation, &*line.target, &line.keys, &scratch, manifest, || !line.stopped())
    });
    drop(std::fs::remove_file(&scratch));
    put
}
