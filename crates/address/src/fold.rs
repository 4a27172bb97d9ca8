//! Letters as they are compared: width, kana and the small letters of place names folded together.
//! Nothing folded is ever shown or stored.
use crate::variant::general_form;

/// A text as compared, each letter with the byte of the original where it began.
pub(crate) struct Folded {
    pub(crate) letters: Vec<char>,
    from: Vec<usize>,
    end: usize,
}

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        let mut folded =
            Self { letters: Vec::with_capacity(32), from: Vec::with_capacity(32), end: text.len() };
        for (start, letter) in text.char_indices() {
            if is_selector(letter) {
                continue;
            }
            let voiced = is_voice_mark(letter).then(|| folded.voiced(letter)).flatten();
            if let (Some(voiced), Some(last)) = (voiced, folded.letters.last_mut()) {
                *last = voiced;
                continue;
            }
            folded.letters.push(fold_letter(letter));
            folded.from.push(start);
        }
        folded
    }

    /// The last letter with the mark behind it.
    fn voiced(&self, mark: char) -> Option<char> {
        let last = *self.letters.last()?;
        let semi = matches!(mark, 'ﾟ' | '゜' | '\u{309A}');
        let code = u32::from(last);
        let voiced = match last {
            // Folded already: ヶ and ガ are both ケ.
            'カ' => 'ケ',
            'ハ' | 'ヒ' | 'フ' | 'ヘ' | 'ホ' => char::from_u32(code + if semi { 2 } else { 1 })?,
            'ウ' if !semi => 'ヴ',
            'キ' | 'ク' | 'ケ' | 'コ' | 'サ' | 'シ' | 'ス' | 'セ' | 'ソ' | 'タ' | 'チ' | 'ツ' | 'テ'
            | 'ト'
                if !semi =>
            {
                char::from_u32(code + 1)?
            }
            _ => return None,
        };
        Some(voiced)
    }

    /// Where in the original the letter `place` begins.
    pub(crate) fn byte(&self, place: usize) -> usize {
        self.from.get(place).copied().unwrap_or(self.end)
    }
}

/// Variation selectors: the same letter in another form.
fn is_selector(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_voice_mark(letter: char) -> bool {
    matches!(letter, 'ﾞ' | 'ﾟ' | '゛' | '゜' | '\u{3099}' | '\u{309A}')
}

/// One letter as compared. 三ツ木 = 三ッ木, 妹ヶ谷 = 妹が谷, 岡之郷 = 岡ノ郷: the letters between kanji that people
/// write in several ways (residents.md §7), width, hiragana, every kind of dash, and 異体字.
pub(crate) fn fold_letter(letter: char) -> char {
    match letter {
        '0'..='9' | '-' | ' ' => letter,
        '之' | '丿' | 'の' | 'ノ' => 'ノ',
        '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'.. => general_form(letter),
        '！'..='～' => fold_ascii(shifted(letter, -0xFEE0)),
        'ぁ'..='ゖ' => fold_kana_letter(shifted(letter, 0x60)),
        'ァ'..='ヺ' => fold_kana_letter(letter),
        'ｦ'..='ﾝ' => fold_kana_letter(HALF_KANA[(u32::from(letter) - 0xFF66) as usize]),
        'ー' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '─' | '━' | '⁃' | '˗' => {
            '-'
        }
        '\u{3000}' | '\u{A0}' | '\t' | '\u{2000}'..='\u{200A}' => ' ',
        _ => fold_ascii(letter),
    }
}

fn fold_ascii(letter: char) -> char {
    if letter == 'ｰ' { '-' } else { letter }
}

fn shifted(letter: char, by: i32) -> char {
    u32::from(letter).checked_add_signed(by).and_then(char::from_u32).unwrap_or(letter)
}

fn fold_kana_letter(letter: char) -> char {
    match letter {
        'ヶ' | 'ヵ' | 'ガ' => 'ケ',
        'ッ' => 'ツ',
        other => other,
    }
}

/// Half-width katakana from U+FF66 on, in full width.
const HALF_KANA: [char; 56] = [
    'ヲ', 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ャ', 'ュ', 'ョ', 'ッ', '-', 'ア', 'イ', 'ウ', 'エ', 'オ', 'カ',
    'キ', 'ク', 'ケ', 'コ', 'サ', 'シ', 'ス', 'セ', 'ソ', 'タ', 'チ', 'ツ', 'テ', 'ト', 'ナ', 'ニ', 'ヌ',
    'ネ', 'ノ', 'ハ', 'ヒ', 'フ', 'ヘ', 'ホ', 'マ', 'ミ', 'ム', 'メ', 'モ', 'ヤ', 'ユ', 'ヨ', 'ラ', 'リ',
    'ル', 'レ', 'ロ', 'ワ', 'ン',
];

/// A name as compared.
pub(crate) fn fold_name(text: &str) -> Box<[char]> {
    Folded::of(text).letters.into_boxed_slice()
}

/// One letter of a reading as compared: small kana as large, ヂヅ as ジズ, because post office,
/// registry and clerks each write them their own way.
pub(crate) fn kana_letter(letter: char) -> Option<char> {
    let large = match letter {
        'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' => {
            char::from_u32(u32::from(letter) + 1).unwrap_or(letter)
        }
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        '０'..='９' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        'ー' | '-' | ' ' | '\u{3000}' | '・' => return None,
        other => other,
    };
    Some(large)
}

/// A reading (any width, hiragana or katakana) as compared.
pub(crate) fn fold_kana(text: &str) -> String {
    base::full_kana(text).chars().filter_map(kana_letter).collect()
}

/// Whether a folded reading is nothing but kana and digits, with at least one kana.
pub(crate) fn is_kana_text(text: &str) -> bool {
    let kana = |letter: char| matches!(letter, 'ァ'..='ヺ');
    text.chars().any(kana) && text.chars().all(|letter| kana(letter) || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_written_in_several_ways_are_one() {
        for (one, other) in [
            ("三ツ木", "三ッ木"),
            ("三ツ木", "三つ木"),
            ("三ツ木", "三ﾂ木"),
            ("下妹ヶ谷", "下妹が谷"),
            ("下妹ヶ谷", "下妹ｶﾞ谷"),
            ("下妹ヶ谷", "下妹ケ谷"),
            ("岡之郷", "岡ノ郷"),
            ("岡之郷", "岡の郷"),
            ("神田", "神\u{FE00}田\u{E0100}"),
            ("神田", "\u{FA19}田"),
            ("沢渡", "澤渡"),
            ("浜尻", "濱尻"),
            ("藤岡", "籐岡"),
            ("高崎", "髙﨑"),
            ("吉井", "𠮷井"),
            ("大手町１−２", "大手町1-2"),
        ] {
            assert_eq!(fold_name(one), fold_name(other), "{one} {other}");
        }
        assert_ne!(fold_name("緑埜"), fold_name("緑野"));
    }

    #[test]
    fn places_lead_back_to_the_original() {
        let text = "ﾀﾞ３ー中\u{E0100}野";
        let folded = Folded::of(text);
        assert_eq!(folded.letters, ['ダ', '3', '-', '中', '野']);
        let back: Vec<&str> = (0..=5).map(|place| &text[folded.byte(place)..]).collect();
        assert_eq!(
            back,
            ["ﾀﾞ３ー中\u{E0100}野", "３ー中\u{E0100}野", "ー中\u{E0100}野", "中\u{E0100}野", "野", ""]
        );
    }

    #[test]
    fn readings() {
        for (text, folded) in [("ｼﾞｮｳﾎﾟｳｼﾞ", "ジヨウポウジ"), ("おにし", "オニシ"), ("１チョウメ", "1チヨウメ")]
        {
            assert_eq!(fold_kana(text), folded);
        }
    }
}
