//! PostgreSQL: the server's log followed to another place and back, and dumps where that is not allowed.
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::{Database, Scratch};

use crate::client::{self, Clerk};
use crate::program::Program;
use crate::{
    Acknowledged, CLIENTS, EACH_ROUND, MOST_LOST, count, healthz, http, is_soak, load, missing_in, proof,
    wait_until,
};

/// 2 kills in the daily test; `make soak` asks for more.
fn kills() -> usize {
    if is_soak() { 30 } else { 2 }
}

/// An installation on PostgreSQL with a copy. `None` where there is no server to test with.
struct ServerHouse {
    scratch: Scratch,
    database: Database,
    place: Vec<String>,
    /// The log is that of the whole server: what another of these tests writes would be copied as well.
    _alone: std::fs::File,
}

impl ServerHouse {
    /// As the user that `user` names; the server's first otherwise.
    fn new(user: Option<&str>) -> Option<Self> {
        let (mut database, scratch) = (Database::create()?, Scratch::new());
        if let Some(user) = user {
            database.url = database.url.replace("user=postgres", &format!("user={user}"));
        }
        let alone =
            std::fs::File::create(std::env::temp_dir().join("fujidana-test-server.lock")).expect("a file");
        alone.lock().expect("the others end");
        let path = |name: &str| scratch.path.join(name).display().to_string();
        let (data, keys, copies) = (path("data"), path("keys"), path("copies"));
        let place = ["--database", &database.url, "--data", &data, "--keys", &keys, "--backup", &copies];
        Some(Self { place: place.map(str::to_owned).into(), scratch, database, _alone: alone })
    }

    fn run(&self, words: &[&str]) -> Output {
        let keys = self.scratch.path.join("keys");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fujidana"));
        command.args(words).arg("--keys").arg(keys).output().expect("the program runs")
    }

    fn copies(&self) -> String {
        self.scratch.path.join("copies").display().to_string()
    }

    /// What the other place has at this moment. Restores come later: they would write into the log that is copied.
    fn keep_copies(&self, round: usize) -> String {
        let kept = format!("{}-{round}", self.copies());
        let copied = Command::new("cp").args(["-a", &self.copies(), &kept]).status();
        assert!(copied.is_ok_and(|status| status.success()), "{kept}");
        kept
    }

    /// Into a new database, with every check that `restore` makes.
    #[track_caller]
    fn restore(&self, from: &str, at: &[&str]) -> Database {
        let empty = Database::create().expect("there was one before");
        let restored = self.run(&[&["restore", "--from", from, "--database", &empty.url], at].concat());
        let told = String::from_utf8_lossy(&restored.stdout).into_owned();
        assert!(restored.status.success(), "{told} {}", String::from_utf8_lossy(&restored.stderr));
        assert!(told.contains("監査の記録"), "{told}");
        empty
    }

    fn segments(&self) -> Vec<std::path::PathBuf> {
        let generations = std::fs::read_dir(self.scratch.path.join("copies/postgres")).expect("copies");
        let objects =
            generations.flatten().flat_map(|one| std::fs::read_dir(one.path()).expect("objects").flatten());
        let mut found: Vec<_> = objects.map(|object| object.path()).collect();
        found.retain(|path| path.display().to_string().contains("/segment-"));
        found.sort();
        found
    }
}

/// The server keeps no log for a test that is over.
impl Drop for ServerHouse {
    fn drop(&mut self) {
        let name = self.database.url.rsplit("dbname=").next().unwrap_or_default().to_owned();
        let slot = format!("fujidana_{name}");
        if let Ok(mut server) = db::Server::connect(&self.database.url) {
            drop(server.free_slot(&slot));
            std::thread::sleep(Duration::from_millis(300));
            drop(server.drop_slot(&slot));
        }
    }
}

fn sign_in(program: &Program) -> [Clerk; 2] {
    [Clerk::sign_in(program.port, "shimin1"), Clerk::sign_in(program.port, "shimin2")]
}

/// 「いま訓練する」, by an operator who has signed in.
fn drill(program: &Program, cookie: &str) {
    let mut client = http::Client::connect(program.port).expect("the program runs");
    let page = client.get("/health", cookie).expect("the page").body;
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("the page has a form");
    let token = rest.split('"').next().expect("a value ends");
    let answer = client.post("/health/drill", cookie, &[("csrf", token)]).expect("an answer");
    assert_eq!(answer.status, 303, "{}", answer.body);
}

fn wait_for_copy(program: &Program) {
    wait_until("the copy is whole", || healthz(program.port).contains("\"backup\":\"ok\""));
}

fn settle(program: &Program) {
    std::thread::sleep(Duration::from_millis(700));
    wait_until("everything arrives", || !healthz(program.port).contains("\"waiting_ms\":"));
}

#[test]
fn a_kill_on_postgres_loses_little_of_the_copy_and_a_moment_comes_back() {
    let Some(house) = ServerHouse::new(None) else { return };
    let (acknowledged, serial) = (Acknowledged::default(), Arc::new(AtomicU32::new(0)));
    let mut program = Program::start(&house.place);
    let clerks = Arc::new(sign_in(&program));
    wait_for_copy(&program);
    settle(&program);
    let (mut killed, mut early) = (Vec::new(), None);
    for round in 0..kills() {
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| load(program.port, &clerks, &serial, &acknowledged, &stop)).collect();
        let before = count(&acknowledged);
        wait_until("registrations are acknowledged", || count(&acknowledged) >= before + EACH_ROUND);
        std::thread::sleep(Duration::from_millis(round as u64 * 53 % 200));
        program.kill();
        let at = Instant::now();
        stop.store(true, Ordering::SeqCst);
        clients.into_iter().for_each(|client| client.join().expect("a client only sees errors"));
        killed.push((house.keep_copies(round), at, acknowledged.lock().expect("no panic").clone()));
        early.get_or_insert_with(|| (base::Clock::system().now(), count(&acknowledged)));
        std::thread::sleep(Duration::from_millis(1100));
        program = Program::start(&house.place);
    }
    settle(&program);
    program.kill();
    let mut lost = Vec::new();
    for (copies, at, known) in killed {
        let restored = house.restore(&copies, &[]);
        let missing = missing_in(&proof::postgres(&restored.url), &Arc::new(Mutex::new(known)));
        let oldest = missing.iter().map(|(_, at)| *at).min();
        lost.push(oldest.map_or(Duration::ZERO, |oldest| at.saturating_duration_since(oldest)));
        println!("{copies}: {} registrations missing, the oldest {:?} before", missing.len(), lost.last());
    }
    let (at, known) = early.expect("there was a kill");
    let (hour, minute) = at.hour_minute();
    let second = at.micros() / 1_000_000 % 60;
    let at = format!("{}T{hour:02}:{minute:02}:{second:02}", at.date());
    let past = house.restore(&house.copies(), &["--at", &at]);
    let then = missing_in(&proof::postgres(&past.url), &acknowledged).len();
    assert!(then >= count(&acknowledged) - known, "what came later is not there: {then}");
    let newest = house.restore(&house.copies(), &[]);
    assert!(missing_in(&proof::postgres(&newest.url), &acknowledged).is_empty());
    lost.sort_unstable();
    println!("lost of the copy: {lost:?}");
    assert!(!is_soak() || lost[lost.len() / 2] <= MOST_LOST, "median of {lost:?}");
}

#[test]
fn a_drill_on_postgres_restores_and_turns_red_after_damage() {
    let Some(house) = ServerHouse::new(None) else { return };
    let mut place = house.place.clone();
    place.extend(["--backup-alarm".to_owned(), "5".to_owned()]);
    let program = Program::start(&place);
    wait_for_copy(&program);
    let clerks = sign_in(&program);
    let operator = http::sign_in(program.port, "somu").expect("a sample account signs in");
    client::register(program.port, &clerks, 1).expect("a family is registered");
    drill(&program, &operator);
    wait_until("the drill passes", || healthz(program.port).contains("\"drill\":\"ok\""));

    settle(&program);
    // Frozen: a named pipe without a reader holds whoever writes to it.
    let pipe = house.scratch.path.join("copies/.incoming-serve-postgres-segment");
    let made = || {
        drop(std::fs::remove_file(&pipe));
        Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success())
    };
    wait_until("a pipe stands in the way", made);
    let frozen = Instant::now();
    client::register(program.port, &clerks, 2).expect("the desk goes on");
    wait_until("the alarm rises", || healthz(program.port).contains("\"backup\":\"bad\""));
    assert!(frozen.elapsed() < Duration::from_secs(20));
    let mut reader =
        Command::new("timeout").args(["20", "cat"]).arg(&pipe).stdout(Stdio::null()).spawn().expect("cat");
    std::thread::sleep(Duration::from_millis(200));
    std::fs::remove_file(&pipe).expect("the pipe is there");
    wait_until("the alarm ends", || !healthz(program.port).contains("\"backup\":\"bad\""));
    drop(reader.kill());
    drop(reader.wait());
    settle(&program);

    let first = house.segments().into_iter().next().expect("there are segments");
    std::fs::write(&first, b"x").expect("damaged");
    drill(&program, &operator);
    wait_until("the drill turns red", || healthz(program.port).contains("\"drill\":\"bad\""));
    program.kill();
}

#[test]
fn without_the_right_to_replicate_dumps_come_back() {
    let Some(server) = Database::create() else { return };
    let user = format!("clerk_{}", std::process::id());
    let made = Command::new("psql")
        .args(["-q", &server.url, "-c", &format!("CREATE ROLE {user} LOGIN"), "-c"])
        .arg("GRANT pg_signal_backend TO CURRENT_USER")
        .status();
    assert!(made.is_ok(), "psql is there");
    let Some(house) = ServerHouse::new(Some(&user)) else { return };
    let name = house.database.url.rsplit("dbname=").next().expect("a name").to_owned();
    let grant = format!("ALTER DATABASE {name} OWNER TO {user}");
    let given = Command::new("psql").args(["-q", &server.url, "-c", &grant]).status();
    assert!(given.is_ok_and(|status| status.success()));
    let program = Program::start(&house.place);
    let arrived = || {
        Path::new(&house.copies()).join("postgres").exists()
            && healthz(program.port).contains("\"whole_at\":1")
    };
    wait_until("the first dump arrives", arrived);
    assert!(healthz(program.port).contains("\"backup\":\"attention\""), "it is less than it could be");
    client::register(program.port, &sign_in(&program), 1).expect("a family is registered");
    let dumped = house.run(&["backup", "--database", &house.database.url, "--to", &house.copies()]);
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    drill(&program, &http::sign_in(program.port, "somu").expect("a sample account signs in"));
    wait_until("the drill passes", || healthz(program.port).contains("\"drill\":\"ok\""));
    let full = house.run(&["restore", "--from", &house.copies(), "--database", &house.database.url]);
    assert!(!full.status.success(), "a city is never written over");
    house.restore(&house.copies(), &[]);
    let rehearsed = house.run(&["drill", "--from", &house.copies()]);
    assert!(rehearsed.status.success(), "{}", String::from_utf8_lossy(&rehearsed.stderr));
    program.kill();
}
