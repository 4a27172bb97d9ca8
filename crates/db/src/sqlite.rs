//! The embedded engine: one writer thread with group commit; reads run on their caller's thread.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::MunicipalityId;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};

use crate::store::{Shared, Task};
use crate::tx::{self, Failure, Tx};
use crate::wal::{self, Checkpoints, WalTail};
use crate::work::Verdict;
use crate::{DbError, Sql, Value};

/// Requests that share one COMMIT, at most.
const BATCH: usize = 128;
/// How long a COMMIT waits for company while requests come in crowds.
const GATHER: Duration = Duration::from_micros(400);
/// Statements kept prepared on each connection.
const PREPARED: usize = 512;
/// A closure that keeps the writer longer than this is reported.
const SLOW: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub path: PathBuf,
    /// Refuse to grow beyond this many pages: a full disk, for tests.
    pub max_pages: Option<u32>,
    /// Reads what is committed, for a copy elsewhere.
    pub tail: Option<Arc<WalTail>>,
}

impl SqliteOptions {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_pages: None, tail: None }
    }
}

pub(crate) fn open_writer(options: &SqliteOptions) -> Result<Connection, DbError> {
    let connection = Connection::open(&options.path).map_err(|e| unusable(&options.path, &e))?;
    let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                   PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384; PRAGMA busy_timeout = 5000;";
    connection.execute_batch(pragmas).map_err(|e| unusable(&options.path, &e))?;
    if let Some(pages) = options.max_pages {
        let limit = format!("PRAGMA max_page_count = {pages}");
        connection.query_row(&limit, [], |_| Ok(())).map_err(|e| unusable(&options.path, &e))?;
    }
    if options.tail.is_some() {
        // The writer says when, and the log stays for the next start to go on from.
        connection
            .execute_batch("PRAGMA wal_autocheckpoint = 0")
            .and_then(|()| keep_log(&connection))
            .map_err(|e| unusable(&options.path, &e))?;
    }
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

/// Closing the last connection would move the log into the database, unread.
fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
}

pub(crate) fn open_reader(options: &SqliteOptions) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(&options.path, flags).map_err(|e| unusable(&options.path, &e))?;
    let pragmas = "PRAGMA query_only = ON; PRAGMA cache_size = -4096; PRAGMA busy_timeout = 5000;";
    let prepared = connection.execute_batch(pragmas).and_then(|()| keep_log(&connection));
    prepared.map_err(|e| unusable(&options.path, &e))?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

/// Tells the planner what we know and it cannot: `municipality_id` alone selects nothing, each further column
/// of a key selects much. Without it SQLite walks a whole city where an index would find ten rows; measured
/// statistics (ANALYZE) would make the plans differ between a small city and a large one.
pub(crate) fn set_statistics(connection: &Connection) -> rusqlite::Result<()> {
    let known = known_statistics(connection)?;
    let exists = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'";
    if connection.query_row(exists, [], |row| row.get::<_, i64>(0))? == 0 {
        // Only ANALYZE makes the table; the limit keeps it from reading the database.
        connection.execute_batch("PRAGMA analysis_limit = 1; ANALYZE;")?;
    }
    let mut reading = connection.prepare("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx")?;
    let stored: Vec<Statistic> = reading
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if stored == known {
        return Ok(());
    }
    connection.execute_batch("BEGIN; DELETE FROM sqlite_stat1;")?;
    for statistic in known {
        connection.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)", statistic)?;
    }
    connection.execute_batch("COMMIT; ANALYZE sqlite_schema;")
}

/// Table, index, and the rows that each further column of the index leaves.
type Statistic = (String, String, String);

fn known_statistics(connection: &Connection) -> rusqlite::Result<Vec<Statistic>> {
    let find = "SELECT t.name, i.name, COUNT(*), i.\"unique\"
                  FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
                 GROUP BY t.name, i.name, i.\"unique\" ORDER BY t.name, i.name";
    let mut statement = connection.prepare(find)?;
    let rows = statement.query_map([], |row| {
        let (columns, unique): (u32, bool) = (row.get(2)?, row.get(3)?);
        let mut left = 1_000_000u64;
        let mut known = vec![left.to_string(), left.to_string()];
        for column in 2..=columns {
            left = if column == columns && unique { 1 } else { (left / 1000).max(10) };
            known.push(left.to_string());
        }
        Ok((row.get(0)?, row.get(1)?, known[..=columns as usize].join(" ")))
    })?;
    rows.collect()
}

/// How SQLite would run a statement, step by step.
pub(crate) fn plan(connection: &Connection, text: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(row.get(3)?);
    }
    Ok(steps)
}

fn unusable(path: &Path, error: &rusqlite::Error) -> DbError {
    DbError::Unusable(format!("データベース {} を開けません: {error}", path.display()))
}

/// Takes whatever waits, runs it in one transaction, commits once, then answers.
pub(crate) fn write_loop(
    connection: &Connection,
    tasks: &Receiver<Task>,
    shared: &Shared,
    tail: Option<&WalTail>,
) {
    let (mut idle_since_write, mut crowd, mut checkpoints) = (true, false, Checkpoints::new());
    loop {
        let first = match tasks.recv_timeout(Duration::from_millis(250)) {
            Ok(task) => task,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if !idle_since_write {
                    // Between bursts the log goes back into the database, so that no desk pays for it.
                    idle_since_write = wal::checkpoint(tail, connection, Duration::ZERO);
                }
                continue;
            }
        };
        idle_since_write = false;
        if crowd {
            // Others came with the last one: the next COMMIT waits for them, and nobody wakes us meanwhile.
            std::thread::sleep(GATHER);
        }
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(task) = tasks.try_recv() else { break };
            batch.push(task);
        }
        crowd = batch.len() > 1;
        commit_batch(connection, batch, shared, tail);
        if let Some(tail) = tail {
            checkpoints.after_commit(tail, connection);
        }
    }
}

fn commit_batch(connection: &Connection, mut batch: Vec<Task>, shared: &Shared, tail: Option<&WalTail>) {
    match attempt(connection, &mut batch, shared) {
        Ok(()) => {
            if let Some(tail) = tail {
                tail.note(connection);
            }
            batch.into_iter().for_each(|task| task.work.finish(Ok(())));
        }
        Err(_) if batch.len() > 1 => {
            // The whole batch is undone (disk full, for one): each request for itself.
            for task in batch {
                commit_batch(connection, vec![task], shared, tail);
            }
        }
        Err(error) => batch.into_iter().for_each(|task| task.work.finish(Err(clone_commit(&error)))),
    }
}

fn clone_commit(error: &DbError) -> DbError {
    DbError::Commit(error.to_string())
}

/// One transaction for all of `batch`, a savepoint for each request. After an error nothing is stored.
fn attempt(connection: &Connection, batch: &mut [Task], shared: &Shared) -> Result<(), DbError> {
    let command = |text: &str| command(connection, text);
    let undo_all = |error: DbError| {
        if !connection.is_autocommit() {
            drop(command("ROLLBACK"));
        }
        Err(error)
    };
    let mut tidings = tx::Tidings::default();
    command("BEGIN IMMEDIATE")?;
    for task in batch.iter_mut() {
        if let Err(error) = command("SAVEPOINT request") {
            return undo_all(error);
        }
        let started = Instant::now();
        let mut tx = Tx::new(tx::Connection::Sqlite(connection), task.municipality, shared);
        let verdict = task.work.run(&mut tx);
        let own = tx.tidings();
        if started.elapsed() > SLOW && !task.bulk {
            tracing::warn!(millis = started.elapsed().as_millis(), "slow write transaction");
        }
        if connection.is_autocommit() {
            return Err(DbError::Commit("the engine undid the transaction".to_owned()));
        }
        let ended = match verdict {
            Verdict::Keep => command("RELEASE request"),
            Verdict::Undo | Verdict::Again => {
                command("ROLLBACK TO request").and_then(|()| command("RELEASE request"))
            }
        };
        if let Err(error) = ended {
            return undo_all(error);
        }
        if verdict == Verdict::Keep {
            tidings.join(own);
        }
    }
    if let Err(error) = command("COMMIT") {
        return undo_all(error);
    }
    tidings.tell(shared);
    Ok(())
}

fn command(connection: &Connection, text: &str) -> Result<(), DbError> {
    let done = connection.prepare_cached(text).and_then(|mut statement| statement.execute([]));
    done.map(drop).map_err(|e| DbError::Commit(e.to_string()))
}

/// One snapshot, on the caller's thread.
pub(crate) fn read(connection: &Connection, mut task: Task, shared: &Shared) {
    let begun = command(connection, "BEGIN");
    let fate = begun.map(|()| {
        task.work.run(&mut Tx::new(tx::Connection::Sqlite(connection), task.municipality, shared));
    });
    drop(command(connection, "COMMIT"));
    task.work.finish(fate);
}

pub(crate) fn run(connection: &Connection, sql: &'static Sql, params: &[Value]) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(sql.for_sqlite()).map_err(failure)?;
    bind(&mut statement, 1, params)?;
    statement.raw_execute().map(|rows| rows as u64).map_err(failure)
}

pub(crate) fn many(
    connection: &Connection,
    sql: &'static Sql,
    municipality: MunicipalityId,
    rows: &[Vec<Value>],
) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(sql.for_sqlite()).map_err(failure)?;
    let mut touched = 0;
    bind(&mut statement, 1, &[Value::Int(municipality.0)])?;
    for row in rows {
        bind(&mut statement, 2, row)?;
        touched += statement.raw_execute().map_err(failure)? as u64;
    }
    Ok(touched)
}

pub(crate) fn query(
    connection: &Connection,
    text: &str,
    params: &[Value],
) -> Result<Vec<Vec<Value>>, Failure> {
    let mut statement = connection.prepare_cached(text).map_err(failure)?;
    bind(&mut statement, 1, params)?;
    let columns = statement.column_count();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(failure)? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(value(row.get_ref(column).map_err(failure)?)?);
        }
        found.push(values);
    }
    Ok(found)
}

fn bind(statement: &mut rusqlite::Statement<'_>, first: usize, values: &[Value]) -> Result<(), Failure> {
    for (i, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(first + i, Bound(value)).map_err(failure)?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Bool(truth) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*truth))),
            Value::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Ints(numbers) => {
                let items: Vec<String> = numbers.iter().map(i64::to_string).collect();
                ToSqlOutput::from(format!("[{}]", items.join(",")))
            }
            Value::Texts(texts) => {
                let items: Vec<String> = texts.iter().map(|text| json_string(text)).collect();
                ToSqlOutput::from(format!("[{}]", items.join(",")))
            }
        })
    }
}

fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn value(raw: ValueRef<'_>) -> Result<Value, Failure> {
    Ok(match raw {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(text).into_owned(),
        }),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(_) => {
            return Err(Failure {
                message: "a floating-point number in the result".to_owned(),
                conflict: false,
            });
        }
    })
}

fn failure(error: rusqlite::Error) -> Failure {
    Failure { message: error.to_string(), conflict: false }
}
