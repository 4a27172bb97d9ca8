//! Where a continuous copy has come to, written beside the data so that the next start goes on from there.
use std::fs;
use std::path::{Path, PathBuf};

use base::At;
use db::WalPosition;
use serde::{Deserialize, Serialize};

use crate::object::Generation;

/// Of a generation that is complete in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub generation: Generation,
    /// Segments made.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    target: String,
    taken_at: i64,
    segments: u64,
    bytes: u64,
    salts: [u32; 2],
    frame: u32,
    checksum: [u32; 2],
}

/// `None` when there is none for this store of copies: then a new generation begins.
pub(crate) fn read(path: &Path, source: &'static str, target: &str) -> Option<(Chain, WalPosition)> {
    let written: Written = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let chain = Chain {
        generation: Generation::new(source, At::from_micros(written.taken_at)),
        segments: written.segments,
        bytes: written.bytes,
    };
    let Written { salts, frame, checksum, .. } = written;
    (written.target == target).then_some((chain, WalPosition { salts, frame, checksum }))
}

/// Not synced: a power cut may lose it, or what it tells of; the next start finds the gap and begins anew.
pub(crate) fn write(path: &Path, target: &str, chain: &Chain, at: WalPosition) -> std::io::Result<()> {
    let written = Written {
        target: target.to_owned(),
        taken_at: chain.generation.taken_at().micros(),
        segments: chain.segments,
        bytes: chain.bytes,
        salts: at.salts,
        frame: at.frame,
        checksum: at.checksum,
    };
    let temporary = path.with_extension("new");
    fs::write(&temporary, serde_json::to_vec(&written).expect("plain data"))?;
    fs::rename(&temporary, path)
}

/// Whoever opens the stores without copying them breaks the chains: the next copy begins anew.
pub fn forget_places(spool: &Path) {
    for zone in db::Zone::ALL {
        forget(&of(spool, zone));
    }
}

/// The file of a zone.
pub(crate) fn of(spool: &Path, zone: db::Zone) -> PathBuf {
    spool.join(format!("{}.place", zone.name()))
}

pub(crate) fn forget(path: &Path) {
    drop(fs::remove_file(path));
}
