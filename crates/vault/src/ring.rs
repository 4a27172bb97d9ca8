//! A key file: one key a line, its number and 32 bytes in base64, the newest last.
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::folder;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;

/// One key of a ring.
#[derive(Clone)]
pub(crate) struct RingKey {
    pub no: u16,
    pub bytes: Zeroizing<[u8; KEY]>,
}

impl RingKey {
    pub(crate) fn new(no: u16) -> Self {
        Self { no, bytes: random() }
    }
}

/// # Panics
/// When the system gives no randomness: there could be no safe key.
pub(crate) fn random() -> Zeroizing<[u8; KEY]> {
    let mut bytes = Zeroizing::new([0u8; KEY]);
    getrandom::fill(bytes.as_mut_slice()).expect("the system gives randomness");
    bytes
}

pub(crate) fn read(path: &Path) -> Result<Vec<RingKey>, KeyError> {
    let text = folder::read(path)?;
    let mut keys: Vec<RingKey> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let damaged = || KeyError::Damaged { path: path.to_owned(), line: i + 1 };
        let (no, bytes) = line.split_once(' ').ok_or_else(damaged)?;
        let no: u16 = no.parse().map_err(|_| damaged())?;
        if keys.iter().any(|key| key.no == no) {
            return Err(damaged());
        }
        keys.push(RingKey { no, bytes: decode(bytes).ok_or_else(damaged)? });
    }
    if keys.is_empty() { Err(KeyError::Damaged { path: path.to_owned(), line: 1 }) } else { Ok(keys) }
}

pub(crate) fn text(keys: &[RingKey]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(keys.len() * 64));
    for key in keys {
        out.push_str(&key.no.to_string());
        out.push(' ');
        STANDARD.encode_string(key.bytes.as_slice(), &mut out);
        out.push('\n');
    }
    out
}

pub(crate) fn decode(text: &str) -> Option<Zeroizing<[u8; KEY]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}
