//! The digits of a number as typed, and where each one stands. Full width, spaces and hyphens between digits are form.
use base::half_width;

pub struct Digits {
    name: &'static str,
    /// ASCII.
    pub text: String,
    /// The letter of the line, from 1, that each digit is.
    places: Vec<usize>,
}

impl Digits {
    /// `name`: what the number is called; `wanted`: how many digits it has.
    pub fn read(line: &str, name: &'static str, wanted: usize) -> Result<Self, String> {
        let narrow = half_width(line);
        let mut digits = Self { name, text: String::new(), places: Vec::new() };
        let mut hyphen = None;
        for (place, letter) in (1..).zip(narrow.chars()) {
            match letter {
                '0'..='9' => {
                    digits.text.push(letter);
                    digits.places.push(place);
                    hyphen = None;
                }
                '-' if hyphen.is_none() && !digits.text.is_empty() => hyphen = Some(place),
                letter if letter.is_whitespace() => {}
                '.' | 'E' | 'e' if looks_computed(&narrow) => {
                    return Err(format!(
                        "{place}文字目から、表計算ソフトが指数や小数に変えた形です。元の{name}を文字列として書き直してください"
                    ));
                }
                _ => return Err(not_a_digit(name, wanted, place)),
            }
        }
        match hyphen {
            Some(place) => Err(not_a_digit(name, wanted, place)),
            None => Ok(digits),
        }
    }

    /// Refuses another count than `wanted`.
    pub fn counted(self, wanted: usize) -> Result<Self, String> {
        let (name, count) = (self.name, self.text.len());
        if count > wanted {
            let place = self.places[wanted];
            return Err(format!(
                "数字が{count}桁あります。{name}は{wanted}桁です。{place}文字目からの{}桁が多すぎます",
                count - wanted
            ));
        }
        if count < wanted {
            let end = self.places.last().copied().unwrap_or_default();
            return Err(format!(
                "数字が{count}桁で、{end}文字目で終わっています。{name}は{wanted}桁です。{}桁足りません。表計算ソフトで先頭の0が落ちたのなら、0を補ってください",
                wanted - count
            ));
        }
        Ok(self)
    }

    /// The sentence for a check digit that does not fit. It does not say which one would: that were part of the number.
    pub fn check_digit_wrong(&self, index: usize) -> String {
        let place = self.places[index];
        format!(
            "検査数字（{}桁目、{place}文字目）が合いません。写し間違いがないか、元の書類と1桁ずつ見くらべてください",
            index + 1
        )
    }
}

fn not_a_digit(name: &str, wanted: usize, place: usize) -> String {
    format!("{place}文字目が数字ではありません。{name}は{wanted}桁の数字だけで書いてください")
}

/// 1.23457E+11 or 123456789018.0
fn looks_computed(narrow: &str) -> bool {
    narrow.trim().parse::<f64>().is_ok()
}
