//! Reading the letters of a typed date: eras, numbers, what stands between them.
use jiff::civil::date;

use crate::date_text::{DateDoubt, western_year};
use crate::{Date, ERAS, Era, half_width};

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
    /// 月 to 日 of the week, where it was written beside the day.
    pub(crate) weekday: Option<char>,
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
        Self { letters: narrow.trim().chars().map(plain).collect(), at: 0 }
    }
    /// The same without any space or bracket: 「昭和20年 （月日不詳）」.
    pub(crate) fn without_spaces(text: &str) -> Self {
        let mut scan = Self::new(text);
        scan.letters.retain(|letter| !is_form(*letter));
        scan
    }
    /// Where reading stopped in the text given to `new`, counted in letters from 1.
    fn place(&self, text: &str) -> usize {
        text.chars().take_while(|letter| letter.is_whitespace()).count() + self.at + 1
    }
    /// Where reading stopped in the text given to `without_spaces`.
    pub(crate) fn place_among_spaces(&self, text: &str) -> usize {
        let narrow = half_width(text);
        let mut kept = narrow.trim_end().chars().enumerate().filter(|(_, letter)| !is_form(*letter));
        kept.nth(self.at).map_or_else(|| narrow.trim_end().chars().count(), |(place, _)| place) + 1
    }
    /// The reading begins anew from here if what follows is not what was hoped.
    pub(crate) fn ahead(&self) -> Self {
        Self { letters: self.letters[self.at..].to_vec(), at: 0 }
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
        let found = self.comes(word);
        if found {
            self.at += word.chars().count();
        }
        found
    }
    fn comes(&self, word: &str) -> bool {
        let mut rest = self.letters[self.at..].iter();
        word.chars().all(|letter| rest.next() == Some(&letter))
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
        let Some(letter) = self.peek().map(|letter| letter.to_ascii_uppercase()) else {
            return Count::Unsaid;
        };
        let named = |era: &&Era| [era.letter, era.sign].contains(&letter) || era.name.starts_with(letter);
        let Some(era) = ERAS.iter().find(named) else { return Count::Unsaid };
        if !self.eat(era.name) {
            self.at += 1;
        }
        let _optional = self.eat_spaces() || self.eat(".");
        Count::Era(era)
    }
    /// Digits, 漢数字 (八, 二十三, 二〇二六) or 元.
    pub(crate) fn number(&mut self) -> Option<Number> {
        if self.eat("元") {
            return Some(Number { value: 1, digits: 1 });
        }
        let from = self.at;
        while self.peek().is_some_and(|letter| digit_of(letter).is_some() || unit_of(letter).is_some()) {
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
    /// 「（月）」, 「（月・祝）」, 「月曜日」 or ㈪ after a day.
    fn weekday(&mut self) -> Option<char> {
        self.eat_spaces();
        let from = self.at;
        let weekday = self.closed_weekday();
        if weekday.is_none() {
            self.at = from;
        }
        weekday
    }
    fn closed_weekday(&mut self) -> Option<char> {
        let bracket = self.eat("(");
        let letter = self.peek()?;
        let weekday = match letter {
            '㈪'..='㈰' if !bracket => WEEK.chars().nth((u32::from(letter) - u32::from('㈪')) as usize)?,
            letter if WEEK.contains(letter) => letter,
            _ => return None,
        };
        self.at += 1;
        let word = self.eat_any(&["曜日", "曜"]).is_some();
        if bracket {
            self.eat_any(&[".祝日", ".祝", ".休"]);
        }
        let closed = if bracket { self.eat(")") } else { word || letter != weekday };
        self.eat_spaces();
        closed.then_some(weekday)
    }
}

/// In the order of ㈪ to ㈰.
const WEEK: &str = "月火水木金土日";

/// Stops of a forgotten IME, and letters that only look like the right ones: PDF files hold radicals (⽉) and
/// compatibility letters.
fn plain(letter: char) -> char {
    match letter {
        '。' | '、' | '・' | ',' | '｡' | '､' | '･' => '.',
        '⽉' => '月',
        '⽇' => '日',
        '⽕' => '火',
        '⽔' => '水',
        '⽊' => '木',
        '⾦' => '金',
        '⼟' => '土',
        '⼤' => '大',
        '⼀' => '一',
        '⼆' => '二',
        '⼋' => '八',
        '⼗' => '十',
        '\u{F9A8}' => '令',
        other => other,
    }
}

/// Form, not content, of an inexact date.
fn is_form(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')')
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

/// 十 and larger; 廿 and 卅 are two and three of them.
fn unit_of(letter: char) -> Option<u32> {
    let unit = match letter {
        '十' | '拾' => 10,
        '廿' => 20,
        '卅' => 30,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    };
    Some(unit)
}

/// At most eight digits in a row, or 漢数字 with units: 六十三, 二千十九.
fn number_of(run: &[char]) -> Option<Number> {
    if !(1..=8).contains(&run.len()) {
        return None;
    }
    if run.iter().all(|letter| unit_of(*letter).is_none()) {
        let value = run.iter().try_fold(0, |value, letter| Some(value * 10 + digit_of(*letter)?))?;
        return Some(Number { value, digits: run.len() });
    }
    let (mut value, mut ones, mut above) = (0, None, 10_000);
    for letter in run {
        match unit_of(*letter) {
            None if ones.is_none() => ones = Some(digit_of(*letter).filter(|digit| *digit > 0)?),
            None => return None,
            Some(unit) => {
                // 廿 stands in the place of the tens.
                let place = if unit < 100 { 10 } else { unit };
                if place >= above || (unit > place && ones.is_some()) {
                    return None;
                }
                value += ones.take().unwrap_or(1) * unit;
                above = place;
            }
        }
    }
    value += ones.unwrap_or(0);
    let digits = [100, 1000].iter().filter(|bound| value >= **bound).count() + 2;
    Some(Number { value, digits })
}

/// Reads year, month and day and nothing after them.
pub(crate) fn written(text: &str) -> Result<Written, DateDoubt> {
    written_in(&mut Scan::new(text)).ok_or(DateDoubt::Unreadable)
}

/// The letter, counted from 1, at which a text stops to be a day; one more than it has when it ends too early.
pub(crate) fn unread_from(text: &str) -> usize {
    let mut scan = Scan::new(text);
    let _stopped = written_in(&mut scan);
    scan.place(text)
}

fn written_in(scan: &mut Scan) -> Option<Written> {
    let count = scan.count();
    let year = scan.number()?;
    if scan.is_done() {
        return compact(count, year);
    }
    let named = scan.part("年").then(|| scan.named_day())?;
    let (month, day) = match named {
        Some((month, day)) => (month, Day::Of(day)),
        None => {
            let month = scan.number()?;
            (two_digits(month)?, scan.part("月").then(|| scan.day())??)
        }
    };
    let weekday = scan.weekday();
    if !scan.is_done() {
        return None;
    }
    let (count, year) = counted_year(count, year)?;
    let day = match day {
        Day::Of(day) => day,
        Day::Last => last_day(count, year, month)?,
    };
    Some(Written { count, year, month, day, weekday })
}

/// A day of a month as written.
enum Day {
    Of(i8),
    /// 晦日, 末日.
    Last,
}

impl Scan {
    /// 元日 and 大晦日, which say their month.
    fn named_day(&mut self) -> Option<(i8, i8)> {
        let days = [("元日", (1, 1)), ("元旦", (1, 1)), ("大晦日", (12, 31))];
        days.into_iter().find(|(word, _)| self.eat(word)).map(|(_, day)| day)
    }
    /// 「23日」, 「23」, 朔日, 晦日, 末日.
    fn day(&mut self) -> Option<Day> {
        if self.eat_any(&["朔日", "ついたち"]).is_some() {
            return Some(Day::Of(1));
        }
        if self.eat_any(&["晦日", "末日", "みそか"]).is_some() {
            return Some(Day::Last);
        }
        let day = two_digits(self.number()?)?;
        self.eat_spaces();
        // 「24 日曜日」
        if !self.comes("日曜") {
            self.eat("日");
        }
        Some(Day::Of(day))
    }
}

/// The last day of the month; the first for a month that does not exist, which is said elsewhere. `None`: the year
/// is open.
fn last_day(count: Count, year: i16, month: i8) -> Option<i8> {
    let year = match count {
        Count::Era(era) => western_year(era, year).unwrap_or(2000),
        Count::Western => year,
        Count::Unsaid if month != 2 => 2000,
        Count::Unsaid => return None,
    };
    let first: Option<Date> = (1..=12).contains(&month).then(|| date(year, month, 1));
    Some(first.map_or(1, |first| first.last_of_month().day()))
}

fn two_digits(number: Number) -> Option<i8> {
    (number.digits <= 2).then(|| small(number.value))
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
    Some(Written { count, year, month, day, weekday: None })
}

/// A value of at most two digits.
pub(crate) fn small(value: u32) -> i8 {
    i8::try_from(value).expect("two digits")
}
