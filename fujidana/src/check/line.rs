//! Files of one value a line. UTF-8, with or without a byte order mark; lines end with LF or CRLF. Empty lines are
//! skipped, and so is a first line that is the column's own name. Quotes around a value are form.
//!
//! A value is never part of a sentence: it may be somebody's number.
use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::Report;

/// No value of these kinds is longer, and a page of text is no value.
const LONGEST: usize = 200;

/// What is said about a line, beside `line`, `ok` and `reason`.
pub struct Verdict<V> {
    pub value: V,
    /// What is wrong, where, and what to do; `None`: all is well.
    pub reason: Option<String>,
}

impl<V: Default> From<Result<V, String>> for Verdict<V> {
    fn from(judged: Result<V, String>) -> Self {
        match judged {
            Ok(value) => Self { value, reason: None },
            Err(reason) => Self { value: V::default(), reason: Some(reason) },
        }
    }
}

/// Nothing to say: numbers of persons and companies are not echoed.
#[derive(Serialize, Default)]
pub struct Hidden {}

#[derive(Serialize)]
struct Answer<'a, V> {
    line: usize,
    ok: bool,
    #[serde(flatten)]
    value: &'a V,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Judges each line. `columns`: names that a first line may be instead of a value.
pub fn each<V: Serialize + Default>(
    content: &[u8],
    columns: &[&str],
    report: &mut Report,
    judge: impl Fn(&str) -> Verdict<V>,
) -> io::Result<()> {
    let mut any = false;
    let mut say = |line: usize, verdict: &Verdict<V>| {
        let (ok, reason) = (verdict.reason.is_none(), verdict.reason.as_deref());
        report.line(ok, &Answer { line, ok, value: &verdict.value, reason })
    };
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return say(1, &refused("UTF-16 のファイルです。UTF-8 で保存し直してください"));
    }
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    for (number, bytes) in (1..).zip(content.split(|byte| *byte == b'\n')) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let verdict = match readable(bytes) {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) if number == 1 && columns.contains(&text.trim()) => continue,
            Ok(text) => judge(&text),
            Err(reason) => refused(&reason),
        };
        any = true;
        say(number, &verdict)?;
    }
    if !any {
        say(1, &refused("値が1つもありません。1行に1つずつ書いてください"))?;
    }
    Ok(())
}

fn refused<V: Default>(reason: &str) -> Verdict<V> {
    Verdict { value: V::default(), reason: Some(reason.to_owned()) }
}

/// The text of a line; its letters keep their places.
fn readable(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to() + 1;
        format!("{place}バイト目が UTF-8 の文字ではありません。UTF-8 で保存し直してください")
    })?;
    let control = |letter: &char| letter.is_control() && *letter != '\t';
    if let Some((place, letter)) = (1..).zip(text.chars()).find(|(_, letter)| control(letter)) {
        let (place, code): (usize, u32) = (place, letter.into());
        return Err(format!("{place}文字目に制御文字（U+{code:04X}）があります。取り除いてください"));
    }
    // Counting stops early: the line may be the whole file.
    if text.chars().nth(LONGEST).is_some() && text.trim().chars().nth(LONGEST).is_some() {
        return Err(format!("{}文字目からは長すぎます。1行に値を1つだけ書いてください", LONGEST + 1));
    }
    let value = text.trim();
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    Ok(if quoted { text.replace('"', " ").into() } else { text.into() })
}
