//! Public keys as COSE writes them (RFC 9053), and their signatures.
use ciborium::Value;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::Wrong;

/// What a browser is asked for, the best liked first: ES256, EdDSA, RS256.
pub const ALGORITHMS: [i64; 3] = [-7, -8, -257];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// The uncompressed point.
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl Key {
    /// The first CBOR value of `bytes`, and what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Wrong> {
        let mut rest = bytes;
        let value: Value = ciborium::from_reader(&mut rest).map_err(|_| Wrong::Key)?;
        let map = value.as_map().ok_or(Wrong::Key)?;
        let of = |label: i64| {
            let found = map.iter().find(|(key, _)| key.as_integer() == Some(label.into()));
            found.map(|(_, value)| value).ok_or(Wrong::Key)
        };
        let number =
            |label| i64::try_from(of(label)?.as_integer().ok_or(Wrong::Key)?).map_err(|_| Wrong::Key);
        let bytes = |label| of(label)?.as_bytes().cloned().ok_or(Wrong::Key);
        // Labels: 1 kind, 3 algorithm; -1 the curve (or n), -2 x (or e), -3 y.
        let key = match (number(1)?, number(3)?) {
            (2, -7) if number(-1)? == 1 => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Wrong::Key);
                }
                Self::Es256([&[4][..], &x, &y].concat())
            }
            (1, -8) if number(-1)? == 6 => Self::EdDsa(bytes(-2)?),
            (3, -257) => Self::Rs256 { n: bytes(-1)?, e: bytes(-2)? },
            _ => return Err(Wrong::Key),
        };
        Ok((key, rest))
    }

    pub(crate) fn verify(&self, message: &[u8], signed: &[u8]) -> Result<(), Wrong> {
        let verdict = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).verify(message, signed)
            }
            Self::EdDsa(point) => UnparsedPublicKey::new(&signature::ED25519, point).verify(message, signed),
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                signed,
            ),
        };
        verdict.map_err(|_| Wrong::Signature)
    }
}
