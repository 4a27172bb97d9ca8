//! The secrets of one-time codes (ワンタイムコード), sealed for the account they belong to.
use base::{Id, MunicipalityId};

use crate::{KeyUse, Keys, Unopenable};

/// Bytes of a secret in plain (RFC 4226 recommends 20). A sealed one has 62.
const PLAIN: usize = 20;

/// What the column `account.totp_secret` holds: `seal_totp(keys, municipality, account, secret) -> Vec<u8>`.
///
/// # Panics
/// When `secret` has not 20 bytes: by its length a stored secret tells whether it is sealed.
pub fn seal_totp<K>(keys: &Keys, municipality: MunicipalityId, account: Id<K>, secret: &[u8]) -> Vec<u8> {
    assert_eq!(secret.len(), PLAIN, "the secret of a one-time code has 20 bytes");
    keys.cipher(KeyUse::Totp).seal(&context(municipality, account), secret)
}

/// The secret of a stored column: `open_totp(keys, municipality, account, stored) -> Result<Vec<u8>, Unopenable>`.
/// Twenty bytes are a secret from the time before sealing and are given as they are.
///
/// # Errors
/// [`Unopenable`]: altered, sealed for another account, or its key is not kept.
pub fn open_totp<K>(
    keys: &Keys,
    municipality: MunicipalityId,
    account: Id<K>,
    stored: &[u8],
) -> Result<Vec<u8>, Unopenable> {
    if stored.len() == PLAIN {
        return Ok(stored.to_vec());
    }
    keys.cipher(KeyUse::Totp).open(&context(municipality, account), stored)
}

/// What the column should hold now when `stored` is in plain or under an old key; `None` when it is as it should be.
///
/// # Errors
/// As [`open_totp`].
pub fn reseal_totp<K>(
    keys: &Keys,
    municipality: MunicipalityId,
    account: Id<K>,
    stored: &[u8],
) -> Result<Option<Vec<u8>>, Unopenable> {
    let newest = keys.cipher(KeyUse::Totp).newest_no().to_be_bytes();
    if stored.len() != PLAIN && stored.starts_with(&newest) {
        return Ok(None);
    }
    let secret = open_totp(keys, municipality, account, stored)?;
    if secret.len() != PLAIN {
        return Err(Unopenable::Form(stored.len()));
    }
    Ok(Some(seal_totp(keys, municipality, account, &secret)))
}

/// Binds a secret to its account: copied to another row it does not open.
fn context<K>(municipality: MunicipalityId, account: Id<K>) -> Vec<u8> {
    format!("account.totp_secret {} {}", municipality.0, account.get()).into_bytes()
}
