//! The program under test, started and killed.
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{self, Clerk};

pub struct Program {
    pub port: u16,
    child: Child,
}

impl Program {
    pub fn start(place: &[String]) -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_fujidana"))
            .args(["demo", "--residents", "1000", "--listen", &format!("127.0.0.1:{port}")])
            .args(place)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let program = Self { port, child };
        let until = Instant::now() + Duration::from_secs(60);
        while client::get(port, "/healthz", None).is_none_or(|answer| answer.status != 200) {
            assert!(Instant::now() < until, "the program does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        program
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it is gone");
    }

    /// A claim of a killed process ends after its lease; then everything is followed.
    pub fn wait_until_followed(&self, clerk: &Clerk) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let desk = client::get(self.port, "/desk", Some(clerk)).expect("the program runs");
            let waiting = client::move_ins(&desk.body).into_iter().any(|path| {
                let page = client::get(self.port, &path, Some(clerk)).expect("the program runs");
                page.body.contains("data-stream=")
            });
            if !waiting {
                // The desk lists the newest; older boards settle within a lease as well.
                std::thread::sleep(Duration::from_secs(17));
                return;
            }
            assert!(Instant::now() < until, "followers do not follow");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}
