//! The way to the directory and back.
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base::At;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde::Deserialize;
use ureq::Agent;

use crate::token::{Expected, Person, Wrong, judge};
use crate::{Jwks, http};

/// Discovery and keys are asked anew after an hour.
const KEPT_SECONDS: i64 = 3600;
/// A token with an unknown key makes us ask again, but strangers must not make us ask all the time.
const ASKED_AGAIN_SECONDS: i64 = 60;

/// What the operator says about the directory.
#[derive(Clone, Default)]
pub struct Settings {
    /// As the directory writes it, without `/.well-known/…`.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    /// Where the directory sends people back to.
    pub redirect_uri: String,
    /// Values of `acr` or `amr` that stand for two factors; none: our own code is asked as well.
    pub strong: Vec<String>,
    /// Certificates (PEM) of the city's own authority.
    pub ca: Option<Vec<u8>>,
}

impl fmt::Debug for Settings {
    /// Without the secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Settings");
        out.field("issuer", &self.issuer).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Why the directory led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("the certificates of the authority cannot be read")]
    Authority,
    #[error("an address of the directory has no TLS")]
    Unsafe,
    #[error("the directory does not answer: {0}")]
    Network(String),
    #[error("the directory is being asked by many at once")]
    Busy,
    #[error("the directory's answer cannot be read")]
    Answer,
    #[error("the directory calls itself by another name")]
    Issuer,
    #[error("the answer does not belong to what this browser asked")]
    State,
    #[error("the directory refused")]
    Refused,
    #[error(transparent)]
    Token(#[from] Wrong),
}

/// What binds an answer to the browser that asked: all of it derived from the secret in that browser's cookie.
pub struct Asked {
    state: String,
    nonce: String,
    verifier: String,
}

impl Asked {
    pub fn from_secret(secret: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let derived = |what: &str| URL_SAFE_NO_PAD.encode(hmac::sign(&key, what.as_bytes()));
        Self { state: derived("state"), nonce: derived("nonce"), verifier: derived("verifier") }
    }
    /// RFC 7636 §4.2, S256.
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()))
    }
}

/// The parameters with which the directory sends a browser back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub code: String,
    pub state: String,
    /// RFC 9207.
    pub iss: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Debug, Clone)]
struct Known {
    metadata: Metadata,
    keys: Jwks,
    read_at: At,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The directory of a city. Its calls wait for the network: not on an async worker, not within a transaction.
pub struct Directory {
    settings: Settings,
    agent: Agent,
    known: Mutex<Option<Known>>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Directory").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Directory {
    /// # Errors
    /// [`OidcError::Authority`].
    pub fn new(settings: Settings) -> Result<Self, OidcError> {
        Ok(Self { agent: http::agent(settings.ca.as_deref())?, settings, known: Mutex::default() })
    }

    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Where the browser goes.
    ///
    /// # Errors
    /// [`OidcError`].
    pub fn way(&self, asked: &Asked, at: At) -> Result<String, OidcError> {
        let endpoint = self.known(at, KEPT_SECONDS)?.metadata.authorization_endpoint;
        let challenge = asked.challenge();
        let query = serde_urlencoded::to_string([
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", "openid"),
            ("state", &asked.state),
            ("nonce", &asked.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", query.expect("pairs of texts can be written")))
    }

    /// Who came back.
    ///
    /// # Errors
    /// [`OidcError`].
    pub fn person(&self, answer: &Answer, asked: &Asked, at: At) -> Result<Person, OidcError> {
        if answer.state != asked.state {
            return Err(OidcError::State);
        }
        let mut known = self.known(at, KEPT_SECONDS)?;
        let names_itself = known.metadata.authorization_response_iss_parameter_supported;
        if answer.iss.as_deref().map_or(names_itself, |iss| iss != self.settings.issuer) {
            return Err(OidcError::Issuer);
        }
        if answer.error.is_some() || answer.code.is_empty() {
            return Err(OidcError::Refused);
        }
        let token = self.redeem(&known.metadata, &answer.code, asked)?;
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: &asked.nonce,
            at,
            strong: &self.settings.strong,
        };
        match judge(&token, &known.keys, &expected) {
            // The directory has changed its keys since we asked.
            Err(Wrong::UnknownKey) => {
                known = self.known(at, ASKED_AGAIN_SECONDS)?;
                Ok(judge(&token, &known.keys, &expected)?)
            }
            verdict => Ok(verdict?),
        }
    }

    fn redeem(&self, metadata: &Metadata, code: &str, asked: &Asked) -> Result<String, OidcError> {
        let Settings { client_id, client_secret, redirect_uri, .. } = &self.settings;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", asked.verifier.as_str()),
        ];
        let methods = &metadata.token_endpoint_auth_methods_supported;
        let by_header = methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic");
        let authorization = by_header.then(|| {
            let pair = format!("{}:{}", encoded(client_id), encoded(client_secret));
            format!("Basic {}", STANDARD.encode(pair))
        });
        if !by_header {
            form.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.as_str())]);
        }
        let tokens: Tokens =
            http::post(&self.agent, &metadata.token_endpoint, authorization.as_deref(), &form)?;
        Ok(tokens.id_token)
    }

    /// Discovery and keys, not older than that.
    fn known(&self, at: At, seconds: i64) -> Result<Known, OidcError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| at < known.read_at.plus_seconds(seconds)) {
            return Ok(known.clone());
        }
        let issuer = &self.settings.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = http::get(&self.agent, &address)?;
        if metadata.issuer != *issuer {
            return Err(OidcError::Issuer);
        }
        if !http::is_safe(&metadata.authorization_endpoint) {
            return Err(OidcError::Unsafe);
        }
        let keys = http::get(&self.agent, &metadata.jwks_uri)?;
        Ok(known.insert(Known { metadata, keys, read_at: at }).clone())
    }
}

/// RFC 6749 appendix B.
fn encoded(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("", text)]).expect("a text can be written");
    pair.trim_start_matches('=').to_owned()
}
