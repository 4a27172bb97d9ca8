//! `fujidana check KIND [FILE|-]`: reads a file of a format the product knows and prints one JSON object a record:
//! `{"line": …, "ok": …, …}`. Staff use it on a doubtful file before importing, outsiders as a validator.
//! Exit code: 0 all is well, 1 something is refused, 2 wrong usage. Spec: DESIGN §3.
mod json;
mod merkle;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;

/// A format: its name on the command line, what it is, and how a file of it is read.
struct Kind {
    name: &'static str,
    title: &'static str,
    check: fn(&[u8], &mut Report) -> io::Result<()>,
}

const KINDS: &[Kind] = &[Kind {
    name: "merkle",
    title: "ハッシュ木（RFC 6962、RFC 9162）の証明。JSON または JSON Lines",
    check: merkle::check,
}];

/// What is said about a file, a line a record.
struct Report<'a> {
    output: &'a mut dyn Write,
    refused: bool,
}

impl Report<'_> {
    /// A record's verdict: an object with `ok`.
    fn record(&mut self, verdict: &Value) -> io::Result<()> {
        self.refused |= verdict["ok"] != true;
        writeln!(self.output, "{verdict}")
    }

    /// A line about all records.
    fn summary(&mut self, counts: &Value) -> io::Result<()> {
        writeln!(self.output, "{}", json!({ "summary": counts }))
    }
}

pub fn run(arguments: &Arguments) -> ExitCode {
    match checked(arguments, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is well; an error is one of usage, not of the file's content.
fn checked(arguments: &Arguments, output: &mut dyn Write) -> Result<bool> {
    arguments.only(&["list"])?;
    if arguments.has("list") {
        for kind in KINDS {
            writeln!(output, "{}", json!({ "kind": kind.name, "title": kind.title }))?;
        }
        return Ok(true);
    }
    let (name, file) = match arguments.words.as_slice() {
        [name] => (name, "-"),
        [name, file] => (name, file.as_str()),
        _ => bail!("使い方: fujidana check 種類 [ファイル|-]。種類の一覧は fujidana check --list"),
    };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        bail!("{name} という種類はありません。一覧は fujidana check --list");
    };
    let mut content = Vec::new();
    if file == "-" {
        io::stdin().lock().read_to_end(&mut content).context("標準入力を読めません")?;
    } else {
        content = std::fs::read(file).with_context(|| format!("{file} を読めません"))?;
    }
    let mut report = Report { output, refused: false };
    (kind.check)(&content, &mut report)?;
    Ok(!report.refused)
}
