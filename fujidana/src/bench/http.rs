//! As much HTTP as a clerk's browser needs, over one kept connection. Every failure is `None`: the program
//! at the other end may die at any moment.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base::Clock;
use identity::totp;

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
    fn cookie(&self, name: &str) -> Option<String> {
        let from = self.head.find(&format!("{name}="))?;
        self.head[from..].split(';').next().map(str::to_owned)
    }
}

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream: BufReader::new(stream) })
    }

    pub fn get(&mut self, path: &str, cookie: &str) -> Option<Answer> {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"))
    }

    pub fn post(&mut self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let body = body.join("&");
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn exchange(&mut self, request: &str) -> Option<Answer> {
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut head = String::new();
        loop {
            let before = head.len();
            self.stream.read_line(&mut head).ok().filter(|read| *read > 0)?;
            if head[before..].trim_end().is_empty() {
                break;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(Some(0), |text| text.parse().ok())?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8(body).ok()?;
        Some(answer)
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Signs a sample account in; gives the cookie of its session.
pub fn sign_in(port: u16, user: &str) -> Option<String> {
    let mut client = Client::connect(port)?;
    let form = [("name", user), ("password", "fujidana-mihon")];
    let pending = client.post("/sign-in", "", &form)?.cookie("__Host-pending")?;
    let code = totp::code(&totp::sample_secret(user), totp::step_at(Clock::system().now()));
    client.post("/sign-in/code", &pending, &[("code", &code)])?.cookie("__Host-session")
}
