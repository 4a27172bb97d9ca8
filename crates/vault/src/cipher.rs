//! Sealing: XChaCha20-Poly1305 with a random nonce and associated data.
use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use thiserror::Error;

use crate::ring::RingKey;

/// Bytes of the key number at the beginning of a sealed value.
const NUMBER: usize = 2;
/// Bytes of the nonce: long enough to be drawn at random for each value.
const NONCE: usize = 24;

/// Seals with the newest key of its use and opens with any that is kept.
///
/// A sealed value is: key number (2 bytes, big-endian) ‖ nonce (24) ‖ ciphertext ‖ tag (16).
#[derive(Clone)]
pub struct Cipher {
    pub(crate) keys: Arc<Vec<RingKey>>,
}

/// Why a sealed value stays closed. Tells nothing of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unopenable {
    #[error("暗号化した値の形が違います（{0} バイト）。データを控えから戻せます")]
    Form(usize),
    #[error("{0} 番の鍵がありません。鍵のフォルダーを控えから戻すと開けます")]
    Key(u16),
    #[error("暗号化した値が、{0} 番の鍵では開きません。値が書きかえられたか、別の鍵のフォルダーです")]
    Altered(u16),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Cipher(key {})", self.newest_no())
    }
}

impl Cipher {
    /// Seals `plain`. `context` says where the value stands; it is needed again to open it.
    ///
    /// # Panics
    /// When the system gives no randomness: nothing could be sealed safely.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let key = self.newest();
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).expect("the system gives randomness");
        let payload = Payload { msg: plain, aad: context };
        let sealed = engine(key).encrypt(&XNonce::from(nonce), payload).expect("a value fits into memory");
        let mut out = Vec::with_capacity(NUMBER + NONCE + sealed.len());
        out.extend_from_slice(&key.no.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// # Errors
    /// [`Unopenable`]: the value was cut, its key is not kept, or anything of value, place or key differs.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopenable> {
        let wrong = Unopenable::Form(sealed.len());
        let (no, rest) = sealed.split_first_chunk::<NUMBER>().ok_or(wrong)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(wrong)?;
        let no = u16::from_be_bytes(*no);
        let key = self.keys.iter().find(|key| key.no == no).ok_or(Unopenable::Key(no))?;
        let payload = Payload { msg: sealed, aad: context };
        engine(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unopenable::Altered(no))
    }

    /// The number of the key that seals.
    pub fn newest_no(&self) -> u16 {
        self.newest().no
    }

    fn newest(&self) -> &RingKey {
        self.keys.last().expect("a ring is never empty")
    }
}

fn engine(key: &RingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.bytes))
}
