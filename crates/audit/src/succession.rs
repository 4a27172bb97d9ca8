//! The rotation of the signing key (鍵の交代) as a proof: the old key signs a note that names the new one, so who trusts
//! one key can follow to every later one (office §5.2).
use base::MunicipalityId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, Tx, params, sql};
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::checkpoint::{origin, sign_text, signed_text};

/// The first line of the note: no checkpoint begins like that.
fn title(city: MunicipalityId) -> String {
    format!("{}/successor", origin(city))
}

/// `old` names `new`; stores the note and gives it, to be kept beside the exported checkpoints. The note: title, the new
/// key in base64, the instant (µs since 1970), an empty line, a signature line.
///
/// # Errors
/// What the engine says.
pub fn hand_over(tx: &mut Tx<'_>, old: &SigningKey, new: &VerifyingKey) -> Result<String, DbError> {
    let (city, at) = (tx.municipality(), tx.started_at());
    let text = format!("{}\n{}\n{}\n", title(city), STANDARD.encode(new.as_bytes()), at.micros());
    let note = sign_text(&origin(city), &text, old);
    let insert = sql!(
        "INSERT INTO audit_succession (municipality_id, public_key, note, signed_at) VALUES ($1, $2, $3, $4)"
    );
    tx.run(insert, params![new.to_bytes(), note, at])?;
    Ok(note)
}

/// The key that a note names, when one of `keys` has signed it.
fn heir(city: MunicipalityId, note: &str, keys: &[VerifyingKey]) -> Option<VerifyingKey> {
    let mut lines = signed_text(&origin(city), note, keys).ok()?.lines();
    let (first, key, at) = (lines.next()?, lines.next()?, lines.next()?);
    let is_ours = first == title(city) && at.parse::<i64>().is_ok() && lines.next().is_none();
    let bytes = STANDARD.decode(key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())?;
    VerifyingKey::from_bytes(&bytes).ok().filter(|_| is_ours)
}

/// `trusted`, and every key that the notes hand over from one of them.
pub fn with_heirs(city: MunicipalityId, trusted: &[VerifyingKey], notes: &[String]) -> Vec<VerifyingKey> {
    let mut keys = trusted.to_vec();
    // Each round finds a further link, whatever the order of the notes.
    while let Some(next) =
        notes.iter().filter_map(|note| heir(city, note, &keys)).find(|next| !keys.contains(next))
    {
        keys.push(next);
    }
    keys
}

/// The stored notes, the oldest first.
pub(crate) fn stored(tx: &mut Tx<'_>) -> Result<Vec<String>, DbError> {
    let all = sql!("SELECT note FROM audit_succession WHERE municipality_id = $1 ORDER BY signed_at");
    tx.all(all, params![], |r| r.take())
}
