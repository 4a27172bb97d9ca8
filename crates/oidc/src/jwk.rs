//! The directory's public keys (RFC 7517), as far as ID tokens are signed with them.
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

use crate::Wrong;
use crate::token::base64url;

/// A set of keys, as `jwks_uri` gives it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// Kinds that are not ours to judge stay in the set and match nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

/// The signatures that are taken. None is symmetric: whoever knows a public key would sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alg {
    Rs256,
    Es256,
}

impl Alg {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl Jwk {
    fn signs_with(&self, alg: Alg) -> bool {
        let kind = match alg {
            Alg::Rs256 => self.kty == "RSA",
            Alg::Es256 => self.kty == "EC" && self.crv == "P-256",
        };
        kind && self.r#use.as_deref().is_none_or(|of| of == "sig")
            && self.alg.as_deref().is_none_or(|of| of == alg.name())
    }

    fn verify(&self, alg: Alg, message: &[u8], signed: &[u8]) -> Result<(), Wrong> {
        let part = |text: &str| base64url(text).map_err(|_| Wrong::Key);
        let verdict = match alg {
            Alg::Rs256 => RsaPublicKeyComponents { n: part(&self.n)?, e: part(&self.e)? }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                signed,
            ),
            Alg::Es256 => {
                let point = [vec![4], part(&self.x)?, part(&self.y)?].concat();
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(message, signed)
            }
        };
        verdict.map_err(|_| Wrong::Signature)
    }
}

impl Jwks {
    /// The key must be of the kind that the signature needs; a name leads to one key, and without a name there
    /// must be no choice.
    pub(crate) fn verify(
        &self,
        kid: Option<&str>,
        alg: Alg,
        message: &[u8],
        signed: &[u8],
    ) -> Result<(), Wrong> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.signs_with(alg) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
        let key = fitting.next().ok_or(Wrong::UnknownKey)?;
        if fitting.next().is_some() {
            return Err(Wrong::UnknownKey);
        }
        key.verify(alg, message, signed)
    }
}
