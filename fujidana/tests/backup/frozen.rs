//! A store of copies that stands still: its object waits for a reader that never comes.
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{self, Clerk};
use crate::program::Program;
use crate::{House, healthz, wait_until};

/// The alarm's threshold in this test; 30 s otherwise, so that it rises within a minute.
const ALARM: &str = "2";

#[test]
fn a_frozen_store_of_copies_raises_the_alarm_and_stops_nobody() {
    let house = House::new();
    let mut place = house.place.clone();
    place.extend(["--backup-alarm".to_owned(), ALARM.to_owned()]);
    let program = Program::start(&place);
    let clerks = [Clerk::sign_in(program.port, "shimin1"), Clerk::sign_in(program.port, "shimin2")];
    wait_until("the copy is whole", || healthz(program.port).contains("\"backup\":\"ok\""));

    wait_until("nothing is on its way", || !healthz(program.port).contains("\"waiting_ms\":"));
    // A named pipe without a reader holds whoever writes to it.
    let pipe = house.scratch.path.join("copies/.incoming-serve-inside-segment");
    let made = || {
        drop(std::fs::remove_file(&pipe));
        Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success())
    };
    wait_until("a pipe stands in the way", made);
    let frozen = Instant::now();
    client::register(program.port, &clerks, 1).expect("the desk goes on");
    let is_red = || client::get(program.port, "/healthz", None).is_some_and(|answer| answer.status == 503);
    wait_until("the alarm rises", is_red);
    assert!(frozen.elapsed() < Duration::from_secs(20));
    let told = healthz(program.port);
    assert!(told.contains("\"backup\":\"bad\"") && told.contains("\"waiting_ms\":"), "{told}");
    client::register(program.port, &clerks, 2).expect("the desk still goes on");

    // Somebody reads and clears the way: the next try goes through, and the alarm ends.
    let mut reader =
        Command::new("timeout").args(["20", "cat"]).arg(&pipe).stdout(Stdio::null()).spawn().expect("cat");
    std::thread::sleep(Duration::from_millis(200));
    std::fs::remove_file(&pipe).expect("the pipe is there");
    wait_until("the alarm ends", || !is_red());
    drop(reader.kill());
    drop(reader.wait());
    program.kill();
}
