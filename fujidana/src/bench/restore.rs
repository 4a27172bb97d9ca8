//! A city of 65,000, copied whole and continuously, and back: with every check that `fujidana restore` makes.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use backup::Running;
use base::Clock;
use sample::Spec;

use super::{Line, Scratch, block_on, durable};
use crate::arguments::Arguments;
use crate::{demo, installation::Installation, restore};

pub fn run() -> Result<Vec<Line>> {
    let scratch = Scratch::new("restore")?;
    let path = |name: &str| scratch.0.join(name).display().to_string();
    let words = |words: &[&str]| Arguments::parse(words.iter().map(|word| (*word).to_owned()));
    let (data, copies, keys, back) = (path("data"), path("copies"), path("keys"), path("back"));
    let clock = Clock::system();
    let open = words(&["--data", &data, "--keys", &keys, "--backup", &copies])?;
    let installation = Installation::open(&open, &clock)?;
    let spec = Spec { residents: 65_000, seed: 1, on: clock.today() };
    block_on(async { demo::create(&installation, &clock, spec).await.map(drop) })?;

    let started = Instant::now();
    let Some(copy) = installation.start_copy()? else { bail!("--backup was asked for") };
    settle(&copy)?;
    let copied = started.elapsed();
    let rate = durable::rate(&installation.inside)?;
    settle(&copy)?;
    copy.stop(Duration::from_secs(5));
    let sealed = size(Path::new(&copies))?;

    let started = Instant::now();
    restore::restore(&words(&["--from", &copies, "--keys", &keys])?, Path::new(&back))?;
    let restored = started.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(Path::new(&back).join("inside.db"))?.len();
    Ok(vec![
        Line {
            what: "durable small commands/s, 64 clients, while every commit is copied".to_owned(),
            bar: "",
            measured: format!("{rate:.0}"),
            holds: None,
        },
        Line {
            what: format!("whole copy of 65,000: {} MB, sealed {} MB", bytes >> 20, sealed >> 20),
            bar: "",
            measured: format!("{:.1} s", copied.as_secs_f64()),
            holds: None,
        },
        Line {
            what: "… restored, every page, row count and audited row checked".to_owned(),
            bar: "≤ 60 s",
            measured: format!("{restored:.1} s"),
            holds: Some(restored <= 60.0),
        },
    ])
}

/// Until everything has arrived.
fn settle(copy: &Running) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(120);
    while copy.report().iter().any(|zone| zone.waiting.is_some()) {
        if Instant::now() >= until {
            bail!("the copy does not arrive");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
