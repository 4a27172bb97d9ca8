//! What a clerk typed and did not send yet, and what she searched lately.
use base::At;
use db::{DbError, Tx, params, sql};
use identity::Actor;
use register::RawMoveIn;

const MOVE_IN: &str = "move_in";

/// Keeps the one draft that a clerk has of a move-in.
pub(crate) fn keep(tx: &mut Tx<'_>, actor: &Actor, raw: &RawMoveIn, at: At) -> Result<(), DbError> {
    let answers = serde_json::to_string(raw).expect("answers are plain text");
    let upsert = sql!(
        "INSERT INTO draft (municipality_id, account_id, kind, answers, saved_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (municipality_id, account_id, kind)
         DO UPDATE SET answers = excluded.answers, saved_at = excluded.saved_at"
    );
    tx.run(upsert, params![actor.account, MOVE_IN, answers, at]).map(drop)
}

pub(crate) fn kept(tx: &mut Tx<'_>, actor: &Actor) -> Result<Option<(RawMoveIn, At)>, DbError> {
    let find = sql!(
        "SELECT answers, saved_at FROM draft WHERE municipality_id = $1 AND account_id = $2 AND kind = $3"
    );
    let found =
        tx.opt(find, params![actor.account, MOVE_IN], |r| Ok((r.take::<String>()?, r.take::<At>()?)))?;
    // A draft of an older form that no longer fits is no draft.
    Ok(found.and_then(|(answers, at)| Some((serde_json::from_str(&answers).ok()?, at))))
}

pub(crate) fn discard(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), DbError> {
    let delete = sql!("DELETE FROM draft WHERE municipality_id = $1 AND account_id = $2 AND kind = $3");
    tx.run(delete, params![actor.account, MOVE_IN]).map(drop)
}

/// Remembers a search of this clerk ([STD] 2.1.1).
pub(crate) fn remember_search(tx: &mut Tx<'_>, actor: &Actor, typed: &str, at: At) -> Result<(), DbError> {
    let upsert = sql!(
        "INSERT INTO recent_search (municipality_id, account_id, typed, searched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, account_id, typed) DO UPDATE SET searched_at = excluded.searched_at"
    );
    tx.run(upsert, params![actor.account, typed, at]).map(drop)
}

pub(crate) fn recent_searches(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<String>, DbError> {
    let find = sql!(
        "SELECT typed FROM recent_search WHERE municipality_id = $1 AND account_id = $2
          ORDER BY searched_at DESC, typed LIMIT 8"
    );
    tx.all(find, params![actor.account], |r| r.take())
}
