//! A file that an outsider can check: records with their proofs under signed checkpoints.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, Tx, Value, params};
use ed25519_dalek::VerifyingKey;
use merkle::Hash;
use serde_json::{Value as Json, json};

use crate::checkpoint;
use crate::leaf::{canonical, preimage};
use crate::source::Source;
use crate::succession;
use crate::tiles::{Subtrees, position};

/// The lines of a proof file (`fujidana-log/1`, see `tools/verify-log`): the first key, how each key
/// handed over to the next, every checkpoint with its consistency proof, and each sealed record under the newest checkpoint. Records that no checkpoint covers yet are
/// left out; the second number tells how many.
///
/// # Errors
/// What the engine says, or a damaged tree.
pub fn proof_file(
    tx: &mut Tx<'_>,
    city_name: &str,
    first_key: &VerifyingKey,
    records: &[(&Source, i64)],
) -> Result<(Vec<Json>, usize), DbError> {
    let mut subtrees = Subtrees::default();
    let mut lines = vec![json!({
        "format": "fujidana-log/1", "city": city_name, "municipality": tx.municipality().0,
        "public_key": STANDARD.encode(first_key.as_bytes()),
    })];
    lines.extend(succession::stored(tx)?.into_iter().map(|note| json!({ "successor": note })));
    let mut size = 0;
    for (next, note, _) in checkpoint::stored(tx)? {
        let next = position(next)?;
        let proof = if size == 0 {
            Vec::new()
        } else {
            merkle::consistency_proof(size, next, &mut |level, at| subtrees.root(tx, level, at))?
        };
        lines.push(json!({ "checkpoint": note, "proof": encoded(&proof) }));
        size = next;
    }
    let mut left_out = 0;
    for (source, id) in records {
        match record(tx, source, *id, size, &mut subtrees)? {
            Some(line) => lines.push(line),
            None => left_out += 1,
        }
    }
    Ok((lines, left_out))
}

fn record(
    tx: &mut Tx<'_>,
    source: &Source,
    id: i64,
    size: u64,
    subtrees: &mut Subtrees,
) -> Result<Option<Json>, DbError> {
    type Found = (Option<i64>, Hash, Hash, Option<Vec<u8>>, Vec<Value>);
    let row: Option<Found> =
        tx.opt(source.row, params![id], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?, r.rest())))?;
    let Some((Some(leaf_no), _, personal_hash, salt, values)) = row else { return Ok(None) };
    let city = tx.municipality();
    let no = position(leaf_no)?;
    if no >= size {
        return Ok(None);
    }
    let (public, personal) = values.split_at(source.public);
    let proof = merkle::inclusion_proof(no, size, &mut |level, at| subtrees.root(tx, level, at))?;
    Ok(Some(json!({
        "record": {
            "source": source.name.split('/').next(),
            "id": base::Id::<()>::new(id).to_string(),
            "leaf_no": no,
            "leaf": STANDARD.encode(canonical(source.name, city, public, &personal_hash)),
            "personal": salt.map(|salt| STANDARD.encode(preimage(&salt, personal))),
        },
        "proof": encoded(&proof),
    })))
}

fn encoded(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(|hash| STANDARD.encode(hash)).collect()
}
