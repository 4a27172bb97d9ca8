//! `fujidana check KIND [FILE|-]`: reads a file of a format the product knows and prints one JSON object a record:
//! `{"line": …, "ok": …, …}`. Staff use it on a doubtful file before importing, outsiders as a validator.
//! Exit code: 0 all is well, 1 something is refused, 2 wrong usage. Spec: DESIGN §3.
mod address;
mod certificate;
mod corporate_number;
mod digits;
mod era;
mod json;
mod line;
mod merkle;
mod municipality_code;
mod my_number;
mod person_no;

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};

use crate::address_command;
use crate::arguments::Arguments;

/// A format: its name on the command line, what it is, and how a file of it is read.
struct Kind {
    name: &'static str,
    title: &'static str,
    options: &'static [&'static str],
    reader: Reader,
}

enum Reader {
    Content(fn(&[u8], &mut Report) -> io::Result<()>),
    /// The file's name says where its other half lies.
    Pair(fn(&Arguments, &str, &mut Report) -> Result<()>),
}

/// Name, title and reader of each kind.
const KINDS: &[Kind] = &[
    kind("merkle", "ハッシュ木（RFC 6962、RFC 9162）の証明。JSON または JSON Lines", merkle::check),
    kind(
        "my-number",
        "個人番号（12桁、検査数字）。1行に1つ（空の行と列名の行は飛ばす）。番号は表示しません",
        my_number::check,
    ),
    kind(
        "corporate-number",
        "法人番号（13桁、検査数字）。1行に1つ（空の行と列名の行は飛ばす）。番号は表示しません",
        corporate_number::check,
    ),
    kind(
        "municipality-code",
        "団体コード（6桁、検査数字）とその団体。1行に1つ（空の行と列名の行は飛ばす）",
        municipality_code::check,
    ),
    kind(
        "person-no",
        "宛名番号（10桁、検査数字）。1行に1つ（空の行と列名の行は飛ばす）。番号は表示しません",
        person_no::check,
    ),
    Kind {
        name: "address",
        title: "住所（全国）。1行に1つ（空の行と列名の行は飛ばす）。--registry 町字マスター",
        options: &["registry", "data"],
        reader: Reader::Content(address::check),
    },
    Kind {
        name: "certificate",
        title: "電子の証明書（PDFと、隣の同じ名前のJSON）。--public-key 公開鍵、--render データから組み直して見くらべる",
        options: certificate::OPTIONS,
        reader: Reader::Pair(certificate::check),
    },
    kind("era", "日付（和暦、西暦、頃や不詳も）。1行に1つ（空の行と列名の行は飛ばす）", era::check),
];

const fn kind(
    name: &'static str,
    title: &'static str,
    check: fn(&[u8], &mut Report) -> io::Result<()>,
) -> Kind {
    Kind { name, title, options: &[], reader: Reader::Content(check) }
}

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

    /// The same for an object whose fields keep their order.
    fn line(&mut self, ok: bool, verdict: &impl Serialize) -> io::Result<()> {
        self.refused |= !ok;
        serde_json::to_writer(&mut self.output, verdict)?;
        writeln!(self.output)
    }

    /// A line about all records.
    fn summary(&mut self, counts: &Value) -> io::Result<()> {
        writeln!(self.output, "{}", json!({ "summary": counts }))
    }
}

pub fn run(arguments: &Arguments) -> ExitCode {
    let mut output = BufWriter::new(io::stdout().lock());
    let outcome = checked(arguments, &mut output).and_then(|well| Ok(output.flush().map(|()| well)?));
    match outcome {
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
    let named = arguments.words.first().and_then(|name| KINDS.iter().find(|kind| kind.name == name));
    let options = named.map_or(&[][..], |kind| kind.options);
    arguments.only(&[&["list"], options].concat())?;
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
    let Some(kind) = named else {
        bail!("{name} という種類はありません。一覧は fujidana check --list");
    };
    let mut report = Report { output, refused: false };
    let check = match kind.reader {
        Reader::Pair(check) => {
            check(arguments, file, &mut report)?;
            return Ok(!report.refused);
        }
        Reader::Content(check) => check,
    };
    if kind.name == "address" {
        address_command::use_towns(arguments)?;
    }
    let mut content = Vec::new();
    if file == "-" {
        io::stdin().lock().read_to_end(&mut content).context("標準入力を読めません")?;
    } else {
        content = std::fs::read(file).with_context(|| format!("{file} を読めません"))?;
    }
    check(&content, &mut report)?;
    Ok(!report.refused)
}
