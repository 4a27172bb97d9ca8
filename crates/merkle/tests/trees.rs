//! Trees of any size: proofs hold as they were made, and nothing else does.
use std::convert::Infallible;

use merkle::{
    Frontier, Hash, Wrong, consistency_proof, empty_root, inclusion_proof, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|no| leaf_hash(&no.to_be_bytes())).collect()
}

/// The definition in RFC 9162 §2.1.1, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

fn subtree(leaves: &[Hash]) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> {
    |level, at| {
        let start = usize::try_from(at << level).expect("a small tree");
        Ok(root_by_definition(&leaves[start..start + (1 << level)]))
    }
}

fn included(index: u64, leaves: &[Hash]) -> Vec<Hash> {
    let Ok(proof) = inclusion_proof(index, leaves.len() as u64, &mut subtree(leaves));
    proof
}

fn grown(old: u64, leaves: &[Hash]) -> Vec<Hash> {
    let Ok(proof) = consistency_proof(old, leaves.len() as u64, &mut subtree(leaves));
    proof
}

/// A proof with one hash more, one less, or one bit changed.
fn damaged(proof: &[Hash], at: usize, bit: usize) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[[7; 32]]].concat(), [&[[7; 32]], proof].concat()];
    if !proof.is_empty() {
        let at = at % proof.len();
        let mut changed = proof.to_vec();
        flip(&mut changed[at], bit);
        all.push(changed);
        all.push([&proof[..at], &proof[at + 1..]].concat());
    }
    all
}

fn flip(hash: &mut Hash, bit: usize) {
    hash[bit / 8] ^= 1 << (bit % 8);
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut other = *hash;
    flip(&mut other, bit);
    other
}

/// Each proof of each small tree: no ragged edge is left out.
#[test]
fn every_proof_of_small_trees() {
    let all = leaves(40);
    let mut frontier = Frontier::new();
    for size in 0..=all.len() {
        let root = root_by_definition(&all[..size]);
        assert_eq!(frontier.root(), root, "{size} leaves");
        let (tree, size) = (&all[..size], size as u64);
        for index in 0..size {
            let leaf = &tree[usize::try_from(index).unwrap()];
            let proof = included(index, tree);
            for other in 0..size + 2 {
                let verdict = verify_inclusion(other, size, leaf, &proof, &root);
                assert_eq!(verdict.is_ok(), other == index, "{index} of {size} as {other}");
            }
        }
        for old in 1..=size {
            let proof = grown(old, tree);
            for other in 1..=size {
                let old_root = root_by_definition(&tree[..usize::try_from(old).unwrap()]);
                let verdict = verify_consistency(other, size, &old_root, &root, &proof);
                assert_eq!(verdict.is_ok(), other == old, "{old} to {size} as {other}");
            }
        }
        if let Some(leaf) = all.get(usize::try_from(size).unwrap()) {
            frontier.push(*leaf);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_inclusion_holds_as_it_was_made_alone(
        (size, index) in (1_u64..3000).prop_flat_map(|size| (Just(size), 0..size)),
        wrong_index in 0_u64..4000, at in 0_usize..16, bit in 0_usize..256,
    ) {
        let all = leaves(size);
        let (root, leaf) = (root_by_definition(&all), all[usize::try_from(index).unwrap()]);
        let proof = included(index, &all);
        prop_assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        prop_assert_eq!(verify_inclusion(wrong_index, size, &leaf, &proof, &root).is_ok(), wrong_index == index);
        prop_assert_eq!(
            verify_inclusion(index, size, &leaf, &proof, &flipped(&root, bit)), Err(Wrong::Root)
        );
        prop_assert_eq!(
            verify_inclusion(index, size, &flipped(&leaf, bit), &proof, &root), Err(Wrong::Root)
        );
        for other in damaged(&proof, at, bit) {
            prop_assert!(verify_inclusion(index, size, &leaf, &other, &root).is_err());
        }
    }

    #[test]
    fn a_growth_holds_as_it_was_made_alone(
        (new, old) in (2_u64..3000).prop_flat_map(|new| (Just(new), 1..new)),
        at in 0_usize..16, bit in 0_usize..256,
    ) {
        let all = leaves(new);
        let (before, root) = (root_by_definition(&all[..usize::try_from(old).unwrap()]), root_by_definition(&all));
        let proof = grown(old, &all);
        let verdict = |before: &Hash, root: &Hash, proof: &[Hash]| verify_consistency(old, new, before, root, proof);
        prop_assert_eq!(verdict(&before, &root, &proof), Ok(()));
        prop_assert!(verdict(&flipped(&before, bit), &root, &proof).is_err());
        prop_assert_eq!(verdict(&before, &flipped(&root, bit), &proof), Err(Wrong::NewRoot));
        prop_assert!(verdict(&root, &before, &proof).is_err());
        for other in damaged(&proof, at, bit) {
            prop_assert!(verdict(&before, &root, &other).is_err());
        }
    }

    /// The edge, stored and read again after any leaf, goes on to the same root.
    #[test]
    fn an_edge_resumes(size in 0_u64..2000, stop in 0_u64..2000) {
        let all = leaves(size);
        let mut frontier = Frontier::new();
        for (no, leaf) in (0..).zip(&all) {
            if no == stop {
                frontier = Frontier::from_parts(frontier.size(), frontier.edge().to_vec()).unwrap();
            }
            frontier.push(*leaf);
        }
        prop_assert_eq!(frontier.size(), size);
        prop_assert_eq!(frontier.root(), root_by_definition(&all));
        prop_assert_eq!(Frontier::from_parts(size + 1, frontier.edge().to_vec()).is_some(),
            (size + 1).count_ones() == size.count_ones());
    }

    /// Sizes and indexes that no tree reaches are refused, never a panic.
    #[test]
    fn any_numbers(a in any::<u64>(), b in any::<u64>(), hashes in 0_usize..70) {
        let proof = vec![[7; 32]; hashes];
        for (a, b) in [(a, b), (b, a), (a, u64::MAX), (u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX)] {
            prop_assert!(verify_inclusion(a, b, &[1; 32], &proof, &[2; 32]).is_err());
            prop_assert!(verify_consistency(a, b, &[1; 32], &[2; 32], &proof).is_err());
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let all = leaves(7);
    let (root, before) = (root_by_definition(&all), root_by_definition(&all[..3]));
    let (inclusion, consistency) = (included(2, &all), grown(3, &all));
    let check = |verdict: Result<(), Wrong>, expected: Wrong| assert_eq!(verdict, Err(expected));
    check(verify_inclusion(7, 7, &all[2], &inclusion, &root), Wrong::IndexBeyondSize { index: 7, size: 7 });
    check(verify_inclusion(2, 7, &all[2], &inclusion[1..], &root), Wrong::ProofTooShort);
    check(verify_inclusion(2, 3, &all[2], &inclusion, &root), Wrong::ProofTooLong);
    check(verify_inclusion(2, 7, &all[2], &inclusion, &before), Wrong::Root);
    check(verify_consistency(7, 3, &root, &before, &consistency), Wrong::Shrunk { old: 7, new: 3 });
    check(verify_consistency(0, 7, &empty_root(), &root, &[]), Wrong::FromNothing);
    check(verify_consistency(0, 0, &empty_root(), &empty_root(), &[]), Wrong::FromNothing);
    check(verify_consistency(3, 7, &before, &root, &[]), Wrong::ProofTooShort);
    check(verify_consistency(7, 7, &root, &root, &consistency), Wrong::ProofTooLong);
    check(verify_consistency(7, 7, &before, &root, &[]), Wrong::NewRoot);
    check(verify_consistency(3, 7, &root, &root, &consistency), Wrong::OldRoot);
    check(verify_consistency(3, 7, &before, &before, &consistency), Wrong::NewRoot);
    let sentence = Wrong::IndexBeyondSize { index: 7, size: 7 }.to_string();
    assert_eq!(sentence, "記録の番号 7 が、記録の数 7 の範囲にありません");
}

#[test]
fn an_error_of_the_store_comes_through() {
    let mut broken = |_: u32, _: u64| Err::<Hash, &str>("broken");
    assert_eq!(inclusion_proof(2, 7, &mut broken), Err("broken"));
    assert_eq!(consistency_proof(3, 7, &mut broken), Err("broken"));
    assert_eq!(consistency_proof(0, 7, &mut broken), Ok(Vec::new()));
    assert_eq!(consistency_proof(7, 7, &mut broken), Ok(Vec::new()));
}
