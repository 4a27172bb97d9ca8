//! Reading the letters of a typed date: eras, numbers, what stands between them.
use crate::date_text::DateDoubt;
use crate::{ERAS, Era, half_width};

/// How a typed year is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    Era(&'static Era),
    Western,
    Unsaid,
}

/// A day as typed, not yet looked up in a calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) count: Count,
    pub(crate) year: i16,
    pub(crate) month: i8,
    pub(crate) day: i8,
}

impl Written {
    /// 「平成15年」, 「2003年」 or 「15年」.
    pub(crate) fn year_text(&self) -> String {
        match self.count {
            Count::Era(era) => era.year_text(self.year),
            Count::Western | Count::Unsaid => format!("{}年", self.year),
        }
    }
}

/// A number and how many digits it was typed with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub(crate) value: u32,
    pub(crate) digits: usize,
}

/// Walks over the letters of a date.
pub(crate) struct Scan {
    letters: Vec<char>,
    at: usize,
}

impl Scan {
    /// Half width, Japanese stops as full stops (they come from a forgotten IME), no outer spaces.
    pub(crate) fn new(text: &str) -> Self {
        let narrow = half_width(text);
        let plain = narrow.trim().chars().map(|letter| match letter {
            '。' | '、' | '・' | ',' | '｡' | '､' | '･' => '.',
            other => other,
        });
        Self { letters: plain.collect(), at: 0 }
    }
    /// The same without any space.
    pub(crate) fn without_spaces(text: &str) -> Self {
        let mut scan = Self::new(text);
        scan.letters.retain(|letter| !letter.is_whitespace());
        scan
    }
    /// What has not been read yet.
    pub(crate) fn rest(&self) -> String {
        self.letters[self.at..].iter().collect()
    }
    pub(crate) fn is_done(&self) -> bool {
        self.at == self.letters.len()
    }
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }
    /// Steps over `word` if it comes next.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let length = word.chars().count();
        let next = self.letters.get(self.at..self.at + length);
        let found = next.is_some_and(|next| next.iter().copied().eq(word.chars()));
        if found {
            self.at += length;
        }
        found
    }
    /// The first of `words` that comes next.
    pub(crate) fn eat_any(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.eat(word))
    }
    fn eat_spaces(&mut self) -> bool {
        let from = self.at;
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.at > from
    }
    /// 令和, R, r, 令, 西暦, or nothing.
    pub(crate) fn count(&mut self) -> Count {
        if self.eat("西暦") {
            self.eat_spaces();
            return Count::Western;
        }
        let letter = self.peek().map(|letter| letter.to_ascii_uppercase());
        for era in ERAS.iter() {
            let initial: String = era.name.chars().take(1).collect();
            if self.eat(era.name) || self.eat(&initial) {
                self.eat_spaces();
                return Count::Era(era);
            }
            if letter == Some(era.letter) {
                self.at += 1;
                let _optional = self.eat_spaces() || self.eat(".");
                return Count::Era(era);
            }
        }
        Count::Unsaid
    }
    /// Digits, 漢数字 (八, 二十三, 二〇二六) or 元.
    pub(crate) fn number(&mut self) -> Option<Number> {
        if self.eat("元") {
            return Some(Number { value: 1, digits: 1 });
        }
        let from = self.at;
        while self.peek().is_some_and(|letter| digit_of(letter).is_some() || is_ten(letter)) {
            self.at += 1;
        }
        let run = &self.letters[from..self.at];
        let number = number_of(run);
        if number.is_none() {
            self.at = from;
        }
        number
    }
    /// Between two numbers: the unit, or . / - or spaces.
    fn part(&mut self, unit: &str) -> bool {
        let spaces = self.eat_spaces();
        let parted = self.eat(unit) || self.eat_any(&[".", "/", "-"]).is_some();
        self.eat_spaces();
        spaces || parted
    }
    /// 「（月）」 as our own echo writes it after a day.
    fn eat_weekday(&mut self) {
        let rest = &self.letters[self.at..];
        if let ['(', day, ')'] = rest
            && "月火水木金土日".contains(*day)
        {
            self.at += 3;
        }
    }
}

/// 0 to 9 of a digit, also the 大字 of deeds.
fn digit_of(letter: char) -> Option<u32> {
    let digit = match letter {
        '〇' | '零' | '○' => 0,
        '一' | '壱' => 1,
        '二' | '弐' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        other => return other.to_digit(10),
    };
    Some(digit)
}

fn is_ten(letter: char) -> bool {
    matches!(letter, '十' | '拾')
}

/// At most eight digits in a row, or tens and ones around one 十.
fn number_of(run: &[char]) -> Option<Number> {
    let place = run.iter().position(|letter| is_ten(*letter));
    let Some(place) = place else {
        if !(1..=8).contains(&run.len()) {
            return None;
        }
        let value = run.iter().try_fold(0, |value, letter| Some(value * 10 + digit_of(*letter)?))?;
        return Some(Number { value, digits: run.len() });
    };
    let part = |letters: &[char], empty: u32| match letters {
        [] => Some(empty),
        [one] => digit_of(*one).filter(|digit| *digit > 0),
        _ => None,
    };
    let value = part(&run[..place], 1)? * 10 + part(&run[place + 1..], 0)?;
    Some(Number { value, digits: 2 })
}

/// Reads year, month and day and nothing after them.
pub(crate) fn written(text: &str) -> Result<Written, DateDoubt> {
    let mut scan = Scan::new(text);
    let count = scan.count();
    let year = scan.number().ok_or(DateDoubt::Unreadable)?;
    if scan.is_done() {
        return compact(count, year).ok_or(DateDoubt::Unreadable);
    }
    let parts = |scan: &mut Scan| {
        let month = scan.part("年").then(|| scan.number())??;
        let day = scan.part("月").then(|| scan.number())??;
        scan.eat_spaces();
        scan.eat("日");
        scan.eat_spaces();
        scan.eat_weekday();
        scan.is_done().then_some((month, day))
    };
    let (month, day) = parts(&mut scan).ok_or(DateDoubt::Unreadable)?;
    if month.digits > 2 || day.digits > 2 {
        return Err(DateDoubt::Unreadable);
    }
    let (count, year) = counted_year(count, year).ok_or(DateDoubt::Unreadable)?;
    Ok(Written { count, year, month: small(month.value), day: small(day.value) })
}

/// Four digits without era are a western year.
pub(crate) fn counted_year(count: Count, year: Number) -> Option<(Count, i16)> {
    let count = match (count, year.digits) {
        (Count::Unsaid | Count::Western, 4) => Count::Western,
        (Count::Unsaid, 1 | 2) => Count::Unsaid,
        (Count::Era(era), 1..=3) => Count::Era(era),
        _ => return None,
    };
    Some((count, i16::try_from(year.value).ok()?))
}

/// 20261123, 5081123 (era code first), R081123, and 401123, which leaves the era open.
fn compact(count: Count, number: Number) -> Option<Written> {
    let (month, day) = (small(number.value / 100 % 100), small(number.value % 100));
    let year = i16::try_from(number.value / 10_000).ok()?;
    let (count, year) = match (count, number.digits) {
        (Count::Unsaid | Count::Western, 8) => (Count::Western, year),
        (Count::Unsaid, 7) => {
            (Count::Era(ERAS.iter().find(|era| i16::from(era.code) == year / 100)?), year % 100)
        }
        (Count::Unsaid | Count::Era(_), 6) => (count, year),
        _ => return None,
    };
    Some(Written { count, year, month, day })
}

/// A value of at most two digits.
pub(crate) fn small(value: u32) -> i8 {
    i8::try_from(value).expect("two digits")
}
