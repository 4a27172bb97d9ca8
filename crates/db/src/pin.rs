//! One snapshot of an embedded store, held on to while writers go on: for whole copies and for counting.
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::{self, SqliteOptions};
use crate::{DbError, WalPosition};

/// Pages that a copy reads between two looks at the clock.
const STEP: i32 = 4096;

/// Rows of each table, in the order of the names.
pub type RowCounts = Vec<(String, i64)>;

/// A snapshot. As long as it lives, the log is kept.
#[derive(Debug)]
pub struct Pin {
    connection: Connection,
    /// Where the log stood; none for the store of another process.
    at: Option<WalPosition>,
}

impl Pin {
    /// On the writer's thread, while its transaction has written nothing.
    pub(crate) fn follow(options: &SqliteOptions) -> Result<Self, DbError> {
        let Some(tail) = &options.tail else {
            return Err(DbError::Unusable("this store is not followed".to_owned()));
        };
        let connection = sqlite::open_reader(options)?;
        hold(&connection)?;
        Ok(Self { connection, at: Some(tail.begin()?) })
    }

    /// The store at `path`, which another process may be serving. Nothing of it is changed.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|e| unusable(path, &e))?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(|e| unusable(path, &e))?;
        hold(&connection)?;
        Ok(Self { connection, at: None })
    }

    pub fn at(&self) -> Option<WalPosition> {
        self.at
    }

    /// Writes the snapshot to a new file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), DbError> {
        let refuse = |e: rusqlite::Error| unusable(path, &e);
        let mut copy = Connection::open(path).map_err(refuse)?;
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(refuse)?;
        let backup = Backup::new(&self.connection, &mut copy).map_err(refuse)?;
        loop {
            match backup.step(STEP).map_err(refuse)? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// # Errors
    /// What the engine says.
    pub fn row_counts(&self) -> Result<RowCounts, DbError> {
        row_counts(&self.connection).map_err(|e| DbError::Unusable(format!("行を数えられません: {e}")))
    }
}

/// The snapshot begins with the first read.
fn hold(connection: &Connection) -> Result<(), DbError> {
    let begun = connection.execute_batch("BEGIN").and_then(|()| {
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
    });
    begun.map(drop).map_err(|e| DbError::Unusable(format!("データベースを読めません: {e}")))
}

fn row_counts(connection: &Connection) -> rusqlite::Result<RowCounts> {
    let find = "SELECT name FROM sqlite_schema
                 WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut tables = connection.prepare(find)?;
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let count = |name: String| {
        let count = format!("SELECT COUNT(*) FROM \"{name}\"");
        let rows = connection.query_row(&count, [], |row| row.get(0))?;
        Ok((name, rows))
    };
    names.into_iter().map(count).collect()
}

/// Looks through a database that nobody uses: is every page and every index as it should be? Gives the rows of
/// each table.
///
/// # Errors
/// What is wrong with it.
pub fn check_file(path: &Path, thorough: bool) -> Result<RowCounts, DbError> {
    let refuse = |e: rusqlite::Error| unusable(path, &e);
    let connection = Connection::open(path).map_err(refuse)?;
    let ask = if thorough { "PRAGMA integrity_check(5)" } else { "PRAGMA quick_check(5)" };
    let mut statement = connection.prepare(ask).map_err(refuse)?;
    let told = statement.query_map([], |row| row.get(0)).map_err(refuse)?;
    let told: Vec<String> = told.collect::<rusqlite::Result<_>>().map_err(refuse)?;
    if told != ["ok"] {
        let told = told.join(" / ");
        return Err(DbError::Unusable(format!("{} の中身が壊れています: {told}", path.display())));
    }
    row_counts(&connection).map_err(refuse)
}

fn unusable(path: &Path, error: &rusqlite::Error) -> DbError {
    DbError::Unusable(format!("データベース {}: {error}", path.display()))
}
