//! The log of a PostgreSQL server as it grows in a folder: `pg_receivewal` writes files of one size, filled with
//! zeros beforehand, the newest with the ending `.partial`.
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::BackupError;
use crate::object::damaged;

/// A page of the log is no larger and begins with a header that is not zero: so much of zeros was not written yet.
const BLOCK: u64 = 64 << 10;
/// Bytes of the log in one segment of a copy, at most.
const PIECE: u64 = 4 << 20;

/// A place in the log (LSN), on one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogPlace {
    pub timeline: u32,
    pub lsn: u64,
}

/// A part of one file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub from: LogPlace,
    /// Bytes of the whole file.
    pub file_bytes: u32,
    pub bytes: Vec<u8>,
}

impl Piece {
    pub(crate) fn end(&self) -> u64 {
        self.from.lsn + self.bytes.len() as u64
    }

    /// Comes right after `before`, whose file may end with zeros that were not copied.
    pub(crate) fn follows(&self, before: &Self) -> bool {
        let file = u64::from(self.file_bytes);
        let is_next = before.end().div_ceil(file) * file == self.from.lsn;
        self.from.timeline == before.from.timeline && (self.from.lsn == before.end() || is_next)
    }

    /// What comes before `lsn`, and the rest, which may be empty.
    pub(crate) fn split(mut self, lsn: u64) -> (Self, Self) {
        let at = usize::try_from(lsn.saturating_sub(self.from.lsn)).unwrap_or(usize::MAX);
        let bytes = self.bytes.split_off(at.min(self.bytes.len()));
        let from = LogPlace { lsn: self.end(), ..self.from };
        let rest = Self { from, bytes, ..self };
        (self, rest)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.bytes.len());
        out.extend_from_slice(&self.from.timeline.to_be_bytes());
        out.extend_from_slice(&self.file_bytes.to_be_bytes());
        out.extend_from_slice(&self.from.lsn.to_be_bytes());
        out.extend_from_slice(&self.bytes);
        out
    }

    pub(crate) fn decode(name: &str, plain: &[u8]) -> Result<Self, BackupError> {
        let (timeline, rest) = plain.split_first_chunk::<4>().ok_or_else(|| damaged(name))?;
        let (file_bytes, rest) = rest.split_first_chunk::<4>().ok_or_else(|| damaged(name))?;
        let (lsn, bytes) = rest.split_first_chunk::<8>().ok_or_else(|| damaged(name))?;
        let from = LogPlace { timeline: u32::from_be_bytes(*timeline), lsn: u64::from_be_bytes(*lsn) };
        let piece = Self { from, file_bytes: u32::from_be_bytes(*file_bytes), bytes: bytes.to_vec() };
        let fits = piece.file_bytes.is_power_of_two()
            && piece.offset() + bytes.len() as u64 <= piece.file_bytes.into();
        if fits { Ok(piece) } else { Err(damaged(name)) }
    }

    fn offset(&self) -> u64 {
        self.from.lsn % u64::from(self.file_bytes)
    }

    /// Lays it into its file in `folder`, which is made with its whole size; gives the file.
    pub(crate) fn lay(&self, folder: &Path) -> Result<PathBuf, BackupError> {
        let path = folder.join(file_name(self.from, self.file_bytes.into()));
        let lay = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.set_len(self.file_bytes.into())?;
            file.write_all_at(&self.bytes, self.offset())
        };
        lay().map_err(|e| BackupError::file(&path, &e))?;
        Ok(path)
    }
}

/// `000000010000000000000003`: timeline, and the file's number in two halves.
fn file_name(at: LogPlace, file_bytes: u64) -> String {
    let within = at.lsn % (1 << 32) / file_bytes;
    format!("{:08X}{:08X}{within:08X}", at.timeline, at.lsn >> 32)
}

/// The folder into which the log is received.
#[derive(Debug)]
pub(crate) struct WalFolder {
    pub path: PathBuf,
    pub file_bytes: u64,
}

#[derive(Debug)]
struct WalFile {
    path: PathBuf,
    start: LogPlace,
    complete: bool,
}

impl WalFolder {
    /// What has come since `at`, which moves on; from the oldest file when there is no place yet.
    ///
    /// # Errors
    /// A file is missing or cannot be read, or the server went on on another timeline.
    pub(crate) fn next(&self, at: &mut Option<LogPlace>) -> Result<Option<Piece>, BackupError> {
        let files = self.files()?;
        loop {
            let Some(from) = at.or_else(|| files.first().map(|file| file.start)) else { return Ok(None) };
            let begin = LogPlace { lsn: from.lsn - from.lsn % self.file_bytes, ..from };
            let later =
                files.iter().any(|file| file.start.timeline > from.timeline || file.start.lsn > begin.lsn);
            let Some(file) = files.iter().find(|file| file.start == begin) else {
                return if later { Err(self.gap(begin)) } else { Ok(None) };
            };
            let bytes = self.unread(file, from.lsn - begin.lsn)?;
            let piece = Piece { from, file_bytes: u32::try_from(self.file_bytes).unwrap_or(u32::MAX), bytes };
            if !piece.bytes.is_empty() {
                *at = Some(LogPlace { lsn: piece.end(), ..from });
                return Ok(Some(piece));
            }
            if !file.complete {
                let moved = files.iter().any(|file| file.start.timeline > from.timeline);
                return if moved { Err(self.gap(begin)) } else { Ok(None) };
            }
            *at = Some(LogPlace { lsn: begin.lsn + self.file_bytes, ..from });
        }
    }

    /// Files that end before `lsn` are not needed any more.
    pub(crate) fn forget_before(&self, lsn: u64) {
        for file in self.files().unwrap_or_default() {
            if file.complete && file.start.lsn + self.file_bytes <= lsn {
                drop(fs::remove_file(&file.path));
            }
        }
    }

    pub(crate) fn clear(&self) {
        drop(fs::remove_dir_all(&self.path));
        drop(fs::create_dir_all(&self.path));
    }

    fn gap(&self, at: LogPlace) -> BackupError {
        let reason = format!("{} が続いていません", file_name(at, self.file_bytes));
        BackupError::File { place: self.path.display().to_string(), reason }
    }

    /// In the order of the log.
    fn files(&self) -> Result<Vec<WalFile>, BackupError> {
        let unreadable = |e: std::io::Error| BackupError::file(&self.path, &e);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(unreadable)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let plain = name.strip_suffix(".partial");
            let hex = |range| u32::from_str_radix(plain.unwrap_or(&name).get(range)?, 16).ok();
            let (Some(timeline), Some(high), Some(low), 24) =
                (hex(0..8), hex(8..16), hex(16..24), plain.unwrap_or(&name).len())
            else {
                continue;
            };
            // Its zeros are still being written.
            if entry.metadata().is_ok_and(|about| about.len() == self.file_bytes) {
                let lsn = (u64::from(high) << 32) + u64::from(low) * self.file_bytes;
                let start = LogPlace { timeline, lsn };
                files.push(WalFile { path: entry.path(), start, complete: plain.is_none() });
            }
        }
        files.sort_by_key(|file| (file.start.timeline, file.start.lsn));
        Ok(files)
    }

    fn unread(&self, file: &WalFile, offset: u64) -> Result<Vec<u8>, BackupError> {
        let read = || {
            let open = File::open(&file.path)?;
            let (mut at, mut end) = (offset, offset);
            let mut block = vec![0; usize::try_from(BLOCK).unwrap_or_default()];
            while at < self.file_bytes && end - offset < PIECE {
                let until = (at / BLOCK + 1) * BLOCK;
                let part = &mut block[..usize::try_from(until - at).unwrap_or_default()];
                open.read_exact_at(part, at)?;
                match part.iter().rposition(|byte| *byte != 0) {
                    Some(last) => end = at + last as u64 + 1,
                    None if !file.complete && at % BLOCK == 0 => break,
                    None => {}
                }
                at = until;
            }
            // It is written from front to back: what lies before a byte that was seen is there now, but may not
            // have been there when the block was read.
            let mut bytes = vec![0; usize::try_from(end - offset).unwrap_or_default()];
            open.read_exact_at(&mut bytes, offset)?;
            Ok::<_, std::io::Error>(bytes)
        };
        match read() {
            Ok(bytes) => Ok(bytes),
            // It was renamed in between: the next look finds it.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !file.complete => Ok(Vec::new()),
            Err(e) => Err(BackupError::file(&file.path, &e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: u64 = 1 << 20;

    /// Writes `bytes` at the beginning of the second file and expects pieces that make the same bytes elsewhere.
    #[track_caller]
    fn check(bytes: &[u8], complete: bool) {
        let scratch = testkit::Scratch::new();
        let (received, laid) = (scratch.path.join("received"), scratch.path.join("laid"));
        for folder in [&received, &laid] {
            fs::create_dir(folder).expect("a folder");
        }
        let mut whole = bytes.to_vec();
        whole.resize(usize::try_from(FILE).expect("small"), 0);
        let name = format!("000000010000000000000001{}", if complete { "" } else { ".partial" });
        fs::write(received.join(name), &whole).expect("written");
        let folder = WalFolder { path: received, file_bytes: FILE };
        let mut at = None;
        while let Some(piece) = folder.next(&mut at).expect("read") {
            let again = Piece::decode("a", &piece.encode()).expect("it is as it was");
            assert_eq!(again, piece);
            let (before, after) = again.split(piece.from.lsn + 3);
            before.lay(&laid).expect("laid");
            after.lay(&laid).expect("laid");
        }
        let last = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
        let expected = if complete { 2 * FILE } else { FILE + last };
        assert_eq!(at.map_or(FILE, |at| at.lsn), expected);
        if last > 0 {
            assert_eq!(fs::read(laid.join("000000010000000000000001")).expect("laid"), whole);
        }
    }

    #[test]
    fn the_log_is_read_as_far_as_it_was_written() {
        check(&[], false);
        check(&[7; 100], false);
        check(&[7; 8192], true);
        check(&[&[7; 70_000][..], &[0; 50_000], &[1]].concat(), false);
        check(&[&[7; 70_000][..], &[0; 300_000], &[1]].concat(), true);
        check(&[9; 1 << 20], true);
    }

    #[test]
    fn names_are_those_of_the_server() {
        let at = LogPlace { timeline: 1, lsn: 0x2_0300_FB50 };
        assert_eq!(file_name(at, 16 << 20), "000000010000000200000003");
        assert_eq!(
            file_name(LogPlace { timeline: 26, lsn: 0xFFFF_FFFF }, 1 << 30),
            "0000001A0000000000000003"
        );
    }
}
