//! One database: the threads that serve it and the verbs to reach it.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Sender, TrySendError, bounded};

use base::{Clock, IdSource, MunicipalityId};
use tokio::sync::{oneshot, watch};

use crate::migrate::{self, Applied, Migration, Zone};
use crate::pin::Pin;
use crate::postgres::{self, Session};
use crate::sqlite::{self, SqliteOptions};
use crate::work::{TracedRead, Work, WorkFor};
use crate::{DbError, Sql, Tx};

/// Requests that may wait before the store says that it has too many.
const QUEUE: usize = 8192;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Isolation {
    Serializable,
    ReadCommitted,
    Snapshot,
}

pub(crate) struct Task {
    pub municipality: Option<MunicipalityId>,
    pub isolation: Isolation,
    /// Bulk work may take long; it is not reported as slow.
    pub bulk: bool,
    pub work: Box<dyn Work>,
}

pub(crate) struct Shared {
    pub clock: Clock,
    pub ids: IdSource,
    pub wakes: Wakes,
    pub changes: AtomicU64,
}

/// Rings after each COMMIT that left work for the job workers.
#[derive(Debug)]
pub struct Wakes(watch::Sender<u64>);

impl Wakes {
    pub(crate) fn ring(&self) {
        self.0.send_modify(|count| *count += 1);
    }
}

/// A handle to one database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    zone: Zone,
    /// SQLite: to the one writer; PostgreSQL: to any connection.
    writes: Sender<Task>,
    shared: Arc<Shared>,
    /// SQLite's idle reading connections; as many as reads ever ran at once. None on PostgreSQL.
    readers: Mutex<Vec<rusqlite::Connection>>,
    /// For the statement test and for migrations: opens one more connection.
    place: Place,
}

enum Place {
    Sqlite(SqliteOptions),
    Postgres { url: String },
}

impl Store {
    /// Opens (and creates) an embedded database and applies what is missing of `migrations`.
    ///
    /// # Errors
    /// The file cannot be used, or an applied migration was edited.
    pub fn open_sqlite(
        options: SqliteOptions,
        zone: Zone,
        migrations: &[Migration],
        clock: Clock,
    ) -> Result<Self, DbError> {
        let writer = sqlite::open_writer(&options)?;
        migrate_sqlite(&writer, zone, migrations, &clock)?;
        sqlite::set_statistics(&writer).map_err(|e| DbError::Unusable(format!("統計を書けません: {e}")))?;
        let tail = options.tail.clone();
        tail.as_ref().map_or(Ok(()), |tail| tail.attach(&writer, &options.path))?;
        let shared = share(clock);
        let (writes, write_tasks) = bounded(QUEUE);
        let write_shared = Arc::clone(&shared);
        spawn(format!("{}-write", zone.name()), move || {
            sqlite::write_loop(&writer, &write_tasks, &write_shared, tail.as_deref());
        });
        let (readers, place) = (Mutex::default(), Place::Sqlite(options));
        Ok(Self { inner: Arc::new(Inner { engine: Engine::Sqlite, zone, writes, shared, readers, place }) })
    }

    /// An embedded database that somebody else may be writing to: reads only, and changes nothing of it.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    pub fn open_sqlite_to_read(options: SqliteOptions, zone: Zone, clock: Clock) -> Result<Self, DbError> {
        if !options.path.exists() {
            return Err(DbError::Unusable(format!("{} がありません", options.path.display())));
        }
        let readers = Mutex::new(vec![sqlite::open_reader(&options)?]);
        // Nobody takes from this queue: a write says that the store is closed.
        let (writes, _) = bounded(1);
        let (shared, place) = (share(clock), Place::Sqlite(options));
        Ok(Self { inner: Arc::new(Inner { engine: Engine::Sqlite, zone, writes, shared, readers, place }) })
    }

    /// Opens `connections` connections to PostgreSQL; the zone's tables lie in the schema of its name.
    ///
    /// # Errors
    /// No connection, a collation other than C, or an edited migration.
    pub fn open_postgres(
        url: &str,
        connections: usize,
        zone: Zone,
        migrations: &[Migration],
        clock: Clock,
    ) -> Result<Self, DbError> {
        let schema = zone.name();
        let mut session = Session::open(url, schema)?;
        migrate_postgres(&mut session, zone, migrations, &clock)?;
        let shared = share(clock);
        let (writes, tasks) = bounded(QUEUE);
        for i in 0..connections {
            let session = Session::open(url, schema)?;
            let (url, tasks, shared) = (url.to_owned(), tasks.clone(), Arc::clone(&shared));
            spawn(format!("{schema}-{i}"), move || {
                postgres::serve_loop(&url, schema, session, &tasks, &shared)
            });
        }
        let (readers, place) = (Mutex::default(), Place::Postgres { url: url.to_owned() });
        Ok(Self { inner: Arc::new(Inner { engine: Engine::Postgres, zone, writes, shared, readers, place }) })
    }

    pub fn engine(&self) -> Engine {
        self.inner.engine
    }
    pub fn zone(&self) -> Zone {
        self.inner.zone
    }
    pub fn clock(&self) -> &Clock {
        &self.inner.shared.clock
    }
    /// Counts the commits that left work for the job workers.
    pub fn subscribe_wakes(&self) -> watch::Receiver<u64> {
        self.inner.shared.wakes.0.subscribe()
    }

    /// Counts the commits of this process that announced a change. Who keeps a copy reads this first, then the
    /// rows, and holds the copy for good as long as the count is the same.
    pub fn changes(&self) -> u64 {
        self.inner.shared.changes.load(Ordering::SeqCst)
    }

    /// A snapshot of one municipality. Not for personal data: that is `identity::look`.
    ///
    /// # Errors
    /// What the closure returns, or the store's own failure.
    pub async fn read<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.send(Some(municipality), Isolation::Snapshot, false, closure).await
    }

    /// A read that leaves a trace: when `read` gives one, `trace` writes it through the group commit, and the
    /// answer (also a refusal) comes only after that.
    ///
    /// # Errors
    /// What `read` answers, or the store's own failure: without the trace there is no answer.
    pub async fn read_traced<T, R, E, F, W>(
        &self,
        municipality: MunicipalityId,
        read: F,
        trace: W,
    ) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> (Result<T, E>, Option<R>) + Send + 'static,
        W: Fn(&mut Tx<'_>, &R) -> Result<(), DbError> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let writes = self.inner.writes.clone();
        let work = Box::new(TracedRead::new(read, trace, reply, writes, municipality));
        self.send_task(Task {
            municipality: Some(municipality),
            isolation: Isolation::Snapshot,
            bulk: false,
            work,
        })?;
        answer.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// One transaction of one municipality. `closure` may run several times: no e-mail, no file, no clock in it.
    /// The answer comes after COMMIT.
    ///
    /// # Errors
    /// What the closure returns (its changes are undone), or the store's own failure.
    pub async fn write<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.send(Some(municipality), Isolation::Serializable, false, closure).await
    }

    /// As [`Store::write`], for slices of bulk work: not reported as slow.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_bulk<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.send(Some(municipality), Isolation::Serializable, true, closure).await
    }

    /// READ COMMITTED, for claiming jobs alone: under SERIALIZABLE with SKIP LOCKED most claims would fail.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn claim<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.send(Some(municipality), Isolation::ReadCommitted, false, closure).await
    }

    /// A snapshot over all municipalities, for the few statements of `sql_across!`.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read_across<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.send(None, Isolation::Snapshot, false, closure).await
    }

    /// [`Store::read`] for threads outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        wait(self.queue(Some(municipality), Isolation::Snapshot, false, closure))
    }

    /// [`Store::write`] for threads outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(&self, municipality: MunicipalityId, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        wait(self.queue(Some(municipality), Isolation::Serializable, true, closure))
    }

    async fn send<T, E, F>(
        &self,
        municipality: Option<MunicipalityId>,
        isolation: Isolation,
        bulk: bool,
        closure: F,
    ) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let answer = self.queue(municipality, isolation, bulk, closure)?;
        answer.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    fn queue<T, E, F>(
        &self,
        municipality: Option<MunicipalityId>,
        isolation: Isolation,
        bulk: bool,
        closure: F,
    ) -> Result<oneshot::Receiver<Result<T, E>>, DbError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(WorkFor::new(closure, reply));
        self.send_task(Task { municipality, isolation, bulk, work })?;
        Ok(answer)
    }

    /// Reads on SQLite run here and now: handing one to another thread costs more than the read. Everything
    /// else goes to the writer, or to a connection of PostgreSQL.
    fn send_task(&self, task: Task) -> Result<(), DbError> {
        if let (Isolation::Snapshot, Place::Sqlite(options)) = (task.isolation, &self.inner.place) {
            let pool = &self.inner.readers;
            let idle = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| sqlite::open_reader(options), Ok)?;
            sqlite::read(&connection, task, &self.inner.shared);
            pool.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            return Ok(());
        }
        self.inner.writes.try_send(task).map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Disconnected(_) => DbError::Closed,
        })
    }

    /// Holds on to what is committed now, at a known place of the log, while writers go on. Blocks.
    ///
    /// # Errors
    /// The store is not an embedded one that is followed, or it cannot be read.
    pub fn pin(&self) -> Result<Pin, DbError> {
        let Place::Sqlite(options) = &self.inner.place else {
            return Err(DbError::Unusable("only an embedded store is followed".to_owned()));
        };
        let options = options.clone();
        wait(self.queue(None, Isolation::Serializable, true, move |_| Pin::follow(&options)))
    }

    /// How the embedded engine would run each statement; `None` on PostgreSQL, which plans by its own statistics.
    ///
    /// # Errors
    /// What the engine says about the statement.
    pub fn plans(&self, statements: &[&'static Sql]) -> Result<Option<Vec<Vec<String>>>, DbError> {
        let Place::Sqlite(options) = &self.inner.place else { return Ok(None) };
        let connection = sqlite::open_reader(options)?;
        let plan = |sql: &&'static Sql| {
            let text = crate::sql::to_sqlite(&sql.with_empty_filter());
            sqlite::plan(&connection, &text)
                .map_err(|e| DbError::Engine { at: sql.at, message: e.to_string() })
        };
        statements.iter().map(plan).collect::<Result<_, _>>().map(Some)
    }

    /// Prepares `sql` without running it: numbers of parameters and columns.
    ///
    /// # Errors
    /// What the engine says about the statement.
    pub fn shapes(&self, statements: &[&'static Sql]) -> Result<Vec<(usize, usize)>, DbError> {
        let engine = |at, message| DbError::Engine { at, message };
        match &self.inner.place {
            Place::Sqlite(options) => {
                let connection = sqlite::open_reader(options)?;
                let shape = |sql: &&'static Sql| {
                    let text = crate::sql::to_sqlite(&sql.with_empty_filter());
                    let statement = connection.prepare(&text).map_err(|e| engine(sql.at, e.to_string()))?;
                    Ok((statement.parameter_count(), statement.column_count()))
                };
                statements.iter().map(shape).collect()
            }
            Place::Postgres { url } => {
                let mut session = Session::open(url, self.inner.zone.name())?;
                let shape = |sql: &&'static Sql| {
                    let text = crate::sql::to_postgres(&sql.with_empty_filter());
                    session.shape(&text).map_err(|f| engine(sql.at, f.message))
                };
                statements.iter().map(shape).collect()
            }
        }
    }
}

fn wait<T, E: From<DbError>>(queued: Result<oneshot::Receiver<Result<T, E>>, DbError>) -> Result<T, E> {
    queued?.blocking_recv().unwrap_or_else(|_| Err(DbError::Closed.into()))
}

fn share(clock: Clock) -> Arc<Shared> {
    Arc::new(Shared {
        clock,
        ids: IdSource::new(node()),
        wakes: Wakes(watch::Sender::new(0)),
        changes: AtomicU64::new(0),
    })
}

/// Tells processes on one database apart: from the process number, enough while few run side by side.
fn node() -> u16 {
    u16::try_from(std::process::id() % 1024).expect("a remainder of 1024 is small")
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name(name).stack_size(1 << 20);
    thread.spawn(body).expect("the system gives threads at start");
}

fn migrate_sqlite(
    connection: &rusqlite::Connection,
    zone: Zone,
    migrations: &[Migration],
    clock: &Clock,
) -> Result<(), DbError> {
    let refuse = |e: rusqlite::Error| DbError::Unusable(format!("表を用意できません: {e}"));
    connection.execute_batch(&migrate::to_sqlite(migrate::CREATE_RECORD)).map_err(refuse)?;
    let mut reading = connection.prepare(migrate::READ_RECORD).map_err(refuse)?;
    let applied = reading.query_map([], |row| Ok(Applied { name: row.get(0)?, hash: row.get(1)? }));
    let applied: Result<Vec<Applied>, _> = applied.map_err(refuse)?.collect();
    let steps = migrate::pending(migrations, zone, &applied.map_err(refuse)?).map_err(DbError::Unusable)?;
    for (name, hash, text) in steps {
        let step = format!(
            "BEGIN IMMEDIATE; {}; {}; COMMIT;",
            migrate::to_sqlite(text),
            migrate::record(&name, hash, clock.now())
        );
        connection.execute_batch(&step).map_err(|e| DbError::Unusable(format!("移行 {name}: {e}")))?;
    }
    Ok(())
}

fn migrate_postgres(
    session: &mut Session,
    zone: Zone,
    migrations: &[Migration],
    clock: &Clock,
) -> Result<(), DbError> {
    let refuse = |f: crate::tx::Failure| DbError::Unusable(format!("表を用意できません: {}", f.message));
    let ask = "SELECT datcollate FROM pg_database WHERE datname = current_database()";
    let text = |f: crate::tx::Failure| f.message;
    let collation = session.query(ask, &[]).map_err(text);
    if let Ok(rows) = collation
        && let Some(crate::Value::Text(name)) = rows.first().and_then(|row| row.first())
        && !["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&name.as_str())
    {
        let advice = format!("データベースの照合順序が {name} です。LC_COLLATE 'C' で作り直すと使えます");
        return Err(DbError::Unusable(advice));
    }
    session.command(&format!("CREATE SCHEMA IF NOT EXISTS {}", zone.name())).map_err(refuse)?;
    session.command(migrate::CREATE_RECORD).map_err(refuse)?;
    let rows = session.query(migrate::READ_RECORD, &[]).map_err(refuse)?;
    let applied: Vec<Applied> = rows
        .into_iter()
        .filter_map(|row| match <[crate::Value; 2]>::try_from(row) {
            Ok([crate::Value::Text(name), crate::Value::Int(hash)]) => Some(Applied { name, hash }),
            _ => None,
        })
        .collect();
    for (name, hash, text) in migrate::pending(migrations, zone, &applied).map_err(DbError::Unusable)? {
        for command in ["BEGIN", text, &migrate::record(&name, hash, clock.now()), "COMMIT"] {
            session.command(command).map_err(|f| DbError::Unusable(format!("移行 {name}: {}", f.message)))?;
        }
    }
    Ok(())
}
