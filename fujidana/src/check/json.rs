//! JSON as it is written: the order of the names is kept, and so is a name that comes twice (a map would drop one in
//! silence). Where each record begins is known, so that a verdict names its line.
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Debug)]
pub enum Json {
    Null,
    Bool(bool),
    /// 0 to 2^64 - 1.
    Natural(u64),
    /// Negative, with a fraction, or larger.
    OtherNumber,
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Natural(number))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }
    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = from.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}

/// A place where something is not JSON, counted from 1 (columns in bytes).
#[derive(Debug)]
pub struct NotJson {
    pub line: usize,
    pub column: usize,
    /// The text ends before the JSON does.
    pub cut_off: bool,
}

/// The JSON values of a file with the lines they begin on: one value, the elements of one list, or JSON Lines.
pub fn records(text: &str) -> Vec<(usize, Result<Json, NotJson>)> {
    match parse(text, 1) {
        Ok(Json::List(elements)) => {
            element_lines(text).into_iter().zip(elements.into_iter().map(Ok)).collect()
        }
        Ok(one) => vec![(1 + leading_lines(text), Ok(one))],
        Err(error) => lines(text).unwrap_or_else(|| vec![(error.line, Err(error))]),
    }
}

fn parse(text: &str, first_line: usize) -> Result<Json, NotJson> {
    serde_json::from_str(text).map_err(|error| {
        let (mut line, mut column) = (error.line().max(1), error.column());
        // A place before the first byte of a line is the end of the line before it.
        if column == 0 && line > 1 {
            line -= 1;
            column = text.lines().nth(line - 1).map_or(0, str::len);
        }
        NotJson { line: first_line + line - 1, column: column.max(1), cut_off: error.is_eof() }
    })
}

/// JSON Lines; `None`: no line is an object by itself, so it is one damaged document.
fn lines(text: &str) -> Option<Vec<(usize, Result<Json, NotJson>)>> {
    if text.trim_start().starts_with('[') {
        return None;
    }
    let written = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let records: Vec<_> = written.map(|(number, line)| (number, parse(line, number))).collect();
    let any = records.iter().any(|(_, record)| matches!(record, Ok(Json::Object(_))));
    any.then_some(records)
}

fn leading_lines(text: &str) -> usize {
    let blank = text.len() - text.trim_start().len();
    text[..blank].matches('\n').count()
}

/// The lines on which the elements of a list begin.
fn element_lines(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut line, mut depth) = (1_usize, 0_usize);
    let (mut in_text, mut escaped, mut awaited) = (false, false, false);
    for byte in text.bytes() {
        line += usize::from(byte == b'\n');
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        let closes = matches!(byte, b']' | b'}');
        if awaited && depth == 1 && !closes && !byte.is_ascii_whitespace() {
            found.push(line);
            awaited = false;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                awaited |= depth == 0;
                depth += 1;
            }
            b',' => awaited |= depth == 1,
            _ if closes => depth -= 1,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let Ok(Json::List(elements)) = parse(text, 1) else { panic!("no list: {text}") };
        assert_eq!(elements.len(), expected.len(), "{text}");
        assert_eq!(element_lines(text), expected, "{text}");
    }

    #[test]
    fn elements_and_their_lines() {
        check("[]", &[]);
        check("\n[\n]", &[]);
        check("[1,2,\n3]", &[1, 1, 2]);
        check("[\n{\"a\":[1,2],\n\"b\":{}}\n,\n\n{}]", &[2, 6]);
        check("[\"]\\\"\", [\n[],\n[]],\n\"\\\\\",null]", &[1, 1, 4, 4]);
    }
}
