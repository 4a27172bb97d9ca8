//! 電子の証明書 (residents.md §9): `NAME.pdf` and beside it `NAME.json`, one Ed25519 signature over both, checked without
//! asking anybody. How a stranger checks it is written in `docs/electronic-certificate.md`.
use std::fmt::Write as _;

use base::MunicipalityId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first line of what is signed: no checkpoint and no other note of the city's key begins like that.
const FORMAT: &str = "fujidana-certificate/1";

/// Every field of the file; all are texts.
const FIELDS: [&str; 13] = [
    "format",
    "municipality",
    "city",
    "template",
    "kind",
    "issue_number",
    "verification_code",
    "issued_on",
    "data",
    "data_sha256",
    "pdf_sha256",
    "public_key",
    "signature",
];

/// The JSON beside the PDF. Not `Debug`: its data show persons.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    format: String,
    /// 団体コード, six digits.
    pub municipality: String,
    /// 「藤岡市」
    pub city: String,
    /// The template that the paper was set by, `residents/jumin-hyo`.
    pub template: String,
    /// 「住民票の写し」
    pub kind: String,
    /// 発行番号 as printed, without pages.
    pub issue_number: String,
    /// 確認コード as printed.
    pub verification_code: String,
    /// 2026-11-24
    pub issued_on: String,
    /// What the paper was set from: a text that is JSON, so that its bytes are the same for everybody.
    data: String,
    data_sha256: String,
    pdf_sha256: String,
    public_key: String,
    signature: String,
}

/// The data of a paper lack what a certificate is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("電子の証明書にするには、様式のデータに {0} が要ります")]
pub struct NotCertifiable(&'static str);

/// What is signed beside the two files: who issues, and by which template.
#[derive(Debug, Clone, Copy)]
pub struct Issued<'a> {
    pub municipality: MunicipalityId,
    pub template: &'a str,
    pub kind: &'a str,
}

impl Certificate {
    /// Signs `pdf`, which was set from `data`, with the city's key.
    ///
    /// # Errors
    /// [`NotCertifiable`] names the first of `city`, `issue_number`, `code`, `issued_on` that is not a text of one line.
    pub fn sign(
        issued: Issued<'_>,
        data: &Value,
        pdf: &[u8],
        key: &SigningKey,
    ) -> Result<Self, NotCertifiable> {
        let text = |field| printed(data, field).map(str::to_owned).ok_or(NotCertifiable(field));
        let data_text = data.to_string();
        let mut made = Self {
            format: FORMAT.to_owned(),
            municipality: issued.municipality.to_string(),
            city: text("city")?,
            template: issued.template.to_owned(),
            kind: issued.kind.to_owned(),
            issue_number: text("issue_number")?,
            verification_code: text("code")?,
            issued_on: text("issued_on")?,
            data_sha256: sha256(data_text.as_bytes()),
            data: data_text,
            pdf_sha256: sha256(pdf),
            public_key: STANDARD.encode(key.verifying_key().as_bytes()),
            signature: String::new(),
        };
        made.signature = STANDARD.encode(key.sign(made.signed_text().as_bytes()).to_bytes());
        Ok(made)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts alone");
        text.push('\n');
        text
    }

    /// # Errors
    /// [`NotACertificate`]: never repeats what the file holds.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotACertificate> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| NotACertificate::Json { line: error.line(), column: error.column() })?;
        let Some(object) = value.as_object() else { return Err(NotACertificate::NotAnObject) };
        match object.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("fujidana-certificate/") => {
                return Err(NotACertificate::Version);
            }
            _ => return Err(NotACertificate::Format),
        }
        // The data are signed by their hash: they may hold any letter.
        let is_good = |field: &str| match object.get(field).and_then(Value::as_str) {
            Some(text) => field == "data" || !text.is_empty() && !text.contains(char::is_control),
            None => false,
        };
        if let Some(field) = FIELDS.into_iter().find(|field| !is_good(field)) {
            return Err(NotACertificate::Field(field));
        }
        if object.len() > FIELDS.len() {
            return Err(NotACertificate::Unknown(object.len() - FIELDS.len()));
        }
        // What is left to find is a field that stands there twice: which of them counts is not said by JSON.
        serde_json::from_slice(bytes).map_err(|_| NotACertificate::Twice)
    }

    /// The eleven lines that are signed, each with a line feed: everything that the file says, the PDF and the data by their
    /// SHA-256 as printed.
    fn signed_text(&self) -> String {
        let lines = [
            &self.format,
            &self.municipality,
            &self.city,
            &self.template,
            &self.kind,
            &self.issue_number,
            &self.verification_code,
            &self.issued_on,
            &self.data_sha256,
            &self.pdf_sha256,
            &self.public_key,
        ];
        lines.into_iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// The key that signed it, when the signature is right: says nothing of whose key it is.
    ///
    /// # Errors
    /// [`Fault::Key`], [`Fault::Signature`].
    pub fn signer(&self) -> Result<VerifyingKey, Fault> {
        let key = decoded(&self.public_key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let key = key.ok_or(Fault::Key)?;
        let signature = Signature::from_bytes(&decoded(&self.signature).ok_or(Fault::Signature)?);
        key.verify_strict(self.signed_text().as_bytes(), &signature).map_err(|_| Fault::Signature)?;
        Ok(key)
    }

    /// Everything that is wrong with the two files but the signature.
    pub fn faults(&self, pdf: &[u8]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if sha256(pdf) != self.pdf_sha256 {
            faults.push(Fault::Pdf);
        }
        if sha256(self.data.as_bytes()) != self.data_sha256 {
            faults.push(Fault::Data);
        }
        let head = [
            ("city", &self.city),
            ("issue_number", &self.issue_number),
            ("code", &self.verification_code),
            ("issued_on", &self.issued_on),
        ];
        match self.data() {
            None => faults.push(Fault::DataForm),
            Some(data) => faults.extend(
                head.into_iter()
                    .filter(|(field, told)| printed(&data, field) != Some(told.as_str()))
                    .map(|(field, _)| Fault::Head(field)),
            ),
        }
        faults
    }

    /// What the paper was set from, for setting it again.
    pub fn data(&self) -> Option<Value> {
        serde_json::from_str(&self.data).ok().filter(Value::is_object)
    }
}

/// A field of the data that goes into a line.
fn printed<'d>(data: &'d Value, field: &str) -> Option<&'d str> {
    data[field].as_str().filter(|text| !text.is_empty() && !text.contains(char::is_control))
}

fn decoded<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok())
}

/// The SHA-256 in 64 small hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all");
        text
    })
}

/// The file is no certificate of this form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACertificate {
    #[error(
        "JSON として読めません（{line}行目の{column}文字目）。PDF と一緒に受けとった .json をそのまま指定してください"
    )]
    Json { line: usize, column: usize },
    #[error("JSON のオブジェクトではありません。PDF と一緒に受けとった .json をそのまま指定してください")]
    NotAnObject,
    #[error("電子の証明書の JSON ではありません（format が {FORMAT} ではない）")]
    Format,
    #[error(
        "この版では読めない形式の証明書です（format。読めるのは {FORMAT}）。新しい版の fujidana で確かめられます"
    )]
    Version,
    #[error("{0} がないか、1行の文字列ではありません")]
    Field(&'static str),
    #[error("証明書の形式にない項目が{0}個あります。署名の外の項目は受けつけません")]
    Unknown(usize),
    #[error("同じ名前の項目が2回あります")]
    Twice,
}

/// What is wrong with a certificate, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("公開鍵（public_key）が Ed25519 の鍵の形ではありません")]
    Key,
    #[error(
        "署名が合いません。JSON の見出し（発行番号、日付、要約値など）か鍵か署名が、発行のあとで変わっています"
    )]
    Signature,
    #[error("PDF が発行したときのものと違います（SHA-256 が pdf_sha256 と合わない）")]
    Pdf,
    #[error("データ（data）が発行したときのものと違います（SHA-256 が data_sha256 と合わない）")]
    Data,
    #[error("データ（data）が JSON のオブジェクトではありません")]
    DataForm,
    #[error("JSON の見出しとデータの {0} が食い違っています")]
    Head(&'static str),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PDF: &[u8] = b"%PDF-1.4 invented";

    fn made() -> Certificate {
        let data = json!({
            "city": "藤岡市", "issue_number": "20261124 藤岡市 本庁1 プリンタ001 011", "code": "7K2M-9QXA-0000-0000",
            "issued_on": "2026-11-24", "members": [{"name": "見本\n太郎"}],
        });
        let issued = Issued {
            municipality: MunicipalityId(102_091),
            template: "residents/jumin-hyo",
            kind: "住民票の写し",
        };
        Certificate::sign(issued, &data, PDF, &SigningKey::from_bytes(&[7; 32])).expect("complete")
    }

    /// The first thing said about a certificate whose file was changed.
    fn said(file: &str, pdf: &[u8]) -> String {
        let read = match Certificate::parse(file.as_bytes()) {
            Ok(read) => read,
            Err(error) => return error.to_string(),
        };
        let signature = read.signer().err();
        let mut faults = signature.into_iter().chain(read.faults(pdf));
        faults.next().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_signed_lines_are_those_of_the_document() {
        let made = made();
        let text = made.signed_text();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines.len(), 12, "eleven, and nothing after the last line feed");
        assert_eq!(
            lines[..5],
            ["fujidana-certificate/1", "102091", "藤岡市", "residents/jumin-hyo", "住民票の写し"]
        );
        assert_eq!(lines[9], sha256(PDF));
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "FIPS 180"
        );
    }

    #[test]
    fn any_changed_field_is_found() {
        let good = made().to_json();
        assert_eq!(said(&good, PDF), "");
        assert_eq!(said(&format!("\u{feff}{good}"), PDF), "");
        for field in FIELDS {
            let mut changed: Value = serde_json::from_str(&good).expect("JSON");
            let text = changed[field].as_str().expect("a text");
            // Another letter in the midst: base64 and hexadecimal stay what they are.
            let at = text.char_indices().nth(text.chars().count() / 2).expect("not empty").0;
            let letter = text[at..].chars().next().expect("a letter");
            let other = if letter == '0' { '1' } else { '0' };
            changed[field] = json!(format!("{}{other}{}", &text[..at], &text[at + letter.len_utf8()..]));
            assert_ne!(said(&changed.to_string(), PDF), "", "{field}");
            changed[field] = json!(7);
            assert_ne!(said(&changed.to_string(), PDF), "", "{field}");
        }
    }

    #[test]
    fn says_where_it_is_changed() {
        let good = made().to_json();
        let edit = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            good.replacen(from, to, 1)
        };
        for (file, pdf, words) in [
            (good.clone(), &b"%PDF-1.4 Invented"[..], "PDF が発行した"),
            (edit("見本", "見木"), PDF, "データ（data）が発行した"),
            (edit("\"2026-11-24\"", "\"2026-11-25\""), PDF, "署名が合いません"),
            (edit("certificate/1", "certificate/2"), PDF, "この版では読めない"),
            (edit("fujidana-certificate/1", "x"), PDF, "電子の証明書の JSON ではありません"),
            (edit("{\n", "{\n\"more\": \"x\","), PDF, "項目が1個"),
            (edit("{\n", "{\n\"city\": \"別市\","), PDF, "2回"),
            (edit("\"city\"", "\"town\""), PDF, "city がない"),
            (edit("\"住民票の写し\"", "\"住民票\\nの写し\""), PDF, "kind がない"),
            ("[]".to_owned(), PDF, "オブジェクトではありません"),
            (good.chars().take(100).collect(), PDF, "JSON として読めません"),
            (String::new(), PDF, "JSON として読めません"),
        ] {
            assert!(said(&file, pdf).contains(words), "{words}: {}", said(&file, pdf));
        }
    }

    #[test]
    fn a_signed_head_that_is_not_the_datas_is_refused() {
        let mut made = made();
        made.issue_number.push('2');
        let key = SigningKey::from_bytes(&[7; 32]);
        made.signature = STANDARD.encode(key.sign(made.signed_text().as_bytes()).to_bytes());
        assert!(made.signer().is_ok());
        assert_eq!(made.faults(PDF), [Fault::Head("issue_number")]);
    }
}
