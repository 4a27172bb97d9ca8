//! 支援措置 as a day at the city hall: every script of `protection/` is run line by line through `act`. After the
//! measure is filed no answer holds the address, and each refusal is one row of the officer's list.
//!
//! A line is a command of `act` and what is expected of its answer: `save` (name → pointer into the answer), `shut`
//! (the one refusal), `error` (part of another refusal), `is` (pointer → value), `prints` (the released paper).
#[expect(dead_code, reason = "a script is run line by line here, and on one engine")]
#[path = "act/run.rs"]
mod run;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use register::REFUSED;
use run::Place;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::Scratch;

/// How her address is written anywhere.
const SECRETS: [&str; 3] = ["中栗須327", "327番地3", "327-3"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "as")]
    by: String,
    command: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    save: HashMap<String, String>,
    #[serde(default)]
    shut: bool,
    error: Option<String>,
    /// The other refusal is one of the officer's list, too.
    #[serde(default)]
    recorded: bool,
    #[serde(default)]
    is: HashMap<String, Value>,
    #[serde(default)]
    prints: bool,
}

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).expect("a script");
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//"));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display())))
        .collect()
}

/// A running `act`.
struct Acting {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Acting {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fujidana"))
            .args(["act", "--data"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts");
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { child, input, output: BufReader::new(output).lines() }
    }

    fn ask(&mut self, by: &str, command: &str, input: &Value) -> Value {
        let line = json!({ "command": command, "as": by, "input": input });
        writeln!(self.input, "{line}").expect("it reads");
        let answer = self.output.next().expect("an answer").expect("text");
        serde_json::from_str(&answer).expect("an answer is JSON")
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// Puts what was saved in the place of `$name`.
fn filled(input: &Value, saved: &HashMap<String, Value>) -> Value {
    match input {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => saved.get(name).unwrap_or_else(|| panic!("nothing is saved as {name}")).clone(),
            None => input.clone(),
        },
        Value::Array(all) => all.iter().map(|one| filled(one, saved)).collect(),
        Value::Object(all) => all.iter().map(|(key, one)| (key.clone(), filled(one, saved))).collect(),
        other => other.clone(),
    }
}

/// Runs a script. Gives the commands that were refused.
fn play(acting: &mut Acting, name: &str, script: &[Line], saved: &mut HashMap<String, Value>) -> Vec<String> {
    let (mut refused, mut shielded) = (Vec::new(), false);
    for (number, line) in (1..).zip(script) {
        let input = if line.input.is_null() { json!({}) } else { filled(&line.input, saved) };
        let answer = acting.ask(&line.by, &line.command, &input);
        let at = format!("{name}, line {number}, {}: {answer}", line.command);
        let error = answer["error"].as_str().unwrap_or_default();
        if line.shut {
            assert_eq!(error, REFUSED, "{at}");
            assert_eq!(answer["detail"], Value::Null, "{at}");
            refused.push(format!("act {}", line.command));
        } else if let Some(part) = &line.error {
            assert!(error.contains(part.as_str()), "{at}");
            refused.extend(line.recorded.then(|| format!("act {}", line.command)));
        } else {
            assert_eq!(answer["ok"], true, "{at}");
        }
        shielded |= matches!(line.command.as_str(), "protection.file" | "protection.forwarded");
        let told = answer.to_string();
        let tells = SECRETS.iter().any(|secret| told.contains(secret));
        if line.prints {
            assert!(tells, "{at}: the address is printed");
        } else {
            assert!(!(shielded && tells), "{at}: it tells the address");
        }
        for (pointer, value) in &line.is {
            assert_eq!(answer.pointer(pointer), Some(&filled(value, saved)), "{at}: {pointer}");
        }
        for (name, pointer) in &line.save {
            let value = answer.pointer(pointer).unwrap_or_else(|| panic!("{at}: no {pointer}"));
            saved.insert(name.clone(), value.clone());
        }
    }
    refused
}

/// The store and its keys, which lie beside it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    let rights = std::fs::metadata(from).expect("a folder").permissions();
    std::fs::set_permissions(to, rights).expect("its owner's");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("copies");
        }
    }
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protection");
    let files = std::fs::read_dir(folder).expect("the scripts").flatten().map(|entry| entry.path());
    let mut scripts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    scripts.sort();
    scripts
}

#[test]
fn no_way_by_which_addresses_leaked_elsewhere_leads_to_one_here() {
    let scratch = Scratch::new();
    let first = scratch.path.join("first");
    run::demo(&Place::folder(&first), 1000).stop();
    let scripts = scripts();
    let (before, after): (Vec<&PathBuf>, Vec<&PathBuf>) =
        scripts.iter().partition(|path| path.ends_with("00_before.jsonl"));
    let mut saved = HashMap::new();
    let mut acting = Acting::start(&first);
    play(&mut acting, "before", &lines(before[0]), &mut saved);
    acting.end();
    let mut refusals = 0;
    for path in &after {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let folder = scratch.path.join(&name);
        copy(&first, &folder);
        copy(&keys(&first), &keys(&folder));
        let mut acting = Acting::start(&folder);
        let refused = play(&mut acting, &name, &lines(path), &mut saved.clone());
        let attempts = acting.ask("sekinin", "protection.attempts", &json!({}));
        acting.end();
        let rows = attempts["result"]["rows"].as_array().unwrap_or_else(|| panic!("{name}: {attempts}"));
        let listed: Vec<&str> = rows.iter().rev().filter_map(|row| row["path"].as_str()).collect();
        assert_eq!(listed, refused, "{name}: each refusal is one row, in its order");
        let whole = rows.iter().all(|row| {
            ["at", "by", "office", "what"]
                .iter()
                .all(|field| row[field].as_str().is_some_and(|text| !text.is_empty()))
        });
        assert!(whole, "{name}: who, when, which office, what: {attempts}");
        assert!(!SECRETS.iter().any(|secret| attempts.to_string().contains(secret)), "{name}: {attempts}");
        refusals += refused.len();
    }
    println!("{} scripts, {refusals} refusals, 0 disclosures", after.len());
    assert!(after.len() >= 15 && refusals >= 40);
}

fn keys(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().expect("a name").to_owned();
    name.push(".keys");
    folder.with_file_name(name)
}
