//! A copy and the way back, on real files.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backup::{
    BackupError, Object, Prepare, Restored, Running, Settings, Target, Until, ZoneReport, copy_once,
    forget_places, open_target, restore_zone,
};
use base::Clock;
use db::{DbError, Migration, SqliteOptions, Store, Zone, params, sql};
use testkit::{FUJIOKA, Scratch};
use vault::Keys;

const NOTES: &[Migration] = &[Migration {
    zone: Zone::Inside,
    name: "test/0001",
    sql: "CREATE TABLE note (municipality_id BIGINT NOT NULL, id BIGINT NOT NULL, text TEXT NOT NULL,
          PRIMARY KEY (municipality_id, id));\n",
}];

/// An installation with its copy, in one folder.
struct House {
    scratch: Scratch,
    settings: Settings,
}

struct Open {
    inside: Store,
    running: Running,
}

impl House {
    fn new() -> Self {
        let settings = Settings { every: Duration::from_millis(20), ..Settings::default() };
        let house = Self { scratch: Scratch::new(), settings };
        std::fs::create_dir(house.path("data")).expect("a folder");
        house
    }
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path.join(name)
    }
    fn keys(&self) -> Keys {
        Keys::open(&self.path("keys")).expect("keys")
    }
    fn target(&self) -> Box<dyn Target> {
        open_target(self.path("copies").to_str().expect("a name"), "serve").expect("a folder")
    }
    fn open(&self) -> Open {
        self.open_to(self.target())
    }
    fn open_to(&self, target: Box<dyn Target>) -> Open {
        let prepare =
            Prepare::new(target, &self.path("data/spool"), &self.keys(), self.settings).expect("prepared");
        let open = |zone: Zone| {
            let path = self.path("data").join(format!("{}.db", zone.name()));
            let options = SqliteOptions { tail: prepare.tail(zone), ..SqliteOptions::at(path) };
            Store::open_sqlite(options, zone, NOTES, Clock::system()).expect("it opens")
        };
        let (inside, portal) = (open(Zone::Inside), open(Zone::Portal));
        Open { running: prepare.start(&[inside.clone(), portal]), inside }
    }
    fn restore(&self, to: &str, until: &Until) -> Result<Restored, BackupError> {
        restore_zone(&*self.target(), &self.keys(), Zone::Inside, &self.path(to), until)
    }
    fn objects(&self) -> Vec<Object> {
        self.target().list("inside/").expect("listed")
    }
}

impl Open {
    fn write(&self, ids: std::ops::Range<i64>) {
        for id in ids {
            let written: Result<(), DbError> = self.inside.write_blocking(FUJIOKA, move |tx| {
                let put = sql!("INSERT INTO note (municipality_id, id, text) VALUES ($1, $2, $3)");
                tx.run(put, params![id, format!("覚え書き {id}").repeat(40)]).map(drop)
            });
            written.expect("a note is written");
        }
    }
    fn inside(&self) -> ZoneReport {
        self.running.report().swap_remove(0)
    }
    /// Everything has arrived.
    fn settle(&self) {
        wait_for("the copy arrives", || self.running.report().iter().all(|zone| zone.waiting.is_none()));
    }
    fn close(self) {
        self.running.stop(Duration::from_secs(5));
    }
}

#[track_caller]
fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "{what}: not within 20 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[track_caller]
fn check(restored: &Restored, notes: i64) {
    assert_eq!(restored.counts.first(), Some(&("note".to_owned(), notes)), "{restored:?}");
}

// measure 2-4-1: off-site-copy
#[test]
fn what_was_committed_comes_back() {
    let house = House::new();
    let open = house.open();
    open.write(0..300);
    open.settle();
    open.write(300..2000);
    open.settle();
    let restored = house.restore("restored.db", &Until::Newest).expect("restored");
    check(&restored, 2000);
    assert!(restored.segments > 0);
    let drilled =
        open.running.drill(&house.path("drill"), Duration::from_secs(20)).expect("the drill passes");
    check(&drilled.restored[0], 2000);
    assert_eq!(drilled.restored.len(), 2);
}

#[test]
fn the_next_start_goes_on_with_the_same_generation() {
    let house = House::new();
    for round in 0..4 {
        let open = house.open();
        open.write(round * 100..round * 100 + 100);
        if round == 0 {
            open.settle();
        }
        open.close();
    }
    let restored = house.restore("restored.db", &Until::Newest).expect("restored");
    check(&restored, 400);
    let manifests = house.objects().iter().filter(|object| object.name.ends_with("manifest")).count();
    assert_eq!(manifests, 1, "no start needed a whole copy");
}

#[test]
fn writes_without_the_copy_begin_a_new_generation() {
    let house = House::new();
    let open = house.open();
    open.write(0..10);
    open.settle();
    open.close();
    std::thread::sleep(Duration::from_millis(500));
    let path = house.path("data/inside.db");
    forget_places(&house.path("data/spool"));
    let alone = Store::open_sqlite(SqliteOptions::at(&path), Zone::Inside, NOTES, Clock::system());
    let open = Open {
        inside: alone.expect("it opens"),
        running: house.open_to(Box::new(Memory::default())).running,
    };
    open.running.stop(Duration::from_secs(1));
    open.write(10..20);
    // The log goes back into the database and begins anew.
    std::thread::sleep(Duration::from_millis(600));
    open.write(20..30);
    drop(open);
    std::thread::sleep(Duration::from_millis(500));
    let open = house.open();
    open.write(30..40);
    wait_for("a new generation", || open.inside().whole_at.is_some());
    open.settle();
    check(&house.restore("restored.db", &Until::Newest).expect("restored"), 40);
}

#[test]
fn a_generation_that_grew_long_is_followed_by_another() {
    let mut house = House::new();
    house.settings.segments = 5;
    let open = house.open();
    for round in 0..60 {
        open.write(round * 10..round * 10 + 10);
        std::thread::sleep(Duration::from_millis(20));
    }
    open.settle();
    let manifests = house.objects().iter().filter(|object| object.name.ends_with("manifest")).count();
    assert!(manifests > 2, "{manifests} generations");
    check(&house.restore("restored.db", &Until::Newest).expect("restored"), 600);
}

// measure 2-4-1: restore
#[test]
fn a_moment_of_the_past_comes_back() {
    let house = House::new();
    let open = house.open();
    open.write(0..10);
    open.settle();
    let then = Clock::system().now();
    open.write(10..20);
    open.settle();
    check(&house.restore("then.db", &Until::Instant(then)).expect("restored"), 10);
    check(&house.restore("now.db", &Until::Newest).expect("restored"), 20);
    let before = Until::Instant(then.plus_seconds(-3600));
    assert!(matches!(house.restore("before.db", &before), Err(BackupError::Nothing { .. })));
}

#[test]
fn a_copy_beside_a_running_program_is_whole() {
    let house = House::new();
    let open = house.open();
    open.write(0..50);
    let copies = house.path("other");
    let taken = copy_once(
        &house.path("data"),
        copies.to_str().expect("a name"),
        &house.keys(),
        Clock::system().now(),
    );
    assert_eq!(taken.expect("copied").len(), 2);
    open.write(50..60);
    let target = open_target(copies.to_str().expect("a name"), "test").expect("a folder");
    let path = house.path("restored.db");
    check(&restore_zone(&*target, &house.keys(), Zone::Inside, &path, &Until::Newest).expect("restored"), 50);
}

/// Spoils one object and expects the restore to refuse.
#[track_caller]
fn check_spoilt(spoil: impl Fn(&Path, &[PathBuf])) {
    let house = House::new();
    let open = house.open();
    for round in 0..4 {
        open.write(round * 10..round * 10 + 10);
        open.settle();
    }
    let copies = house.path("copies");
    let segments: Vec<PathBuf> = house
        .objects()
        .iter()
        .filter(|object| object.name.contains("/segment-"))
        .map(|object| copies.join(&object.name))
        .collect();
    assert!(segments.len() >= 3, "{segments:?}");
    let folder = segments[0].parent().expect("a generation").to_owned();
    spoil(&folder, &segments);
    let refused = house.restore("restored.db", &Until::Newest);
    assert!(refused.is_err(), "{refused:?}");
}

#[test]
fn a_spoilt_copy_is_refused() {
    let swap = |a: &Path, b: &Path| {
        let (first, second) = (std::fs::read(a).expect("read"), std::fs::read(b).expect("read"));
        std::fs::write(a, second).expect("written");
        std::fs::write(b, first).expect("written");
    };
    check_spoilt(|_, segments| swap(&segments[0], &segments[1]));
    check_spoilt(|_, segments| std::fs::remove_file(&segments[1]).expect("removed"));
    check_spoilt(|folder, _| std::fs::remove_file(folder.join("manifest")).expect("removed"));
    check_spoilt(|folder, _| std::fs::write(folder.join("snapshot-00001"), b"x").expect("written"));
    check_spoilt(|folder, segments| swap(&segments[0], &folder.join("snapshot-00001")));
}

/// What the drill cannot restore is begun anew, without anybody's help.
#[test]
fn a_failed_drill_begins_a_new_copy() {
    let house = House::new();
    let open = house.open();
    open.write(0..10);
    open.settle();
    open.write(10..20);
    open.settle();
    let segment = house.objects().into_iter().find(|object| object.name.contains("/segment-"));
    let path = house.path("copies").join(segment.expect("there are segments").name);
    std::fs::remove_file(path).expect("removed");
    let failed = open.running.drill(&house.path("first"), Duration::from_secs(20));
    assert!(matches!(failed, Err(BackupError::Missing { .. })), "{failed:?}");
    wait_for("a new copy begins", || open.inside().waiting.is_some());
    open.settle();
    let drilled =
        open.running.drill(&house.path("second"), Duration::from_secs(20)).expect("the drill passes");
    check(&drilled.restored[0], 20);
    check(&house.restore("restored.db", &Until::Newest).expect("restored"), 20);
}

#[test]
fn another_key_does_not_open_it() {
    let house = House::new();
    let open = house.open();
    open.settle();
    let other = Keys::open(&house.path("other.keys")).expect("keys");
    let path = house.path("restored.db");
    let refused = restore_zone(&*house.target(), &other, Zone::Inside, &path, &Until::Newest);
    assert!(matches!(refused, Err(BackupError::Sealed { .. })), "{refused:?}");
}

/// A store of copies that can be frozen.
#[derive(Debug, Clone, Default)]
struct Memory {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    frozen: Arc<AtomicBool>,
}

impl Target for Memory {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        while self.frozen.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.objects.lock().expect("no panic").insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
    fn get(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        let objects = self.objects.lock().expect("no panic");
        objects.get(name).cloned().ok_or_else(|| BackupError::Missing { name: name.to_owned() })
    }
    fn list(&self, prefix: &str) -> Result<Vec<Object>, BackupError> {
        let objects = self.objects.lock().expect("no panic");
        let found = objects.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(found.map(|(name, bytes)| Object { name: name.clone(), bytes: bytes.len() as u64 }).collect())
    }
    fn delete(&self, name: &str) -> Result<(), BackupError> {
        self.objects.lock().expect("no panic").remove(name);
        Ok(())
    }
    fn label(&self) -> String {
        "memory".to_owned()
    }
}

/// The store of copies stands still: the alarm rises, the desk goes on, and nothing is lost afterwards.
#[track_caller]
fn check_frozen(spool_bytes: u64) {
    let mut house = House::new();
    house.settings.alarm_after = Duration::from_millis(300);
    house.settings.spool_bytes = spool_bytes;
    let memory = Memory::default();
    let open = house.open_to(Box::new(memory.clone()));
    open.write(0..10);
    open.settle();
    assert!(!open.running.alarm());
    memory.frozen.store(true, Ordering::SeqCst);
    let started = Instant::now();
    open.write(10..1500);
    wait_for("the alarm rises", || open.running.alarm());
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(open.inside().waiting_bytes <= spool_bytes, "{:?}", open.inside());
    open.write(1500..1600);
    memory.frozen.store(false, Ordering::SeqCst);
    wait_for("the alarm ends", || !open.running.alarm());
    open.settle();
    let path = house.path("restored.db");
    let restored = restore_zone(&memory, &house.keys(), Zone::Inside, &path, &Until::Newest);
    check(&restored.expect("restored"), 1600);
}

#[test]
fn a_frozen_store_of_copies_raises_the_alarm() {
    check_frozen(1 << 30);
}

/// More than the spool may hold: the copy begins anew when the store answers again.
#[test]
fn a_full_spool_begins_the_copy_anew() {
    check_frozen(4096);
}
