//! The right edge of a tree that grows.
use crate::{Hash, join, node_hash};

/// The growing right edge: the roots of the complete subtrees that a tree of `size` leaves consists of, the largest
/// first. One hash for each bit that is set in the size, so O(log n) memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree as it was stored; `None` when the number of hashes does not fit the size.
    pub fn from_parts(size: u64, edge: Vec<Hash>) -> Option<Self> {
        let fits = u32::try_from(edge.len()).is_ok_and(|length| length == size.count_ones());
        fits.then_some(Self { size, edge })
    }

    /// One leaf more, given its [`crate::leaf_hash`].
    pub fn push(&mut self, leaf: Hash) {
        let mut right = leaf;
        // Each complete subtree at the end, as large as the one on its right, closes with it to the next level.
        for _ in 0..self.size.trailing_ones() {
            let left = self.edge.pop().expect("a hash for each bit of the size");
            right = node_hash(&left, &right);
        }
        self.edge.push(right);
        self.size += 1;
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, the largest (leftmost) first.
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        join(&self.edge)
    }
}
