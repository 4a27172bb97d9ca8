//! The tree in the store: hashes in tiles of 256, so that a proof reads a few rows.
//!
//! Level 0 holds leaves; level n the roots of the full tiles of level n − 1 (office §5.2, the tile layout).
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use db::{DbError, Tx, params, sql};
use merkle::{Frontier, Hash, node_hash};

/// Hashes of one tile.
pub(crate) const TILE: u64 = 256;
/// Levels of the tree that one tile covers: 2^8 = 256.
const DEPTH: u32 = 8;

/// A position as the columns hold it.
pub(crate) fn column(number: u64) -> i64 {
    i64::try_from(number).expect("a log has fewer than 2^63 leaves")
}

/// A number from a column; damaged when negative.
pub(crate) fn position(number: i64) -> Result<u64, DbError> {
    u64::try_from(number).map_err(|_| DbError::Unusable("監査の木の番号が負になっています".to_owned()))
}

/// Cuts the bytes of a column into hashes; what is left over is damage.
pub(crate) fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, DbError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(hashes.to_vec())
    } else {
        Err(DbError::Unusable("監査の木のハッシュの長さが違います".to_owned()))
    }
}

/// The hashes of a tile; empty where there is none.
pub(crate) fn tile(tx: &mut Tx<'_>, level: u32, no: u64) -> Result<Vec<Hash>, DbError> {
    let find =
        sql!("SELECT hashes FROM audit_tile WHERE municipality_id = $1 AND level = $2 AND tile_no = $3");
    let found = tx.opt(find, params![i64::from(level), column(no)], |r| r.take::<Vec<u8>>())?;
    hashes(&found.unwrap_or_default())
}

/// The root of `hashes`, whose number is a power of two.
fn root_of(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        hashes = hashes.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    hashes[0]
}

/// Roots of complete subtrees, for proofs; the tiles of one proof are read once.
#[derive(Default)]
pub(crate) struct Subtrees {
    read: HashMap<(u32, u64), Vec<Hash>>,
}

impl Subtrees {
    /// The root over the leaves `index * 2^level ..`, which must all be sealed.
    pub(crate) fn root(&mut self, tx: &mut Tx<'_>, level: u32, index: u64) -> Result<Hash, DbError> {
        let (tile_level, within) = (level / DEPTH, level % DEPTH);
        let first = index << within;
        let (no, at) = (first / TILE, usize::try_from(first % TILE).expect("below 256"));
        let hashes = match self.read.entry((tile_level, no)) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(unread) => unread.insert(tile(tx, tile_level, no)?),
        };
        let missing = || DbError::Unusable(format!("監査の木の段{tile_level}の板{no}が欠けています"));
        let part = hashes.get(at..at + (1 << within)).ok_or_else(missing)?;
        Ok(root_of(part.to_vec()))
    }
}

/// The right edge while leaves are added.
pub(crate) struct Growth {
    pub frontier: Frontier,
    /// The tile of each level that is not full yet.
    open: Vec<Vec<Hash>>,
    /// Tiles to write: level, number, hashes.
    changed: Vec<(u32, u64, Vec<Hash>)>,
    full: Vec<u64>,
}

impl Growth {
    /// Reads where the tree ends. The head's row is the lock of the sealers of one city.
    pub(crate) fn resume(tx: &mut Tx<'_>, frontier: Frontier) -> Result<Self, DbError> {
        let (mut open, mut full) = (Vec::new(), Vec::new());
        let mut length = frontier.size();
        let mut level = 0;
        while length > 0 {
            full.push(length / TILE);
            open.push(if length.is_multiple_of(TILE) { Vec::new() } else { tile(tx, level, length / TILE)? });
            length /= TILE;
            level += 1;
        }
        Ok(Self { frontier, open, changed: Vec::new(), full })
    }

    pub(crate) fn push(&mut self, leaf: Hash) {
        self.frontier.push(leaf);
        let mut hash = leaf;
        for level in 0.. {
            if level == self.open.len() {
                self.open.push(Vec::new());
                self.full.push(0);
            }
            self.open[level].push(hash);
            if self.open[level].len() < 256 {
                return;
            }
            let tile = std::mem::take(&mut self.open[level]);
            hash = root_of(tile.clone());
            let depth = u32::try_from(level).expect("a tree has few levels");
            self.changed.push((depth, self.full[level], tile));
            self.full[level] += 1;
        }
    }

    /// Writes the tiles that changed.
    pub(crate) fn store(mut self, tx: &mut Tx<'_>) -> Result<Frontier, DbError> {
        for (level, tile) in (0u32..).zip(&self.open) {
            if !tile.is_empty() {
                self.changed.push((level, self.full[level as usize], tile.clone()));
            }
        }
        for (level, no, tile) in self.changed {
            let bytes = tile.concat();
            let write = sql!(
                "INSERT INTO audit_tile (municipality_id, level, tile_no, hashes) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (municipality_id, level, tile_no) DO UPDATE SET hashes = excluded.hashes"
            );
            tx.run(write, params![i64::from(level), column(no), bytes])?;
        }
        Ok(self.frontier)
    }
}
