//! Where copies go: a folder (another disk, another house's share) or an S3-compatible store.
use std::fmt::Debug;

use crate::BackupError;
use crate::folder::Folder;
use crate::s3::S3;

/// An object in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// `inside/2026-11-24-1795479240000000/manifest`
    pub name: String,
    pub bytes: u64,
}

/// A store of named objects. A put is durable when it returns, and an object is whole or absent.
pub trait Target: Debug + Send + Sync {
    /// # Errors
    /// The store refuses, or does not answer in time.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError>;
    /// # Errors
    /// As [`Target::put`], and when there is no such object.
    fn get(&self, name: &str) -> Result<Vec<u8>, BackupError>;
    /// The objects whose names begin with `prefix`, in the order of the names.
    ///
    /// # Errors
    /// As [`Target::put`].
    fn list(&self, prefix: &str) -> Result<Vec<Object>, BackupError>;
    /// An object that is not there is deleted, too.
    ///
    /// # Errors
    /// As [`Target::put`].
    fn delete(&self, name: &str) -> Result<(), BackupError>;
    /// What a person may read of it: no credentials.
    fn label(&self) -> String;
}

/// Opens what `--to`, `--from` or `--backup` names. `writer` tells those apart who write at the same time.
///
/// # Errors
/// The text names no store, or the folder cannot be made.
pub fn open_target(text: &str, writer: &str) -> Result<Box<dyn Target>, BackupError> {
    match text.strip_prefix("s3://") {
        Some(address) => Ok(Box::new(S3::open(address, |name| std::env::var(name).ok())?)),
        None => Ok(Box::new(Folder::open(text.as_ref(), writer)?)),
    }
}
