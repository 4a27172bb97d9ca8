//! Keys for finding people although name and kana are written in many ways (residents.md §6.1, [STD] 2.1.2).
//!
//! Keys are compared with keys, by equality, prefix or part; they are never shown and never stored in
//! place of the text. A key finds too much rather than too little: whoever lists the results puts equal
//! spellings first.
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::{full_kana, half_width};

/// Key of a フリガナ, from katakana, hiragana or half-width kana.
///
/// Voiced marks ignored; ヂ=ジ, ヅ=ズ, ヴァ=バ, ヴ=ブ, ヲ=オ, ワ=ハ; small kana = large; long marks, dashes,
/// spaces and ・ ignored; ウ after a letter of the オ row = オ. As equality carries over (チ=ヂ=ジ=シ), チ and
/// シ, ツ and ス are one too. Family and given name have keys of their own beside the key of both: in
/// ヤマモト ウメ the ウ follows ト only in the joined one.
pub fn kana_key(text: &str) -> String {
    let full = full_kana(&half_width(text));
    let mut letters = full.chars().filter(|c| !is_gap(*c)).map(large).peekable();
    let mut key = String::with_capacity(full.len());
    let mut last = None;
    while let Some(letter) = letters.next() {
        let folded = match letter {
            'ヴ' => match letters.next_if(|next| "アイエオユ".contains(*next)) {
                Some('ア') => 'ハ',
                Some('イ') => 'ヒ',
                Some('エ') => 'ヘ',
                Some('オ') => 'ホ',
                Some(_) => {
                    key.push('ヒ');
                    'ユ'
                }
                None => 'フ',
            },
            'ヽ' | 'ヾ' => match last {
                Some(repeated) => repeated,
                None => continue,
            },
            'ウ' if last.is_some_and(|before| "オコソトノホモヨロ".contains(before)) => 'オ',
            other => plain(other),
        };
        key.push(folded);
        last = Some(folded);
    }
    key.to_uppercase()
}

/// What parts words without being a letter of the name.
fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | 'ー' | '・' | '゛' | '゜' | '\u{3099}' | '\u{309A}')
}

/// ッ to ツ, ャ to ヤ: every small letter to its large one.
fn large(letter: char) -> char {
    match letter {
        'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' => {
            char::from_u32(u32::from(letter) + 1).expect("the large kana follows the small one")
        }
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        _ => letter,
    }
}

/// Without voiced marks, and the letters that sound alike as one. ヰ and ヱ, letters of old names, are
/// read イ and エ.
fn plain(letter: char) -> char {
    const VOICED: &str = "ガギグゲゴザジズゼゾダデドバビブベボパピプペポ";
    const PLAIN: &str = "カキクケコサシスセソタテトハヒフヘホハヒフヘホ";
    match letter {
        'チ' | 'ヂ' => 'シ',
        'ツ' | 'ヅ' => 'ス',
        'ヲ' | 'ヺ' => 'オ',
        'ワ' | 'ヷ' => 'ハ',
        'ヰ' | 'ヸ' => 'イ',
        'ヱ' | 'ヹ' => 'エ',
        _ => match VOICED.chars().position(|v| v == letter) {
            Some(place) => PLAIN.chars().nth(place).expect("the tables are equally long"),
            None => letter,
        },
    }
}

/// Letter to the letter that stands for it and its variants.
static VARIANTS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let rows = include_str!("../data/variants.tsv").lines().filter(|line| !line.starts_with('#'));
    let pairs = rows.flat_map(|line| {
        let (base, variants) = line.split_once('\t').expect("variants.tsv has two columns");
        let base = variant_letter(base);
        variants.split(' ').map(move |variant| (variant_letter(variant), base))
    });
    pairs.collect()
});

/// One letter, or `U+XXXX`.
fn variant_letter(cell: &str) -> char {
    let letter = match cell.strip_prefix("U+") {
        Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
        None => cell.chars().next(),
    };
    letter.expect("variants.tsv names letters")
}

/// Key of a 氏名: variant letters folded, variation selectors, spaces, dashes and ・ dropped, Latin letters
/// large, kana as katakana. 渡邉󠄁 and 渡辺 have one key.
pub fn name_key(text: &str) -> String {
    let full = full_kana(&half_width(text));
    let kept = full.chars().filter(|c| !is_gap(*c) && !is_selector(*c) && !c.is_control());
    let folded: String = kept.map(|c| VARIANTS.get(&c).copied().unwrap_or(c)).collect();
    folded.to_uppercase()
}

/// Standardised and ideographic variation selectors (IVS are U+E0100 to U+E01EF).
fn is_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The pairs of neighbouring letters of a key, each once and sorted: an index over them answers
/// "contains". A key of one letter is its own only part.
pub fn bigrams(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    if letters.len() == 1 {
        return vec![key.to_owned()];
    }
    let pairs: BTreeSet<String> = letters.windows(2).map(|pair| pair.iter().collect()).collect();
    pairs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kana_that_is_one() {
        for (one, other) in [
            ("ヤマダ", "ヤマタ"),
            ("カトウ", "ガトオ"),
            ("コオノ", "コウノ"),
            ("ハマダ", "ハマタ"),
            ("コノ", "コーノ"),
            ("コウ", "コオ"),
            ("ヂ", "ジ"),
            ("ヂ", "チ"),
            ("ヅ", "ズ"),
            ("ワ", "ハ"),
            ("ヴァ", "バ"),
            ("ヴィ", "ビ"),
            ("ヴ", "ブ"),
            ("ヴェ", "ベ"),
            ("ヴォ", "ボ"),
            ("ｳﾞｧﾝ", "バン"),
            ("オ", "ヲ"),
            ("ヒ", "ピ"),
            ("ハット", "ハツト"),
            ("キャ", "キヤ"),
            ("シュ", "シユ"),
            ("ジョウ", "ジヨオ"),
            ("ｺﾞﾄｳ　ﾕｳｷ", "ごとう ゆうき"),
            ("ゴトウユウキ", "ごとう ゆうき"),
            ("コーノ", "コ―ノ"),
            ("コ－ノ", "コ‐ノ"),
            ("ｺｰﾉ", "コ-ノ"),
            ("いすゞ", "イスズ"),
            ("ヰ", "イ"),
            ("マイケル・スミス", "マイケル　スミス"),
        ] {
            assert_eq!(kana_key(one), kana_key(other), "{one} {other}");
        }
    }

    #[test]
    fn kana_that_differ() {
        for (one, other) in [
            ("ヤマダ", "ヤマカ"),
            ("ウエノ", "オエノ"),
            ("カウ", "カオ"),
            ("サトウ", "サトイ"),
            ("アン", "アム"),
        ] {
            assert_ne!(kana_key(one), kana_key(other), "{one} {other}");
        }
    }

    #[test]
    fn names_that_are_one() {
        for (one, other) in [
            ("渡辺", "渡邊"),
            ("渡辺", "渡邉\u{E0101}"),
            ("髙橋　一郎", "高橋一郞"),
            ("山﨑", "山崎"),
            ("齋藤", "斉籐"),
            ("𠮷田", "吉田"),
            ("濱口", "浜口"),
            ("神\u{FA10}", "\u{FA19}塚"),
            ("龍\u{F9DC}", "竜隆"),
            ("三ヶ田", "三ケ田"),
            ("Marty McFly", "ＭＡＲＴＹ　ｍｃｆｌｙ"),
            ("さくら", "サクラ"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        assert_ne!(name_key("山田"), name_key("山口"));
    }

    #[test]
    fn no_letter_has_two_keys() {
        let mut seen = BTreeSet::new();
        let lines: Vec<&str> =
            include_str!("../data/variants.tsv").lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 60);
        for line in lines {
            for cell in line.split(['\t', ' ']) {
                assert!(seen.insert(variant_letter(cell)), "{cell} twice");
            }
        }
    }

    #[test]
    fn parts() {
        for (key, expected) in
            [("", vec![]), ("林", vec!["林"]), ("ヤマタ", vec!["マタ", "ヤマ"]), ("ササササ", vec!["ササ"])]
        {
            assert_eq!(bigrams(key), expected);
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "[ぁ-ゖァ-ヿｦ-ﾟ一-龠a-zA-Z \u{3000}ー‐-]{0,12}") {
            prop_assert_eq!(kana_key(&kana_key(&text)), kana_key(&text));
            prop_assert_eq!(name_key(&name_key(&text)), name_key(&text));
        }

        #[test]
        fn any_text_has_keys(text in any::<String>()) {
            let _ = bigrams(&kana_key(&text));
            let _ = bigrams(&name_key(&text));
        }
    }
}
