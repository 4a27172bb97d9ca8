//! The two ceremonies: registering a passkey, and showing that one has it.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::signed::{AuthenticatorData, challenge, judge_client};
use crate::{Key, Wrong};

/// Who asks (Relying Party): this site, as browsers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// 「https://desk.city.example.jp」.
    pub origin: String,
    /// The host of the origin.
    pub rp_id: String,
}

impl Party {
    /// `None` where browsers know no passkeys: an address in figures, or plain HTTP to another machine.
    pub fn of(origin: &str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
        let is_name = host.starts_with(|c: char| c.is_ascii_alphabetic())
            && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
        let is_safe = scheme == "https" || (scheme == "http" && host == "localhost");
        (is_name && is_port && is_safe).then(|| Self { origin: origin.to_owned(), rp_id: host.to_owned() })
    }
}

/// A form's hidden fields after `navigator.credentials.create`, each base64url.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Registration {
    pub client_data: String,
    pub attestation: String,
}

/// A form's hidden fields after `navigator.credentials.get`, each base64url.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Assertion {
    pub credential: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub signature: String,
    pub user_handle: String,
}

/// A passkey to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub credential_id: Vec<u8>,
    /// COSE, as the authenticator wrote it.
    pub public_key: Vec<u8>,
    pub counter: u32,
    pub synced: bool,
}

/// A passkey as it is kept.
#[derive(Debug, Clone)]
pub struct Known {
    pub credential_id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub counter: u32,
    /// What the site gave as `user.id` when the passkey was made.
    pub user_handle: Vec<u8>,
}

/// What is to be kept after a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    pub counter: u32,
    pub synced: bool,
}

pub(crate) fn base64url(text: &str) -> Result<Vec<u8>, Wrong> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Encoding)
}

/// The challenge that an answer's `client_data` names, not yet judged.
///
/// # Errors
/// [`Wrong`].
pub fn challenge_of(client_data: &str) -> Result<Vec<u8>, Wrong> {
    challenge(&base64url(client_data)?)
}

/// Judges a new passkey (§7.1). Which make of authenticator it is, nobody asked: the attestation is not read.
///
/// # Errors
/// [`Wrong`].
pub fn register(party: &Party, challenge: &[u8], answer: &Registration) -> Result<Registered, Wrong> {
    judge_client(&base64url(&answer.client_data)?, "webauthn.create", challenge, party)?;
    let attestation = base64url(&answer.attestation)?;
    let object: Value = ciborium::from_reader(attestation.as_slice()).map_err(|_| Wrong::Attestation)?;
    let map = object.as_map().ok_or(Wrong::Attestation)?;
    let found = map.iter().find(|(key, _)| key.as_text() == Some("authData"));
    let bytes = found.and_then(|(_, value)| value.as_bytes()).ok_or(Wrong::Attestation)?;
    let data = AuthenticatorData::read(bytes)?;
    data.judge(party)?;
    let (id, key) = data.credential()?;
    Ok(Registered {
        credential_id: id.to_vec(),
        public_key: key.to_vec(),
        counter: data.counter,
        synced: data.is_synced(),
    })
}

/// Judges an answer to `challenge` by a kept passkey (§7.2).
///
/// # Errors
/// [`Wrong`].
pub fn assert(party: &Party, challenge: &[u8], known: &Known, answer: &Assertion) -> Result<Asserted, Wrong> {
    if base64url(&answer.credential)? != known.credential_id {
        return Err(Wrong::Credential);
    }
    // Who is named need not name himself; a discoverable passkey always does.
    if !answer.user_handle.is_empty() && base64url(&answer.user_handle)? != known.user_handle {
        return Err(Wrong::UserHandle);
    }
    let client_data = base64url(&answer.client_data)?;
    judge_client(&client_data, "webauthn.get", challenge, party)?;
    let signed = base64url(&answer.authenticator_data)?;
    let data = AuthenticatorData::read(&signed)?;
    data.judge(party)?;
    data.judge_end()?;
    let (key, _) = Key::read(&known.public_key)?;
    let message = [&signed, digest(&SHA256, &client_data).as_ref()].concat();
    key.verify(&message, &base64url(&answer.signature)?)?;
    let counts = data.counter > 0 || known.counter > 0;
    if counts && data.counter <= known.counter {
        return Err(Wrong::Counter);
    }
    Ok(Asserted { counter: data.counter, synced: data.is_synced() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_know_passkeys_for_names_over_a_safe_way() {
        for (origin, expected) in [
            ("https://desk.city.example.jp", Some("desk.city.example.jp")),
            ("https://desk.city.example.jp:8443", Some("desk.city.example.jp")),
            ("http://localhost:8080", Some("localhost")),
            ("http://desk.city.example.jp", None),
            ("http://127.0.0.1:8080", None),
            ("https://[::1]:8080", None),
            ("https://desk.city.example.jp/", None),
            ("https://desk.city.example.jp:port", None),
            ("desk.city.example.jp", None),
            ("", None),
        ] {
            assert_eq!(Party::of(origin).map(|party| party.rp_id).as_deref(), expected, "{origin}");
        }
    }
}
