//! Follows the write-ahead log of an embedded store, so that every committed page can be copied elsewhere.
//!
//! The store's only writer says after each COMMIT how far the log reaches ([`WalTail::note`]) and moves the log
//! back into the database only when whoever copies has kept everything ([`WalTail::keep`]): no page is ever
//! overwritten that a kill could take from the copy. The format is SQLite's own (<https://sqlite.org/walformat.html>).
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::DbError;

/// Bytes of the log's header and of each frame's.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The log goes back into the database when it has this many more frames: 16 MiB, as SQLite would do by itself.
const CHECKPOINT: u32 = 4000;
/// So long the writer waits for whoever copies, once in so many frames.
const PATIENCE: Duration = Duration::from_millis(100);
/// A log that grew so long is moved all the same, and the copy begins anew: 1 GiB.
const LONGEST: u32 = 250_000;

/// A place in the log. SQLite draws new salts whenever it begins the log anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalPosition {
    pub salts: [u32; 2],
    /// Frames before this place.
    pub frame: u32,
    /// The running checksum of the log up to here.
    pub checksum: [u32; 2],
}

/// What some whole commits made of the database: the last image of each page they touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Pages of the database after the last of the commits; 0 when there was none.
    pub pages: u32,
    /// By page number, from 1.
    pub changed: BTreeMap<u32, Vec<u8>>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.pages == 0
    }

    /// Adds what came after.
    pub fn join(&mut self, later: Self) {
        if later.is_empty() {
            return;
        }
        self.pages = later.pages;
        self.changed.extend(later.changed);
        // The database may have become smaller (VACUUM).
        self.changed.retain(|number, _| *number <= later.pages);
    }
}

/// The tail of one store's log. Shared by the writer and whoever copies.
#[derive(Debug)]
pub struct WalTail {
    /// Where a copy of an earlier run had come to.
    resume: Option<WalPosition>,
    log: OnceLock<Log>,
    /// Locked for a moment only.
    committed: Mutex<Committed>,
    reading: Mutex<Reading>,
    kept: Mutex<Kept>,
    rung: Condvar,
}

/// What survives a kill of this process.
#[derive(Debug, Default)]
struct Kept {
    at: Option<WalPosition>,
    /// The writer waits.
    asked: bool,
}

/// How far the log reaches.
#[derive(Debug, Clone, Copy, Default)]
struct Committed {
    salts: [u32; 2],
    frames: u32,
}

#[derive(Debug, Default)]
struct Reading {
    /// `None`: nobody copies, or something went wrong and a copy must begin anew.
    at: Option<WalPosition>,
    /// Read before the last [`WalTail::begin`].
    before: Changes,
    /// Read and not yet taken.
    pending: Changes,
}

impl Reading {
    fn stop(&mut self) {
        *self = Self::default();
    }
}

/// SQLite takes no locks on this file, so that opening and closing it beside SQLite is harmless.
#[derive(Debug)]
struct Log(File);

impl WalTail {
    /// `resume` is where the copy of an earlier run had come to: it goes on from there when the log still
    /// reaches so far back. Who opened the store without a tail since must have forgotten that place.
    pub fn new(resume: Option<WalPosition>) -> Self {
        Self {
            resume,
            log: OnceLock::new(),
            committed: Mutex::default(),
            reading: Mutex::default(),
            kept: Mutex::default(),
            rung: Condvar::new(),
        }
    }

    /// Before the writer serves anybody.
    pub(crate) fn attach(&self, connection: &Connection, database: &Path) -> Result<(), DbError> {
        let mut name: OsString = database.as_os_str().to_owned();
        name.push("-wal");
        let file = File::open(&name).map_err(unreadable)?;
        let log = self.log.get_or_init(|| Log(file));
        let committed = Committed { salts: log.salts().map_err(unreadable)?, frames: frames(connection)? };
        *lock(&self.committed) = committed;
        let at = self.resume.and_then(|place| log.resume(place, committed));
        if self.resume.is_some() && at.is_none() {
            tracing::warn!("the log has gone on without its copy: a new one begins");
        }
        lock(&self.reading).at = at;
        Ok(())
    }

    /// The writer has committed, and says how far the log reaches now before it answers.
    pub(crate) fn note(&self, connection: &Connection) {
        let salts = self.log().and_then(|log| log.salts().map_err(unreadable));
        match salts.and_then(|salts| Ok(Committed { salts, frames: frames(connection)? })) {
            Ok(committed) => {
                let before = *lock(&self.committed);
                if before.salts != committed.salts {
                    // Before anybody reads on in the new log.
                    self.was_read(before);
                }
                *lock(&self.committed) = committed;
            }
            Err(error) => {
                tracing::error!(%error, "the end of the log cannot be told: the copy begins anew");
                self.let_go();
            }
        }
    }

    /// The log has begun anew, which happens after we moved it into the database and read it before. Had somebody
    /// else moved it, pages would be missing.
    fn was_read(&self, before: Committed) {
        let mut reading = lock(&self.reading);
        if let Some(at) = reading.at
            && (at.salts, at.frame) != (before.salts, before.frames)
        {
            tracing::error!("another program has moved the log into the database: the copy begins anew");
            reading.stop();
        }
    }

    /// Reads what is committed and not yet read.
    fn catch_up(&self) -> Result<MutexGuard<'_, Reading>, DbError> {
        let mut reading = lock(&self.reading);
        let Reading { at: Some(at), pending, .. } = &mut *reading else { return Ok(reading) };
        let committed = *lock(&self.committed);
        if let Err(error) = self.log()?.read(at, committed, pending) {
            reading.stop();
            return Err(unreadable(error));
        }
        Ok(reading)
    }

    /// What was committed since the last call, and where that ends. `None` when the chain is broken or was
    /// never begun: the copy begins anew with [`crate::Store::pin`].
    ///
    /// # Errors
    /// The log cannot be read, or is not as its checksums say; the chain is broken then.
    pub fn take(&self) -> Result<Option<(Changes, WalPosition)>, DbError> {
        let mut reading = self.catch_up()?;
        Ok(reading.at.map(|at| (std::mem::take(&mut reading.pending), at)))
    }

    /// Everything up to `at` is where no kill takes it from: the log may go on without it.
    pub fn keep(&self, at: WalPosition) {
        lock(&self.kept).at = Some(at);
        self.rung.notify_all();
    }

    /// Something is committed that is not kept yet.
    pub fn is_behind(&self) -> bool {
        let committed = *lock(&self.committed);
        let kept = lock(&self.kept).at;
        kept.is_none_or(|at| (at.salts, at.frame) != (committed.salts, committed.frames))
    }

    /// Between two reads: until the writer asks, at most so long. Tells whether it asked.
    pub fn rest(&self, most: Duration) -> bool {
        let kept = lock(&self.kept);
        let rested = self.rung.wait_timeout_while(kept, most, |kept| !kept.asked);
        std::mem::take(&mut rested.unwrap_or_else(PoisonError::into_inner).0.asked)
    }

    /// The writer may move the log into the database. It asks whoever copies, and waits a little.
    fn may_move(&self, patience: Duration) -> bool {
        let committed = *lock(&self.committed);
        let is_all = |kept: &Kept| {
            kept.at.is_some_and(|at| (at.salts, at.frame) == (committed.salts, committed.frames))
        };
        if lock(&self.reading).at.is_none() {
            return true;
        }
        let mut kept = lock(&self.kept);
        if !is_all(&kept) {
            kept.asked = true;
            self.rung.notify_all();
        }
        let waited = self.rung.wait_timeout_while(kept, patience, |kept| !is_all(kept));
        if is_all(&waited.unwrap_or_else(PoisonError::into_inner).0) {
            return true;
        }
        // Who copies stands still: the disk of the data must not fill for it.
        let is_long = committed.frames >= LONGEST;
        if is_long {
            tracing::error!("whoever copies the log stands still: the copy begins anew");
            self.let_go();
        }
        is_long
    }

    /// What an earlier chain still lacks up to where the last [`crate::Store::pin`] stands.
    pub fn take_before(&self) -> Changes {
        std::mem::take(&mut lock(&self.reading).before)
    }

    /// Begins to read at what is committed now. On the writer's thread, before its transaction is committed.
    /// May run again.
    pub(crate) fn begin(&self) -> Result<WalPosition, DbError> {
        let mut reading = self.catch_up()?;
        let at = match reading.at {
            Some(at) => at,
            None => self.log()?.end(*lock(&self.committed)).map_err(unreadable)?,
        };
        reading.at = Some(at);
        let pending = std::mem::take(&mut reading.pending);
        reading.before.join(pending);
        Ok(at)
    }

    /// Stops reading: the copy could not keep up and begins anew later.
    pub fn let_go(&self) {
        lock(&self.reading).stop();
    }

    fn log(&self) -> Result<&Log, DbError> {
        self.log.get().ok_or(DbError::Closed)
    }
}

/// When the writer moves the log into the database.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    frames: u32,
    at: u32,
}

impl Checkpoints {
    pub(crate) fn new() -> Self {
        Self { frames: 0, at: CHECKPOINT }
    }

    /// After a COMMIT was answered.
    pub(crate) fn after_commit(&mut self, tail: &WalTail, connection: &Connection) {
        let frames = lock(&tail.committed).frames;
        if frames < self.frames {
            self.at = CHECKPOINT;
        }
        self.frames = frames;
        if frames >= self.at {
            // A reader that holds on to an old snapshot keeps the log: the next try is as far away.
            let moved = checkpoint(Some(tail), connection, PATIENCE);
            self.at = frames.saturating_add(if moved { CHECKPOINT } else { CHECKPOINT / 4 });
        }
    }
}

/// Moves the log into the database when a copy has all of it; tells whether it did.
pub(crate) fn checkpoint(tail: Option<&WalTail>, connection: &Connection, patience: Duration) -> bool {
    let may = tail.is_none_or(|tail| tail.may_move(patience));
    if may {
        drop(connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)"));
    }
    may
}

/// Frames of the log that belong to commits, as SQLite itself knows them.
fn frames(connection: &Connection) -> Result<u32, DbError> {
    let ask = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)");
    let told = ask.and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(1)));
    // −1 before the log exists.
    told.map(|count| u32::try_from(count).unwrap_or(0)).map_err(|e| DbError::Commit(e.to_string()))
}

impl Log {
    fn salts(&self) -> io::Result<[u32; 2]> {
        let mut bytes = [0u8; HEADER];
        match self.0.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok([word(&bytes, 16), word(&bytes, 20)]),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok([0, 0]),
            Err(error) => Err(error),
        }
    }

    /// Where a copy that had come to `place` goes on. The log has this very place; or it has begun anew once since,
    /// which a writer that is followed does only when everything before was kept ([`WalTail::keep`]).
    fn resume(&self, place: WalPosition, committed: Committed) -> Option<WalPosition> {
        if self.holds(place, committed) {
            return Some(place);
        }
        // SQLite adds one to the first salt each time; a log that was deleted meanwhile has a random one.
        let next = place.salts != [0, 0] && committed.salts[0] == place.salts[0].wrapping_add(1);
        if next { self.start(committed.salts).ok() } else { None }
    }

    /// The log has this very place.
    fn holds(&self, place: WalPosition, committed: Committed) -> bool {
        place.salts == committed.salts
            && place.frame <= committed.frames
            && self.end(Committed { frames: place.frame, ..committed }).is_ok_and(|end| end == place)
    }

    /// The place after the last committed frame.
    fn end(&self, committed: Committed) -> io::Result<WalPosition> {
        let Committed { salts, frames } = committed;
        let Some(last) = frames.checked_sub(1) else { return self.start(salts) };
        let mut header = [0u8; FRAME_HEADER];
        self.0.read_exact_at(&mut header, offset(last, self.header()?.page_size))?;
        if [word(&header, 8), word(&header, 12)] != salts {
            return Err(broken("a committed frame has other salts"));
        }
        Ok(WalPosition { salts, frame: frames, checksum: [word(&header, 16), word(&header, 20)] })
    }

    /// The place before the first frame.
    fn start(&self, salts: [u32; 2]) -> io::Result<WalPosition> {
        // Without a header there is no frame either; the checksum is read when the first one comes.
        let checksum = if salts == [0, 0] { [0, 0] } else { self.header()?.checksum };
        Ok(WalPosition { salts, frame: 0, checksum })
    }

    fn header(&self) -> io::Result<Header> {
        let mut bytes = [0u8; HEADER];
        self.0.read_exact_at(&mut bytes, 0)?;
        let little = match word(&bytes, 0) {
            0x377f_0682 => true,
            0x377f_0683 => false,
            _ => return Err(broken("not a log of SQLite")),
        };
        let checksum = [word(&bytes, 24), word(&bytes, 28)];
        if sum(little, [0, 0], &bytes[..24]) != checksum {
            return Err(broken("the log's header"));
        }
        Ok(Header { little, page_size: word(&bytes, 8) as usize, checksum })
    }

    /// From `at` to what is committed. The frames are durable and nobody overwrites them: see the module.
    fn read(&self, at: &mut WalPosition, committed: Committed, into: &mut Changes) -> io::Result<()> {
        if at.salts != committed.salts {
            // Begun anew, which happens only after everything was read.
            *at = self.start(committed.salts)?;
        }
        if at.frame >= committed.frames {
            return Ok(());
        }
        let Header { little, page_size, .. } = self.header()?;
        let mut frame = vec![0u8; FRAME_HEADER + page_size];
        let (mut place, mut commits, mut open) = (*at, Changes::default(), BTreeMap::new());
        while place.frame < committed.frames {
            self.0.read_exact_at(&mut frame, offset(place.frame, page_size))?;
            let (header, page) = frame.split_at(FRAME_HEADER);
            place.checksum = sum(little, sum(little, place.checksum, &header[..8]), page);
            let salts = [word(header, 8), word(header, 12)];
            if salts != place.salts || place.checksum != [word(header, 16), word(header, 20)] {
                return Err(broken("a committed frame's checksum"));
            }
            place.frame += 1;
            open.insert(word(header, 0), page.to_vec());
            // The last frame of a commit says how large the database is; the others say 0.
            let pages = word(header, 4);
            if pages > 0 {
                commits.join(Changes { pages, changed: std::mem::take(&mut open) });
            }
        }
        if !open.is_empty() {
            return Err(broken("the log ends within a commit"));
        }
        into.join(commits);
        *at = place;
        Ok(())
    }
}

struct Header {
    /// Words of the checksum are little-endian.
    little: bool,
    page_size: usize,
    checksum: [u32; 2],
}

fn offset(frame: u32, page_size: usize) -> u64 {
    (HEADER + frame as usize * (FRAME_HEADER + page_size)) as u64
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// SQLite's checksum of the log.
fn sum(little: bool, from: [u32; 2], bytes: &[u8]) -> [u32; 2] {
    let read = |word: &[u8]| {
        let word: [u8; 4] = word.try_into().expect("four bytes");
        if little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) }
    };
    let [mut s0, mut s1] = from;
    for pair in bytes.chunks_exact(8) {
        s0 = s0.wrapping_add(read(&pair[..4])).wrapping_add(s1);
        s1 = s1.wrapping_add(read(&pair[4..])).wrapping_add(s0);
    }
    [s0, s1]
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn unreadable(error: io::Error) -> DbError {
    DbError::Unusable(format!("書き込みの記録（WAL）を読めません: {error}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
