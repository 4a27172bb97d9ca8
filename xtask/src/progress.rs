//! `docs/progress/*.md`: what a line says is shown must be shown by something that exists.
//!
//! A row is `| claim | shown by | state |`; the state is `shown`, `partly` or `open`. What shows it is
//! written in backticks: `path/file.rs::test_name`, `path/script`, or `make TARGET`.
use crate::check::Violation;
use crate::tree::{Source, Tree};

pub fn check(tree: &Tree) -> Vec<Violation> {
    let files =
        tree.files.iter().filter(|file| file.path.starts_with("docs/progress/") && file.extension() == "md");
    files.flat_map(|file| check_file(file, tree)).collect()
}

fn check_file(file: &Source, tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (i, line) in file.text.lines().enumerate() {
        let mut add = |text: String| found.push(Violation::new(&file.path, i + 1, "progress", text));
        let Some([_, shown_by, state]) = row(line) else { continue };
        let references = references(shown_by);
        for missing in references.iter().filter(|reference| !exists(reference, tree)) {
            add(format!("`{missing}` is no test, script or make target"));
        }
        match state {
            "shown" | "partly" if references.is_empty() => {
                add(format!("{state}: by what? Name a test, or say open"))
            }
            "shown" | "partly" => {}
            "open" if references.is_empty() => {}
            "open" => add("something shows it: say shown or partly".to_owned()),
            _ => add(format!("state `{state}`: shown, partly or open")),
        }
    }
    found
}

/// The cells of a row of the table; no row for the header and its rule.
fn row(line: &str) -> Option<[&str; 3]> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<&str> = inner.split(" | ").map(str::trim).collect();
    let [claim, shown_by, state] = cells[..] else { return None };
    (state != "state" && !claim.starts_with("--")).then_some([claim, shown_by, state])
}

/// What a cell names in backticks.
pub fn references(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

pub fn exists(reference: &str, tree: &Tree) -> bool {
    if let Some(target) = reference.strip_prefix("make ") {
        let makefile = tree.find("Makefile").map_or("", |file| file.text.as_str());
        return makefile.lines().any(|line| line.split(':').next() == Some(target) && line.contains(':'));
    }
    match reference.split_once("::") {
        Some((path, test)) => tree.find(path).is_some_and(|file| has_test(file, test)),
        None => tree.find(reference).is_some(),
    }
}

fn has_test(file: &Source, test: &str) -> bool {
    let Some(rust) = &file.rust else {
        // A step of a script is named by its text.
        return file.text.contains(test);
    };
    let head = format!("fn {test}(");
    rust.code.match_indices(&head).any(|(at, _)| {
        let before = rust.code[..at].trim_end().trim_end_matches("async").trim_end();
        let from = before.rfind(['}', ';', '{']).map_or(0, |n| n + 1);
        before[from..].contains("test")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_row(row: &str, expect: &[&str]) {
        let tree = Tree {
            files: vec![
                Source::new(
                    "docs/progress/issue-2.md",
                    &format!("| line | shown by | state |\n|---|---|---|\n{row}\n"),
                ),
                Source::new(
                    "crates/db/tests/a.rs",
                    "fn helps() {}\n#[test]\nfn holds() {}\n#[tokio::test]\nasync fn waits() {}",
                ),
                Source::new("e2e/journey.mjs", "step('signs in')"),
                Source::new("Makefile", "bench: build\n\ttrue\n"),
            ],
        };
        let found: Vec<String> = check(&tree).into_iter().map(|v| format!("{} {}", v.line, v.text)).collect();
        assert!(
            found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.contains(e)),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_named_exists() {
        check_row("| a | `crates/db/tests/a.rs::holds`, `crates/db/tests/a.rs::waits` | shown |", &[]);
        check_row("| a | `e2e/journey.mjs::signs in`, `make bench` | partly |", &[]);
        check_row(
            "| a | `crates/db/tests/a.rs::helps` | shown |",
            &["3 `crates/db/tests/a.rs::helps` is no test"],
        );
        check_row("| a | `crates/db/tests/a.rs::hold` | shown |", &["is no test"]);
        check_row("| a | `e2e/journey.mjs::signs out` | shown |", &["is no test"]);
        check_row("| a | `make soak` | shown |", &["is no test"]);
    }

    #[test]
    fn the_state_agrees() {
        check_row("| a |  | open |", &[]);
        check_row("| a | - | shown |", &["by what?"]);
        check_row("| a | `make bench` | open |", &["something shows it"]);
        check_row("| a |  | done |", &["state `done`"]);
    }
}
