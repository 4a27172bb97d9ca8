//! `check merkle`: vectors of inclusion and consistency proofs, in the fields that Certificate Transparency's collected
//! vectors have. One vector, a list, JSON Lines, or an object of names and vectors.
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use merkle::{Hash, Wrong, verify_consistency, verify_inclusion};
use serde_json::{Value, json};

use super::Report;
use super::json::{Json, NotJson, records};

const INCLUSION: [&str; 4] = ["leafIdx", "treeSize", "root", "leafHash"];
const CONSISTENCY: [&str; 4] = ["size1", "size2", "root1", "root2"];

/// Sizes are counted in a signed column of 64 bits; a larger number is a mistake or an attack.
const LARGEST: u64 = i64::MAX.unsigned_abs();

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    let text = match std::str::from_utf8(content) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = 1 + content[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let why = "UTF-8 ではない文字があります";
            return report.record(&json!({ "line": line, "ok": false, "why": why }));
        }
    };
    let mut counts = Counts::default();
    for (line, record) in records(text) {
        match record {
            Ok(json) => vectors(&Place::Line(line), &json, report, &mut counts)?,
            Err(error) => {
                counts.records += 1;
                report.record(&not_json(&error))?;
            }
        }
    }
    if counts.records == 0 {
        return report.record(&json!({ "line": 1, "ok": false, "why": "証明が1件もありません" }));
    }
    if counts.expected == counts.records {
        report.summary(&json!({
            "records": counts.records,
            "as_expected": counts.as_expected,
            "not_as_expected": counts.records - counts.as_expected,
        }))?;
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    records: u32,
    /// Those that say themselves whether they should be refused.
    expected: u32,
    as_expected: u32,
}

fn not_json(error: &NotJson) -> Value {
    let why = if error.cut_off {
        "JSON が途中で終わっています"
    } else {
        "JSON として読めません"
    };
    json!({ "line": error.line, "column": error.column, "ok": false, "why": why })
}

/// Where a vector stands.
enum Place {
    Line(usize),
    Name(String),
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Line(_) => "",
        }
    }

    fn inside(&self, part: &str) -> Self {
        match self {
            Self::Line(_) => Self::Name(part.to_owned()),
            Self::Name(name) => Self::Name(format!("{name}/{part}")),
        }
    }
}

/// Each vector in `json`: itself, or all that it holds.
fn vectors(place: &Place, json: &Json, report: &mut Report, counts: &mut Counts) -> io::Result<()> {
    match json {
        Json::Object(entries) if !entries.is_empty() && !is_vector(entries) => {
            entries.iter().try_for_each(|(name, inner)| vectors(&place.inside(name), inner, report, counts))
        }
        Json::List(elements) if !elements.is_empty() => (1..).zip(elements).try_for_each(|(no, inner)| {
            let no: usize = no;
            vectors(&place.inside(&no.to_string()), inner, report, counts)
        }),
        other => report.record(&vector(place, other, counts)),
    }
}

fn is_vector(entries: &[(String, Json)]) -> bool {
    let known = ["kind", "proof", "wantErr"].into_iter().chain(INCLUSION).chain(CONSISTENCY);
    known.into_iter().any(|field| {
        let plain = |json: &Json| field == "proof" || !matches!(json, Json::Object(_) | Json::List(_));
        entries.iter().any(|(name, json)| name == field && plain(json))
    })
}

/// One vector's verdict.
fn vector(place: &Place, json: &Json, counts: &mut Counts) -> Value {
    counts.records += 1;
    let mut verdict = match place {
        Place::Line(line) => json!({ "line": line }),
        Place::Name(name) => json!({ "name": name }),
    };
    let Json::Object(entries) = json else {
        verdict["ok"] = json!(false);
        verdict["why"] = json!("証明の項目を持つ JSON のオブジェクトではありません");
        return verdict;
    };
    let fields = Fields(entries);
    if let Ok(Json::Text(name)) = fields.get("name") {
        verdict["name"] = json!(name);
    }
    let kind = kind(&fields, place.name());
    if let Ok(kind) = &kind {
        verdict["kind"] = json!(kind.name());
    }
    let outcome = kind.and_then(|kind| match kind {
        ProofKind::Inclusion => inclusion(&fields),
        ProofKind::Consistency => consistency(&fields),
    });
    let outcome = outcome.and_then(|()| fields.wants_error().map(drop));
    verdict["ok"] = json!(outcome.is_ok());
    if let Ok(Some(wants_error)) = fields.wants_error() {
        let as_expected = outcome.is_err() == wants_error;
        verdict["as_expected"] = json!(as_expected);
        counts.expected += 1;
        counts.as_expected += u32::from(as_expected);
    }
    if let Err(why) = outcome {
        verdict["why"] = json!(why);
    }
    verdict
}

#[derive(Clone, Copy)]
enum ProofKind {
    Inclusion,
    Consistency,
}

impl ProofKind {
    fn name(self) -> &'static str {
        match self {
            Self::Inclusion => "inclusion",
            Self::Consistency => "consistency",
        }
    }
}

/// As the vector says, else as its name begins, else by the fields it has.
fn kind(fields: &Fields, name: &str) -> Result<ProofKind, String> {
    let both = [ProofKind::Inclusion, ProofKind::Consistency];
    match fields.get("kind") {
        Ok(Json::Text(said)) => {
            let known = both.into_iter().find(|kind| kind.name() == said);
            return known.ok_or_else(|| "kind は inclusion か consistency です".to_owned());
        }
        Ok(Json::Null) | Err(Missing::Absent) => {}
        _ => return Err("kind は inclusion か consistency です".to_owned()),
    }
    if let Some(kind) = both.into_iter().find(|kind| name.starts_with(kind.name())) {
        return Ok(kind);
    }
    let any = |names: [&str; 4]| names.into_iter().any(|name| fields.get(name).is_ok());
    match (any(INCLUSION), any(CONSISTENCY)) {
        (true, false) => Ok(ProofKind::Inclusion),
        (false, true) => Ok(ProofKind::Consistency),
        _ => Err("inclusion か consistency か、項目からはわかりません。kind を書いてください".to_owned()),
    }
}

fn inclusion(fields: &Fields) -> Result<(), String> {
    let (index, size) = (fields.number("leafIdx")?, fields.number("treeSize")?);
    let (leaf, root) = (fields.hash("leafHash")?, fields.hash("root")?);
    verify_inclusion(index, size, &leaf, &fields.proof()?, &root).map_err(sentence)
}

fn consistency(fields: &Fields) -> Result<(), String> {
    let (old, new) = (fields.number("size1")?, fields.number("size2")?);
    let (old_bytes, new_bytes) = (fields.bytes("root1")?, fields.bytes("root2")?);
    let proof = fields.proof()?;
    // Nothing is hashed between equal sizes: the collected vectors accept equal roots there whatever they are.
    if old == new && old > 0 && proof.is_empty() && !old_bytes.is_empty() && old_bytes == new_bytes {
        return Ok(());
    }
    let (old_root, new_root) = (to_hash("root1", &old_bytes)?, to_hash("root2", &new_bytes)?);
    verify_consistency(old, new, &old_root, &new_root, &proof).map_err(sentence)
}

fn sentence(wrong: Wrong) -> String {
    wrong.to_string()
}

/// The fields of one vector.
struct Fields<'a>(&'a [(String, Json)]);

enum Missing {
    Absent,
    Twice,
}

impl Missing {
    fn sentence(&self, name: &str) -> String {
        match self {
            Self::Absent => format!("{name} がありません"),
            Self::Twice => format!("{name} が2回あります"),
        }
    }
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Result<&Json, Missing> {
        let mut named = self.0.iter().filter(|(field, _)| field == name);
        match (named.next(), named.next()) {
            (None, _) => Err(Missing::Absent),
            (Some((_, json)), None) => Ok(json),
            (Some(_), Some(_)) => Err(Missing::Twice),
        }
    }

    fn required(&self, name: &str) -> Result<&Json, String> {
        self.get(name).map_err(|missing| missing.sentence(name))
    }

    fn number(&self, name: &str) -> Result<u64, String> {
        match self.required(name)? {
            Json::Natural(number) if *number <= LARGEST => Ok(*number),
            _ => Err(format!("{name} は 0 から {LARGEST} までの整数で書いてください")),
        }
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        decode(name, self.required(name)?)
    }

    fn hash(&self, name: &str) -> Result<Hash, String> {
        to_hash(name, &self.bytes(name)?)
    }

    /// `null` is a proof without hashes.
    fn proof(&self) -> Result<Vec<Hash>, String> {
        let hashes = match self.required("proof")? {
            Json::Null => return Ok(Vec::new()),
            Json::List(hashes) => hashes,
            _ => return Err("proof は Base64 の文字列の配列か null で書いてください".to_owned()),
        };
        let named = (1..).zip(hashes).map(|(no, json): (usize, _)| (format!("proof の {no} 番目"), json));
        named.map(|(name, json)| to_hash(&name, &decode(&name, json)?)).collect()
    }

    fn wants_error(&self) -> Result<Option<bool>, String> {
        match self.get("wantErr") {
            Ok(Json::Bool(wants_error)) => Ok(Some(*wants_error)),
            Err(Missing::Absent) => Ok(None),
            _ => Err("wantErr は true か false を一度だけ書いてください".to_owned()),
        }
    }
}

fn decode(name: &str, json: &Json) -> Result<Vec<u8>, String> {
    let Json::Text(text) = json else {
        return Err(format!("{name} は Base64 の文字列で書いてください"));
    };
    STANDARD.decode(text).map_err(|_| format!("{name} は Base64 として読めません"))
}

fn to_hash(name: &str, bytes: &[u8]) -> Result<Hash, String> {
    let length = bytes.len();
    bytes.try_into().map_err(|_| format!("{name} は 32 バイトのハッシュではありません（{length} バイト）"))
}
