//! A table whose rows are leaves.
use db::{DbError, Sql, Tx};

/// An audited table: append-only, with the columns `leaf_salt, personal_hash, leaf_hash, leaf_no` beside its own.
#[derive(Debug)]
pub struct Source {
    /// Table and version of its canonical bytes, "access/1". A column more is a new version.
    pub name: &'static str,
    /// 「閲覧記録」, for reports.
    pub title: &'static str,
    /// How many columns of `rows` after the first four are public (the first of them is the id); the rest is personal.
    pub public: usize,
    /// `id, leaf_hash` of at most `$2` rows without `leaf_no`, in the order of their ids.
    pub unsealed: &'static Sql,
    /// Numbers the rows `$2` (ids) from `$3` on, in the order of their ids.
    pub number: &'static Sql,
    /// `leaf_no, leaf_hash, personal_hash, leaf_salt`, then the public columns beginning with the id, then the
    /// personal ones, of at most `$3` rows with an id above `$2`, in the order of their ids.
    pub rows: &'static Sql,
    /// The same columns of the row `$2`.
    pub row: &'static Sql,
    /// What else is written when these rows are sealed, for example an index of them.
    pub sealed: fn(&mut Tx<'_>, ids: &[i64]) -> Result<(), DbError>,
}
