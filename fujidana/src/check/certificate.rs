//! `fujidana check certificate FILE`: 電子の証明書, a PDF and the JSON beside it (residents.md §9). Nothing of the persons on
//! the paper is printed.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use audit::with_heirs;
use base::MunicipalityId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paper::{Certificate, PaperError, Typesetter, sha256};
use serde::Serialize;
use vault::VerifyingKey;

use super::Report;
use crate::arguments::{Arguments, WrongUsage};
use crate::installation::press;

pub const OPTIONS: &[&str] = &["public-key", "checkpoints", "render", "papers"];

const UNKNOWN_SIGNER: &str = "署名は正しく、PDFとデータは署名のあとで変わっていません。だれの鍵かは確かめていません。\
    市が公表している公開鍵を --public-key で示すと確かめられます";

#[derive(Default, Serialize)]
struct Answer {
    line: usize,
    ok: bool,
    /// What the signature vouches for; without a right one nothing of it is repeated.
    #[serde(flatten)]
    head: Option<Head>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Head {
    kind: String,
    issue_number: String,
    issued_on: String,
    city: String,
    municipality: String,
    /// `trusted`: by the key that was given, or one that it handed over to; `unknown`: no key was given; `other`.
    signer: &'static str,
    public_key: String,
    /// SHA-256 of the key's 32 bytes.
    fingerprint: String,
    /// `same`: the paper set anew from the data is the PDF, byte by byte; `different`; `not_checked`.
    visual: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// Judges one certificate. `file` is the JSON or the PDF; the other lies beside it under the same name.
pub fn check(arguments: &Arguments, file: &str, report: &mut Report) -> Result<()> {
    if file == "-" {
        bail!(
            "証明書は PDF と JSON の2つです。同じフォルダーに置いて、.json のファイルの名を指定してください"
        );
    }
    let (data, visual) = pair(Path::new(file));
    let given = fs::read(file).with_context(|| format!("{file} を読めません"))?;
    let is_data = Path::new(file) == data;
    let beside = fs::read(if is_data { &visual } else { &data });
    let trusted = trusted(arguments)?;
    let missing = |path: &Path, what: &str, error: &io::Error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match error.kind() {
            io::ErrorKind::NotFound => {
                format!("{what}（{name}）が隣にありません。同じフォルダーに同じ名前で置いてください")
            }
            _ => format!("{what}（{name}）を読めません"),
        }
    };
    let answer = match (is_data, beside) {
        (false, Err(error)) => refused(missing(&data, "データの JSON", &error)),
        (false, Ok(data)) => judged(&data, Ok(&given), trusted.as_ref(), arguments),
        (true, Ok(pdf)) => judged(&given, Ok(&pdf), trusted.as_ref(), arguments),
        (true, Err(error)) => {
            judged(&given, Err(missing(&visual, "PDF", &error)), trusted.as_ref(), arguments)
        }
    };
    Ok(report.line(answer.ok, &answer)?)
}

/// The JSON and the PDF.
fn pair(given: &Path) -> (PathBuf, PathBuf) {
    let is_pdf = given.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf"));
    let other = |end: &str| {
        let (small, large) = (given.with_extension(end), given.with_extension(end.to_uppercase()));
        if !small.exists() && large.exists() { large } else { small }
    };
    if is_pdf { (other("json"), given.to_owned()) } else { (given.to_owned(), other("pdf")) }
}

/// A key that the reader trusts, and the notes by which it hands over to later ones.
struct Trusted {
    key: VerifyingKey,
    notes: Vec<String>,
}

fn trusted(arguments: &Arguments) -> Result<Option<Trusted>> {
    let Some(text) = arguments.text("public-key") else {
        if arguments.has("checkpoints") {
            return Err(WrongUsage("--checkpoints は --public-key と一緒に使います".to_owned()).into());
        }
        return Ok(None);
    };
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let key = key.ok_or_else(|| WrongUsage(format!("--public-key {text} は公開鍵ではありません")))?;
    let Some(folder) = arguments.text("checkpoints") else {
        return Ok(Some(Trusted { key, notes: Vec::new() }));
    };
    let mut notes = Vec::new();
    for file in fs::read_dir(folder).with_context(|| format!("{folder} を読めません"))? {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "note" || end == "successor") {
            let note = fs::read_to_string(&path);
            notes.push(note.with_context(|| format!("{} を読めません", path.display()))?);
        }
    }
    Ok(Some(Trusted { key, notes }))
}

fn refused(reason: String) -> Answer {
    Answer { line: 1, ok: false, head: None, reason: Some(reason) }
}

fn judged(
    data: &[u8],
    pdf: Result<&[u8], String>,
    trusted: Option<&Trusted>,
    arguments: &Arguments,
) -> Answer {
    let read = match Certificate::parse(data) {
        Ok(read) => read,
        Err(error) => return refused(error.to_string()),
    };
    let mut reasons = Vec::new();
    let signer = read.signer();
    let mut head = None;
    match &signer {
        Ok(key) => head = Some(vouched(&read, key, trusted)),
        Err(fault) => reasons.push(fault.to_string()),
    }
    if head.as_ref().is_some_and(|head| head.signer == "other") {
        reasons.push(
            "示された公開鍵の署名ではありません（public_key が違う）。鍵が交代しているときは、引き継ぎを \
             --checkpoints で示すと確かめられます"
                .to_owned(),
        );
    }
    match &pdf {
        Ok(pdf) => reasons.extend(read.faults(pdf).iter().map(ToString::to_string)),
        Err(missing) => reasons.push(missing.clone()),
    }
    // Nothing is set from data that are not whole.
    if let (true, true, Some(head), Ok(pdf)) =
        (reasons.is_empty(), arguments.has("render"), head.as_mut(), &pdf)
    {
        let different = set_anew(&read, pdf, arguments);
        head.visual = if different.is_some() { "different" } else { "same" };
        reasons.extend(different);
    }
    let reason = (!reasons.is_empty()).then(|| reasons.join("。"));
    if let Some(head) = head.as_mut().filter(|head| head.signer == "unknown" && reason.is_none()) {
        head.note = Some(UNKNOWN_SIGNER);
    }
    Answer { line: 1, ok: reason.is_none(), head, reason }
}

fn vouched(read: &Certificate, key: &VerifyingKey, trusted: Option<&Trusted>) -> Head {
    let signer = match trusted {
        None => "unknown",
        Some(trusted) => {
            let city = MunicipalityId(read.municipality.parse().unwrap_or_default());
            let keys = with_heirs(city, &[trusted.key], &trusted.notes);
            if keys.contains(key) { "trusted" } else { "other" }
        }
    };
    Head {
        kind: read.kind.clone(),
        issue_number: read.issue_number.clone(),
        issued_on: read.issued_on.clone(),
        city: read.city.clone(),
        municipality: read.municipality.clone(),
        signer,
        public_key: STANDARD.encode(key.as_bytes()),
        fingerprint: sha256(key.as_bytes()),
        visual: "not_checked",
        note: None,
    }
}

/// What is wrong when the paper set anew from the data is not the PDF: what is seen and the data would differ. The
/// typesetter's own error may hold a letter of somebody's name, and is not repeated.
fn set_anew(read: &Certificate, pdf: &[u8], arguments: &Arguments) -> Option<String> {
    let set = press(arguments).render(&read.template, &read.data()?);
    let set = match set {
        Ok(set) => set.bytes,
        Err(PaperError::UnknownTemplate { .. }) => {
            return Some("この証明書の様式（template）はこの版にないので、組み直せません".to_owned());
        }
        Err(_) => {
            return Some(
                "データ（data）からこの版の様式で組み直せません。発行した市の様式は --papers で示せます"
                    .to_owned(),
            );
        }
    };
    if set == pdf {
        return None;
    }
    let same = set.iter().zip(pdf).take_while(|(one, other)| one == other).count();
    Some(format!(
        "PDF がデータ（data）から組み直したものと違います（{}バイト目から）。見た目とデータが食い違っているか、\
         発行したときと様式や版が違います。発行した市の様式は --papers で示せます",
        same + 1
    ))
}
