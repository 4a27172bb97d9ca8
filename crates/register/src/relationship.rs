//! 続柄: how a member is related to the head ([STD] 1.1.11).
use std::fmt;

/// Words that may stand alone or in a chain.
const LINKS: [&str; 14] = [
    "夫",
    "妻",
    "夫（未届）",
    "妻（未届）",
    "子",
    "父",
    "母",
    "兄",
    "姉",
    "弟",
    "妹",
    "子（子の夫）",
    "子（子の妻）",
    "縁故者",
];
const HEAD: &str = "世帯主";
const RELATIVE: &str = "縁故者";
const LODGER: &str = "同居人";
/// Longer chains are 縁故者.
const LONGEST: usize = 4;

/// A relationship that the register may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship(String);

impl Relationship {
    pub fn head() -> Self {
        Self(HEAD.to_owned())
    }

    /// Reads a word or a chain joined by の.
    ///
    /// # Errors
    /// The sentence for the clerk: what is not allowed, and what is written instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text: String = text.trim().replace('(', "（").replace(')', "）").replace('ノ', "の");
        if text.is_empty() {
            return Err("続柄を入力してください。例：世帯主、妻、子、子の子".to_owned());
        }
        if text == HEAD || text == LODGER || text == RELATIVE {
            return Ok(Self(text));
        }
        let links = split_chain(&text);
        if let Some(unknown) = links.iter().find(|link| !LINKS.contains(link)) {
            return Err(advice(unknown));
        }
        if links.len() > LONGEST { Ok(Self(RELATIVE.to_owned())) } else { Ok(Self(text)) }
    }

    pub fn is_head(&self) -> bool {
        self.0 == HEAD
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Relationship {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Splits at の, but not inside 子（子の夫）.
fn split_chain(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let (mut start, mut depth) = (0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '（' => depth += 1,
            '）' => depth -= 1,
            'の' if depth == 0 => {
                links.push(&text[start..at]);
                start = at + 'の'.len_utf8();
            }
            _ => {}
        }
    }
    links.push(&text[start..]);
    links
}

fn advice(word: &str) -> String {
    let instead = match word {
        "孫" => "「子の子」",
        "祖父" => "「父の父」または「母の父」",
        "祖母" => "「父の母」または「母の母」",
        "おじ" | "伯父" | "叔父" => "「父の兄」「母の弟」など",
        "おば" | "伯母" | "叔母" => "「父の姉」「母の妹」など",
        "甥" | "姪" => "「兄の子」「妹の子」など",
        "長男" | "長女" | "二男" | "次男" | "二女" | "次女" | "息子" | "娘" => "「子」",
        "本人" => "「世帯主」",
        "家事使用人" | "準世帯主" => "「同居人」",
        _ => "「世帯主、夫、妻、子、父、母、兄、姉、弟、妹、縁故者、同居人」を「の」でつないだもの",
    };
    format!("「{word}」は続柄に使えません。{instead}と書きます")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(Relationship::parse(text).ok().map(|r| r.0).as_deref(), expect, "{text}");
    }

    #[test]
    fn chains_of_four_stand_and_five_become_relative() {
        check("子の子の子の子", Some("子の子の子の子"));
        check("子の子の子の子の子", Some("縁故者"));
        check("子の妻", Some("子の妻"));
        check("子（子の夫）の子", Some("子（子の夫）の子"));
        check("妻(未届)", Some("妻（未届）"));
    }

    #[test]
    fn forbidden_words_are_refused_with_what_to_write() {
        for word in ["孫", "祖母", "甥", "家事使用人", "準世帯主", "", "友人"] {
            check(word, None);
        }
        assert!(Relationship::parse("孫").is_err_and(|words| words.contains("子の子")));
    }
}
