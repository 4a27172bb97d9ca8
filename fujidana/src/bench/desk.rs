//! CPU of one desk page: session, rights, household, history, access row. The program runs as its own process.
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{Client, sign_in};
use super::{Line, Scratch, peer};

const CLIENTS: usize = 16;
const EACH: usize = 1500;

pub fn run() -> Result<Vec<Line>> {
    let scratch = Scratch::new("desk")?;
    let program = Program::start(&scratch)?;
    let session = sign_in(program.port, "shimin1").context("sign-in")?;
    let people = people(program.port, &session)?;
    load(program.port, &session, &people, 200)?;
    let (before, started) = (cpu_micros(program.child.id())?, Instant::now());
    load(program.port, &session, &people, EACH)?;
    let (spent, requests) = (cpu_micros(program.child.id())? - before, (CLIENTS * EACH) as u64);
    let rate = requests as f64 / started.elapsed().as_secs_f64();
    let each = spent / requests;
    let mut lines = vec![Line {
        what: "desk page with session, rights, access row: CPU per GET".to_owned(),
        bar: "≤ 100 µs",
        measured: format!("{each} µs ({rate:.0} requests/s)"),
        holds: Some(each <= 100),
    }];
    lines.push(peer::django(each, &scratch.0)?);
    Ok(lines)
}

struct Program {
    port: u16,
    child: Child,
}

impl Program {
    fn start(scratch: &Scratch) -> Result<Self> {
        let port = free_port()?;
        let child = Command::new(std::env::current_exe()?)
            .args(["demo", "--residents", "5000", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(&scratch.0)
            .stdout(Stdio::null())
            .spawn()?;
        let program = Self { port, child };
        let until = Instant::now() + Duration::from_secs(60);
        while Client::connect(port).and_then(|mut c| c.get("/healthz", "")).is_none() {
            if Instant::now() > until {
                bail!("the program does not answer");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(program)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The pages of some hundred residents, from the lists that the desk itself shows.
fn people(port: u16, session: &str) -> Result<Vec<String>> {
    let mut client = Client::connect(port).context("connect")?;
    let mut people = Vec::new();
    for letter in ["ア", "サ", "タ", "ナ", "ハ"] {
        let query: String = letter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let list = client.get(&format!("/residents?q={query}"), session).context("list")?;
        let links = list.body.split("href=\"/residents/").skip(1).filter_map(|rest| rest.split('"').next());
        people.extend(links.map(|id| format!("/residents/{id}")));
    }
    if people.is_empty() {
        bail!("the list shows nobody");
    }
    Ok(people)
}

fn load(port: u16, session: &str, people: &[String], each: usize) -> Result<()> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let mut connection = Client::connect(port).context("connect")?;
                    for i in 0..each {
                        let path = &people[(i * CLIENTS + client) % people.len()];
                        let answer = connection.get(path, session).context("request")?;
                        if answer.status != 200 {
                            bail!("{path} answered {}", answer.status);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client only returns errors"))
    })
}

/// User and system time of a process and those it waited for.
pub fn cpu_micros(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    // USER_HZ is 100 on every Linux that we know.
    Ok(ticks * 10_000)
}
