//! Where a continuous copy has come to, written beside the data so that the next start goes on from there.
use std::fs;
use std::path::{Path, PathBuf};

use base::At;
use db::WalPosition;
use serde::de::DeserializeOwned;
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

/// `A` is the place in the log up to which the chain has everything.
#[derive(Debug, Serialize, Deserialize)]
struct Written<A> {
    target: String,
    taken_at: i64,
    segments: u64,
    bytes: u64,
    at: A,
}

/// A place in the embedded engine's log, as it is written down.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Frame {
    salts: [u32; 2],
    frame: u32,
    checksum: [u32; 2],
}

impl From<WalPosition> for Frame {
    fn from(WalPosition { salts, frame, checksum }: WalPosition) -> Self {
        Self { salts, frame, checksum }
    }
}

impl From<Frame> for WalPosition {
    fn from(Frame { salts, frame, checksum }: Frame) -> Self {
        Self { salts, frame, checksum }
    }
}

/// `None` when there is none for this store of copies: then a new generation begins.
pub(crate) fn read<A: DeserializeOwned>(
    path: &Path,
    source: &'static str,
    target: &str,
) -> Option<(Chain, A)> {
    let written: Written<A> = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let chain = Chain {
        generation: Generation::new(source, At::from_micros(written.taken_at)),
        segments: written.segments,
        bytes: written.bytes,
    };
    (written.target == target).then_some((chain, written.at))
}

/// Not synced: a power cut may lose it, or what it tells of; the next start finds the gap and begins anew.
pub(crate) fn write<A: Serialize>(path: &Path, target: &str, chain: &Chain, at: A) -> std::io::Result<()> {
    let written = Written {
        target: target.to_owned(),
        taken_at: chain.generation.taken_at().micros(),
        segments: chain.segments,
        bytes: chain.bytes,
        at,
    };
    let temporary = path.with_extension("new");
    fs::write(&temporary, serde_json::to_vec(&written).expect("plain data"))?;
    fs::rename(&temporary, path)
}

/// Whoever opens the stores without copying them breaks the chains: the next copy begins anew.
pub fn forget_places(spool: &Path) {
    for zone in db::Zone::ALL {
        forget(&of(spool, zone.name()));
    }
}

/// The file of a source.
pub(crate) fn of(spool: &Path, source: &str) -> PathBuf {
    spool.join(format!("{source}.place"))
}

pub(crate) fn forget(path: &Path) {
    drop(fs::remove_file(path));
}
