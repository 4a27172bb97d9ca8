//! What the browser says (client data) and what the authenticator signs (authenticator data).
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::ceremony::{Party, base64url};
use crate::{Key, Wrong};

/// WebAuthn §5.8.1, as far as it is judged.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

fn read(json: &[u8]) -> Result<ClientData, Wrong> {
    serde_json::from_slice(json).map_err(|_| Wrong::ClientData)
}

/// The challenge that is answered, not yet judged: by it the caller finds what was asked.
pub(crate) fn challenge(json: &[u8]) -> Result<Vec<u8>, Wrong> {
    base64url(&read(json)?.challenge)
}

/// §7.1 steps 7 to 11, §7.2 steps 10 to 14.
pub(crate) fn judge_client(json: &[u8], kind: &str, challenge: &[u8], party: &Party) -> Result<(), Wrong> {
    let data = read(json)?;
    if data.r#type != kind {
        return Err(Wrong::Type);
    }
    if base64url(&data.challenge)? != challenge {
        return Err(Wrong::Challenge);
    }
    if data.origin != party.origin {
        return Err(Wrong::Origin);
    }
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Wrong::CrossOrigin);
    }
    Ok(())
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// §6.1.
#[derive(Debug)]
pub(crate) struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    pub counter: u32,
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let (rp_id_hash, rest) = bytes.split_at_checked(32).ok_or(Wrong::AuthenticatorData)?;
        let (flags, rest) = rest.split_first().ok_or(Wrong::AuthenticatorData)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(Wrong::AuthenticatorData)?;
        Ok(Self { rp_id_hash, flags: *flags, counter: u32::from_be_bytes(*counter), rest })
    }

    /// §7.1 steps 14 to 18, §7.2 steps 16 to 19. A passkey stands for both factors here, so the person must have
    /// been verified.
    pub(crate) fn judge(&self, party: &Party) -> Result<(), Wrong> {
        if self.rp_id_hash != digest(&SHA256, party.rp_id.as_bytes()).as_ref() {
            return Err(Wrong::RpId);
        }
        if !self.has(PRESENT) {
            return Err(Wrong::NotPresent);
        }
        if !self.has(VERIFIED) {
            return Err(Wrong::NotVerified);
        }
        if self.is_synced() && !self.has(BACKUP_ELIGIBLE) {
            return Err(Wrong::Backup);
        }
        Ok(())
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The key lies on more than one device.
    pub(crate) fn is_synced(&self) -> bool {
        self.has(BACKED_UP)
    }

    /// An assertion brings no new credential; extensions may follow, which nobody asked for.
    pub(crate) fn judge_end(&self) -> Result<(), Wrong> {
        if self.has(ATTESTED) || self.rest.is_empty() == self.has(EXTENSIONS) {
            return Err(Wrong::AuthenticatorData);
        }
        Ok(())
    }

    /// The new credential (§6.5.1): its name, and its public key as it is written here.
    pub(crate) fn credential(&self) -> Result<(&'a [u8], &'a [u8]), Wrong> {
        if !self.has(ATTESTED) {
            return Err(Wrong::AuthenticatorData);
        }
        // 16 bytes name the make of the authenticator.
        let (_, rest) = self.rest.split_at_checked(16).ok_or(Wrong::AuthenticatorData)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(Wrong::AuthenticatorData)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > 1023 {
            return Err(Wrong::CredentialId);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(Wrong::AuthenticatorData)?;
        let (_, after) = Key::read(rest)?;
        if after.is_empty() == self.has(EXTENSIONS) {
            return Err(Wrong::AuthenticatorData);
        }
        Ok((id, &rest[..rest.len() - after.len()]))
    }
}
