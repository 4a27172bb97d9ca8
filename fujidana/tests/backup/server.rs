//! PostgreSQL: whole dumps by its own tools, sealed, and back into an empty database.
use std::path::Path;
use std::process::{Command, Output};

use testkit::{Database, Scratch};

use crate::client::{self, Clerk};
use crate::program::Program;
use crate::{healthz, proof, wait_until};

fn fujidana(scratch: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fujidana"))
        .args(arguments)
        .arg("--keys")
        .arg(scratch.join("keys"))
        .output()
        .expect("the program runs")
}

#[test]
fn a_dump_of_postgres_comes_back() {
    let (Some(database), Some(empty)) = (Database::create(), Database::create()) else { return };
    let scratch = Scratch::new();
    let path = |name: &str| scratch.path.join(name).display().to_string();
    let (data, copies, keys) = (path("data"), path("copies"), path("keys"));
    let place = ["--database", &database.url, "--data", &data, "--keys", &keys, "--backup", &copies];
    let place: Vec<String> = place.map(str::to_owned).into();
    let program = Program::start(&place);
    wait_until("the first dump arrives", || healthz(program.port).contains("\"backup\":\"ok\""));
    let clerks = [Clerk::sign_in(program.port, "shimin1"), Clerk::sign_in(program.port, "shimin2")];
    let families: Vec<String> = (0..60)
        .map(|number| client::register(program.port, &clerks, number).expect("a family is registered"))
        .collect();
    program.wait_until_followed(&clerks[0]);
    let dumped = fujidana(&scratch.path, &["backup", "--database", &database.url, "--to", &copies]);
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    program.kill();

    let back = ["restore", "--from", &copies, "--database"];
    let full = fujidana(&scratch.path, &[&back[..], &[&database.url]].concat());
    assert!(!full.status.success(), "a city is never written over");
    let restored = fujidana(&scratch.path, &[&back[..], &[&empty.url]].concat());
    let told = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(restored.status.success(), "{told} {}", String::from_utf8_lossy(&restored.stderr));
    assert!(told.contains("監査の記録"), "{told}");
    proof::check(&proof::postgres(&empty.url), &families);
}
