//! Checkpoints: signed notes over the root at a size, kept outside as well (office §5.2).
use base::{At, MunicipalityId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, Tx, params, sql};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use merkle::Hash;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::seal::head;
use crate::tiles::{column, position};

/// Marks an Ed25519 key in the key hash of a signed note.
const ED25519: u8 = 1;

/// A signed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Leaves under the root.
    pub size: u64,
    pub root: Hash,
    /// The signed note as it is stored and exported.
    pub note: String,
    pub signed_at: At,
}

/// What is wrong with a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadNote {
    #[error("チェックポイントの形が違います")]
    Form,
    #[error("ほかの市のチェックポイントです")]
    Origin,
    #[error("チェックポイントの署名の鍵が違います")]
    Key,
    #[error("チェックポイントの署名が合いません")]
    Signature,
}

/// The origin line of a city's log, also the name of its key.
pub(crate) fn origin(city: MunicipalityId) -> String {
    format!("fujidana/{}", city.0)
}

/// The first four bytes of SHA-256 over the key's name, its kind and the key: tells the keys of one name apart.
pub(crate) fn key_hash(name: &str, kind: u8, key: &VerifyingKey) -> [u8; 4] {
    let whole =
        Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(key.as_bytes()).finalize();
    [whole[0], whole[1], whole[2], whole[3]]
}

/// `text` and one signature line (signed note: C2SP signed-note).
pub(crate) fn sign_text(name: &str, text: &str, key: &SigningKey) -> String {
    let signature = key.sign(text.as_bytes());
    let mut line = key_hash(name, ED25519, &key.verifying_key()).to_vec();
    line.extend_from_slice(&signature.to_bytes());
    format!("{text}\n— {name} {}\n", STANDARD.encode(line))
}

/// A signature line: by whom, and its code: the key hash, then what that kind of key writes.
type Line<'n> = (&'n str, Vec<u8>);

/// The text of a signed note, each line with its end, and of each signature line the name and the decoded code.
pub(crate) fn parts(note: &str) -> Result<(&str, Vec<Line<'_>>), BadNote> {
    let end = note.find("\n\n").ok_or(BadNote::Form)? + 1;
    let (text, lines) = (&note[..end], note[end + 1..].strip_suffix('\n').ok_or(BadNote::Form)?);
    let lines: Option<Vec<_>> = lines
        .split('\n')
        .map(|line| {
            let (by, code) = line.strip_prefix("— ")?.split_once(' ')?;
            Some((by, STANDARD.decode(code).ok()?))
        })
        .collect();
    Ok((text, lines.ok_or(BadNote::Form)?))
}

/// The text of a signed note, when one of `keys` has signed it under `name`. Signatures of
/// others may stand beside; a wrong one under a key that we know is never overlooked.
pub(crate) fn signed_text<'n>(name: &str, note: &'n str, keys: &[VerifyingKey]) -> Result<&'n str, BadNote> {
    let (text, lines) = parts(note)?;
    let mut is_signed = false;
    for (by, code) in lines {
        let (hash, signature) = code.split_at_checked(4).ok_or(BadNote::Form)?;
        let is_by = |key: &&VerifyingKey| by == name && key_hash(name, ED25519, key) == hash;
        let Some(key) = keys.iter().find(is_by) else { continue };
        let signature = Signature::from_slice(signature).map_err(|_| BadNote::Form)?;
        key.verify(text.as_bytes(), &signature).map_err(|_| BadNote::Signature)?;
        is_signed = true;
    }
    if is_signed { Ok(text) } else { Err(BadNote::Key) }
}

/// The signed note over a root: origin, size, root, instant (µs since 1970), an empty line, a signature line.
fn sign_note(city: MunicipalityId, size: u64, root: &Hash, at: At, key: &SigningKey) -> String {
    let name = origin(city);
    let text = format!("{name}\n{size}\n{}\n{}\n", STANDARD.encode(root), at.micros());
    sign_text(&name, &text, key)
}

/// Reads a note and checks its signature with one of `keys`: size, root, when.
///
/// # Errors
/// [`BadNote`].
pub fn open_note(
    city: MunicipalityId,
    note: &str,
    keys: &[VerifyingKey],
) -> Result<(u64, Hash, At), BadNote> {
    let name = origin(city);
    let first = note.lines().next().ok_or(BadNote::Form)?;
    if first != name {
        return Err(BadNote::Origin);
    }
    let text = signed_text(&name, note, keys)?;
    let mut lines = text.lines().skip(1);
    let (Some(size), Some(root), Some(at), None) = (lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return Err(BadNote::Form);
    };
    let number: u64 = size.parse().map_err(|_| BadNote::Form)?;
    let instant: i64 = at.parse().map_err(|_| BadNote::Form)?;
    let root =
        STANDARD.decode(root).ok().and_then(|bytes| Hash::try_from(bytes).ok()).ok_or(BadNote::Form)?;
    // One spelling alone: "+7" or "007" would be the same size under another text.
    if number.to_string() == size && instant.to_string() == at {
        Ok((number, root, At::from_micros(instant)))
    } else {
        Err(BadNote::Form)
    }
}

/// Signs the tree as it is, when it has grown since the last checkpoint.
///
/// # Errors
/// What the engine says, or a damaged head.
pub fn checkpoint(tx: &mut Tx<'_>, key: &SigningKey) -> Result<Option<Checkpoint>, DbError> {
    let Some(frontier) = head(tx)?.filter(|frontier| frontier.size() > 0) else { return Ok(None) };
    let (size, root) = (frontier.size(), frontier.root());
    let last = sql!(
        "SELECT CAST(COALESCE(MAX(size), 0) AS BIGINT) FROM audit_checkpoint WHERE municipality_id = $1"
    );
    if position(tx.one(last, params![], |r| r.take::<i64>())?)? == size {
        return Ok(None);
    }
    let signed_at = tx.started_at();
    let note = sign_note(tx.municipality(), size, &root, signed_at, key);
    let keep = sql!(
        "INSERT INTO audit_key (municipality_id, public_key, first_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (municipality_id, public_key) DO NOTHING"
    );
    tx.run(keep, params![key.verifying_key().to_bytes(), signed_at])?;
    let insert =
        sql!("INSERT INTO audit_checkpoint (municipality_id, size, note, signed_at) VALUES ($1, $2, $3, $4)");
    tx.run(insert, params![column(size), note, signed_at])?;
    Ok(Some(Checkpoint { size, root, note, signed_at }))
}

/// The keys that signed checkpoints, the oldest first, as the store itself says: enough to find damage, not to refute a forger who
/// writes the whole store anew. For that the keys come from outside.
///
/// # Errors
/// What the engine says.
pub fn stored_keys(tx: &mut Tx<'_>) -> Result<Vec<VerifyingKey>, DbError> {
    let all = sql!("SELECT public_key FROM audit_key WHERE municipality_id = $1 ORDER BY first_used_at");
    let keys: Vec<[u8; 32]> = tx.all(all, params![], |r| r.take())?;
    Ok(keys.iter().filter_map(|key| VerifyingKey::from_bytes(key).ok()).collect())
}

/// A checkpoint as it is stored: size, note, when; nothing of it is checked yet.
pub(crate) type Stored = (i64, String, At);

/// The stored checkpoints, in the order of their sizes.
pub(crate) fn stored(tx: &mut Tx<'_>) -> Result<Vec<Stored>, DbError> {
    let all =
        sql!("SELECT size, note, signed_at FROM audit_checkpoint WHERE municipality_id = $1 ORDER BY size");
    tx.all(all, params![], |r| Ok((r.take()?, r.take()?, r.take()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: MunicipalityId = MunicipalityId(102_091);

    #[track_caller]
    fn check(change: impl Fn(String) -> String, expected: Result<u64, BadNote>) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let note = change(sign_note(CITY, 1234, &[9; 32], At::from_micros(5), &key));
        assert_eq!(
            open_note(CITY, &note, &[key.verifying_key()]).map(|(size, _, _)| size),
            expected,
            "{note}"
        );
    }

    #[test]
    fn a_note_opens_as_it_was_signed_alone() {
        check(|note| note, Ok(1234));
        check(|note| note.replace("1234", "1235"), Err(BadNote::Signature));
        check(|note| note.replace("102091", "102016"), Err(BadNote::Origin));
        check(|note| note.replace("— fujidana/102091 ", "— fujidana/102091 A"), Err(BadNote::Form));
        check(|note| note.trim_end().to_owned(), Err(BadNote::Form));
        check(|note| format!("{note}x"), Err(BadNote::Form));
        // Another text, so the signature is the first thing that fails.
        check(|note| note.replace("\n\n", "\nmore\n\n"), Err(BadNote::Signature));
        check(|_| String::new(), Err(BadNote::Form));
        let other = sign_note(CITY, 1234, &[9; 32], At::from_micros(5), &SigningKey::from_bytes(&[8; 32]));
        check(move |_| other.clone(), Err(BadNote::Key));
        // Somebody else's signature beside ours is none of our business; a wrong one under our key is.
        let line = |seed: u8, text: &str| {
            let note = sign_text(&origin(CITY), text, &SigningKey::from_bytes(&[seed; 32]));
            note.split_once("\n\n").expect("a note").1.to_owned()
        };
        check(|note| format!("{note}{}", line(8, "x\n")), Ok(1234));
        check(
            |note| format!("{note}— somebody {}", line(7, "x\n").rsplit(' ').next().expect("a code")),
            Ok(1234),
        );
        check(|note| format!("{note}{}", line(7, "x\n")), Err(BadNote::Signature));
    }
}
