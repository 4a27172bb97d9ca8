//! Segments that wait for the store, on the disk beside the data: bounded, in order, and there after a kill.
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::BackupError;

/// A sealed object that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub name: String,
    pub bytes: u64,
    /// Its oldest commit is no older than this.
    pub since: Instant,
}

#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    most_bytes: u64,
    queue: Mutex<VecDeque<Waiting>>,
    rung: Condvar,
}

impl Spool {
    /// What an earlier run left waits first, in the order of the names, as `keep` says.
    pub(crate) fn open(
        folder: &Path,
        most_bytes: u64,
        keep: impl Fn(&str) -> bool,
    ) -> Result<Self, BackupError> {
        fs::create_dir_all(folder).map_err(|e| BackupError::file(folder, &e))?;
        let mut queue = Vec::new();
        for entry in fs::read_dir(folder).map_err(|e| BackupError::file(folder, &e))?.flatten() {
            let name = entry.file_name().to_string_lossy().replace('~', "/");
            match entry.metadata() {
                Ok(about) if keep(&name) => {
                    queue.push(Waiting { name, bytes: about.len(), since: Instant::now() });
                }
                _ => drop(fs::remove_file(entry.path())),
            }
        }
        queue.sort_by(|a, b| a.name.cmp(&b.name));
        let (folder, queue) = (folder.to_owned(), Mutex::new(queue.into()));
        Ok(Self { folder, most_bytes, queue, rung: Condvar::new() })
    }

    /// Not synced: after a power cut the copy begins anew, and a kill loses nothing of it.
    pub(crate) fn push(&self, name: String, sealed: &[u8], since: Instant) -> Result<(), BackupError> {
        let path = self.path(&name);
        let bytes = sealed.len() as u64;
        if self.bytes() + bytes > self.most_bytes {
            let reason = format!("{} MB を超えました", self.most_bytes >> 20);
            return Err(BackupError::File { place: self.folder.display().to_string(), reason });
        }
        let temporary = self.folder.join("new");
        let written = fs::write(&temporary, sealed).and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|e| BackupError::file(&path, &e))?;
        self.lock().push_back(Waiting { name, bytes, since });
        self.rung.notify_all();
        Ok(())
    }

    /// The object whose turn it is; waits for one for a while.
    pub(crate) fn next(&self, patience: Duration) -> Option<Waiting> {
        let queue = self.lock();
        let waited = self.rung.wait_timeout_while(queue, patience, |queue| queue.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.front().cloned()
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        let path = self.path(name);
        fs::read(&path).map_err(|e| BackupError::file(&path, &e))
    }

    /// It has arrived.
    pub(crate) fn done(&self, waiting: &Waiting) {
        let mut queue = self.lock();
        if queue.front().is_some_and(|front| front.name == waiting.name) {
            queue.pop_front();
        }
        drop(fs::remove_file(self.path(&waiting.name)));
    }

    /// Throws away what waits.
    pub(crate) fn clear(&self) {
        for waiting in self.lock().drain(..) {
            drop(fs::remove_file(self.path(&waiting.name)));
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().iter().map(|waiting| waiting.name.clone()).collect()
    }
    pub(crate) fn waits(&self) -> usize {
        self.lock().len()
    }
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().iter().map(|waiting| waiting.bytes).sum()
    }
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.lock().front().map(|waiting| waiting.since)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name.replace('/', "~"))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
