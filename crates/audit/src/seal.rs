//! Sealing: rows that were committed without a number get the next ones in the tree.
//!
//! The write path stays parallel: an act writes its leaf hash alone, and one sealer a city numbers what it finds. It
//! asks for rows without a number, never for ids above the last: on PostgreSQL a smaller id may become visible later.
use base::MunicipalityId;
use db::{DbError, Store, Tx, params, sql};
use merkle::{Frontier, Hash};

use crate::source::Source;
use crate::tiles::{Growth, column, hashes, position};

/// Rows of each source in one transaction.
const SLICE: i64 = 4096;

/// Seals all that is committed; gives the number of leaves added.
///
/// # Errors
/// What the engine says, or a damaged head.
pub async fn seal(
    store: &Store,
    city: MunicipalityId,
    sources: &'static [&'static Source],
) -> Result<u64, DbError> {
    let mut sealed = 0;
    loop {
        // READ COMMITTED: the head's row is the lock, and rows that others commit meanwhile are the next slice.
        let added = store.claim(city, move |tx| seal_slice(tx, sources)).await?;
        sealed += added;
        if added == 0 {
            return Ok(sealed);
        }
    }
}

fn seal_slice(tx: &mut Tx<'_>, sources: &[&Source]) -> Result<u64, DbError> {
    if !anything_waits(tx, sources)? {
        return Ok(0);
    }
    let frontier = lock_head(tx)?;
    let mut growth = Growth::resume(tx, frontier)?;
    let before = growth.frontier.size();
    for source in sources {
        let waiting: Vec<(i64, Hash)> =
            tx.all(source.unsealed, params![SLICE], |r| Ok((r.take()?, r.take()?)))?;
        if waiting.is_empty() {
            continue;
        }
        let first = column(growth.frontier.size());
        let ids: Vec<i64> = waiting.iter().map(|(id, _)| *id).collect();
        waiting.iter().for_each(|(_, leaf)| growth.push(*leaf));
        (source.sealed)(tx, &ids)?;
        tx.run(source.number, params![ids, first])?;
    }
    let frontier = growth.store(tx)?;
    let update = sql!("UPDATE audit_head SET size = $2, edge = $3 WHERE municipality_id = $1");
    tx.run(update, params![column(frontier.size()), frontier.edge().concat()])?;
    Ok(frontier.size() - before)
}

/// Without writing: a quiet city's head is left alone.
fn anything_waits(tx: &mut Tx<'_>, sources: &[&Source]) -> Result<bool, DbError> {
    for source in sources {
        if !tx.all(source.unsealed, params![1i64], |r| r.take::<i64>())?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the head's row for this transaction, and gives where the tree ends.
fn lock_head(tx: &mut Tx<'_>) -> Result<Frontier, DbError> {
    let begin = sql!(
        "INSERT INTO audit_head (municipality_id, size, edge) VALUES ($1, 0, $2)
         ON CONFLICT (municipality_id) DO NOTHING"
    );
    tx.run(begin, params![Vec::<u8>::new()])?;
    let lock = sql!("UPDATE audit_head SET size = size WHERE municipality_id = $1");
    tx.run(lock, params![])?;
    Ok(head(tx)?.unwrap_or_default())
}

/// Where the tree ends; `None` before the first leaf.
pub(crate) fn head(tx: &mut Tx<'_>) -> Result<Option<Frontier>, DbError> {
    let find = sql!("SELECT size, edge FROM audit_head WHERE municipality_id = $1");
    let found: Option<(i64, Vec<u8>)> = tx.opt(find, params![], |r| Ok((r.take()?, r.take()?)))?;
    let Some((size, edge)) = found else { return Ok(None) };
    let damaged = || DbError::Unusable("監査の木の先頭の行が壊れています".to_owned());
    Frontier::from_parts(position(size)?, hashes(&edge)?).map(Some).ok_or_else(damaged)
}
