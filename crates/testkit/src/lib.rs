//! What tests share: a fresh store on either engine. One suite, every engine.
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use base::{At, Clock, MunicipalityId};
use db::{Migration, SqliteOptions, Store, Zone};

/// 藤岡市.
pub const FUJIOKA: MunicipalityId = MunicipalityId(102_091);
/// 2026-11-24 09:14 in Japan.
pub const MORNING: At = At::from_micros(1_795_479_240_000_000);

/// Names the server that `tools/with-postgres` started.
const POSTGRES: &str = "FUJIDANA_TEST_POSTGRES";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Runs `test` on SQLite, and on PostgreSQL where one is named in the environment.
pub fn both(migrations: &[Migration], test: impl Fn(Store)) {
    let scratch = Scratch::new();
    test(scratch.sqlite(migrations, Clock::fixed(MORNING)));
    if let Some(database) = Database::create() {
        test(database.open(migrations, Clock::fixed(MORNING)));
    }
}

/// A folder that goes away with the test.
#[derive(Debug)]
pub struct Scratch {
    pub path: PathBuf,
}

impl Scratch {
    #[expect(clippy::new_without_default, reason = "making a folder is not a default")]
    pub fn new() -> Self {
        let name = format!("fujidana-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self { path }
    }
    pub fn sqlite(&self, migrations: &[Migration], clock: Clock) -> Store {
        let options = SqliteOptions::at(self.path.join("inside.db"));
        Store::open_sqlite(options, Zone::Inside, migrations, clock).expect("a fresh database opens")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // An installation in this folder keeps its keys and checkpoints beside it.
        for beside in ["", ".keys", ".checkpoints"] {
            drop(std::fs::remove_dir_all(format!("{}{beside}", self.path.display())));
        }
    }
}

/// A PostgreSQL database of its own for one test.
#[derive(Debug)]
pub struct Database {
    pub url: String,
}

impl Database {
    /// `None`, with a word on the terminal, where no server is named.
    pub fn create() -> Option<Self> {
        let Ok(server) = std::env::var(POSTGRES) else {
            println!("skipped: PostgreSQL ({POSTGRES} names no server)");
            return None;
        };
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let mut client = postgres::Client::connect(&format!("{server} dbname=postgres"), postgres::NoTls)
            .expect("the named server answers");
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"))
            .expect("the server gives a database");
        Some(Self { url: format!("{server} dbname={name}") })
    }
    pub fn open(&self, migrations: &[Migration], clock: Clock) -> Store {
        Store::open_postgres(&self.url, 4, Zone::Inside, migrations, clock).expect("a fresh database opens")
    }
}
