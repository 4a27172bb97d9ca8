//! AWS Signature Version 4 of one request, as S3-compatible stores ask for it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
use std::fmt;
use std::fmt::Write;

use base::At;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Who asks. Never shown.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub id: String,
    pub secret: String,
    /// Of temporary credentials.
    pub token: Option<String>,
    pub region: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credentials")
    }
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// Encoded.
    pub path: &'a str,
    /// Encoded, in the order of the names.
    pub query: &'a str,
    pub body: &'a [u8],
}

/// The headers to send.
pub(crate) fn sign(who: &Credentials, asked: Asked<'_>, at: At) -> Vec<(&'static str, String)> {
    let (date, time) = utc(at);
    let hash = hex(&Sha256::digest(asked.body));
    let mut headers = vec![
        ("host", asked.host.to_owned()),
        ("x-amz-content-sha256", hash.clone()),
        ("x-amz-date", format!("{date}T{time}Z")),
    ];
    headers.extend(who.token.clone().map(|token| ("x-amz-security-token", token)));
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{}\n{}\n{}\n{lines}\n{names}\n{hash}", asked.method, asked.path, asked.query);
    let scope = format!("{date}/{}/s3/aws4_request", who.region);
    let text =
        format!("AWS4-HMAC-SHA256\n{date}T{time}Z\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let first = format!("AWS4{}", who.secret);
    let key = [date.as_str(), &who.region, "s3", "aws4_request", &text]
        .iter()
        .fold(first.into_bytes(), |key, part| keyed(&key, part.as_bytes()));
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        who.id,
        hex(&key)
    );
    headers.push(("authorization", value));
    headers
}

/// `20261124` and `001400`, in Greenwich.
fn utc(at: At) -> (String, String) {
    // `At::date` is Japan's day, nine hours ahead.
    let day = at.plus_seconds(-9 * 3600).date();
    let seconds = at.micros().div_euclid(1_000_000).rem_euclid(86_400);
    let time = format!("{:02}{:02}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    (day.to_string().replace('-', ""), time)
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to memory does not fail");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the vendor's documentation (GET and list of `examplebucket`, 2013-05-24), with the headers
    /// that we send; the signature of the list is the published one.
    #[test]
    fn the_published_example_is_signed_alike() {
        let who = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
        };
        let asked = Asked {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: "max-keys=2&prefix=J",
            body: b"",
        };
        let headers = sign(&who, asked, At::from_micros(1_369_353_600_000_000));
        let (_, value) = headers.last().expect("signed");
        let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert!(value.ends_with(expected), "{value}");
        assert!(!format!("{who:?}").contains("wJalr"));
    }
}
