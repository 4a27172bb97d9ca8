//! The tail of the log: a snapshot and all changes since give the database, page for page.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::Clock;
use db::{
    Changes, DbError, Migration, SqliteOptions, Store, WalPosition, WalTail, Zone, check_file, params, sql,
};
use testkit::{FUJIOKA, MORNING, Scratch};

const NOTES: &[Migration] = &[Migration {
    zone: Zone::Inside,
    name: "test/0001",
    sql: "CREATE TABLE note (municipality_id BIGINT NOT NULL, id BIGINT NOT NULL, text TEXT NOT NULL,
          PRIMARY KEY (municipality_id, id));\n",
}];

struct Followed {
    store: Store,
    tail: Arc<WalTail>,
}

fn open(path: &Path, resume: Option<WalPosition>) -> Followed {
    let tail = Arc::new(WalTail::new(resume));
    let options = SqliteOptions { tail: Some(Arc::clone(&tail)), ..SqliteOptions::at(path) };
    let store = Store::open_sqlite(options, Zone::Inside, NOTES, Clock::fixed(MORNING)).expect("it opens");
    Followed { store, tail }
}

impl Followed {
    fn write(&self, id: i64, length: usize) {
        let text = "藤".repeat(length);
        let written: Result<(), DbError> = self.store.write_blocking(FUJIOKA, move |tx| {
            let put = sql!(
                "INSERT INTO note (municipality_id, id, text) VALUES ($1, $2, $3)
                 ON CONFLICT (municipality_id, id) DO UPDATE SET text = excluded.text"
            );
            tx.run(put, params![id, text.as_str()]).map(drop)
        });
        written.expect("a note is written");
    }
    fn take(&self) -> (Changes, WalPosition) {
        let (changes, at) = self.tail.take().expect("the log is readable").expect("the chain is whole");
        self.tail.keep(at);
        (changes, at)
    }
}

/// Pages of a file, with changes laid over them.
struct Copy(BTreeMap<u32, Vec<u8>>);

impl Copy {
    fn of(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("the snapshot is a file");
        Self((1..).zip(bytes.chunks(4096).map(<[u8]>::to_vec)).collect())
    }
    fn lay(&mut self, changes: Changes) {
        if !changes.is_empty() {
            self.0.extend(changes.changed);
            self.0.retain(|number, _| *number <= changes.pages);
        }
    }
    /// The file is a whole database with the same rows as the store.
    fn check(&self, path: &Path, store: &Store) {
        std::fs::write(path, self.0.values().flatten().copied().collect::<Vec<u8>>()).expect("written");
        let counts = check_file(path, true).expect("the copy is whole");
        assert_eq!(counts, store.pin().expect("pinned").row_counts().expect("counted"));
    }
}

/// Ends the writer, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_snapshot_and_the_changes_since_give_the_database() {
    let scratch = Scratch::new();
    let followed = open(&scratch.path.join("inside.db"), None);
    assert_eq!(followed.tail.take().expect("readable"), None, "nobody follows yet");
    let snapshot = scratch.path.join("snapshot");
    let stop = AtomicBool::new(false);
    let copy = std::thread::scope(|scope| {
        // Writes never pause: enough for several rounds of the log, some commits larger than one.
        scope.spawn(|| {
            (0..).take_while(|_| !stop.load(Ordering::SeqCst)).for_each(|id| followed.write(id % 5000, 3000));
        });
        let _stop = Stop(&stop);
        let pin = followed.store.pin().expect("pinned");
        let counted = pin.row_counts().expect("counted");
        pin.copy_to(&snapshot).expect("copied");
        assert_eq!(check_file(&snapshot, true).expect("a whole snapshot"), counted);
        drop(pin);
        let (mut copy, mut restarts, mut salts) = (Copy::of(&snapshot), 0, [0, 0]);
        while restarts < 4 {
            let (changes, at) = followed.take();
            copy.lay(changes);
            restarts += u32::from(salts != at.salts);
            salts = at.salts;
        }
        copy
    });
    let mut copy = copy;
    followed.write(9000, 2_000_000);
    copy.lay(followed.take().0);
    copy.check(&scratch.path.join("copy"), &followed.store);
}

/// What an earlier chain lacks is given apart from what comes after the pin.
#[test]
fn a_second_pin_cuts_the_chain_in_two() {
    let scratch = Scratch::new();
    let followed = open(&scratch.path.join("inside.db"), None);
    drop(followed.store.pin().expect("pinned"));
    assert!(followed.tail.take_before().is_empty());
    followed.write(1, 10);
    let pin = followed.store.pin().expect("pinned");
    followed.write(2, 10);
    assert!(!followed.tail.take_before().is_empty());
    let counted = pin.row_counts().expect("counted");
    assert_eq!(counted.iter().find(|(name, _)| name == "note"), Some(&("note".to_owned(), 1)));
    let (changes, at) = followed.take();
    assert!(!changes.is_empty());
    assert_ne!(pin.at(), Some(at));
    assert!(followed.take().0.is_empty());
}

/// An operator's tool may move the log into the database: a chain with a hole is given up, not continued.
#[test]
fn a_log_that_somebody_else_moved_breaks_the_chain() {
    let scratch = Scratch::new();
    let path = scratch.path.join("inside.db");
    let followed = open(&path, None);
    drop(followed.store.pin().expect("pinned"));
    followed.write(1, 500);
    let other = rusqlite::Connection::open(&path).expect("another program");
    let moved: i64 =
        other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).expect("it moves the log");
    assert_eq!(moved, 0, "not held up");
    followed.write(2, 500);
    assert_eq!(followed.tail.take().expect("readable"), None, "the first note was never read");
}

#[test]
fn a_copy_goes_on_where_the_last_run_stopped() {
    let scratch = Scratch::new();
    let (path, snapshot) = (scratch.path.join("inside.db"), scratch.path.join("snapshot"));
    let first = open(&path, None);
    first.store.pin().expect("pinned").copy_to(&snapshot).expect("copied");
    let mut copy = Copy::of(&snapshot);
    first.write(1, 500);
    let (changes, at) = first.take();
    copy.lay(changes);
    first.write(2, 500);
    close(first);

    let second = open(&path, Some(at));
    second.write(3, 500);
    let (changes, at) = second.take();
    copy.lay(changes);
    copy.check(&scratch.path.join("copy"), &second.store);
    close(second);

    // The log begins anew, and the process dies before the copy has more: everything before was kept.
    let third = open(&path, Some(at));
    third.write(4, 500);
    let (changes, at) = third.take();
    copy.lay(changes);
    std::thread::sleep(std::time::Duration::from_millis(800));
    third.write(5, 500);
    close(third);
    let fourth = open(&path, Some(at));
    let (changes, new) = fourth.take();
    assert_ne!(at.salts, new.salts, "the log had begun anew");
    copy.lay(changes);
    copy.check(&scratch.path.join("second copy"), &fourth.store);
    close(fourth);

    let elsewhere = WalPosition { salts: [1, 2], ..at };
    let last = open(&path, Some(elsewhere));
    assert_eq!(last.tail.take().expect("readable"), None, "another log");
}

/// The writer's thread ends a moment after the last handle.
fn close(followed: Followed) {
    drop(followed);
    std::thread::sleep(std::time::Duration::from_millis(400));
}
