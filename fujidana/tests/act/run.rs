//! The program started as an operator starts it.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::Scratch;

/// Where the store is: a folder, or a database with a folder beside which its keys lie.
pub struct Place {
    words: Vec<String>,
    _beside: Option<Scratch>,
}

impl Place {
    pub fn folder(path: &Path) -> Self {
        Self { words: vec!["--data".to_owned(), path.display().to_string()], _beside: None }
    }
    pub fn database(url: &str) -> Self {
        let beside = Scratch::new();
        let data = beside.path.join("data").display().to_string();
        let words = ["--database", url, "--data", &data].map(str::to_owned).to_vec();
        Self { words, _beside: Some(beside) }
    }
    /// A command with the options that lead here.
    pub fn with<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        command.iter().copied().chain(self.words.iter().map(String::as_str)).collect()
    }
}

pub struct Outcome {
    pub code: i32,
    pub output: String,
    pub errors: String,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fujidana"))
}

/// Runs it to its end.
pub fn fujidana(words: &[&str], input: &str) -> Outcome {
    let piped = || Stdio::piped();
    let mut child = program()
        .args(words)
        .stdin(piped())
        .stdout(piped())
        .stderr(piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("piped");
    // One that refuses at once does not read.
    drop(pipe.write_all(input.as_bytes()));
    drop(pipe);
    let ended = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        code: ended.status.code().expect("no signal"),
        output: text(ended.stdout),
        errors: text(ended.stderr),
    }
}

/// `act` on a script, line by line; a script ends well whatever its lines were.
pub fn act(place: &Place, lines: &[String]) -> Vec<Value> {
    let outcome = fujidana(&place.with(&["act"]), &(lines.join("\n") + "\n"));
    assert_eq!(outcome.code, 0, "{}", outcome.errors);
    let answers = outcome.output.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON"));
    answers.collect()
}

/// A running `demo`.
pub struct Serving {
    child: Child,
}

/// Starts the sample city; comes back when it listens.
pub fn demo(place: &Place, residents: u32) -> Serving {
    let mut child = program()
        .args(place.with(&["demo", "--residents", &residents.to_string(), "--listen", "127.0.0.1:0"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let opened = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("http://localhost:")));
    let opened = opened.expect("it says where it listens").expect("text");
    let port = opened.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
    answers(port.expect("a port"));
    Serving { child }
}

/// It takes signals once it serves.
fn answers(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

impl Serving {
    /// SIGTERM: it ends by itself, and well.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success());
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}
