//! Names as compared: found at the beginning of a text in one walk, numerals by their value.

use crate::lot;

/// Names with what they stand for, and a tree of their letters: all names that begin a text are found in one walk of
/// the text, which is never longer than the longest name.
pub(crate) struct NameTable<T> {
    /// Sorted by name.
    entries: Vec<(Box<[char]>, T)>,
    /// The root first; the children of a node beside each other, by letter.
    nodes: Vec<Node>,
}

/// A letter in its place.
struct Node {
    letter: char,
    /// Names that end here.
    entries: (u32, u32),
    children: (u32, u32),
}

impl<T> NameTable<T> {
    /// Entries of one name keep the order they are given in.
    pub(crate) fn new(mut entries: Vec<(Box<[char]>, T)>) -> Self {
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        let nodes = tree_of(&entries);
        Self { entries, nodes }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Box<[char]>, T)> {
        self.entries.iter()
    }

    /// Everything of exactly this name.
    pub(crate) fn named(&self, name: &[char]) -> impl Iterator<Item = &T> {
        let node = name.iter().try_fold(&self.nodes[0], |node, &letter| self.child(node, letter));
        node.map_or(&[][..], |node| self.ending(node)).iter().map(|entry| &entry.1)
    }

    /// Tells every name that begins `letters`, the shortest first, with its length.
    pub(crate) fn beginnings<'a>(&'a self, letters: &[char], mut found: impl FnMut(usize, &'a T)) {
        let mut node = &self.nodes[0];
        for (depth, &letter) in (1..).zip(letters) {
            let Some(child) = self.child(node, letter) else { return };
            node = child;
            for entry in self.ending(node) {
                found(depth, &entry.1);
            }
        }
    }

    fn child(&self, node: &Node, letter: char) -> Option<&Node> {
        let children = &self.nodes[node.children.0 as usize..node.children.1 as usize];
        children.binary_search_by_key(&letter, |child| child.letter).ok().map(|place| &children[place])
    }

    fn ending(&self, node: &Node) -> &[(Box<[char]>, T)] {
        &self.entries[node.entries.0 as usize..node.entries.1 as usize]
    }
}

/// The tree of sorted names, level by level.
fn tree_of<T>(entries: &[(Box<[char]>, T)]) -> Vec<Node> {
    let place = |place: usize| u32::try_from(place).expect("a table of names is small");
    let mut nodes = vec![Node { letter: '\0', entries: (0, 0), children: (0, 0) }];
    let mut spans = vec![(0, entries.len(), 0)];
    let mut at = 0;
    while let Some(&(first, last, depth)) = spans.get(at) {
        let own = entries[first..last].iter().take_while(|entry| entry.0.len() == depth).count();
        nodes[at].entries = (place(first), place(first + own));
        let children = nodes.len();
        let mut start = first + own;
        while start < last {
            let letter = entries[start].0[depth];
            let same = entries[start..last].iter().take_while(|entry| entry.0[depth] == letter).count();
            nodes.push(Node { letter, entries: (0, 0), children: (0, 0) });
            spans.push((start, start + same, depth + 1));
            start += same;
        }
        nodes[at].children = (place(children), place(nodes.len()));
        at += 1;
    }
    nodes
}

/// No name has more.
const MOST_UNITS: usize = 32;

/// The beginning of some letters in the units names are compared in: a letter, or a numeral as its value, so that
/// 北24条 is 北二十四条 and １４号 is 十四号. Digits and kanji numerals beside each other stay two numbers.
pub(crate) struct Units {
    units: [char; MOST_UNITS],
    /// How many letters each unit and those before it took.
    ends: [u16; MOST_UNITS],
    length: usize,
}

impl Units {
    pub(crate) fn of(letters: &[char]) -> Self {
        Self::read(letters, false)
    }

    /// Without what people leave out or put in: ノ, ヶ and ッ between letters, and 大字 and 字 inside a name. Who has no
    /// 埜 on the keyboard writes 野.
    pub(crate) fn loose(letters: &[char]) -> Self {
        Self::read(letters, true)
    }

    fn read(letters: &[char], loose: bool) -> Self {
        let mut read = Self { units: ['\0'; MOST_UNITS], ends: [0; MOST_UNITS], length: 0 };
        let mut at = 0;
        while read.length < MOST_UNITS
            && let Some(&letter) = letters.get(at)
        {
            if loose && at > 0 {
                let skipped = match letter {
                    'ノ' | 'ケ' | 'ツ' | '字' => 1,
                    '大' if letters.get(at + 1) == Some(&'字') => 2,
                    _ => 0,
                };
                if skipped > 0 {
                    at += skipped;
                    continue;
                }
            }
            let (unit, length) = match letter {
                '埜' if loose => ('野', 1),
                letter => numeral(&letters[at..]).unwrap_or((letter, 1)),
            };
            at += length;
            read.units[read.length] = unit;
            read.ends[read.length] = u16::try_from(at).expect("thirty-two units are a few letters");
            read.length += 1;
        }
        read
    }

    pub(crate) fn as_slice(&self) -> &[char] {
        &self.units[..self.length]
    }

    /// How many letters the first `length` units took.
    pub(crate) fn letters(&self, length: usize) -> usize {
        if length == 0 { 0 } else { usize::from(self.ends[length - 1]) }
    }
}

/// Numbers stand in a range of private letters.
const NUMBERS: u32 = 0xF_0000;

/// The numeral at the beginning as one unit. Digits in kanji beside each other (又八一丁目) are a unit each.
fn numeral(letters: &[char]) -> Option<(char, usize)> {
    let first = *letters.first()?;
    let digits = first.is_ascii_digit();
    if !digits && !KANJI_DIGITS.contains(&first) && !matches!(first, '十' | '百' | '千') {
        return None;
    }
    if !digits && let Some(digit) = KANJI_DIGITS.iter().position(|&digit| digit == first) {
        let unit_follows = matches!(letters.get(1), Some('十' | '百' | '千'));
        if !unit_follows {
            return Some((unit_of(u32::try_from(digit).ok()?)?, 1));
        }
    }
    let (number, length) = lot::number(letters)?;
    Some((unit_of(number)?, length))
}

const KANJI_DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

fn unit_of(number: u32) -> Option<char> {
    char::from_u32(NUMBERS + number).filter(|_| number < 0xFFFE)
}

/// A whole name as compared.
pub(crate) fn units_of(letters: &[char]) -> Box<[char]> {
    Units::of(letters).as_slice().into()
}

/// A whole name as loosely compared.
pub(crate) fn loose_units_of(letters: &[char]) -> Box<[char]> {
    Units::loose(letters).as_slice().into()
}

/// 三 → 三, 14 → 十四, as 丁目 is written where the registry of the municipality is not carried.
pub(crate) fn kanji_number(number: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let mut text = String::new();
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = (number / unit % 10) as usize;
        if digit > 1 || (digit == 1 && unit == 1) {
            text.push_str(DIGITS[digit]);
        }
        if digit > 0 {
            text.push_str(name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold_name;

    #[test]
    fn all_names_that_begin_a_text() {
        let names = ["中", "中栗須", "中島", "森"].map(|name| (fold_name(name), name));
        let table = NameTable::new(names.to_vec());
        for (text, expected) in [
            ("中栗須327", &["中", "中栗須"][..]),
            ("中", &["中"]),
            ("森新田", &["森"]),
            ("", &[]),
            ("緑", &[]),
        ] {
            let mut found = Vec::new();
            table.beginnings(&fold_name(text), |_, name| found.push(*name));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(table.named(&fold_name("中")).collect::<Vec<_>>(), [&"中"]);
    }

    #[test]
    fn numerals_by_value() {
        for (one, other) in
            [("北二十四条西", "北２４条西"), ("１４号", "十四号"), ("三番町", "3番町"), ("又八1", "又8一")]
        {
            assert_eq!(units_of(&fold_name(one)), units_of(&fold_name(other)), "{one} {other}");
        }
        assert_ne!(units_of(&fold_name("二十四")), units_of(&fold_name("二4")));
        for (one, other) in [("市ヶ谷本村町", "市谷本村町"), ("丸ノ内", "丸内"), ("栃木大字静", "栃木静")]
        {
            assert_eq!(loose_units_of(&fold_name(one)), loose_units_of(&fold_name(other)));
        }
        let letters = fold_name("北24条西");
        assert_eq!(Units::of(&letters).letters(2), 3);
    }

    #[test]
    fn numbers_in_kanji() {
        for (number, text) in
            [(1, "一"), (10, "十"), (14, "十四"), (22, "二十二"), (110, "百十"), (2015, "二千十五")]
        {
            assert_eq!(kanji_number(number), text);
        }
    }
}
