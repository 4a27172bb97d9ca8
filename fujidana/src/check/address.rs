//! `check address`: an address from anywhere in Japan a line. `town` is as the registry writes it, `rest` what stands
//! behind it as typed, `town_id` the 町字ID where the registry of the municipality is carried or loaded; `ok` from the
//! level of the town on. Doubts are `warnings`; a town that is not sure is not claimed (residents.md §7).
use std::io;

use address::{Level, Parsed, Place, municipality, parse_anywhere};
use serde::Serialize;

use super::Report;
use super::line::{self, Verdict};

#[derive(Serialize)]
struct Answer {
    prefecture: Option<&'static str>,
    municipality: Option<&'static str>,
    town: Option<String>,
    rest: String,
    town_id: Option<String>,
    level: &'static str,
    /// 団体コード
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Default for Answer {
    fn default() -> Self {
        answer(&parse_anywhere(""))
    }
}

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    line::each(content, &["住所", "address", "input"], report, |text| {
        let parsed = parse_anywhere(text);
        Verdict { value: answer(&parsed), reason: reason(&parsed) }
    })
}

fn answer(parsed: &Parsed) -> Answer {
    let town = parsed.town.is_some();
    let code = parsed.postal_code.or_else(|| parsed.town.and_then(|town| town.postal_code));
    Answer {
        prefecture: parsed.prefecture,
        municipality: parsed.municipality.and_then(municipality).map(|one| one.name),
        town: town.then(|| parsed.town_name.clone()),
        rest: if town { &parsed.behind_town } else { &parsed.rest }.clone(),
        town_id: parsed.town.and_then(Place::id).map(|id| id.to_string()),
        level: level(parsed.level),
        municipality_code: parsed.municipality.map(|id| id.to_string()),
        postal_code: code.map(|code| code.to_string()),
        warnings: parsed.warnings.iter().map(ToString::to_string).collect(),
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::None => "none",
        Level::Prefecture => "prefecture",
        Level::Municipality => "municipality",
        Level::Town => "town",
        Level::Block => "block",
    }
}

/// What is missing for the town.
fn reason(parsed: &Parsed) -> Option<String> {
    let known = match parsed.level {
        Level::Town | Level::Block => return None,
        Level::None => "都道府県も市区町村も読めません",
        Level::Prefecture => "都道府県まで読めました。市区町村が読めません",
        Level::Municipality if parsed.rest.is_empty() => "市区町村まで読めました。町の名前がありません",
        Level::Municipality => "市区町村まで読めました。町が決まりません",
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_line(text: &str, expected: &str) {
        let mut output = Vec::new();
        let mut report = Report { output: &mut output, refused: false };
        check(text.as_bytes(), &mut report).expect("written to memory");
        assert_eq!(String::from_utf8_lossy(&output).trim_end(), expected, "{text}");
    }

    #[test]
    fn a_line_an_address() {
        check_line(
            "群馬県藤岡市大字中栗須３２７番地の３ コーポ藤101",
            r#"{"line":1,"ok":true,"prefecture":"群馬県","municipality":"藤岡市","town":"中栗須","rest":"３２７番地の３ コーポ藤101","town_id":"0029000","level":"block","municipality_code":"102091","postal_code":"375-0015"}"#,
        );
        check_line(
            "北海道札幌市中央区北3条西6-1",
            r#"{"line":1,"ok":true,"prefecture":"北海道","municipality":"札幌市中央区","town":"北三条西六丁目","rest":"1","town_id":null,"level":"block","municipality_code":"011011"}"#,
        );
        check_line(
            "群馬県藤岡市緑野100",
            r#"{"line":1,"ok":true,"prefecture":"群馬県","municipality":"藤岡市","town":"緑埜","rest":"100","town_id":"0039000","level":"block","municipality_code":"102091","postal_code":"375-0041","warnings":["「緑野」を緑埜として読みました"]}"#,
        );
        check_line(
            "群馬県藤岡市緑山100",
            r#"{"line":1,"ok":false,"prefecture":"群馬県","municipality":"藤岡市","town":null,"rest":"緑山100","town_id":null,"level":"municipality","municipality_code":"102091","warnings":["「緑山」に近い町が2つあります。下から選べます"],"reason":"市区町村まで読めました。町が決まりません"}"#,
        );
        check_line(
            "同上",
            r#"{"line":1,"ok":false,"prefecture":null,"municipality":null,"town":null,"rest":"同上","town_id":null,"level":"none","reason":"都道府県も市区町村も読めません"}"#,
        );
    }
}
