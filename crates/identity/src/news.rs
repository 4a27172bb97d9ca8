//! What changed about an account (本人へのお知らせ), on every page of its owner until seen: there is no mail yet.
use base::{At, Id};
use db::{DbError, Tx, params, sql};

use crate::AccountId;

/// Marks one piece of news.
enum NewsKind {}

/// So many are read.
const SHOWN: i64 = 20;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub what: String,
    /// Where from.
    pub terminal: String,
    pub at: At,
    /// Nobody has said yet that it was seen.
    pub unseen: bool,
}

/// Tells the owner of an account what changed, in the transaction of the change.
pub(crate) fn tell(tx: &mut Tx<'_>, account: AccountId, what: &str, terminal: &str) -> Result<(), DbError> {
    let (id, at): (Id<NewsKind>, At) = (tx.new_id(), tx.started_at());
    tx.announce_change();
    let tell = sql!(
        "INSERT INTO account_news (municipality_id, account_id, id, what, terminal, at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.run(tell, params![account, id, what, terminal, at]).map(drop)
}

/// The latest first.
///
/// # Errors
/// What the engine says.
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<News>, DbError> {
    let list = sql!(
        "SELECT what, terminal, at, seen_at FROM account_news
          WHERE municipality_id = $1 AND account_id = $2 ORDER BY id DESC LIMIT $3"
    );
    tx.all(list, params![account, SHOWN], |r| {
        let (what, terminal, at, seen_at): (_, _, _, Option<At>) =
            (r.take()?, r.take()?, r.take()?, r.take()?);
        Ok(News { what, terminal, at, unseen: seen_at.is_none() })
    })
}

pub(crate) fn unseen(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
    let count = sql!(
        "SELECT COUNT(*) FROM account_news WHERE municipality_id = $1 AND account_id = $2 AND seen_at IS NULL"
    );
    tx.one(count, params![account], |r| r.take())
}

/// The owner has seen all of it.
///
/// # Errors
/// What the engine says.
pub fn mark_seen(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    let at = tx.started_at();
    tx.announce_change();
    let seen = sql!(
        "UPDATE account_news SET seen_at = $3 WHERE municipality_id = $1 AND account_id = $2 AND seen_at IS NULL"
    );
    tx.run(seen, params![account, at]).map(drop)
}
