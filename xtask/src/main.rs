//! Chores of the workspace: `cargo xtask check`, `cargo xtask asvs`, `… measures`, `… towns …`, `… names …`.
mod asvs;
mod check;
mod house;
mod licence;
mod measures;
mod migration;
mod names;
mod progress;
mod rank;
mod rust;
mod schema;
mod sql;
mod statement;
mod towns;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask check [--accept-new] | asvs | measures [REPORT…] | towns … | names …";

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("check") => return check::run(&args[1..]),
        Some("asvs") => asvs::run(&args[1..])?,
        Some("measures") => measures::run(&args[1..])?,
        Some("towns") => towns::run(&args[1..])?,
        Some("names") => names::run(&args[1..])?,
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
