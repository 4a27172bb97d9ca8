//! Checking proofs against roots.
use thiserror::Error;

use crate::{Hash, node_hash};

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Wrong {
    #[error("記録の番号 {index} が、記録の数 {size} の範囲にありません")]
    IndexBeyondSize { index: u64, size: u64 },
    #[error("記録が {old} 件から {new} 件に減っています")]
    Shrunk { old: u64, new: u64 },
    #[error("空の木からの増え方は、何も証明しません")]
    FromNothing,
    #[error("証明のハッシュが足りません")]
    ProofTooShort,
    #[error("証明のハッシュが多すぎます")]
    ProofTooLong,
    #[error("証明から計算したハッシュが、木のルートと合いません")]
    Root,
    #[error("証明から計算したハッシュが、前の木のルートと合いません")]
    OldRoot,
    #[error("証明から計算したハッシュが、後の木のルートと合いません")]
    NewRoot,
}

/// Checks that `leaf` is the leaf `index` of the tree of `size` leaves under `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`Wrong`]: the proof does not hold.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Wrong> {
    if index >= size {
        return Err(Wrong::IndexBeyondSize { index, size });
    }
    let mut path = Path { node: index, last: size - 1 };
    let mut hash = *leaf;
    for other in proof {
        hash = match path.up()? {
            Side::Left => node_hash(other, &hash),
            Side::Right => node_hash(&hash, other),
        };
    }
    path.end()?;
    if hash == *root { Ok(()) } else { Err(Wrong::Root) }
}

/// Checks that the tree of `new` leaves under `new_root` begins with the `old` leaves under `old_root` (RFC 9162
/// §2.1.4.2). From no leaves nothing can be shown, and equal sizes need equal roots and no proof.
///
/// # Errors
/// [`Wrong`]: the proof does not hold.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Wrong> {
    if old > new {
        return Err(Wrong::Shrunk { old, new });
    }
    if old == 0 {
        return Err(Wrong::FromNothing);
    }
    if old == new {
        let same = if old_root == new_root { Ok(()) } else { Err(Wrong::NewRoot) };
        return if proof.is_empty() { same } else { Err(Wrong::ProofTooLong) };
    }
    // The largest complete subtree that ends the old tree. A whole tree is not repeated in the proof.
    let level = old.trailing_zeros();
    let mut path = Path { node: (old - 1) >> level, last: (new - 1) >> level };
    let (first, rest) = match proof.split_first() {
        None => return Err(Wrong::ProofTooShort),
        Some(_) if old.is_power_of_two() => (old_root, proof),
        Some(split) => split,
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for other in rest {
        match path.up()? {
            Side::Left => {
                old_hash = node_hash(other, &old_hash);
                new_hash = node_hash(other, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, other),
        }
    }
    path.end()?;
    match (old_hash == *old_root, new_hash == *new_root) {
        (true, true) => Ok(()),
        (false, _) => Err(Wrong::OldRoot),
        (true, false) => Err(Wrong::NewRoot),
    }
}

/// On which side of the node the next hash of a proof stands.
enum Side {
    Left,
    Right,
}

/// A node's number on its level and that of the last node there (`fn` and `sn` of the RFC).
struct Path {
    node: u64,
    last: u64,
}

impl Path {
    /// Goes up to the next node that has a sibling.
    fn up(&mut self) -> Result<Side, Wrong> {
        if self.last == 0 {
            return Err(Wrong::ProofTooLong);
        }
        let side = if self.node & 1 == 1 || self.node == self.last { Side::Left } else { Side::Right };
        // The last node of a level without a sibling goes up unchanged.
        let alone = if matches!(side, Side::Left) { self.node.trailing_zeros() } else { 0 };
        self.node >>= alone;
        self.last >>= alone;
        self.node >>= 1;
        self.last >>= 1;
        Ok(side)
    }

    fn end(&self) -> Result<(), Wrong> {
        if self.last == 0 { Ok(()) } else { Err(Wrong::ProofTooShort) }
    }
}
