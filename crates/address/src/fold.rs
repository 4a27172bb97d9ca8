//! Letters as they are compared: width, kana and the small letters of place names folded together.
//! Nothing folded is ever shown or stored.

/// A text as compared, each letter with the byte of the original where it began.
pub(crate) struct Folded {
    pub(crate) letters: Vec<char>,
    from: Vec<usize>,
    end: usize,
}

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        let narrow: Vec<char> = base::half_width(text).chars().collect();
        let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let mut folded = Self { letters: Vec::new(), from: Vec::new(), end: text.len() };
        let mut place = 0;
        while place < narrow.len() {
            let letter = narrow[place];
            let start = starts[place];
            place += 1;
            if is_selector(letter) {
                continue;
            }
            let mark = narrow.get(place).copied().filter(|&next| is_voice_mark(next));
            place += usize::from(mark.is_some());
            folded.push(letter, mark, start);
        }
        folded
    }

    fn push(&mut self, letter: char, mark: Option<char>, start: usize) {
        if is_ideograph(letter) && mark.is_none() {
            self.letters.push(same_letter(letter));
            self.from.push(start);
            return;
        }
        let pair: String = std::iter::once(letter).chain(mark).collect();
        for full in base::full_kana(&pair).chars() {
            self.letters.push(same_letter(full));
            self.from.push(start);
        }
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

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{4E00}'..='\u{9FFF}')
}

/// 三ツ木 = 三ッ木, 妹ヶ谷 = 妹が谷, 岡之郷 = 岡ノ郷: the letters between kanji that people write in
/// several ways (residents.md §7). Letters that make another town (埜 and 野) stay apart.
fn same_letter(letter: char) -> char {
    match letter {
        'ヶ' | 'ヵ' | 'ガ' => 'ケ',
        'ッ' => 'ツ',
        '之' | '丿' => 'ノ',
        'ー' => '-',
        other => other,
    }
}

/// One letter of a table folded, without the context that `Folded` sees.
pub(crate) fn fold_letter(letter: char) -> char {
    if is_ideograph(letter) {
        return same_letter(letter);
    }
    let narrow = base::half_width(letter.encode_utf8(&mut [0; 4]));
    same_letter(base::full_kana(&narrow).chars().next().unwrap_or(letter))
}

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
