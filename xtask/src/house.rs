//! House rules of files, names, looks and words.
use crate::check::Violation;
use crate::rust::{Rust, is_word};
use crate::tree::{Source, Tree};

type Found = Vec<(usize, &'static str, String)>;

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        let rules: [fn(&Source) -> Found; 7] =
            [length, name, reminder, allow, colour_and_style, screen_words, this_machine];
        for (line, rule, text) in rules.iter().flat_map(|rule| rule(file)) {
            found.push(Violation::new(&file.path, line, rule, text));
        }
    }
    found
}

/// `tracked`: the paths that git holds, one a line.
pub fn check_tracked(tracked: &str) -> Vec<Violation> {
    let fetched =
        tracked.lines().find(|path| path.split('/').any(|part| part == "node_modules" || part == "target"));
    let text = "fetched or built, not written here: git rm -r --cached, and a line in .gitignore";
    fetched.map(|path| Violation::new(path, 1, "third-party", text)).into_iter().collect()
}

const LINES: usize = 500;

fn length(file: &Source) -> Found {
    let counted = ["rs", "css", "js", "mjs", "sql", "sh"].contains(&file.extension());
    let lines = file.text.lines().count();
    if counted && lines > LINES {
        return vec![(LINES + 1, "length", format!("{lines} lines; split the file: at most {LINES}"))];
    }
    Vec::new()
}

const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "managers", "service", "services", "models",
    "handlers",
];

fn name(file: &Source) -> Found {
    let written = ["rs", "css", "js", "mjs", "sql", "sh"].contains(&file.extension());
    let mut words = file.path.split('/').map(|part| part.split('.').next().unwrap_or_default());
    match words.find(|word| written && EMPTY_NAMES.contains(word)) {
        Some(word) => vec![(1, "name", format!("`{word}` says nothing: name the thing that is inside"))],
        None => Vec::new(),
    }
}

/// Work that is left goes to docs/progress, not into the code.
const REMINDERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

fn reminder(file: &Source) -> Found {
    let mut found = Vec::new();
    let mut look = |text: &str, start: usize| {
        for word in REMINDERS {
            for (at, _) in text.match_indices(word) {
                let before = at > 0 && is_word(text.as_bytes()[at - 1]);
                let after = text.as_bytes().get(at + word.len()).is_some_and(|&byte| is_word(byte));
                if !before && !after {
                    let advice = format!("no {word}: do it, or say so in docs/progress");
                    found.push((file.line_of(start + at), "reminder", advice));
                }
            }
        }
    };
    match &file.rust {
        Some(rust) => {
            look(&rust.code, 0);
            rust.comments.iter().for_each(|piece| look(&piece.text, piece.range.start));
        }
        None if ["md", "tsv", "lock", "json"].contains(&file.extension()) => {}
        None => look(&file.text, 0),
    }
    found
}

fn allow(file: &Source) -> Found {
    let Some(rust) = &file.rust else { return Vec::new() };
    let mut found = Vec::new();
    for attribute in ["#[allow(", "#![allow("] {
        for (at, _) in rust.code.match_indices(attribute) {
            found.push((file.line_of(at), "allow", "#[expect(…, reason = \"…\")] instead".to_owned()));
        }
    }
    found
}

/// Colours are tokens; the policy of content security refuses inline styles; focus is always visible.
fn colour_and_style(file: &Source) -> Found {
    let mut found = Vec::new();
    let mut look = |text: &str, start: usize| {
        for (at, advice) in looks(text, file.extension() == "css") {
            found.push((file.line_of(start + at), "look", advice.to_owned()));
        }
    };
    match &file.rust {
        Some(_) if file.path.starts_with("xtask/") => {}
        Some(rust) => {
            rust.product_strings().for_each(|piece| look(&piece.text, piece.range.start));
            for at in style_attributes(rust) {
                found.push((
                    file.line_of(at),
                    "look",
                    "no style attribute: a class of assets/css".to_owned(),
                ));
            }
        }
        None if file.path.starts_with("assets/css/tokens") => {}
        None if ["css", "js", "html"].contains(&file.extension()) => look(&file.text, 0),
        None => {}
    }
    found
}

/// `style=…` of maud, outside strings.
fn style_attributes(rust: &Rust) -> Vec<usize> {
    let starts = rust.code.match_indices("style=").map(|(at, _)| at);
    let alone = |at: &usize| {
        *at == 0 || !(is_word(rust.code.as_bytes()[at - 1]) || rust.code.as_bytes()[at - 1] == b'-')
    };
    starts.filter(alone).filter(|&at| !rust.is_test(at)).collect()
}

fn looks(text: &str, css: bool) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('#') {
        if is_colour(text, at) && !(css && is_selector(text, at)) {
            found.push((at, "a colour is a token of assets/css/tokens.css: var(--…)"));
        }
    }
    for bad in [" style=\"", " style='"] {
        found
            .extend(text.match_indices(bad).map(|(at, _)| (at, "no style attribute: a class of assets/css")));
    }
    for (at, word) in text.match_indices("outline:") {
        let value = text[at + word.len()..].trim_start();
        if value.starts_with("none") || value.starts_with("0;") {
            found.push((at, "focus stays visible: no `outline: none`"));
        }
    }
    found
}

/// `#336699`, `#fff` with a digit or in CSS; not `&#x3042;`, not `#grade`.
fn is_colour(text: &str, at: usize) -> bool {
    let digits: &str = &text[at + 1..];
    let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    let whole = !digits.as_bytes().get(length).is_some_and(|&byte| is_word(byte) || byte == b'-');
    let entity = at > 0 && text.as_bytes()[at - 1] == b'&';
    let plain = [6, 8].contains(&length)
        || [3, 4].contains(&length)
            && (digits[..length].bytes().any(|b| b.is_ascii_digit()) || &digits[..length] == "fff");
    whole && plain && !entity
}

/// In CSS an id: no `:` between the last `;`, `{` or `}` and the place.
fn is_selector(text: &str, at: usize) -> bool {
    let start = text[..at].rfind([';', '{', '}']).map_or(0, |n| n + 1);
    !text[start..at].contains(':')
}

/// Parts of a sentence that say nothing to the reader (screens: words on the left).
const EMPTY_PHRASES: &[&str] = &[
    "送信",
    "不正な",
    "不正です",
    "無効です",
    "エラーコード",
    "すみません",
    "よろしいですか",
    "リトライ",
    "タイムアウト",
    "システムエラー",
    "必須項目",
    "入力エラー",
    "形式エラー",
    "年号エラー",
    "検索実行",
    "確認済",
    "排他エラー",
    "連携エラー",
    "通信エラー",
    "発行禁止",
    "受理されました",
    "データがありません",
    "権限がありません",
    "存在しません",
    "納期限接近",
    "Not Found",
    "二重送信",
    "世帯主不在",
    "ファイルサイズ超過",
    "全角で入力",
    "半角で入力",
];
/// A button or message of this word alone.
const EMPTY_WORDS: &[&str] = &[
    "登録",
    "次へ",
    "キャンセル",
    "削除",
    "出力",
    "OK",
    "0件",
    "完了しました",
    "完了しました。",
    "ロックされています",
    "スキャン中",
];

fn screen_words(file: &Source) -> Found {
    let among = |folders: &[&str]| folders.iter().any(|folder| file.path.starts_with(folder));
    let (Some(rust), true) = (&file.rust, among(&["apps/", "crates/", "fujidana/"])) else {
        return Vec::new();
    };
    // Elsewhere a word alone may be the name of a right or of a code.
    let pages = among(&["apps/", "crates/ui/", "crates/web/"]);
    let mut found = Vec::new();
    for piece in rust.product_strings() {
        let phrase = EMPTY_PHRASES.iter().find(|phrase| piece.text.contains(**phrase));
        let alone = EMPTY_WORDS.iter().find(|word| pages && piece.text == **word);
        if let Some(word) = phrase.or(alone) {
            let advice = format!("「{word}」: say what happened and how to go on, or name the deed");
            found.push((file.line_of(piece.range.start), "words", advice));
        }
    }
    found
}

/// A clone runs anywhere.
const OF_THIS_MACHINE: &[&str] =
    &[concat!("/work", "/"), concat!("/root", "/"), concat!("\"reso", "lved\":")];

fn this_machine(file: &Source) -> Found {
    let text = &file.text;
    let places = OF_THIS_MACHINE.iter().flat_map(|word| text.match_indices(word));
    let alone = places.filter(|(at, _)| *at == 0 || !is_word(text.as_bytes()[at - 1]));
    alone
        .map(|(at, word)| (file.line_of(at), "machine", format!("`{word}`: no path or host of one machine")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_rule(path: &str, text: &str, expect: &[(&str, usize)]) {
        let found = check(&Tree { files: vec![Source::new(path, text)] });
        let found: Vec<(&str, usize)> = found.iter().map(|v| (v.rule, v.line)).collect();
        assert_eq!(found, expect, "{path}: {text}");
    }

    #[test]
    fn long_files_are_split() {
        check_rule("apps/lunch/src/a.rs", &"\n".repeat(500), &[]);
        check_rule("apps/lunch/src/a.rs", &"\n".repeat(501), &[("length", 501)]);
        check_rule("README.md", &"\n".repeat(501), &[]);
    }

    #[test]
    fn fetched_files_are_not_kept() {
        assert_eq!(check_tracked("Makefile\ncrates/ui/src/target.rs\n"), vec![]);
        assert_eq!(check_tracked("Makefile\ne2e/node_modules/a/b.js\ne2e/node_modules/c.js\n").len(), 1);
    }

    #[test]
    fn names_say_what_is_inside() {
        check_rule("apps/lunch/src/utils.rs", "", &[("name", 1)]);
        check_rule("apps/lunch/src/common/a.rs", "", &[("name", 1)]);
        check_rule("apps/lunch/src/commons.rs", "", &[]);
    }

    #[test]
    fn reminders_are_refused_in_code_and_comments() {
        let word = REMINDERS[0];
        check_rule("apps/lunch/src/a.rs", &format!("\n// {word}: later"), &[("reminder", 2)]);
        check_rule("apps/lunch/src/a.rs", &format!("let a = \"{word}\";"), &[]);
        check_rule("assets/js/a.js", &format!("// {word}"), &[("reminder", 1)]);
        check_rule("assets/js/a.js", &format!("a{word}()"), &[]);
    }

    #[test]
    fn allow_is_refused() {
        check_rule("crates/db/src/a.rs", "#[allow(dead_code)]", &[("allow", 1)]);
        check_rule("crates/db/src/a.rs", "#![allow(dead_code)]", &[("allow", 1)]);
        check_rule("crates/db/src/a.rs", "// #[allow(x)]\n#[expect(dead_code, reason = \"\")]", &[]);
    }

    #[test]
    fn colours_are_tokens() {
        check_rule("assets/css/desk.css", "a { color: #369; }", &[("look", 1)]);
        check_rule("assets/css/desk.css", "#add123 { color: var(--x); }", &[]);
        check_rule("assets/css/tokens.css", "a { color: #369; }", &[]);
        check_rule("crates/ui/src/a.rs", "a(\"#336699\")", &[("look", 1)]);
        check_rule("crates/ui/src/a.rs", "a(\"#grade\", \"#add\", \"&#12354;\")", &[]);
    }

    #[test]
    fn styles_are_classes_and_focus_is_visible() {
        check_rule("crates/ui/src/a.rs", "html! { p style=\"x\" {} }", &[("look", 1)]);
        check_rule("crates/ui/src/a.rs", "a(\"<p style='x'>\")", &[("look", 1)]);
        check_rule("crates/ui/src/a.rs", "html! { p data-style=\"x\" {} }", &[]);
        check_rule("assets/css/desk.css", "a { outline: none; }", &[("look", 1)]);
        check_rule("assets/css/desk.css", "a { outline: 2px solid; }", &[]);
    }

    #[test]
    fn screens_speak_plainly() {
        check_rule("apps/lunch/src/a.rs", "a(\"不正な日付です\")", &[("words", 1)]);
        check_rule("apps/lunch/src/a.rs", "a(\"登録\")", &[("words", 1)]);
        check_rule("crates/identity/src/a.rs", "a(\"登録\", \"送信\")", &[("words", 1)]);
        check_rule("apps/lunch/src/a.rs", "a(\"仮登録する\") // 送信", &[]);
        check_rule("apps/lunch/tests/a.rs", "a(\"送信\")", &[]);
    }

    #[test]
    fn nothing_of_one_machine_is_kept() {
        check_rule("README.md", &format!("see {}x", OF_THIS_MACHINE[0]), &[("machine", 1)]);
        check_rule("README.md", &format!("see a{}x", OF_THIS_MACHINE[0]), &[]);
        check_rule("e2e/package-lock.json", &format!("{} \"x\"", OF_THIS_MACHINE[2]), &[("machine", 1)]);
    }
}
