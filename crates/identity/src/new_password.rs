//! Which passwords are taken (office §5): length alone, never a composition, never a date of expiry; and none that is
//! guessed first: those of breaches, rows of the keyboard, and the words of this city, this program and this person.
use std::cmp::Ordering;

use base::half_width;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A password never counts alone here: a one-time code or the city's directory stands beside it. Alone it would need 15.
pub const LEAST_CHARS: usize = 8;
/// Longer is nobody's sentence, and would cost time to hash.
pub const MOST_CHARS: usize = 256;
/// From one letter to the next: the same or the following one is no step of its own.
const LEAST_STEPS: usize = 4;
/// A shorter piece of a name is in too many words.
const LEAST_WORD_CHARS: usize = 3;
const LEAST_KANJI_CHARS: usize = 2;

/// Words of the product and of the region; city, section and person come with the account.
pub const COMMON_WORDS: &[&str] = &[
    "fujidana",
    "藤棚",
    "ふじだな",
    "フジダナ",
    "gunma",
    "群馬",
    "ぐんま",
    "shiyakusho",
    "市役所",
    "password",
    "パスワード",
];

/// What an account brings into the list: nobody's own name is a secret.
#[derive(Debug, Clone, Default)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of these texts, folded; parts of a name (「髙橋 一子」) count each.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words: Vec<String> = Vec::new();
        for text in texts.into_iter().chain(COMMON_WORDS.iter().copied()) {
            let folded = fold(text);
            let parts = folded.split(|letter: char| !letter.is_alphanumeric());
            words.extend(parts.filter(|part| is_word(part)).map(str::to_owned));
        }
        // The longest first, so that 「藤岡市」 is not taken for 「藤岡」 and a rest.
        words.sort_by(|one, other| other.chars().count().cmp(&one.chars().count()).then(one.cmp(other)));
        words.dedup();
        Self(words)
    }
}

fn is_word(part: &str) -> bool {
    let count = part.chars().count();
    count >= LEAST_WORD_CHARS || (count >= LEAST_KANJI_CHARS && !part.is_ascii())
}

/// Why a password is not taken, as the page says it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Weak {
    #[error("{LEAST_CHARS}文字以上にしてください。15文字以上の文がおすすめです")]
    Short,
    #[error("{MOST_CHARS}文字までにしてください")]
    Long,
    #[error("同じ文字や続き番号が多いので、ほかの言葉にしてください")]
    Even,
    #[error("よく使われている、または流出したことのあるパスワードです。ほかの言葉にしてください")]
    Common,
    #[error(
        "「{0}」のように市や所属、氏名、職員番号にある言葉を除くと短くなります。ほかの言葉を足してください"
    )]
    OwnWords(String),
}

/// Whether `password` may be set by an account with these words.
///
/// # Errors
/// [`Weak`].
pub fn judge(password: &str, words: &Words) -> Result<(), Weak> {
    let count = password.chars().count();
    if count < LEAST_CHARS {
        return Err(Weak::Short);
    }
    if count > MOST_CHARS {
        return Err(Weak::Long);
    }
    let folded = fold(password);
    if steps(&folded) < LEAST_STEPS {
        return Err(Weak::Even);
    }
    if is_common(&folded) {
        return Err(Weak::Common);
    }
    match own_word(&folded, words) {
        Some(word) => Err(Weak::OwnWords(word)),
        None => Ok(()),
    }
}

/// Half width and lower case: 「Ｐａｓｓｗｏｒｄ」 is guessed as soon as 「password」.
fn fold(text: &str) -> String {
    half_width(text).trim().to_lowercase()
}

fn steps(folded: &str) -> usize {
    let letters: Vec<u32> = folded.chars().map(u32::from).collect();
    let is_step = |pair: &&[u32]| pair[0].abs_diff(pair[1]) > 1;
    letters.windows(2).filter(is_step).count()
}

/// The first bytes of the SHA-256 of each listed password, in order. Sources: `data/SOURCES.md`.
static COMMON: &[u8] = include_bytes!("../data/common-passwords.bin");
const ENTRY: usize = 5;

/// In the list, also with the digits and marks that people add behind a word.
fn is_common(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|letter: char| !letter.is_alphabetic());
    is_listed(folded) || (bare.chars().count() >= LEAST_CHARS && is_listed(bare))
}

fn is_listed(folded: &str) -> bool {
    let hash = Sha256::digest(folded.as_bytes());
    let (entries, _) = COMMON.as_chunks::<ENTRY>();
    entries.binary_search_by(|entry| -> Ordering { entry.as_slice().cmp(&hash[..ENTRY]) }).is_ok()
}

/// A word of the account without which too little is left.
fn own_word(folded: &str, words: &Words) -> Option<String> {
    let (mut rest, mut found) = (folded.to_owned(), None);
    for word in &words.0 {
        if rest.contains(word.as_str()) {
            rest = rest.replace(word.as_str(), "");
            found.get_or_insert_with(|| word.clone());
        }
    }
    found.filter(|_| rest.chars().count() < LEAST_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::of(["藤岡市", "fujioka", "市民課", "髙橋 一子", "takahashi.k@city.example"])
    }

    #[track_caller]
    fn check(password: &str, expected: Result<(), Weak>) {
        assert_eq!(judge(password, &words()), expected, "{password}");
    }

    #[test]
    fn length_alone_counts() {
        check("mzqvkrw", Err(Weak::Short));
        check("mzqvkrwt", Ok(()));
        check("さくら散る川の", Err(Weak::Short));
        check("さくら散る川の辺", Ok(()));
        check("all lower case and long", Ok(()));
        check(&"mzqvkrwt".repeat(32), Ok(()));
        check(&format!("{}x", "mzqvkrwt".repeat(32)), Err(Weak::Long));
    }

    #[test]
    fn the_commonest_are_refused_in_any_spelling() {
        for password in [
            "password1",
            "Password1",
            "ＰＡＳＳＷＯＲＤ１",
            "qwertyuiop",
            "iloveyou1",
            "trustno1",
            "sunshine",
        ] {
            check(password, Err(Weak::Common));
        }
        check("sunshine2026!", Err(Weak::Common));
        check("sunshine over the river", Ok(()));
    }

    /// Sorted, or the search would find nothing; and large enough (ASVS 6.2.4 asks for 3000).
    #[test]
    fn the_list_is_in_order() {
        let (entries, rest) = COMMON.as_chunks::<ENTRY>();
        assert!(rest.is_empty() && entries.len() > 15_000, "{}", entries.len());
        assert!(entries.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn rows_and_repetitions_are_refused() {
        for password in
            ["aaaaaaaaaaaaaaaa", "12345678901234567", "abcdefghijklmnop", "aaaabbbbccccdddd", "99999999aaa"]
        {
            check(password, Err(Weak::Even));
        }
    }

    #[test]
    fn words_of_the_city_do_not_count() {
        for (password, word) in [
            ("Fujioka2026", "fujioka"),
            ("藤岡市市民課2026", "市民課"),
            ("takahashi0120", "takahashi"),
            ("FUJIDANA-gunma-1", "fujidana"),
            ("髙橋一子です2026", "一子"),
        ] {
            check(password, Err(Weak::OwnWords(word.to_owned())));
        }
        check("fujioka harugasumi", Ok(()));
    }

    #[test]
    fn the_sentences_say_what_to_do() {
        assert_eq!(Weak::Short.to_string(), "8文字以上にしてください。15文字以上の文がおすすめです");
        assert_eq!(
            Weak::OwnWords("fujioka".to_owned()).to_string(),
            "「fujioka」のように市や所属、氏名、職員番号にある言葉を除くと短くなります。ほかの言葉を足してください"
        );
    }
}
