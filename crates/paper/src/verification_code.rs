//! 確認コード: printed beside the QR code, typed by whoever wants to know whether a paper is genuine.
use std::fmt;
use std::str::FromStr;

use base::half_width;

/// Crockford's 32 letters: without I, L, O and U, which are mistaken for others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

/// Fifteen letters of chance (75 bits: nobody finds one by trying) and one that checks them, 「7K2M-9QXA-…」.
///
/// The check letter is a weighted sum in GF(32): one wrong letter, or two that changed places, are always found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerificationCode([u8; LENGTH]);

/// The text is no 確認コード.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACode {
    #[error("確認コードは英数字16文字です。4文字ずつ区切って印刷されています")]
    Length,
    #[error("確認コードのどこかが違います。1文字ずつ見くらべると見つかります")]
    Check,
}

impl VerificationCode {
    /// From 80 bits of chance (`getrandom`).
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let bits = bytes.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut letters = [0; LENGTH];
        for (at, letter) in letters.iter_mut().take(LENGTH - 1).enumerate() {
            *letter = (bits >> (5 * at) & 31) as u8;
        }
        letters[LENGTH - 1] = weighed(&letters[..LENGTH - 1]);
        Self(letters)
    }
}

/// Σ αⁿ·letter, n = 1 for the first: the check letter has weight 1.
fn weighed(letters: &[u8]) -> u8 {
    letters.iter().rev().fold(0, |sum, letter| times_alpha(sum) ^ times_alpha(*letter))
}

/// In GF(32) over x⁵ + x² + 1.
fn times_alpha(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.iter().enumerate() {
            let gap = if at > 0 && at % 4 == 0 { "-" } else { "" };
            write!(out, "{gap}{}", char::from(LETTERS[usize::from(*letter)]))?;
        }
        Ok(())
    }
}

impl FromStr for VerificationCode {
    type Err = NotACode;

    /// As people type it: full width, small letters, any hyphens and spaces; O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let plain = half_width(text).to_ascii_uppercase();
        let kept = plain.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        let mut letters = Vec::with_capacity(LENGTH);
        for letter in kept {
            let meant = match letter {
                'O' => b'0',
                'I' | 'L' => b'1',
                other => u8::try_from(other).map_err(|_| NotACode::Length)?,
            };
            let value = LETTERS.iter().position(|known| *known == meant).ok_or(NotACode::Check)?;
            letters.push(value as u8);
        }
        let letters: [u8; LENGTH] = letters.try_into().map_err(|_| NotACode::Length)?;
        let check = weighed(&letters[..LENGTH - 1]);
        if letters[LENGTH - 1] == check { Ok(Self(letters)) } else { Err(NotACode::Check) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Result<VerificationCode, NotACode>) {
        assert_eq!(typed.parse(), expected, "{typed}");
    }

    #[test]
    fn reads_what_people_type() {
        let code = VerificationCode::from_random([0, 1, 2, 3, 4, 5, 6, 7, 8, 99]);
        let text = code.to_string();
        assert_eq!(text.len(), 19);
        check(&text, Ok(code));
        check(&text.to_lowercase().replace('-', " "), Ok(code));
        check(&text.replace('0', "O").replace('1', "l").replace('-', "ー"), Ok(code));
        check(&text[1..], Err(NotACode::Length));
        check("", Err(NotACode::Length));
        check(&text.replace(text.chars().next().expect("long"), "U"), Err(NotACode::Check));
    }

    #[test]
    fn finds_every_wrong_letter_and_every_swap() {
        let code = VerificationCode::from_random([200, 17, 93, 4, 71, 250, 6, 38, 111, 99]);
        let plain: Vec<u8> = code.to_string().replace('-', "").into_bytes();
        let text = |letters: &[u8]| String::from_utf8(letters.to_vec()).expect("ASCII");
        for at in 0..LENGTH {
            for other in LETTERS.iter().filter(|other| **other != plain[at]) {
                let mut wrong = plain.clone();
                wrong[at] = *other;
                check(&text(&wrong), Err(NotACode::Check));
            }
            for with in (0..LENGTH).filter(|with| plain[*with] != plain[at]) {
                let mut wrong = plain.clone();
                wrong.swap(at, with);
                check(&text(&wrong), Err(NotACode::Check));
            }
        }
    }
}
