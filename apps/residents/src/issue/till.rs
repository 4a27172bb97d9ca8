//! 手数料のレジ: what came in on a day at a terminal, and its closing (締め). A closing is final: what comes later, or
//! corrects, is counted by the next one.
use base::{Date, Id};
use db::{DbError, Tx, params, sql};
use serde::Serialize;

enum EntryKind {}
enum ClosingKind {}

/// A movement.
pub(crate) struct Entry<'a> {
    /// `fee`, `official` (free), `refund`, `correction`
    pub kind: &'static str,
    pub copies: i64,
    pub yen: i64,
    pub issue: Option<super::IssueId>,
    pub reason: &'a str,
}

/// # Errors
/// What the engine says.
pub(crate) fn enter(
    tx: &mut Tx<'_>,
    by: &str,
    on: Date,
    terminal: &str,
    entry: &Entry<'_>,
) -> Result<(), DbError> {
    let id: Id<EntryKind> = tx.new_id();
    let at = tx.started_at();
    let insert = sql!(
        "INSERT INTO till_entry (municipality_id, id, till_on, terminal, closing_id, kind, document, copies, yen, issue_id,
                                 reason, account_name, entered_at)
         VALUES ($1, $2, $3, $4, 0, $5, 'resident_copy', $6, $7, $8, $9, $10, $11)"
    );
    let row =
        params![id, on, terminal, entry.kind, entry.copies, entry.yen, entry.issue, entry.reason, by, at];
    tx.run(insert, row).map(drop)
}

/// Counts and sums of one kind that no closing has counted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sum {
    pub kind: String,
    pub copies: i64,
    pub yen: i64,
}

/// # Errors
/// What the engine says.
pub(crate) fn open(tx: &mut Tx<'_>, on: Date, terminal: &str) -> Result<Vec<Sum>, DbError> {
    let find = sql!(
        "SELECT kind, CAST(SUM(copies) AS BIGINT), CAST(SUM(yen) AS BIGINT) FROM till_entry
          WHERE municipality_id = $1 AND till_on = $2 AND terminal = $3 AND closing_id = 0
          GROUP BY kind ORDER BY kind"
    );
    tx.all(find, params![on, terminal], |r| Ok(Sum { kind: r.take()?, copies: r.take()?, yen: r.take()? }))
}

/// A closing as it stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Closing {
    pub expected: i64,
    pub counted: i64,
    pub reason: String,
    pub by: String,
    pub at: i64,
}

/// # Errors
/// What the engine says.
pub(crate) fn closings(tx: &mut Tx<'_>, on: Date, terminal: &str) -> Result<Vec<Closing>, DbError> {
    let find = sql!(
        "SELECT expected_yen, counted_yen, reason, account_name, closed_at FROM till_closing
          WHERE municipality_id = $1 AND till_on = $2 AND terminal = $3 ORDER BY id"
    );
    tx.all(find, params![on, terminal], |r| {
        Ok(Closing {
            expected: r.take()?,
            counted: r.take()?,
            reason: r.take()?,
            by: r.take()?,
            at: r.take::<base::At>()?.micros(),
        })
    })
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotClosed {
    #[error("締めるものがありません")]
    Empty,
    #[error(
        "数えた現金と計算（{expected}円）に{difference}円の差があります。理由を200文字までで入力すると締められます"
    )]
    Difference { expected: i64, difference: i64 },
    #[error("store")]
    Db(#[from] DbError),
}

/// Counts everything open, once. A difference needs its reason.
///
/// # Errors
/// [`NotClosed`].
pub(crate) fn close(
    tx: &mut Tx<'_>,
    by: &str,
    on: Date,
    terminal: &str,
    counted: i64,
    reason: &str,
) -> Result<Closing, NotClosed> {
    let sums = open(tx, on, terminal)?;
    if sums.is_empty() {
        return Err(NotClosed::Empty);
    }
    let expected: i64 = sums.iter().map(|sum| sum.yen).sum();
    let reason = reason.trim();
    if counted != expected && (reason.is_empty() || reason.chars().count() > 200) {
        return Err(NotClosed::Difference { expected, difference: counted - expected });
    }
    let (id, at): (Id<ClosingKind>, _) = (tx.new_id(), tx.started_at());
    let text = serde_json::to_string(&sums).map_err(|e| DbError::Unusable(e.to_string()))?;
    let insert = sql!(
        "INSERT INTO till_closing (municipality_id, till_on, terminal, id, expected_yen, counted_yen, reason, sums,
                                   account_name, closed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    tx.run(insert, params![on, terminal, id, expected, counted, reason, text, by, at])?;
    let mark = sql!(
        "UPDATE till_entry SET closing_id = $4
          WHERE municipality_id = $1 AND till_on = $2 AND terminal = $3 AND closing_id = 0"
    );
    tx.run(mark, params![on, terminal, id])?;
    Ok(Closing { expected, counted, reason: reason.to_owned(), by: by.to_owned(), at: at.micros() })
}
