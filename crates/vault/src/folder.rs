//! The folder of the keys: who may read it, and files that are whole or absent.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::KeyError;

/// Bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;
/// A key file is a few lines.
const CAPACITY: usize = 4096;

/// Tells one version of a file from the next: each is a new file moved into place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    changed: (i64, i64),
}

/// Makes the folder if it is missing; refuses one that others can enter.
pub(crate) fn prepare(folder: &Path) -> Result<(), KeyError> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|error| KeyError::file(parent, &error))?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(KeyError::file(folder, &error)),
        _ => private(folder, "700"),
    }
}

/// One process at a time makes or changes keys; the lock ends with the returned file.
pub(crate) fn lock(folder: &Path) -> Result<File, KeyError> {
    let path = folder.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.map_err(|error| KeyError::file(&path, &error))?;
    file.lock().map_err(|error| KeyError::file(&path, &error))?;
    Ok(file)
}

pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    private(path, "600")?;
    let mut text = Zeroizing::new(String::with_capacity(CAPACITY));
    let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    read.map_err(|error| KeyError::file(path, &error))?;
    Ok(text)
}

/// A kill or a power cut leaves the old file or the new one, never half of one.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), KeyError> {
    let temporary = path.with_extension("new");
    let write = || {
        // What a kill left behind may have other rights; it is made anew.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        // The name in the folder must last as well.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|error| KeyError::file(path, &error))
}

/// `None` when the file is not there.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let meta = fs::metadata(path).ok()?;
    Some(Stamp { inode: meta.ino(), changed: (meta.mtime(), meta.mtime_nsec()) })
}

fn private(path: &Path, mode: &'static str) -> Result<(), KeyError> {
    let meta = fs::metadata(path).map_err(|error| KeyError::file(path, &error))?;
    if meta.permissions().mode() & OTHERS == 0 {
        Ok(())
    } else {
        Err(KeyError::Open { path: path.to_owned(), mode })
    }
}
