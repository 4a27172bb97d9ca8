//! A transaction of one municipality.
use std::sync::atomic::Ordering;

use base::{At, Id, MunicipalityId};

use crate::postgres::Session;
use crate::store::Shared;
use crate::{DbError, Filter, Row, Shape, Sql, Value};

/// Binds the municipality as `$1` of every statement: no function of ours takes it as an argument.
pub struct Tx<'a> {
    connection: Connection<'a>,
    municipality: Option<MunicipalityId>,
    shared: &'a Shared,
    started_at: At,
    conflict: bool,
    failed_at: Option<&'static str>,
    wakes: bool,
    changes: bool,
}

pub(crate) enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut Session),
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        connection: Connection<'a>,
        municipality: Option<MunicipalityId>,
        shared: &'a Shared,
    ) -> Self {
        let started_at = shared.clock.now();
        Self {
            connection,
            municipality,
            shared,
            started_at,
            conflict: false,
            failed_at: None,
            wakes: false,
            changes: false,
        }
    }

    /// The municipality of this transaction.
    pub fn municipality(&self) -> MunicipalityId {
        self.municipality.expect("a transaction across municipalities asked for its municipality")
    }

    /// A new id, larger than those given before by this process.
    pub fn new_id<K>(&self) -> Id<K> {
        Id::new(self.shared.ids.next(self.started_at))
    }

    /// When this run of the transaction began: a transaction that runs again gets a new instant, so that
    /// stored instants keep the order of the commits.
    pub fn started_at(&self) -> At {
        self.started_at
    }

    /// Wakes the job workers after COMMIT.
    pub fn wake_workers(&mut self) {
        self.wakes = true;
    }

    /// Every row.
    ///
    /// # Errors
    /// What the engine says, or a column of an unexpected type.
    pub fn all<T>(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        read: impl Fn(&mut Row) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let text = self.text(sql);
        self.rows(sql, text, params, &read)
    }

    /// The only row.
    ///
    /// # Errors
    /// [`DbError::NotOne`] when there is none or more than one.
    pub fn one<T>(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        read: impl Fn(&mut Row) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut rows = self.all(sql, params, read)?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (row, others) => Err(DbError::NotOne { at: sql.at, found: others + usize::from(row.is_some()) }),
        }
    }

    /// The only row, or none.
    ///
    /// # Errors
    /// [`DbError::NotOne`] when there is more than one.
    pub fn opt<T>(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        read: impl Fn(&mut Row) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut rows = self.all(sql, params, read)?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            found => Err(DbError::NotOne { at: sql.at, found }),
        }
    }

    /// Every row that also passes `filter`, which takes the place of `{filter}`.
    ///
    /// # Errors
    /// As [`Tx::all`].
    pub fn select<T>(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        filter: &Filter,
        read: impl Fn(&mut Row) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let (condition, values) = filter.render(params.len() + 1);
        let condition = match self.connection {
            Connection::Sqlite(_) => crate::sql::to_sqlite(&condition),
            Connection::Postgres(_) => condition,
        };
        let text = self.text(sql).replace("{filter}", &condition);
        let params: Vec<Value> = params.iter().cloned().chain(values).collect();
        self.rows(sql, &text, &params, &read)
    }

    /// Runs a statement without result; gives the number of rows it touched.
    ///
    /// # Errors
    /// What the engine says.
    pub fn run(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, DbError> {
        let bound = self.bind(sql, params);
        let outcome = match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::run(connection, sql, &bound),
            Connection::Postgres(session) => session.run(sql, &bound),
        };
        outcome.map_err(|failure| self.note(sql, failure))
    }

    /// Inserts many rows. `sql` is `INSERT … VALUES ($1, $2, …)`, optionally with `ON CONFLICT`; each row
    /// holds the values from `$2` on.
    ///
    /// # Errors
    /// What the engine says.
    pub fn many(&mut self, sql: &'static Sql, rows: Vec<Vec<Value>>) -> Result<u64, DbError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let municipality = self.municipality();
        let outcome = match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::many(connection, sql, municipality, &rows),
            Connection::Postgres(session) => session.many(sql, municipality, &rows),
        };
        outcome.map_err(|failure| self.note(sql, failure))
    }

    fn rows<T>(
        &mut self,
        sql: &'static Sql,
        text: &str,
        params: &[Value],
        read: &impl Fn(&mut Row) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let bound = self.bind(sql, params);
        let found = match &mut self.connection {
            Connection::Sqlite(connection) => crate::sqlite::query(connection, text, &bound),
            Connection::Postgres(session) => session.query(text, &bound),
        };
        let rows = found.map_err(|failure| self.note(sql, failure))?;
        rows.into_iter().map(|values| read(&mut Row::new(sql.at, values))).collect()
    }

    fn text(&self, sql: &'static Sql) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => sql.for_sqlite(),
            Connection::Postgres(_) => sql.for_postgres(),
        }
    }

    fn bind(&self, sql: &'static Sql, params: &[Value]) -> Vec<Value> {
        let own = match sql.shape {
            Shape::Own => Some(Value::Int(self.municipality().0)),
            Shape::Across(_) => None,
        };
        own.into_iter().chain(params.iter().cloned()).collect()
    }

    fn note(&mut self, sql: &'static Sql, failure: Failure) -> DbError {
        self.conflict |= failure.conflict;
        self.failed_at = Some(sql.at);
        DbError::Engine { at: sql.at, message: failure.message }
    }

    /// Counts, after COMMIT, a change that copies in memory depend on (see [`crate::Store::changes`]).
    pub fn announce_change(&mut self) {
        self.changes = true;
    }

    pub(crate) fn met_conflict(&self) -> bool {
        self.conflict
    }
    pub(crate) fn failed_at(&self) -> Option<&'static str> {
        self.failed_at
    }
    /// What the rest of the program is told once this is committed.
    pub(crate) fn tidings(&self) -> Tidings {
        Tidings { wakes: self.wakes, changes: self.changes }
    }
}

/// An engine's refusal; `conflict` means that the same transaction may succeed when run again.
pub(crate) struct Failure {
    pub message: String,
    pub conflict: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tidings {
    wakes: bool,
    changes: bool,
}

impl Tidings {
    pub(crate) fn join(&mut self, other: Self) {
        self.wakes |= other.wakes;
        self.changes |= other.changes;
    }
    /// After COMMIT and before any answer.
    pub(crate) fn tell(self, shared: &Shared) {
        if self.changes {
            shared.changes.fetch_add(1, Ordering::SeqCst);
        }
        if self.wakes {
            shared.wakes.ring();
        }
    }
}
