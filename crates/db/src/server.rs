//! A PostgreSQL server as a whole, for its copies: what it allows, and a moment of which everything is known.
use postgres::{Client, NoTls};

use crate::connection::config;
use crate::postgres::chain;
use crate::{DbError, RowCounts, Zone};

/// How often a moment is tried for: writers are let through in between.
const TRIES: u32 = 20;

/// A connection that asks about the server. Its tables are read and written through [`crate::Store`].
pub struct Server {
    client: Client,
}

/// What a copy by the server's own log needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// 150018 is 15.18.
    pub version: i32,
    /// `replica` or `logical`; `minimal` cannot be copied.
    pub wal_level: String,
    /// Bytes of one file of the log.
    pub wal_file_bytes: u64,
    pub may_replicate: bool,
    pub user: String,
    pub database: String,
}

/// A place in the server's log, and the rows of each table when the log had come to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub lsn: u64,
    pub counts: RowCounts,
}

/// Rows of each table within one snapshot, which other tools can read as well.
pub struct Snapshot {
    client: Client,
    pub name: String,
    pub counts: RowCounts,
}

impl Server {
    /// # Errors
    /// The server cannot be reached.
    pub fn connect(url: &str) -> Result<Self, DbError> {
        let config = config(url)?;
        let unreachable =
            |e: postgres::Error| DbError::Unusable(format!("PostgreSQL につなげません: {}", chain(&e)));
        Ok(Self { client: config.connect(NoTls).map_err(unreachable)? })
    }

    /// # Errors
    /// What the engine says.
    pub fn standing(&mut self) -> Result<Standing, DbError> {
        let ask = "SELECT CAST(current_setting('server_version_num') AS INT4), current_setting('wal_level'),
                          rolsuper OR rolreplication, CAST(current_user AS TEXT), CAST(current_database() AS TEXT),
                          (SELECT CAST(setting AS INT8) FROM pg_settings WHERE name = 'wal_segment_size')
                     FROM pg_roles WHERE rolname = current_user";
        let row = self.client.query_one(ask, &[]).map_err(said)?;
        Ok(Standing {
            version: row.get(0),
            wal_level: row.get(1),
            may_replicate: row.get(2),
            user: row.get(3),
            database: row.get(4),
            wal_file_bytes: row.get::<_, i64>(5).unsigned_abs(),
        })
    }

    /// Ends whoever receives the log through `slot`: a receiver that outlived a killed program.
    ///
    /// # Errors
    /// What the engine says.
    pub fn free_slot(&mut self, slot: &str) -> Result<(), DbError> {
        let end = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
                    WHERE slot_name = $1 AND active_pid IS NOT NULL";
        self.client.execute(end, &[&slot]).map(drop).map_err(said)
    }

    /// From then on the server keeps no log for this slot.
    ///
    /// # Errors
    /// It is in use, or what the engine says.
    pub fn drop_slot(&mut self, slot: &str) -> Result<(), DbError> {
        let drop_it =
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1";
        self.client.execute(drop_it, &[&slot]).map(drop).map_err(said)
    }

    /// An empty database on a throw-away server.
    ///
    /// # Errors
    /// What the engine says.
    pub fn create_database(&mut self, name: &str) -> Result<(), DbError> {
        let quoted = name.replace('"', "\"\"");
        self.client.batch_execute(&format!("CREATE DATABASE \"{quoted}\"")).map_err(said)
    }

    /// Rows of each table of ours, in the order of the names.
    ///
    /// # Errors
    /// What the engine says.
    pub fn row_counts(&mut self) -> Result<RowCounts, DbError> {
        let tables = tables(&mut self.client)?;
        count(&mut self.client, &tables)
    }
}

impl Snapshot {
    /// # Errors
    /// The server cannot be reached, or what it says.
    pub fn take(url: &str) -> Result<Self, DbError> {
        let mut client = Server::connect(url)?.client;
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").map_err(said)?;
        let name = client.query_one("SELECT pg_export_snapshot()", &[]).map_err(said)?.get(0);
        let tables = tables(&mut client)?;
        let counts = count(&mut client, &tables)?;
        Ok(Self { client, name, counts })
    }

    /// Nobody needs it any more.
    ///
    /// # Errors
    /// What the engine says: then whoever read from it may have read something else.
    pub fn release(mut self) -> Result<RowCounts, DbError> {
        self.client.batch_execute("ROLLBACK").map_err(said)?;
        Ok(self.counts)
    }
}

impl Moment {
    /// Holds every writer for the blink in which a mark is written into the log and a snapshot begins; the rows are
    /// counted afterwards. A lock that is not had at once is given up, so that no writer waits behind it.
    ///
    /// # Errors
    /// Writers leave no moment free, or what the engine says.
    pub fn take(url: &str) -> Result<Self, DbError> {
        let (mut holding, mut counting) = (Server::connect(url)?.client, Server::connect(url)?.client);
        let tables = tables(&mut holding)?;
        let mut tries = 0;
        let lsn = loop {
            match mark(&mut holding, &mut counting, &tables) {
                Ok(lsn) => break lsn,
                Err(error) if tries == TRIES => return Err(said(error)),
                Err(_) => {
                    tries += 1;
                    for client in [&mut holding, &mut counting] {
                        client.batch_execute("ROLLBACK").map_err(said)?;
                    }
                }
            }
        };
        let counts = count(&mut counting, &tables)?;
        Ok(Self { lsn, counts })
    }
}

/// Where the log stands while nobody writes. The snapshot of `counting` has exactly what was committed by then.
fn mark(holding: &mut Client, counting: &mut Client, tables: &[String]) -> Result<u64, postgres::Error> {
    // Shorter than the server's own search for deadlocks: not a writer but this ends then.
    holding.batch_execute("BEGIN; SET LOCAL lock_timeout = '300ms'")?;
    if !tables.is_empty() {
        holding.batch_execute(&format!("LOCK TABLE {} IN SHARE MODE", tables.join(", ")))?;
    }
    counting.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    counting.query_one("SELECT COUNT(*) FROM pg_namespace", &[])?;
    let ask = "SELECT CAST(pg_logical_emit_message(true, 'fujidana', 'moment') - '0/0' AS TEXT)";
    let lsn: String = holding.query_one(ask, &[])?.get(0);
    holding.batch_execute("COMMIT")?;
    Ok(lsn.parse().expect("the difference to the beginning of the log is a number"))
}

/// Quoted, with their schema.
fn tables(client: &mut Client) -> Result<Vec<String>, DbError> {
    let ask = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
                WHERE schemaname = ANY($1) ORDER BY 1";
    let names: Vec<&str> = Zone::ALL.iter().map(|zone| zone.name()).collect();
    let rows = client.query(ask, &[&names]).map_err(said)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn count(client: &mut Client, tables: &[String]) -> Result<RowCounts, DbError> {
    let one = |table: &String| {
        let row = client.query_one(&format!("SELECT COUNT(*) FROM {table}"), &[]).map_err(said)?;
        Ok((table.clone(), row.get(0)))
    };
    tables.iter().map(one).collect()
}

fn said(error: postgres::Error) -> DbError {
    DbError::Unusable(format!("PostgreSQL: {}", chain(&error)))
}

impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Server")
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Snapshot({})", self.name)
    }
}
