//! Licences of the crates that are linked, as SPDX expressions.
use serde_json::Value;

use crate::check::Violation;

const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "MPL-2.0",
    "0BSD",
    "BSL-1.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "NCSA",
];

pub fn check(metadata: &Value) -> Vec<Violation> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut found = Vec::new();
    for package in packages {
        let expression = package["license"].as_str().unwrap_or("none stated");
        if !is_allowed(expression) {
            let name = package["name"].as_str().unwrap_or_default();
            let text = format!("{name} is under `{expression}`: use another crate");
            found.push(Violation::new("Cargo.lock", 1, "licence", text));
        }
    }
    found
}

/// OR binds weaker than AND; `/` is an old way to write OR; an exception after WITH only widens.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let allowed = any(&words, &mut at);
    allowed && at == words.len()
}

fn any(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = all(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all(words, at);
    }
    allowed
}

fn all(words: &[&str], at: &mut usize) -> bool {
    let mut allowed = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at);
    }
    allowed
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let allowed = any(words, at);
        *at += 1;
        return allowed;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    ALLOWED.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_expression(expression: &str, allowed: bool) {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }

    #[test]
    fn one_choice_suffices() {
        check_expression("MIT OR Apache-2.0", true);
        check_expression("MIT/Apache-2.0", true);
        check_expression("LGPL-2.1-or-later OR MIT", true);
        check_expression("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
        check_expression("GPL-3.0", false);
        check_expression("AGPL-3.0 OR GPL-3.0", false);
    }

    #[test]
    fn every_part_counts() {
        check_expression("(MIT OR Apache-2.0) AND Unicode-3.0", true);
        check_expression("MIT AND GPL-3.0", false);
        check_expression("(GPL-3.0 OR MIT) AND AGPL-3.0", false);
    }

    #[test]
    fn an_unreadable_expression_is_refused() {
        check_expression("", false);
        check_expression("none stated", false);
        check_expression("MIT Apache-2.0", false);
    }

    #[test]
    fn packages_are_named() {
        let metadata = serde_json::json!({"packages": [
            {"name": "good", "license": "MIT"}, {"name": "bad", "license": "GPL-3.0"}, {"name": "silent", "license": null},
        ]});
        let found: Vec<String> = check(&metadata).into_iter().map(|v| v.text).collect();
        assert!(
            found.len() == 2 && found[0].starts_with("bad") && found[1].starts_with("silent"),
            "{found:?}"
        );
    }
}
