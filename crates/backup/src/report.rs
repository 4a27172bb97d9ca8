//! What the drills found (復元訓練の記録): a copy counts only after it was restored.
use base::{At, Id};
use db::{DbError, Tx, params, sql};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillKind {}
pub type DrillId = Id<DrillKind>;

/// One drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillReport {
    pub passed: bool,
    /// Why it failed, or what was compared.
    pub told: String,
    pub bytes: i64,
    pub rows: i64,
    pub started_at: At,
    pub ended_at: At,
}

/// # Errors
/// What the engine says.
pub fn record_drill(tx: &mut Tx<'_>, report: &DrillReport) -> Result<(), DbError> {
    let id: DrillId = tx.new_id();
    let insert = sql!(
        "INSERT INTO backup_report (municipality_id, id, passed, told, bytes, row_count, started_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let DrillReport { passed, told, bytes, rows, started_at, ended_at } = report;
    tx.run(insert, params![id, *passed, told.as_str(), *bytes, *rows, *started_at, *ended_at]).map(drop)
}

/// The newest drills first.
///
/// # Errors
/// What the engine says.
pub fn drills(tx: &mut Tx<'_>, most: i64) -> Result<Vec<DrillReport>, DbError> {
    let find = sql!(
        "SELECT passed, told, bytes, row_count, started_at, ended_at FROM backup_report
          WHERE municipality_id = $1 ORDER BY id DESC LIMIT $2"
    );
    tx.all(find, params![most], |r| {
        Ok(DrillReport {
            passed: r.take()?,
            told: r.take()?,
            bytes: r.take()?,
            rows: r.take()?,
            started_at: r.take()?,
            ended_at: r.take()?,
        })
    })
}
