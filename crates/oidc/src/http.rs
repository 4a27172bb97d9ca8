//! Talking to the directory: few bytes, few seconds, no redirects, TLS but on this machine.
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::OidcError;

const PATIENCE: Duration = Duration::from_secs(5);
const MOST_BYTES: u64 = 1 << 20;

/// `ca`: the certificates (PEM) that sign the directory's own; without them the well-known ones do.
pub(crate) fn agent(ca: Option<&[u8]>) -> Result<Agent, OidcError> {
    let roots = match ca {
        None => RootCerts::WebPki,
        Some(pem) => {
            let all = parse_pem(pem).collect::<Result<Vec<_>, _>>().map_err(|_| OidcError::Authority)?;
            let all = all.into_iter().filter_map(|item| match item {
                PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            });
            let all: Vec<Certificate<'static>> = all.collect();
            if all.is_empty() {
                return Err(OidcError::Authority);
            }
            RootCerts::from(all)
        }
    };
    let config = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .proxy(None)
        .http_status_as_error(true)
        .build();
    Ok(config.into())
}

/// TLS, or this machine itself.
pub(crate) fn is_safe(address: &str) -> bool {
    let host = address.strip_prefix("http://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    let host = host.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    address.starts_with("https://") || host.is_some_and(|host| ["localhost", "127.0.0.1"].contains(&host))
}

pub(crate) fn get<T: DeserializeOwned>(agent: &Agent, address: &str) -> Result<T, OidcError> {
    if !is_safe(address) {
        return Err(OidcError::Unsafe);
    }
    let answer = agent.get(address).call().map_err(|error| OidcError::Network(error.to_string()))?;
    read(answer)
}

/// Sends a form with the client's name and secret (RFC 6749 §2.3.1).
pub(crate) fn post<T: DeserializeOwned>(
    agent: &Agent,
    address: &str,
    authorization: Option<&str>,
    form: &[(&str, &str)],
) -> Result<T, OidcError> {
    if !is_safe(address) {
        return Err(OidcError::Unsafe);
    }
    let mut request = agent.post(address).header("accept", "application/json");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let answer = request.send_form(form.iter().copied());
    read(answer.map_err(|error| OidcError::Network(error.to_string()))?)
}

fn read<T: DeserializeOwned>(answer: ureq::http::Response<ureq::Body>) -> Result<T, OidcError> {
    let body = answer.into_body().into_with_config().limit(MOST_BYTES).read_to_vec();
    let body = body.map_err(|error| OidcError::Network(error.to_string()))?;
    serde_json::from_slice(&body).map_err(|_| OidcError::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for (address, expected) in [
            ("https://idp.city.example.jp/token", true),
            ("http://localhost:9000/token", true),
            ("http://127.0.0.1:9000", true),
            ("http://idp.city.example.jp/token", false),
            ("http://localhost.evil.example/", false),
            ("http://evil.example?localhost:1", false),
            ("ftp://localhost/", false),
            ("", false),
        ] {
            assert_eq!(is_safe(address), expected, "{address}");
        }
    }
}
