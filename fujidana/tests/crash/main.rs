//! `kill -9` at random moments while eight clients register families: every acknowledged registration is
//! there once, every follower has it once, nothing is half done.
mod client;
#[path = "../../src/bench/http.rs"]
mod http;
mod program;
mod proof;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use client::Clerk;
use program::Program;
use testkit::{Database, Scratch};

const CLIENTS: u32 = 8;
/// Registrations acknowledged between two kills, at least.
const EACH_ROUND: usize = 11;

/// 20 kills in the daily test; `make soak` asks for 50.
fn kills() -> u32 {
    if std::env::var_os("FUJIDANA_SOAK").is_some() { 50 } else { 20 }
}

// measure 2-4-1: loses-nothing
#[test]
fn crash_loses_nothing_on_sqlite() {
    let scratch = Scratch::new();
    let place = vec!["--data".to_owned(), scratch.path.display().to_string()];
    let acknowledged = crash_and_go_on(&place, kills());
    proof::check(&proof::sqlite(&scratch.path), &acknowledged);
}

// measure 2-4-1: loses-nothing
#[test]
fn crash_loses_nothing_on_postgres() {
    let Some(database) = Database::create() else { return };
    let scratch = Scratch::new();
    let place = vec![
        "--database".to_owned(),
        database.url.clone(),
        "--data".to_owned(),
        scratch.path.display().to_string(),
    ];
    let acknowledged = crash_and_go_on(&place, kills() / 4);
    proof::check(&proof::postgres(&database.url), &acknowledged);
}

/// Registers under kills; gives the ids of the move-ins whose 本登録 was answered.
fn crash_and_go_on(place: &[String], kills: u32) -> Vec<String> {
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let serial = Arc::new(AtomicU32::new(0));
    let mut program = Program::start(place);
    let clerks = Arc::new([Clerk::sign_in(program.port, "shimin1"), Clerk::sign_in(program.port, "shimin2")]);
    let mut chance = Chance(0x5EED);
    for _ in 0..kills {
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (acknowledged, serial, clerks, stop) =
                    (Arc::clone(&acknowledged), Arc::clone(&serial), Arc::clone(&clerks), Arc::clone(&stop));
                let port = program.port;
                std::thread::spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        let number = serial.fetch_add(1, Ordering::SeqCst);
                        let Some(id) = client::register(port, &clerks, number) else { break };
                        acknowledged.lock().expect("no client panics here").push(id);
                    }
                })
            })
            .collect();
        let before = acknowledged.lock().expect("no client panics here").len();
        wait_for(before + EACH_ROUND, &acknowledged);
        std::thread::sleep(Duration::from_millis(chance.between(0, 300)));
        program.kill();
        stop.store(true, Ordering::SeqCst);
        clients.into_iter().for_each(|client| client.join().expect("a client only sees errors"));
        program = Program::start(place);
    }
    program.wait_until_followed(&clerks[0]);
    program.kill();
    Arc::try_unwrap(acknowledged).expect("all clients ended").into_inner().expect("no client panicked")
}

/// However slow the machine is, a kill comes under load: when so many are acknowledged.
fn wait_for(count: usize, acknowledged: &Mutex<Vec<String>>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while acknowledged.lock().expect("no client panics here").len() < count {
        assert!(Instant::now() < deadline, "fewer than {EACH_ROUND} registrations in a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Moments that differ from kill to kill and not from run to run (xorshift).
struct Chance(u64);

impl Chance {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + self.0 % (high - low)
    }
}
