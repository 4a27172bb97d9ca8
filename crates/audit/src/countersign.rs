//! The countersignature of the audit office (副署): a second key, held elsewhere, signs a checkpoint only while the log
//! still contains what it signed before (office §5.2). A line is an Ed25519 cosignature of C2SP tlog-cosignature, so
//! other witnesses of transparency logs read it as well.
use std::fmt;

use base::{At, MunicipalityId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use merkle::Hash;
use thiserror::Error;

use crate::checkpoint::{BadNote, key_hash, open_note, parts};
use crate::history::History;

/// Marks an Ed25519 cosignature in the key hash (C2SP tlog-cosignature).
const COSIGNATURE: u8 = 4;
/// The name under which an audit office signs; the key hash tells one office from another.
const NAME: &str = "fujidana/countersign";
/// The code of a line: key hash, seconds since 1970, signature.
const CODE: usize = 4 + 8 + 64;

/// Who countersigns: name and public half of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    name: String,
    key: VerifyingKey,
}

impl From<&SigningKey> for Witness {
    fn from(key: &SigningKey) -> Self {
        Self { name: NAME.to_owned(), key: key.verifying_key() }
    }
}

/// The verifier key of C2SP signed-note: name, key hash in hexadecimal, kind and key in base64.
impl fmt::Display for Witness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = u32::from_be_bytes(self.hash());
        let code = [&[COSIGNATURE], self.key.as_bytes().as_slice()].concat();
        write!(out, "{}+{hash:08x}+{}", self.name, STANDARD.encode(code))
    }
}

impl Witness {
    /// Reads what [`fmt::Display`] writes. `None`: another form, or a hash that is not of this key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, _hash, code) = (parts.next()?, parts.next()?, STANDARD.decode(parts.next()?).ok()?);
        let key = <[u8; 32]>::try_from(code.strip_prefix(&[COSIGNATURE])?).ok()?;
        let witness = Self { name: name.to_owned(), key: VerifyingKey::from_bytes(&key).ok()? };
        (witness.to_string() == text).then_some(witness)
    }

    fn hash(&self) -> [u8; 4] {
        key_hash(&self.name, COSIGNATURE, &self.key)
    }

    /// When this key countersigned the note; `None` when it did not. Whose checkpoint it is, is not looked at.
    ///
    /// # Errors
    /// [`BadNote`]: a line under this key is wrong.
    pub fn countersigned_at(&self, note: &str) -> Result<Option<At>, BadNote> {
        let (text, lines) = parts(note)?;
        let mut newest = None;
        for (by, code) in lines {
            if by != self.name || !code.starts_with(&self.hash()) {
                continue;
            }
            let code = <[u8; CODE]>::try_from(code).map_err(|_| BadNote::Form)?;
            let seconds = u64::from_be_bytes(code[4..12].try_into().expect("eight bytes"));
            let signature = Signature::from_slice(&code[12..]).map_err(|_| BadNote::Form)?;
            let signed = self.key.verify_strict(message(text, seconds).as_bytes(), &signature);
            signed.map_err(|_| BadNote::Signature)?;
            let micros = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
            newest = newest.max(Some(At::from_micros(micros.ok_or(BadNote::Form)?)));
        }
        Ok(newest)
    }
}

/// What a cosignature signs: never what the key of a log signs.
fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// `note` with a line of `key` more: that of an audit office which has [`admit`]ted it.
///
/// # Errors
/// [`BadNote::Form`].
pub fn countersign(note: &str, key: &SigningKey, at: At) -> Result<String, BadNote> {
    let seconds = u64::try_from(at.micros() / 1_000_000).map_err(|_| BadNote::Form)?;
    let (text, _) = parts(note)?;
    let witness = Witness::from(key);
    let signature = key.sign(message(text, seconds).as_bytes()).to_bytes();
    let code = [witness.hash().as_slice(), &seconds.to_be_bytes(), &signature].concat();
    Ok(format!("{note}— {} {}\n", witness.name, STANDARD.encode(code)))
}

/// What an audit office countersigned last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub city: MunicipalityId,
    /// The key of the city that was trusted first; later ones follow from it.
    pub city_key: VerifyingKey,
    pub size: u64,
    pub root: Hash,
}

/// Why a checkpoint gets no countersignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("証明のファイルは市町村 {found} のものです。この鍵が副署してきたのは市町村 {seen} です")]
    City { seen: MunicipalityId, found: MunicipalityId },
    #[error("副署するチェックポイントが確かめられません: {0}")]
    Note(BadNote),
    #[error("葉{size}までのチェックポイントが、証明のファイルにありません（証明は葉{newest}まで）")]
    Unproved { size: u64, newest: u64 },
    #[error(
        "チェックポイントは葉{size}までですが、証明のファイルには葉{newest}までの新しいものがあります。新しいほうに副署できます"
    )]
    Older { size: u64, newest: u64 },
    #[error(
        "前に副署したのは葉{seen}までですが、いまの記録は葉{newest}までしかありません。記録が短くなっています"
    )]
    Shorter { seen: u64, newest: u64 },
    #[error("前に副署した葉{seen}までのチェックポイントが、いまの記録にありません。記録が書き直されています")]
    Gone { seen: u64 },
    #[error("葉{seen}までの木が、前に副署したときと違います。記録が書き直されています")]
    Rewritten { seen: u64 },
}

/// May the audit office countersign `note`? It must be the newest checkpoint of `history`, which must contain what the
/// office countersigned last. Gives what to remember.
///
/// # Errors
/// [`Refusal`].
pub fn admit(history: &History, note: &str, seen: Option<&Seen>) -> Result<Seen, Refusal> {
    let newest = history.newest().0;
    if let Some(Seen { city, size: seen, root, .. }) = seen.copied() {
        if city != history.city {
            return Err(Refusal::City { seen: city, found: history.city });
        }
        match history.root_at(seen) {
            Some(found) if found == root => {}
            Some(_) => return Err(Refusal::Rewritten { seen }),
            None if newest < seen => return Err(Refusal::Shorter { seen, newest }),
            None => return Err(Refusal::Gone { seen }),
        }
    }
    let (size, root, _) = open_note(history.city, note, &history.keys).map_err(Refusal::Note)?;
    if history.root_at(size) != Some(root) {
        return Err(Refusal::Unproved { size, newest });
    }
    // A cosignature says that nothing larger was seen.
    if size < newest {
        return Err(Refusal::Older { size, newest });
    }
    Ok(Seen { city: history.city, city_key: history.city_key, size, root })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY_NOTE: &str = "fujidana/102091\n7\nroot\n5\n\n— fujidana/102091 AAAAAAAA\n";

    fn office(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    #[track_caller]
    fn check(change: impl Fn(String) -> String, expected: Result<Option<i64>, BadNote>) {
        let note =
            countersign(CITY_NOTE, &office(3), At::from_micros(1_795_479_240_700_000)).expect("a note");
        let found = Witness::from(&office(3)).countersigned_at(&change(note));
        assert_eq!(found.map(|at| at.map(At::micros)), expected);
    }

    #[test]
    fn a_line_counts_for_its_text_and_its_key_alone() {
        let at = 1_795_479_240_000_000;
        check(|note| note, Ok(Some(at)));
        check(|_| CITY_NOTE.to_owned(), Ok(None));
        check(|note| note.replacen("\n7\n", "\n8\n", 1), Err(BadNote::Signature));
        check(|note| note.replace("/countersign ", "/other "), Ok(None));
        check(|note| note[..note.len() - 5].to_owned() + "\n", Err(BadNote::Form));
        check(|note| note.trim_end().to_owned(), Err(BadNote::Form));
        let later =
            |note: String| countersign(&note, &office(3), At::from_micros(at + 9_000_000)).expect("a note");
        check(later, Ok(Some(at + 9_000_000)));
        let of_another = countersign(CITY_NOTE, &office(4), At::from_micros(at)).expect("a note");
        check(move |_| of_another.clone(), Ok(None));
        assert_eq!(countersign(CITY_NOTE, &office(3), At::from_micros(-2_000_000)), Err(BadNote::Form));
    }

    #[test]
    fn a_public_key_is_read_as_it_was_written_alone() {
        let key = Witness::from(&office(3)).to_string();
        for (text, good) in [
            (key.clone(), true),
            (key.replace("fujidana", "elsewhere"), false),
            (key.replacen("+B", "+C", 1), false),
            (key[..key.len() - 4].to_owned(), false),
            (format!("{key} "), false),
            ("fujidana/countersign".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Witness::parse(&text).is_some(), good, "{text}");
        }
        assert_eq!(Witness::parse(&key), Some(Witness::from(&office(3))));
    }
}
