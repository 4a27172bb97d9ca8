//! `cargo xtask measures`: what shows that a measure of the city's plan runs. A test says it itself, in a comment over
//! it: `// measure 3-1-7: move-in`; the capabilities of a measure stand in `apps/plan/data/capabilities.tsv`. A tag
//! counts while its test runs green: the run's report (JUnit, `tools/nextest.toml`) is joined with the tags into
//! `apps/plan/data/measures_tests.tsv`, which the program embeds.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::check::{Violation, root};
use crate::progress;
use crate::tree::{Source, Tree};

const TABLE: &str = "apps/plan/data/measures_tests.tsv";
const CAPABILITIES: &str = "apps/plan/data/capabilities.tsv";
const HEAD: &str = "code\tcapability\ttest\tstate\tsince";

/// A test and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Tag {
    code: String,
    capability: String,
    /// `path::function`, as the progress tables name tests.
    test: String,
}

/// How a run judged a test: package and last part of its name.
type Results = BTreeMap<(String, String), bool>;

pub fn run(args: &[String]) -> Result<()> {
    let root = root()?;
    let reports: Vec<PathBuf> = if args.is_empty() {
        // Where nextest keeps its reports, whatever the build cache is.
        vec![root.join("target/nextest/default/tests.xml")]
    } else {
        args.iter().map(PathBuf::from).collect()
    };
    let (mut results, mut day) = (Results::new(), String::new());
    for report in &reports {
        let text = std::fs::read_to_string(report)
            .with_context(|| format!("{}: run tools/test first", report.display()))?;
        read_report(&text, &mut results, &mut day);
    }
    let tree = Tree::load(&root)?;
    let table = join(&tags(&tree).into_iter().map(|(_, _, tag)| tag).collect(), &results, &rows(&tree), &day);
    write(&root, &table)?;
    println!("{TABLE}: {} tests", table.lines().count() - 1);
    Ok(())
}

fn write(root: &Path, table: &str) -> Result<()> {
    Ok(std::fs::write(root.join(TABLE), table)?)
}

/// A red or vanished test drops out; one that this run did not run stays as it was.
fn join(tags: &BTreeSet<Tag>, results: &Results, before: &BTreeMap<Tag, String>, day: &str) -> String {
    let mut out = format!("{HEAD}\n");
    for tag in tags {
        let since = match (results.get(&key(&tag.test)), before.get(tag)) {
            (Some(true), None) => day,
            (Some(true) | None, Some(since)) => since,
            (Some(false), _) | (None, None) => continue,
        };
        out.push_str(&format!("{}\t{}\t{}\tgreen\t{since}\n", tag.code, tag.capability, tag.test));
    }
    out
}

/// `apps/care/tests/following.rs::f` → (`care`, `f`).
fn key(test: &str) -> (String, String) {
    let (path, function) = test.split_once("::").unwrap_or((test, ""));
    let source = Source::new(path, "");
    let package = source.package().rsplit('/').next().unwrap_or_default();
    (package.to_owned(), function.to_owned())
}

/// Tests of one name in one package are green together.
fn read_report(text: &str, results: &mut Results, day: &mut String) {
    let mut package = String::new();
    let mut open: Option<(String, String)> = None;
    for element in text.split('<') {
        if let Some(rest) = element.strip_prefix("testsuites ") {
            let started = attribute(rest, "timestamp");
            *day = started.get(..10).unwrap_or(day).to_owned();
        } else if let Some(rest) = element.strip_prefix("testsuite ") {
            package = attribute(rest, "name").split("::").next().unwrap_or_default().to_owned();
        } else if let Some(rest) = element.strip_prefix("testcase ") {
            let name = attribute(rest, "name").rsplit("::").next().unwrap_or_default().to_owned();
            let at = (package.clone(), name);
            results.entry(at.clone()).or_insert(true);
            open = Some(at);
        } else if let Some(at) = open.as_ref().filter(|_| is_red(element)) {
            results.insert(at.clone(), false);
        }
    }
}

fn is_red(element: &str) -> bool {
    ["failure", "error"].iter().any(|name| element.starts_with(name))
}

fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let head = format!("{name}=\"");
    let after = element.split_once(&head).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}

/// Every tag of the tree with its place; a tag without a test below it names no function.
fn tags(tree: &Tree) -> Vec<(String, usize, Tag)> {
    let mut found = Vec::new();
    for (file, _) in tree.rust().filter(|(file, _)| !file.path.starts_with("xtask/")) {
        for (i, line) in file.text.lines().enumerate() {
            let Some(said) = line.trim_start().strip_prefix("// measure ") else { continue };
            let (code, capability) = said.split_once(": ").unwrap_or((said, ""));
            let function = file.text.lines().skip(i + 1).take(6).find_map(function).unwrap_or_default();
            let test = format!("{}::{function}", file.path);
            let tag = Tag { code: code.to_owned(), capability: capability.trim().to_owned(), test };
            found.push((file.path.clone(), i + 1, tag));
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_head = before.split_whitespace().all(|word| word == "async" || word.starts_with("pub"));
    is_head.then(|| after.split('(').next()).flatten()
}

fn rows(tree: &Tree) -> BTreeMap<Tag, String> {
    let text = tree.find(TABLE).map_or("", |file| file.text.as_str());
    let cells = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let tag = |code: &str, capability: &str, test: &str| Tag {
        code: code.to_owned(),
        capability: capability.to_owned(),
        test: test.to_owned(),
    };
    cells
        .filter_map(|cells| match cells[..] {
            [code, capability, test, _, since] => Some((tag(code, capability, test), since.to_owned())),
            _ => None,
        })
        .collect()
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let text = tree.find(CAPABILITIES).map_or("", |file| file.text.as_str());
    let known: BTreeSet<(&str, &str)> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(code, rest)| (code, rest.split('\t').next().unwrap_or_default()))
        .collect();
    let tags = tags(tree);
    let mut found = Vec::new();
    for (path, line, tag) in &tags {
        if !known.contains(&(tag.code.as_str(), tag.capability.as_str())) {
            let told = format!("`{}: {}` is no line of {CAPABILITIES}", tag.code, tag.capability);
            found.push(Violation::new(path, *line, "measures", told));
        }
        if !progress::exists(&tag.test, tree) {
            found.push(Violation::new(path, *line, "measures", "the tag stands over no test"));
        }
    }
    let tagged: BTreeSet<&Tag> = tags.iter().map(|(_, _, tag)| tag).collect();
    for (i, tag) in rows(tree).keys().enumerate() {
        if !tagged.contains(tag) {
            let told = format!("`{}` no longer says so: run `cargo xtask measures`", tag.test);
            found.push(Violation::new(TABLE, i + 2, "measures", told));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<testsuites name="run" timestamp="2026-11-24T09:00:00Z"><testsuite name="care::following">
<testcase name="insures" classname="care::following"/><testcase name="m::fails"><failure type="x">no</failure></testcase>
</testsuite></testsuites>"#;

    fn tree(source: &str, table: &str) -> Tree {
        let capabilities = "code\tcapability\tsentence\n3-1-10\tinsured\t決まる\n3-1-10\tother\t別\n";
        Tree {
            files: vec![
                Source::new(CAPABILITIES, capabilities),
                Source::new(TABLE, &format!("{HEAD}\n{table}")),
                Source::new("apps/care/tests/following.rs", source),
            ],
        }
    }

    const SOURCE: &str = "// measure 3-1-10: insured\n#[test]\nfn insures() {}\n// measure 3-1-10: other\n#[test]\nfn fails() {}\n";
    const GREEN: &str = "3-1-10\tinsured\tapps/care/tests/following.rs::insures\tgreen\t2026-11-24\n";
    const FAILED: &str = "3-1-10\tother\tapps/care/tests/following.rs::fails\tgreen\t2026-01-01\n";

    #[track_caller]
    fn check_join(report: &str, before: &str, expect: &str) {
        let tree = tree(SOURCE, before);
        let (mut results, mut day) = (Results::new(), String::new());
        read_report(report, &mut results, &mut day);
        let tags = tags(&tree).into_iter().map(|(_, _, tag)| tag).collect();
        assert_eq!(join(&tags, &results, &rows(&tree), &day), format!("{HEAD}\n{expect}"));
    }

    #[test]
    fn only_green_tests_count() {
        check_join(REPORT, "", GREEN);
        // A red test drops out, one that did not run stays.
        check_join(REPORT, FAILED, GREEN);
        check_join("", FAILED, FAILED);
        check_join("", "", "");
    }

    #[track_caller]
    fn check_tree(source: &str, table: &str, expect: &[&str]) {
        let found: Vec<String> = check(&tree(source, table)).into_iter().map(|v| v.text).collect();
        assert_eq!(found.len(), expect.len(), "{found:?}");
        assert!(found.iter().zip(expect).all(|(text, part)| text.contains(part)), "{found:?}");
    }

    #[test]
    fn tags_and_rows_name_what_is_there() {
        check_tree(SOURCE, GREEN, &[]);
        check_tree(&SOURCE.replace("insures", "renamed"), GREEN, &["no longer says so"]);
        check_tree("// measure 3-1-10: insured\nfn helps() {}\n", "", &["over no test"]);
        check_tree("// measure 3-1-10: unknown\n#[test]\nfn f() {}\n", "", &["no line of"]);
    }
}
