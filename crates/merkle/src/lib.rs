//! The Merkle tree of RFC 6962 and RFC 9162: hashes, the growing edge, proofs and their verification. Pure: it stores
//! nothing and asks the caller for the roots of complete subtrees. Spec: office §5.2.
mod frontier;
mod prove;
mod verify;

use sha2::{Digest, Sha256};

pub use frontier::Frontier;
pub use prove::{consistency_proof, inclusion_proof};
pub use verify::{Wrong, verify_consistency, verify_inclusion};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ record) (RFC 9162 §2.1.1).
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). The first byte keeps a node from passing for a leaf.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over complete subtrees that follow each other, the largest first; none: [`empty_root`].
fn join(parts: &[Hash]) -> Hash {
    let Some((last, before)) = parts.split_last() else { return empty_root() };
    before.iter().rev().fold(*last, |right, left| node_hash(left, &right))
}
