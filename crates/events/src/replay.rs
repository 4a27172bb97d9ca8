//! One follower reads the whole log again while the others go on.
use base::MunicipalityId;
use db::{DbError, Store, Tx, params, sql, sql_across};

use crate::follow::FollowUp;
use crate::log::EventId;

/// Events that are handed out again in one transaction.
const SLICE: i64 = 5000;

/// Empties the follower's tables and lets it follow every event again. New events wait their turn.
///
/// # Errors
/// What the engine says.
pub fn replay(tx: &mut Tx<'_>, follow_up: &FollowUp) -> Result<(), DbError> {
    (follow_up.clear)(follow_up, tx)?;
    tx.run(sql!("DELETE FROM job WHERE municipality_id = $1 AND follower = $2"), params![follow_up.name])?;
    tx.run(
        sql!("DELETE FROM followed WHERE municipality_id = $1 AND follower = $2"),
        params![follow_up.name],
    )?;
    tx.run(sql!("DELETE FROM replay WHERE municipality_id = $1 AND follower = $2"), params![follow_up.name])?;
    let begin = sql!(
        "INSERT INTO replay (municipality_id, follower, cursor_event_id, last_event_id)
         SELECT $1, $2, 0, CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM event WHERE municipality_id = $1"
    );
    tx.run(begin, params![follow_up.name])?;
    tx.wake_workers();
    Ok(())
}

/// Hands out the next slice of each replay of this follower; a crash loses nothing, the cursor is stored.
pub(crate) async fn advance(store: &Store, follow_up: &'static FollowUp) -> Result<usize, DbError> {
    let running = store.read_across(move |tx| {
        let find = sql_across!(
            "job polling: a worker serves every city of the installation",
            "SELECT municipality_id FROM replay WHERE follower = $1"
        );
        tx.all(find, params![follow_up.name], |r| r.take::<MunicipalityId>())
    });
    let mut slices = 0;
    for municipality in running.await? {
        store.write_bulk(municipality, move |tx| hand_out(tx, follow_up)).await?;
        slices += 1;
    }
    Ok(slices)
}

fn hand_out(tx: &mut Tx<'_>, follow_up: &FollowUp) -> Result<(), DbError> {
    let find = sql!(
        "SELECT cursor_event_id, last_event_id FROM replay WHERE municipality_id = $1 AND follower = $2"
    );
    let Some((cursor, last)) =
        tx.opt(find, params![follow_up.name], |r| Ok((r.take::<EventId>()?, r.take::<EventId>()?)))?
    else {
        return Ok(());
    };
    let kinds: Vec<String> = follow_up.kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let select = sql!(
        "SELECT id FROM event WHERE municipality_id = $1 AND id > $2 AND id <= $3 AND kind IN TEXTS($4)
          ORDER BY id LIMIT $5"
    );
    let ids: Vec<EventId> = tx.all(select, params![cursor, last, kinds, SLICE], |r| r.take())?;
    let Some(&reached) = ids.last() else {
        tx.run(
            sql!("DELETE FROM replay WHERE municipality_id = $1 AND follower = $2"),
            params![follow_up.name],
        )?;
        return Ok(());
    };
    let insert = sql!(
        "INSERT INTO job (municipality_id, follower, event_id, stream, run_at, locked_until_at, attempts, trouble)
         SELECT $1, $2, id, stream, $3, 0, 0, '' FROM event WHERE municipality_id = $1 AND id IN INTS($4)"
    );
    tx.run(insert, params![follow_up.name, tx.started_at(), ids])?;
    let step = sql!("UPDATE replay SET cursor_event_id = $3 WHERE municipality_id = $1 AND follower = $2");
    tx.run(step, params![follow_up.name, reached])?;
    Ok(())
}
