//! Just enough of Rust's lexical grammar to tell code, strings, comments and tests apart.
use std::iter;
use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Bytes in the file, with the quotes or slashes.
    pub range: Range<usize>,
    /// Without the quotes; escapes as written.
    pub text: String,
}

#[derive(Debug)]
pub struct Rust {
    /// The file with strings and comments blanked: the same length, the same lines.
    pub code: String,
    pub strings: Vec<Piece>,
    pub comments: Vec<Piece>,
    tests: Vec<Range<usize>>,
}

impl Rust {
    pub fn read(text: &str, whole_file_is_test: bool) -> Self {
        let (strings, comments) = pieces(text);
        let mut code = text.as_bytes().to_vec();
        for piece in strings.iter().chain(&comments) {
            code[piece.range.clone()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        let code = String::from_utf8(code).expect("pieces begin and end at ASCII characters");
        let tests =
            if whole_file_is_test { iter::once(0..text.len()).collect() } else { test_modules(&code) };
        Self { code, strings, comments, tests }
    }

    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// Strings of the product, not of its tests.
    pub fn product_strings(&self) -> impl Iterator<Item = &Piece> {
        self.strings.iter().filter(|piece| !self.is_test(piece.range.start))
    }

    /// The calls `name!(…)`: from the name to after the closing parenthesis.
    pub fn macro_calls(&self, name: &str) -> Vec<Range<usize>> {
        let call = format!("{name}!(");
        let bytes = self.code.as_bytes();
        let starts = self.code.match_indices(&call).map(|(at, _)| at);
        starts
            .filter(|&at| at == 0 || !is_word(bytes[at - 1]))
            .map(|at| at..closing(bytes, at + call.len() - 1, b'(', b')'))
            .collect()
    }

    pub fn strings_in(&self, range: &Range<usize>) -> Vec<&Piece> {
        self.strings.iter().filter(|piece| range.contains(&piece.range.start)).collect()
    }
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the bracket at `open` is closed (after it); the end of the file where it is not.
fn closing(bytes: &[u8], open: usize, left: u8, right: u8) -> usize {
    let mut depth = 0;
    for (at, &byte) in bytes.iter().enumerate().skip(open) {
        if byte == left {
            depth += 1;
        } else if byte == right {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    bytes.len()
}

fn pieces(text: &str) -> (Vec<Piece>, Vec<Piece>) {
    let bytes = text.as_bytes();
    let (mut strings, mut comments) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let after_word = at > 0 && is_word(bytes[at - 1]);
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n);
            comments.push(piece(text, at..end, 2, 0));
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = block_comment_end(bytes, at);
            comments.push(piece(text, at..end, 2, 2.min(end - at - 2)));
            at = end;
        } else if let (false, Some((opening, hashes))) = (after_word, raw_string(rest)) {
            let close = format!("\"{}", "#".repeat(hashes));
            let end =
                text[at + opening..].find(&close).map_or(bytes.len(), |n| at + opening + n + close.len());
            strings.push(piece(text, at..end, opening, close.len()));
            at = end;
        } else if rest[0] == b'"' {
            let end = string_end(bytes, at);
            strings.push(piece(text, at..end, 1, 1));
            at = end;
        } else if rest[0] == b'\'' {
            at += character_length(&text[at..]);
        } else {
            at += 1;
        }
    }
    (strings, comments)
}

fn piece(text: &str, range: Range<usize>, before: usize, after: usize) -> Piece {
    let inner =
        text.get(range.start + before..range.end.saturating_sub(after)).unwrap_or_default().to_owned();
    Piece { range, text: inner }
}

/// Length of `r#"` (also `br`, `cr`) and the number of its `#`.
fn raw_string(rest: &[u8]) -> Option<(usize, usize)> {
    let prefix = [&b"br"[..], b"cr", b"r"].into_iter().find(|prefix| rest.starts_with(prefix))?.len();
    let hashes = rest[prefix..].iter().take_while(|&&b| b == b'#').count();
    (rest.get(prefix + hashes) == Some(&b'"')).then_some((prefix + hashes + 1, hashes))
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Of `'x'` and `'\n'` the whole; of a lifetime the quote alone.
fn character_length(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(1, |n| n + 4),
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

fn test_modules(code: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("#[cfg(test)]") {
        let open = code[at..].find('{').map(|n| at + n);
        let ended = code[at..].find(';').map_or(code.len(), |n| at + n);
        // `mod tests;` has its tests in a file of its own.
        let end = match open {
            Some(open) if open < ended => closing(code.as_bytes(), open, b'{', b'}'),
            _ => ended,
        };
        found.push(at..end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, strings: &[&str], comments: &[&str]) {
        let rust = Rust::read(text, false);
        assert_eq!(rust.strings.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), strings);
        assert_eq!(rust.comments.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), comments);
        assert_eq!(rust.code.len(), text.len());
    }

    #[test]
    fn strings_and_comments_are_told_apart() {
        check("let a = \"x // y\"; // \"z\"", &["x // y"], &[" \"z\""]);
        check("r#\"a \" b\"#; br\"c\"; var\"d\"", &["a \" b", "c", "d"], &[]);
        check("'\"'; '\\''; &'a str; \"住所\"", &["住所"], &[]);
        check("/* a /* b */ c */ \"d \\\" e\"", &["d \\\" e"], &[" a /* b */ c "]);
    }

    #[test]
    fn tests_are_known() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}";
        let rust = Rust::read(text, false);
        let inside = |name: &str| rust.is_test(text.find(name).unwrap());
        assert_eq!([inside("fn a"), inside("fn b"), inside("fn c")], [false, true, false]);
        assert!(Rust::read(text, true).is_test(0));
    }

    #[test]
    fn macro_calls_end_at_their_own_parenthesis() {
        let rust = Rust::read("a(sql!(\"SELECT f(x) )\"), b); my_sql!(c)", false);
        let calls = rust.macro_calls("sql");
        assert_eq!(calls.first(), Some(&(2..23)));
        assert_eq!(calls.len(), 1);
        assert_eq!(rust.strings_in(&calls[0])[0].text, "SELECT f(x) )");
    }
}
