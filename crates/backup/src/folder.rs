//! A folder as a store of copies.
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::BackupError;
use crate::target::{Object, Target};

/// Names that begin so are not objects yet.
const INCOMING: &str = ".incoming";

#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    writer: String,
}

impl Folder {
    pub(crate) fn open(root: &Path, writer: &str) -> Result<Self, BackupError> {
        fs::create_dir_all(root).map_err(|e| refused(root, &e))?;
        Ok(Self { root: root.to_owned(), writer: writer.to_owned() })
    }

    /// One writer writes one object of a zone at a time; what a kill leaves is overwritten by the next.
    fn incoming(&self, name: &str) -> PathBuf {
        let zone = name.split('/').next().unwrap_or_default();
        let kind = if name.contains("/segment-") { "segment" } else { "snapshot" };
        self.root.join(format!("{INCOMING}-{}-{zone}-{kind}", self.writer))
    }
}

impl Target for Folder {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let (incoming, path) = (self.incoming(name), self.root.join(name));
        let folder = path.parent().unwrap_or(&self.root);
        let put = || {
            make_folder(folder)?;
            let mut file = File::create(&incoming)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&incoming, &path)?;
            // The name must last as well.
            File::open(folder)?.sync_all()
        };
        put().map_err(|e| refused(&path, &e))
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        let path = self.root.join(name);
        fs::read(&path).map_err(|e| refused(&path, &e))
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, BackupError> {
        // A prefix that ends with a slash names a folder; ours all do.
        let start = self.root.join(prefix);
        let mut found = Vec::new();
        walk(&self.root, &start, &mut found).map_err(|e| refused(&start, &e))?;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn delete(&self, name: &str) -> Result<(), BackupError> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&path, &error)),
            _ => {
                if let Some(folder) = path.parent() {
                    // Fails while others are in it, which is right.
                    drop(fs::remove_dir(folder));
                }
                Ok(())
            }
        }
    }

    fn label(&self) -> String {
        self.root.display().to_string()
    }
}

/// Makes what is missing of a folder, so that it lasts.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent() else { return Ok(()) };
    make_folder(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(parent)?.sync_all(),
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Object>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(INCOMING.as_bytes()) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &entry.path(), found)?;
        } else if kind.is_file() {
            let path = entry.path();
            let parts: Option<Vec<&str>> =
                path.strip_prefix(root).ok().map(|rest| rest.iter().filter_map(OsStr::to_str).collect());
            let name = parts.unwrap_or_default().join("/");
            found.push(Object { name, bytes: entry.metadata()?.len() });
        }
    }
    Ok(())
}

fn refused(path: &Path, error: &io::Error) -> BackupError {
    BackupError::Target { place: path.display().to_string(), reason: error.to_string() }
}
