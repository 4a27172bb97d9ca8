//! A whole copy of a database: the beginning of a generation.
use std::fs::File;
use std::io::Read;
use std::path::Path;

use db::{Pin, RowCounts};
use vault::Keys;

use crate::BackupError;
use crate::object::{self, CHUNK, DUMP, Generation, Manifest};
use crate::target::Target;

/// What was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub generation: Generation,
    pub bytes: u64,
    /// As they lie in the store.
    pub sealed: u64,
    pub counts: RowCounts,
}

/// Copies what `pin` holds into the store. `scratch` is a file beside the data that is there meanwhile, so that
/// the snapshot is let go as soon as it is read, however slow the store is. `wanted` is asked before the
/// manifest makes the copy complete.
pub(crate) fn take(
    pin: Pin,
    generation: Generation,
    target: &dyn Target,
    keys: &Keys,
    scratch: &Path,
    wanted: impl Fn() -> bool,
) -> Result<Option<Taken>, BackupError> {
    drop(std::fs::remove_file(scratch));
    let ready = pin.copy_to(scratch).and_then(|()| pin.row_counts());
    drop(pin);
    let put = ready.map_err(BackupError::from).and_then(|counts| {
        let manifest = Manifest { form: DUMP, counts, ..Manifest::default() };
        put_whole(generation, target, keys, scratch, manifest, wanted)
    });
    drop(std::fs::remove_file(scratch));
    put
}

/// Puts a file as the whole copy of `generation`. `manifest` knows all but the size.
pub(crate) fn put_whole(
    generation: Generation,
    target: &dyn Target,
    keys: &Keys,
    path: &Path,
    manifest: Manifest,
    wanted: impl Fn() -> bool,
) -> Result<Option<Taken>, BackupError> {
    let unreadable = |e: std::io::Error| BackupError::file(path, &e);
    let mut file = File::open(path).map_err(unreadable)?;
    let (chunks, bytes, sealed) = put_chunks(&generation, target, keys, &mut file, unreadable)?;
    if !wanted() {
        return Ok(None);
    }
    let manifest = Manifest { bytes, chunks, ..manifest };
    put_manifest(&generation, target, keys, &manifest)?;
    Ok(Some(Taken { generation, bytes, sealed, counts: manifest.counts }))
}

/// Makes the generation complete.
pub(crate) fn put_manifest(
    generation: &Generation,
    target: &dyn Target,
    keys: &Keys,
    manifest: &Manifest,
) -> Result<(), BackupError> {
    let text = serde_json::to_vec(manifest).expect("a manifest is plain data");
    let name = generation.manifest();
    target.put(&name, &object::seal(keys, &name, &text))
}

/// Their number, and the bytes of the source and of the sealed objects.
pub(crate) fn put_chunks(
    generation: &Generation,
    target: &dyn Target,
    keys: &Keys,
    from: &mut impl Read,
    unreadable: impl Fn(std::io::Error) -> BackupError,
) -> Result<(u32, u64, u64), BackupError> {
    let (mut number, mut bytes, mut sealed_bytes) = (0, 0, 0);
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        from.take(CHUNK as u64).read_to_end(&mut chunk).map_err(&unreadable)?;
        if chunk.is_empty() {
            return Ok((number, bytes, sealed_bytes));
        }
        number += 1;
        bytes += chunk.len() as u64;
        let name = generation.chunk(number);
        let sealed = object::seal(keys, &name, &chunk);
        target.put(&name, &sealed)?;
        sealed_bytes += sealed.len() as u64;
    }
}
