//! Random tokens, and comparing without telling where the difference lies.
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// 32 random bytes in a cookie, written as 64 hexadecimal digits. The database holds its SHA-256 alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// # Panics
    /// When the system gives no randomness: nothing could be signed in safely.
    pub(crate) fn random() -> Self {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        Self(hex(&bytes))
    }
    /// The value of the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(..)")
    }
}

/// What the database holds of a cookie.
pub(crate) fn stored(cookie: &str) -> [u8; 32] {
    Sha256::digest(cookie.as_bytes()).into()
}

/// As browsers write bytes.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits =
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

/// Takes as long for a difference in the first byte as for one in the last.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |all, (a, b)| std::hint::black_box(all | (a ^ b)));
    one.len() == other.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_stay_out_of_debug_texts() {
        let token = Token::random();
        assert_eq!(token.reveal().len(), 64);
        assert_ne!(token, Token::random());
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn compares_whole_texts() {
        for (one, other, expected) in
            [("", "", true), ("ab", "ab", true), ("ab", "ac", false), ("ab", "a", false), ("", "a", false)]
        {
            assert_eq!(same(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
        }
    }

    #[test]
    fn writes_bytes_as_digits() {
        assert_eq!(hex(&[0x00, 0x9f, 0xff]), "009fff");
    }
}
