//! Text as people type it: width, kana, control characters (screens.md §6 "never refuse for form").
//!
//! Nothing here is for storing names: those are kept as entered (residents.md §6). `clean` alone is.
use unicode_segmentation::UnicodeSegmentation;

/// Full-width letters, digits, signs and spaces to ASCII, every kind of hyphen to `-`, wave dashes to `~`.
///
/// A long mark (ー, ｰ) counts as a hyphen only where it cannot be a long vowel, that is not after kana:
/// 「１ー２」 is a lot number, 「コーポ」 a house. Everything else stays as it is.
pub fn half_width(text: &str) -> String {
    let mut after_kana = false;
    let narrow = |letter: char| {
        let narrowed = match letter {
            'ー' | 'ｰ' if after_kana => letter,
            'ー' | 'ｰ' => '-',
            '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2500}' | '\u{2501}' => '-',
            '\u{FE58}' | '\u{FE63}' => '-',
            '\u{301C}' => '~',
            '！'..='～' => char::from_u32(u32::from(letter) - 0xFEE0).expect("ASCII"),
            '￥' => '¥',
            '\u{3000}' | '\u{A0}' => ' ',
            _ => letter,
        };
        after_kana = is_kana(narrowed);
        narrowed
    };
    text.chars().map(narrow).collect()
}

fn is_kana(letter: char) -> bool {
    matches!(letter, 'ぁ'..='ゟ' | 'ァ'..='ヺ' | 'ー'..='ヿ' | 'ｦ'..='ﾟ' | '\u{31F0}'..='\u{31FF}')
}

/// U+FF61 to U+FF9F in order.
const FROM_HALF: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";

/// フリガナ as stored: half-width kana and hiragana to full-width katakana. A voiced mark standing
/// apart (ﾞ, ゛, U+3099) joins the letter before it.
pub fn full_kana(text: &str) -> String {
    let mut full = String::with_capacity(text.len());
    for letter in text.chars() {
        let letter = match letter {
            '｡'..='ﾟ' => {
                let place = u32::from(letter) - 0xFF61;
                FROM_HALF.chars().nth(place as usize).expect("the table has the whole block")
            }
            'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(letter) + 0x60).expect("katakana"),
            _ => letter,
        };
        let joined = match letter {
            '゛' | '\u{3099}' => full.chars().next_back().and_then(|before| voiced(before, 1)),
            '゜' | '\u{309A}' => full.chars().next_back().and_then(|before| voiced(before, 2)),
            _ => None,
        };
        if let Some(joined) = joined {
            full.pop();
            full.push(joined);
        } else {
            full.push(letter);
        }
    }
    full
}

/// The letter with 濁点 (1) or 半濁点 (2), where there is one. In Unicode they follow the plain letter.
fn voiced(letter: char, mark: u32) -> Option<char> {
    match (letter, mark) {
        ('ウ', 1) => Some('ヴ'),
        ('カ'..='ト', 1) if "カキクケコサシスセソタチツテト".contains(letter) => {
            char::from_u32(u32::from(letter) + 1)
        }
        ('ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ', _) => char::from_u32(u32::from(letter) + mark),
        _ => None,
    }
}

/// What may be stored: without NUL and other control characters, byte order marks and direction
/// overrides, which databases refuse or which make a screen show another text than is there.
/// Line breaks become `\n`; tabs stay.
pub fn clean(text: &str) -> String {
    let kept = |letter: &char| match letter {
        '\n' | '\t' => true,
        '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => false,
        other => !other.is_control(),
    };
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(kept).collect()
}

/// Length as a reader counts it: a letter with its variation selector is one (residents.md §6).
pub fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths() {
        for (text, narrow) in [
            ("藤岡市中栗須３２７－１", "藤岡市中栗須327-1"),
            ("１ー２‐３−４–５―６ｰ７", "1-2-3-4-5-6-7"),
            ("コーポ藤ー１０１", "コーポ藤-101"),
            ("ｺｰﾎﾟ　Ａ", "ｺｰﾎﾟ A"),
            ("１０：００～１２：００〜", "10:00~12:00~"),
            ("（株）￥１，０００", "(株)¥1,000"),
            ("髙𠮷邉\u{E0101}", "髙𠮷邉\u{E0101}"),
        ] {
            assert_eq!(half_width(text), narrow);
        }
    }

    #[test]
    fn kana() {
        for (text, full) in [
            ("ﾔﾏﾀﾞ ﾊﾟｳﾙ", "ヤマダ パウル"),
            ("やまだ　ゔぃ", "ヤマダ　ヴィ"),
            ("ハ゛ハ゜カ\u{3099}ｳﾞｧ", "バパガヴァ"),
            ("ｺｰﾎﾟ｡", "コーポ。"),
            ("ﾞア゛", "゛ア゛"),
            ("さゞ波", "サヾ波"),
        ] {
            assert_eq!(full_kana(text), full);
        }
    }

    #[test]
    fn cleaning() {
        for (text, clean_text) in [
            ("山\0田\u{7}\u{1b}\u{85}", "山田"),
            ("\u{FEFF}一\r\n二\r三\t四", "一\n二\n三\t四"),
            ("辻\u{E0101}\u{202E}", "辻\u{E0101}"),
        ] {
            assert_eq!(clean(text), clean_text);
        }
    }

    #[test]
    fn lengths() {
        for (text, length) in [("", 0), ("邉\u{E0101}", 1), ("𠮷田", 2), ("か\u{3099}", 1)] {
            assert_eq!(graphemes(text), length, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_settles_at_once(text in any::<String>()) {
            prop_assert_eq!(half_width(&half_width(&text)), half_width(&text));
            prop_assert_eq!(full_kana(&full_kana(&text)), full_kana(&text));
            prop_assert_eq!(clean(&clean(&text)), clean(&text));
        }
    }
}
