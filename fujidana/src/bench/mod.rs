//! `fujidana bench`: one table, a line for each promised number, measured on this machine.
mod addresses;
mod audit;
mod desk;
mod durable;
mod followers;
pub mod http;
mod million;
mod paper;
mod peer;
mod registration;
mod restore;
mod sample_city;

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::serve;

/// What was promised, and what was measured.
pub struct Line {
    pub what: String,
    pub bar: &'static str,
    pub measured: String,
    /// `None`: no bar, or not to be judged here.
    pub holds: Option<bool>,
}

/// A bench: its name on the command line, and what it runs.
type Bench = (&'static str, fn() -> Result<Vec<Line>>);

const BENCHES: [Bench; 10] = [
    ("addresses", addresses::run),
    ("audit", audit::run),
    ("sample", sample_city::run),
    ("durable", durable::run),
    ("registration", registration::run),
    ("followers", followers::run),
    ("desk", desk::run),
    ("restore", restore::run),
    ("paper", paper::run),
    (MILLION, million::run),
];

/// It takes minutes and gigabytes, and runs when it is named.
const MILLION: &str = "million";

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&[])?;
    let name = arguments.words.first().map_or("all", String::as_str);
    let is_chosen = |known: &str| known == name || (name == "all" && known != MILLION);
    let chosen: Vec<&Bench> = BENCHES.iter().filter(|(known, _)| is_chosen(known)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        bail!("{name} という計測はありません。あるのは {} と all です", names.join("、"));
    }
    println!("| what | bar | measured | |\n|---|---|---|---|");
    let mut missed = 0;
    for (_, bench) in chosen {
        for line in bench()? {
            let verdict = match line.holds {
                Some(true) => "ok",
                Some(false) => "MISSED",
                None => "",
            };
            missed += u32::from(line.holds == Some(false));
            println!("| {} | {} | {} | {verdict} |", line.what, line.bar, line.measured);
        }
    }
    if missed > 0 {
        bail!("{missed} of the numbers were missed");
    }
    Ok(())
}

/// A folder on the disk that goes with the bench.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("fujidana-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
    fn arguments(&self) -> Result<Arguments> {
        let words = ["--data".to_owned(), self.0.display().to_string()];
        Arguments::parse(words.into_iter())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for beside in ["", ".keys", ".checkpoints"] {
            drop(std::fs::remove_dir_all(format!("{}{beside}", self.0.display())));
        }
    }
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    serve::runtime()?.block_on(future)
}

/// The value below which 95 of 100 lie.
fn p95(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get((values.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
}

/// Microseconds as milliseconds with one digit.
fn ms(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}
