//! Judging an ID token: OpenID Connect Core §3.1.3.7, RFC 7519, RFC 8725.
use base::At;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::Jwks;
use crate::jwk::Alg;

/// Clocks of two machines differ by no more.
const LEEWAY_SECONDS: i64 = 60;
/// A token is made for this sign-in, not for one an hour ago.
const OLDEST_SECONDS: i64 = 10 * 60;
const MOST_BYTES: usize = 64 * 1024;

/// Why a token counts for nothing. For the log: the page says one sentence for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("the ID token has not the form of a signed token")]
    Form,
    #[error("the ID token is signed in a way that is not taken")]
    Alg,
    #[error("the ID token needs something that is not understood")]
    Critical,
    #[error("the ID token names a key that the directory has not")]
    UnknownKey,
    #[error("the directory's key cannot be read")]
    Key,
    #[error("the signature does not fit")]
    Signature,
    #[error("the ID token comes from another directory")]
    Issuer,
    #[error("the ID token is for another program")]
    Audience,
    #[error("the ID token is for another sign-in")]
    Nonce,
    #[error("the ID token has ended")]
    Expired,
    #[error("the ID token is too old or of the future")]
    Issued,
    #[error("the ID token names nobody")]
    Subject,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub at: At,
    /// Values of `acr` or `amr` that stand for two factors.
    pub strong: &'a [String],
}

/// Who signed in at the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `sub`: the directory's own name for the person, never given to another.
    pub subject: String,
    /// The directory says that it asked for two factors.
    pub strong: bool,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

pub(crate) fn base64url(text: &str) -> Result<Vec<u8>, Wrong> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Form)
}

/// Judges `token` by the keys of the directory.
///
/// # Errors
/// [`Wrong`].
pub fn judge(token: &str, keys: &Jwks, expected: &Expected<'_>) -> Result<Person, Wrong> {
    if token.len() > MOST_BYTES {
        return Err(Wrong::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Wrong::Form)?;
    let (header, claims) = message.split_once('.').ok_or(Wrong::Form)?;
    let header: Header = serde_json::from_slice(&base64url(header)?).map_err(|_| Wrong::Form)?;
    let alg = Alg::named(&header.alg).ok_or(Wrong::Alg)?;
    if header.crit.is_some() {
        return Err(Wrong::Critical);
    }
    keys.verify(header.kid.as_deref(), alg, message.as_bytes(), &base64url(signature)?)?;
    let claims: Claims = serde_json::from_slice(&base64url(claims)?).map_err(|_| Wrong::Form)?;
    claims.judge(expected)?;
    let strong = |said: &String| expected.strong.contains(said);
    let strong = claims.acr.iter().any(strong) || claims.amr.iter().any(strong);
    Ok(Person { subject: claims.sub, strong })
}

impl Claims {
    fn judge(&self, expected: &Expected<'_>) -> Result<(), Wrong> {
        if self.iss != expected.issuer {
            return Err(Wrong::Issuer);
        }
        let own = expected.client_id;
        let is_for_us = match &self.aud {
            Audience::One(one) => one == own,
            // With others beside us, we must be the one it was made for.
            Audience::Many(all) => {
                all.iter().any(|one| one == own) && (all.len() == 1 || self.azp.as_deref() == Some(own))
            }
        };
        if !is_for_us || self.azp.as_deref().is_some_and(|azp| azp != own) {
            return Err(Wrong::Audience);
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(Wrong::Nonce);
        }
        let now = expected.at.micros().div_euclid(1_000_000);
        if now >= self.exp.saturating_add(LEEWAY_SECONDS) {
            return Err(Wrong::Expired);
        }
        let is_of_now = now.saturating_sub(self.iat) <= OLDEST_SECONDS + LEEWAY_SECONDS
            && self.iat.max(self.nbf.unwrap_or(i64::MIN)) <= now + LEEWAY_SECONDS;
        if !is_of_now {
            return Err(Wrong::Issued);
        }
        if self.sub.is_empty() || self.sub.chars().count() > 255 {
            return Err(Wrong::Subject);
        }
        Ok(())
    }
}
