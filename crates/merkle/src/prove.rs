//! Proofs, composed of roots of complete subtrees.
use crate::{Hash, join};

/// The way from leaf `index` to the root of the first `size` leaves, from the leaf up (RFC 9162 §2.1.3.1).
/// `subtree(level, i)` is the root of the complete subtree of 2^level leaves that starts at leaf i·2^level; the ragged
/// right side is composed here.
///
/// # Errors
/// What `subtree` says.
///
/// # Panics
/// When `index` is not below `size`: there is no such proof.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    subtree: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    assert!(index < size, "leaf {index} of {size}");
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + left_width(end - start);
        if index < middle {
            proof.push(range_root(middle, end, subtree)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, subtree)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// What shows that the first `old` of `new` leaves are still what they were (RFC 9162 §2.1.4.1); empty when `old` is
/// 0 or `new`. `subtree` as in [`inclusion_proof`].
///
/// # Errors
/// What `subtree` says.
///
/// # Panics
/// When `old` is beyond `new`: there is no such proof.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    subtree: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    assert!(old <= new, "{old} leaves grow to {new}");
    let mut proof = Vec::new();
    if old == 0 {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = start + left_width(end - start);
        if old <= middle {
            proof.push(range_root(middle, end, subtree)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, subtree)?);
            start = middle;
        }
    }
    // The old tree as a whole is known to whoever checks; a part of it is not.
    if start > 0 {
        proof.push(range_root(start, end, subtree)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `width` (at least 2): where the tree splits.
fn left_width(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// The root of the leaves `start..end` of a node of the tree: its complete subtrees, the largest first, joined.
fn range_root<E>(
    start: u64,
    end: u64,
    subtree: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut parts = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        parts.push(subtree(level, at >> level)?);
        at += 1 << level;
    }
    Ok(join(&parts))
}
