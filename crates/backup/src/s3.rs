//! An S3-compatible store of copies, path style: `s3://BUCKET/PREFIX?endpoint=https://…&region=…`. Credentials
//! come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), never from the
//! address.
use std::fmt;
use std::time::Duration;

use base::Clock;
use ureq::Agent;
use ureq::http::Response;

use crate::BackupError;
use crate::signature::{Asked, Credentials, sign};
use crate::target::{Object, Target};

/// A connection that is not there by then.
const CONNECT: Duration = Duration::from_secs(10);
/// A request that is not answered by then.
const ANSWER: Duration = Duration::from_secs(60);
/// An object of a copy is never larger.
const MOST_BYTES: u64 = 256 << 20;

pub(crate) struct S3 {
    agent: Agent,
    /// `https://host[:port]`
    endpoint: String,
    bucket: String,
    /// Empty, or ends with a slash.
    prefix: String,
    who: Credentials,
    clock: Clock,
}

impl fmt::Debug for S3 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "S3({})", self.label())
    }
}

impl S3 {
    /// `address` comes after `s3://`.
    pub(crate) fn open(
        address: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BackupError> {
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let (mut endpoint, mut region) = (None, environment("AWS_REGION"));
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("endpoint", value)) => endpoint = Some(value.trim_end_matches('/').to_owned()),
                Some(("region", value)) => region = Some(value.to_owned()),
                _ => return Err(BackupError::Address(format!("{pair} は使えません（endpoint と region）"))),
            }
        }
        if bucket.is_empty() {
            return Err(BackupError::Address("s3:// のあとに入れ物（バケット）の名前が要ります".to_owned()));
        }
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let wanted = |name: &str| {
            environment(name).ok_or_else(|| BackupError::Address(format!("環境変数 {name} がありません")))
        };
        let who = Credentials {
            id: wanted("AWS_ACCESS_KEY_ID")?,
            secret: wanted("AWS_SECRET_ACCESS_KEY")?,
            token: environment("AWS_SESSION_TOKEN"),
            region: region.clone(),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER));
        let prefix = prefix.trim_matches('/');
        Ok(Self {
            agent: config.build().into(),
            endpoint: endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com")),
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            who,
            clock: Clock::system(),
        })
    }

    /// Status and body of the answer.
    fn ask(&self, method: &str, name: &str, query: &str, body: &[u8]) -> Result<(u16, Vec<u8>), BackupError> {
        let path = if name.is_empty() {
            format!("/{}", encode(&self.bucket))
        } else {
            format!("/{}/{}{}", encode(&self.bucket), encode(&self.prefix), encode(name))
        };
        let host = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host);
        let headers = sign(&self.who, Asked { method, host, path: &path, query, body }, self.clock.now());
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", self.endpoint);
        let told = headers.iter().filter(|(name, _)| *name != "host");
        let answer: Result<Response<ureq::Body>, ureq::Error> = match method {
            "PUT" => {
                told.fold(self.agent.put(&url), |ask, (name, value)| ask.header(*name, value)).send(body)
            }
            "DELETE" => {
                told.fold(self.agent.delete(&url), |ask, (name, value)| ask.header(*name, value)).call()
            }
            _ => told.fold(self.agent.get(&url), |ask, (name, value)| ask.header(*name, value)).call(),
        };
        let refused = |error: ureq::Error| self.refused(name, &error.to_string());
        let mut answer = answer.map_err(refused)?;
        let read = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        Ok((answer.status().as_u16(), read.map_err(refused)?))
    }

    fn refused(&self, name: &str, reason: &str) -> BackupError {
        BackupError::Target { place: format!("{}{name}", self.label()), reason: reason.to_owned() }
    }

    /// What the store says in its own words, without the rest of its answer.
    fn said(&self, name: &str, (status, body): (u16, Vec<u8>)) -> BackupError {
        let text = String::from_utf8_lossy(&body).into_owned();
        let code = between(&text, "<Code>", "</Code>").next().unwrap_or_default();
        self.refused(name, &format!("{status} {code}"))
    }
}

impl Target for S3 {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        match self.ask("PUT", name, "", bytes)? {
            (200, _) => Ok(()),
            answer => Err(self.said(name, answer)),
        }
    }

    fn get(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        match self.ask("GET", name, "", b"")? {
            (200, body) => Ok(body),
            (404, _) => Err(BackupError::Missing { name: name.to_owned() }),
            answer => Err(self.said(name, answer)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Object>, BackupError> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        loop {
            // In the order of the names, as the signature wants it.
            let continued = token
                .as_deref()
                .map_or_else(String::new, |t| format!("continuation-token={}&", encode_all(t)));
            let wanted = encode_all(&format!("{}{prefix}", self.prefix));
            let query = format!("{continued}list-type=2&prefix={wanted}");
            let text = match self.ask("GET", "", &query, b"")? {
                (200, body) => String::from_utf8_lossy(&body).into_owned(),
                answer => return Err(self.said(prefix, answer)),
            };
            for contents in between(&text, "<Contents>", "</Contents>") {
                let key = between(contents, "<Key>", "</Key>").next().unwrap_or_default();
                let size = between(contents, "<Size>", "</Size>").next().and_then(|size| size.parse().ok());
                if let (Some(name), Some(bytes)) = (key.strip_prefix(&self.prefix), size) {
                    found.push(Object { name: name.to_owned(), bytes });
                }
            }
            token = between(&text, "<NextContinuationToken>", "</NextContinuationToken>")
                .next()
                .map(|token| token.replace("&amp;", "&"));
            if token.is_none() {
                found.sort_by(|a, b| a.name.cmp(&b.name));
                return Ok(found);
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), BackupError> {
        match self.ask("DELETE", name, "", b"")? {
            (200 | 204 | 404, _) => Ok(()),
            answer => Err(self.said(name, answer)),
        }
    }

    fn label(&self) -> String {
        let host = self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host);
        format!("s3://{}/{}（{host}）", self.bucket, self.prefix)
    }
}

/// The texts between two marks. The names of our objects have nothing that XML would escape.
fn between<'a>(text: &'a str, open: &'static str, close: &'static str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(inner, _)| inner))
}

/// A path, with its slashes.
fn encode(path: &str) -> String {
    path.split('/').map(encode_all).collect::<Vec<_>>().join("/")
}

fn encode_all(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, label: Option<&str>) {
        let environment = |name: &str| name.starts_with("AWS_").then(|| "x".to_owned());
        let found = S3::open(address, environment).ok().map(|store| store.label());
        assert_eq!(found.as_deref(), label, "{address}");
    }

    #[test]
    fn an_address_names_bucket_prefix_and_endpoint() {
        check("copies", Some("s3://copies/（s3.x.amazonaws.com）"));
        check(
            "copies/fujioka/?region=ap-northeast-1",
            Some("s3://copies/fujioka/（s3.ap-northeast-1.amazonaws.com）"),
        );
        check("copies?endpoint=http://store:9000/", Some("s3://copies/（store:9000）"));
        check("", None);
        check("copies?key=secret", None);
    }

    #[test]
    fn credentials_come_from_the_environment() {
        let refused = S3::open("copies", |_| None).expect_err("no credentials");
        assert!(refused.to_string().contains("AWS_ACCESS_KEY_ID"));
        let store = S3::open("copies", |_| Some("hidden".to_owned())).expect("opens");
        assert_eq!(format!("{store:?}"), "S3(s3://copies/（s3.hidden.amazonaws.com）)");
    }
}
