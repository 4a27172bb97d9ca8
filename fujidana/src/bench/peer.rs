//! The Django peer: the same kind of page behind a session, where its driver and packages are at hand.
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Line;
use super::desk::{cpu_micros, free_port};
use super::http::Client;

const DRIVER: &str = "../shared/peers";
const REQUESTS: u64 = 1500;

/// How many times as much CPU Django takes for a page; skipped where it cannot run.
pub fn django(own_micros: u64, scratch: &Path) -> Result<Line> {
    let what = "… of the Django peer (5.2, gunicorn, SQLite)".to_owned();
    let skipped = |why: &str| Line {
        what: what.clone(),
        bar: "≥ 50 × ours",
        measured: format!("skipped: {why}"),
        holds: None,
    };
    let driver = Path::new(DRIVER).join("django_app.py");
    if !driver.exists() {
        return Ok(skipped("its driver is not here"));
    }
    let has_packages =
        Command::new("python3").args(["-c", "import django, gunicorn"]).stderr(Stdio::null()).status();
    if !has_packages.is_ok_and(|status| status.success()) {
        return Ok(skipped("pip install 'django==5.2.*' gunicorn"));
    }
    let driver = driver.canonicalize()?;
    let made = Command::new("python3").arg(&driver).env("DB", "sqlite").current_dir(scratch).output()?;
    let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    if key.is_empty() {
        return Ok(skipped("its sample could not be made (an old /tmp/dj.db?)"));
    }
    let port = free_port()?;
    let server = Server::start(&driver, port)?;
    let cookie = format!("sessionid={key}");
    load(port, &cookie, 50)?;
    let before = server.cpu()?;
    load(port, &cookie, REQUESTS)?;
    let each = (server.cpu()? - before) / REQUESTS;
    drop(std::fs::remove_file("/tmp/dj.db"));
    let times = each as f64 / own_micros.max(1) as f64;
    Ok(Line {
        what,
        bar: "≥ 50 × ours",
        measured: format!("{each} µs ({times:.0} ×)"),
        holds: Some(times >= 50.0),
    })
}

struct Server(Child);

impl Server {
    fn start(driver: &Path, port: u16) -> Result<Self> {
        let folder = driver.parent().context("a driver lies in a folder")?;
        let child = Command::new("python3")
            .args(["-m", "gunicorn", "-w", "2", "-b", &format!("127.0.0.1:{port}"), "django_app:application"])
            .env("DB", "sqlite")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self(child);
        let until = Instant::now() + Duration::from_secs(20);
        while Client::connect(port).and_then(|mut c| c.get("/p/1", "")).is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    /// CPU of the master and its workers.
    fn cpu(&self) -> Result<u64> {
        let master = self.0.id();
        let children = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children"))?;
        let workers = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        std::iter::once(master).chain(workers).map(cpu_micros).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.0.id().to_string()).status());
        drop(self.0.wait());
    }
}

fn load(port: u16, cookie: &str, requests: u64) -> Result<()> {
    let mut client = Client::connect(port).context("connect")?;
    for i in 0..requests {
        let path = format!("/p/{}", 1 + (i * 7919) % 65_000);
        let answer = match client.get(&path, cookie) {
            Some(answer) => answer,
            None => {
                // Its workers answer one request a connection.
                client = Client::connect(port).context("connect")?;
                client.get(&path, cookie).context("request")?
            }
        };
        anyhow::ensure!(answer.status == 200, "the peer answered {}", answer.status);
    }
    Ok(())
}
