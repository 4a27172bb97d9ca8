//! 番地 (地番) and 住居番号 behind a town.
use std::fmt;

use crate::fold::Folded;

/// What the numbers behind a town are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// 地番: 「327番地3」. All of Fujioka.
    Lots,
    /// 住居表示: 「3番12号」.
    Residences,
    /// Both stand beside each other, or it is not known: the way it was typed decides.
    Unknown,
}

/// A lot in canonical form with what it is sorted by [1.3.2]. 特殊地番 (甲12番地, イ5番地, 無番地, 地先)
/// stay text; reading the canonical text again gives the same lot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lot {
    text: String,
    numbers: Vec<u32>,
    sort_key: String,
}

impl Lot {
    /// Reads a lot typed alone.
    pub fn parse(typed: &str, numbering: Numbering) -> Result<Self, LotDoubt> {
        if typed.trim().is_empty() {
            return Err(LotDoubt::Empty);
        }
        let folded = Folded::of(typed);
        let found = read(&folded.letters).ok_or(LotDoubt::Unreadable)?;
        let rest = detail_of(&typed[folded.byte(found.length)..]);
        let lot = found.lot(numbering);
        if rest.is_empty() { Ok(lot) } else { Err(LotDoubt::Trailing { lot, rest: rest.to_owned() }) }
    }

    /// Keeps a text nobody can read as a lot (old records, addresses abroad).
    pub fn as_written(text: &str) -> Self {
        let text = text.trim();
        let sort_key = if text.is_empty() { String::new() } else { format!("8{text}") };
        Self { text: text.to_owned(), numbers: Vec::new(), sort_key }
    }

    /// As printed: 「327番地3」.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// 本番 and 枝番: 327, 3. Letters among them are left out.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }
    /// Sorts as the numbers do; lots with 甲乙 or イロハ before them come after, 無番地 last.
    pub fn sort_key(&self) -> &str {
        &self.sort_key
    }
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Display for Lot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Why a text is not a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LotDoubt {
    Empty,
    Unreadable,
    /// A lot, and then something that belongs to 方書.
    Trailing {
        lot: Lot,
        rest: String,
    },
}

impl fmt::Display for LotDoubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("番地を入力してください"),
            Self::Unreadable => out.write_str("番地を読めません。例：327番地3、327-3、甲12、無番地"),
            Self::Trailing { lot, rest } => write!(out, "「{lot}」のあとの「{rest}」は方書の欄に入ります"),
        }
    }
}
impl std::error::Error for LotDoubt {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Number(u32),
    Letter(char),
}

/// How the first separator was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Banchi,
    Ban,
    Bare,
}

/// A lot found at the beginning of some letters.
#[derive(Debug)]
pub(crate) struct Reading {
    /// How many letters it took.
    pub(crate) length: usize,
    before: Option<char>,
    parts: Vec<Part>,
    written: Written,
    /// の directly behind 番地.
    no: bool,
    go: bool,
    chisaki: bool,
}

/// 方書 as it stands behind a lot: without what parted the two.
pub(crate) fn detail_of(rest: &str) -> &str {
    rest.trim_start_matches(|letter: char| letter.is_whitespace() || "、,，-‐－−–ー".contains(letter))
        .trim_end()
}

/// No real lot has more numbers; what follows is a room.
const MOST_PARTS: usize = 5;
const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
const IROHA: &str = "イロハニホヘトチリヌルヲワカ";

/// The lot at the beginning of `letters` (folded), or `None`. Looks at a bounded number of letters.
pub(crate) fn read(letters: &[char]) -> Option<Reading> {
    let mut at = letters.iter().take_while(|&&letter| letter == ' ').count();
    let mut found = Reading {
        length: 0,
        before: None,
        parts: Vec::new(),
        written: Written::Bare,
        no: false,
        go: false,
        chisaki: false,
    };
    if starts(letters, at, "無番地") {
        found.length = at + 3;
        return Some(found);
    }
    if let Some(letter) = special(letters, at) {
        found.before = Some(letter);
        at += 1;
        at +=
            usize::from(matches!(letters.get(at), Some('ノ' | '-')) && number_at(letters, at + 1).is_some());
    }
    let in_kanji = letters.get(at).is_some_and(|&letter| kanji_digit(letter).is_some());
    match number_at(letters, at) {
        Some((number, next)) => {
            found.parts.push(Part::Number(number));
            at = next;
        }
        None if found.before.is_some_and(|letter| STEMS.contains(letter)) && ends(letters, at) => {}
        None => return None,
    }
    // 「三丁目」 that no town took is not a lot.
    if starts(letters, at, "丁") {
        return None;
    }
    found.length = found.branches(letters, at);
    // 「一の谷」: kanji numerals that other letters hang on are part of a name.
    let last = letters[found.length - 1];
    let hanging = in_kanji && !matches!(last, '番' | '地' | '号' | '先') && !ends(letters, found.length);
    (!hanging).then_some(found)
}

impl Reading {
    /// Reads 番地, 枝番, 号 and 地先 from `at`; gives the place behind them.
    fn branches(&mut self, letters: &[char], mut at: usize) -> usize {
        while self.parts.len() < MOST_PARTS {
            let (next, written) = separator(letters, at, self.written);
            if next == at {
                break;
            }
            let named = written != self.written;
            let no = named && letters.get(next - 1) == Some(&'ノ');
            let branch = branch_at(letters, next);
            match branch {
                Some((part, behind)) => {
                    self.parts.push(part);
                    at = behind;
                    self.no |= no;
                }
                // 番地 may stand last; a hyphen or の alone belongs to what follows.
                None if named => at += if written == Written::Banchi { 2 } else { 1 },
                None => break,
            }
            self.written = written;
            if branch.is_none() {
                break;
            }
        }
        if starts(letters, at, "号") && !matches!(letters.get(at + 1), Some('室' | '棟' | '館')) {
            self.go = true;
            at += 1;
        }
        let behind_banchi = self.written == Written::Banchi && at > 0 && letters[at - 1] == '地';
        let chisaki = if behind_banchi && starts(letters, at, "先") { "先" } else { "地先" };
        if starts(letters, at, chisaki) {
            self.chisaki = true;
            at += chisaki.chars().count();
        }
        at
    }

    /// Whether 番 or 号 was typed, which a town of 地番 does not have.
    pub(crate) fn is_residence_form(&self) -> bool {
        self.go || self.written == Written::Ban
    }

    /// How many numbers and letters it has.
    pub(crate) fn numbers(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn lot(&self, numbering: Numbering) -> Lot {
        let numbers = self.parts.iter().filter_map(|part| match part {
            Part::Number(number) => Some(*number),
            Part::Letter(_) => None,
        });
        Lot { text: self.text(numbering), numbers: numbers.collect(), sort_key: self.sort_key() }
    }

    fn text(&self, numbering: Numbering) -> String {
        let mut text: String = self.before.into_iter().collect();
        let Some((first, branches)) = self.parts.split_first() else {
            if self.before.is_none() {
                text.push_str("無番地");
            }
            return text;
        };
        first.push_to(&mut text);
        let (name, between, end) = match (numbering, self.written) {
            (Numbering::Residences, Written::Ban | Written::Bare) => ("番", "の", "号"),
            (Numbering::Unknown, Written::Ban) => ("番", "の", if self.go { "号" } else { "" }),
            (Numbering::Unknown, Written::Bare) => ("", "-", if self.go { "号" } else { "" }),
            // 12番地の2の3 is kept as typed: with three numbers の tells which belong together.
            _ if self.no && branches.len() > 1 => ("番地の", "の", ""),
            _ => ("番地", "の", ""),
        };
        text.push_str(name);
        if !branches.is_empty() {
            text.push_str(if name.is_empty() { between } else { "" });
            for (place, branch) in branches.iter().enumerate() {
                text.push_str(if place > 0 { between } else { "" });
                branch.push_to(&mut text);
            }
        }
        if !branches.is_empty() || name.is_empty() {
            text.push_str(end);
        }
        if self.chisaki {
            text.push_str(if text.ends_with("番地") { "先" } else { "地先" });
        }
        text
    }

    fn sort_key(&self) -> String {
        let place = |letters: &str, letter: char| letters.chars().position(|one| one == letter);
        let mut key = match self.before {
            None if self.parts.is_empty() => return String::from("9"),
            None => String::from("0"),
            Some(letter) => match (place(STEMS, letter), place(IROHA, letter)) {
                (Some(stem), _) => format!("1{stem:02}"),
                (None, iroha) => format!("2{:02}", iroha.unwrap_or(99)),
            },
        };
        for part in &self.parts {
            match *part {
                Part::Number(number) => {
                    key.push('-');
                    push_digits(&mut key, number, 6);
                }
                Part::Letter(letter) => key.push_str(&format!(
                    "-~{:02}",
                    place(STEMS, letter)
                        .or_else(|| place(IROHA, letter).map(|iroha| iroha + 10))
                        .unwrap_or(99)
                )),
            }
        }
        if self.chisaki {
            key.push('+');
        }
        key
    }
}

impl Part {
    fn push_to(self, text: &mut String) {
        match self {
            Self::Number(number) => push_digits(text, number, 1),
            Self::Letter(letter) => text.push(letter),
        }
    }
}

/// A number in at least so many digits; lots are written out by the hundred thousand.
fn push_digits(text: &mut String, number: u32, least: u32) {
    let mut unit = 10_u32.pow(least - 1);
    while number / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        text.push(char::from_digit(number / unit % 10, 10).unwrap_or('0'));
        unit /= 10;
    }
}

fn starts(letters: &[char], at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(place, letter)| letters.get(at + place) == Some(&letter))
}

/// End of the text or a space: nothing hangs on to what was read.
fn ends(letters: &[char], at: usize) -> bool {
    letters.get(at).is_none_or(|&letter| matches!(letter, ' ' | '\n' | '\t'))
}

/// 甲乙… or イロハ… as part of a lot: not the beginning of a word.
fn special(letters: &[char], at: usize) -> Option<char> {
    let letter = *letters.get(at)?;
    let next = letters.get(at + 1).copied();
    let joined = next.is_some_and(|next| !matches!(next, '0'..='9' | '-' | 'ノ' | '番' | '号' | ' ' | '地'));
    let numeral = joined && number_at(letters, at + 1).is_some();
    ((STEMS.contains(letter) || IROHA.contains(letter)) && (!joined || numeral)).then_some(letter)
}

/// 番地, 番, の, - (番 and 地 only once), each perhaps followed by の or -; the place behind.
fn separator(letters: &[char], at: usize, written: Written) -> (usize, Written) {
    let mut next = at;
    let mut now = written;
    if written == Written::Bare && starts(letters, at, "番地") {
        (next, now) = (at + 2, Written::Banchi);
    } else if written == Written::Bare
        && starts(letters, at, "番")
        && !matches!(letters.get(at + 1), Some('館' | '町' | '街' | '丁'))
    {
        (next, now) = (at + 1, Written::Ban);
    }
    if matches!(letters.get(next), Some('-' | 'ノ')) {
        next += 1;
    }
    (next, now)
}

/// 枝番: a number that is not a room's or a floor's, or 甲乙, イロハ.
fn branch_at(letters: &[char], at: usize) -> Option<(Part, usize)> {
    if let Some((number, next)) = number_at(letters, at) {
        let of_building = ["号室", "号棟", "号館", "階", "棟", "F", "室"];
        let is_lot = !of_building.iter().any(|word| starts(letters, next, word));
        return is_lot.then_some((Part::Number(number), next));
    }
    special(letters, at).map(|letter| (Part::Letter(letter), at + 1))
}

/// A number at `at` that stands as a lot's: digits, or a kanji numeral that no other word hangs on.
fn number_at(letters: &[char], at: usize) -> Option<(u32, usize)> {
    let (number, length) = number(letters.get(at..)?)?;
    let next = at + length;
    let digits = letters[at].is_ascii_digit();
    let stands = digits
        || ends(letters, next)
        || letters.get(next).is_some_and(|&letter| matches!(letter, '番' | 'ノ' | '-' | '号' | '丁'))
        || starts(letters, next, "地先");
    (stands && number > 0).then_some((number, next))
}

/// More digits are a telephone number, not a lot.
const MOST_DIGITS: usize = 6;

/// 327, 三百二十七, 三二七, 参拾弐 at the beginning, and how many letters.
pub(crate) fn number(letters: &[char]) -> Option<(u32, usize)> {
    let digits = letters.iter().take(MOST_DIGITS + 1).take_while(|letter| letter.is_ascii_digit()).count();
    if digits > 0 {
        let text: String = letters[..digits].iter().collect();
        return (digits <= MOST_DIGITS).then_some((text.parse().ok()?, digits));
    }
    let numerals: Vec<u32> =
        letters.iter().take(MOST_NUMERALS + 1).map_while(|&letter| kanji_digit(letter)).collect();
    let length = numerals.len();
    if length == 0 || length > MOST_NUMERALS {
        return None;
    }
    let number = if numerals.iter().any(|&value| value >= 10) {
        by_units(&numerals)
    } else {
        (length <= MOST_DIGITS).then(|| numerals.iter().fold(0, |sum, digit| sum * 10 + digit))
    };
    number.map(|number| (number, length))
}

/// 九千九百九十九 has seven; a few more are let through to be refused as a whole.
const MOST_NUMERALS: usize = 8;

fn kanji_digit(letter: char) -> Option<u32> {
    let value = match letter {
        '〇' | '零' => 0,
        '一' | '壱' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' | '拾' => 10,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    };
    Some(value)
}

/// 三百二十七 → 327; `None` when the units do not fall.
fn by_units(numerals: &[u32]) -> Option<u32> {
    let (mut sum, mut digit, mut last_unit) = (0, None, 10_000);
    for &value in numerals {
        if value >= 10 {
            if value >= last_unit {
                return None;
            }
            sum += digit.take().unwrap_or(1) * value;
            last_unit = value;
        } else if digit.replace(value).is_some() {
            return None;
        }
    }
    Some(sum + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests;
