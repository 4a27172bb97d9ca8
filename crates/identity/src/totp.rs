//! One-time codes (ワンタイムコード): RFC 6238 with SHA-1, six digits, steps of 30 seconds.
use std::fmt::Write as _;

use base::At;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const STEP_SECONDS: i64 = 30;
/// Steps before and after the present one whose codes are taken as well: clocks differ.
const TOLERANCE: i64 = 1;

/// A new account's secret: 20 random bytes, the length RFC 4226 recommends.
///
/// # Panics
/// When the system gives no randomness.
pub fn new_secret() -> Vec<u8> {
    let mut secret = vec![0u8; 20];
    getrandom::fill(&mut secret).expect("the system gives randomness");
    secret
}

/// The secret of a 見本 account, derived from its name. Anybody can compute it: samples' passwords are public,
/// too, and `fujidana demo code USER` shows the present code. Never for an account that is not a sample.
pub fn sample_secret(sign_in_name: &str) -> Vec<u8> {
    let digest = Sha256::digest(format!("fujidana 見本 {}", crate::account::sign_in_name(sign_in_name)));
    digest[..20].to_vec()
}

/// The number of the 30-second step.
pub const fn step_at(at: At) -> i64 {
    at.micros().div_euclid(STEP_SECONDS * 1_000_000)
}

/// The six digits of a step.
pub fn code(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word: [u8; 4] = digest[offset..offset + 4].try_into().expect("four bytes within the digest");
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code this is, when that step is later than `last_step`: each code is taken once.
pub fn matching_step(secret: &[u8], typed: &str, at: At, last_step: i64) -> Option<i64> {
    let typed: String = base::half_width(typed).chars().filter(|c| !c.is_whitespace()).collect();
    let now = step_at(at);
    let near = (now - TOLERANCE..=now + TOLERANCE).filter(|step| *step > last_step);
    // Every step is compared, so that the time taken does not tell which one matched.
    near.fold(None, |found, step| {
        let matches = crate::secret::same(code(secret, step).as_bytes(), typed.as_bytes());
        if matches { Some(step) } else { found }
    })
}

/// The secret as people type it into an authenticator: RFC 4648 base32 without padding.
pub fn secret_text(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(secret.len().div_ceil(5) * 8);
    for group in secret.chunks(5) {
        let bits =
            group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - group.len()));
        let letters = (group.len() * 8).div_ceil(5);
        let places = (0..letters).map(|i| (bits >> (35 - 5 * i) & 31) as usize);
        out.extend(places.map(|place| char::from(ALPHABET[place])));
    }
    out
}

/// The address inside the QR code that an authenticator reads.
pub fn otpauth_uri(issuer: &str, sign_in_name: &str, secret: &[u8]) -> String {
    let (issuer, name) = (percent(issuer), percent(sign_in_name));
    let secret = secret_text(secret);
    format!(
        "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    )
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes every text");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn seconds(seconds: i64) -> At {
        At::from_micros(seconds * 1_000_000)
    }

    /// RFC 6238 appendix B (SHA-1), of whose eight digits the last six count.
    #[test]
    fn makes_the_codes_of_the_rfc() {
        for (at, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(SECRET, step_at(seconds(at))), expected[2..], "{at}");
        }
    }

    #[test]
    fn takes_one_step_before_and_after_once_each() {
        let at = seconds(1_111_111_111);
        let now = step_at(at);
        for (typed, last_step, expected) in [
            (code(SECRET, now), 0, Some(now)),
            (code(SECRET, now - 1), 0, Some(now - 1)),
            (code(SECRET, now + 1), 0, Some(now + 1)),
            (code(SECRET, now - 2), 0, None),
            (code(SECRET, now + 2), 0, None),
            (code(SECRET, now), now, None),
            (code(SECRET, now - 1), now, None),
            (code(SECRET, now + 1), now, Some(now + 1)),
            ("０５０ ４７１".to_owned(), 0, Some(now)),
            (String::new(), 0, None),
            ("14050471".to_owned(), 0, None),
        ] {
            assert_eq!(matching_step(SECRET, &typed, at, last_step), expected, "{typed} after {last_step}");
        }
    }

    /// RFC 4648 section 10, without padding.
    #[test]
    fn writes_secrets_as_base32() {
        for (secret, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(secret_text(secret.as_bytes()), expected);
        }
    }

    #[test]
    fn the_address_escapes_what_is_not_plain() {
        assert_eq!(
            otpauth_uri("藤岡市", "a+b@city", b"foobar"),
            "otpauth://totp/%E8%97%A4%E5%B2%A1%E5%B8%82:a%2Bb%40city?secret=MZXW6YTBOI\
             &issuer=%E8%97%A4%E5%B2%A1%E5%B8%82&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn secrets_have_twenty_bytes() {
        assert_eq!(new_secret().len(), 20);
        assert_ne!(new_secret(), new_secret());
        assert_eq!(sample_secret("Shimin1"), sample_secret("ｓｈｉｍｉｎ１"));
        assert_ne!(sample_secret("shimin1"), sample_secret("shimin2"));
    }
}
