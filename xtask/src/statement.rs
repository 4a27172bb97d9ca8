//! Every `sql!` and `sql_across!`: the subset, the municipality, the owner and the zone of its tables.
use std::path::Path;

use anyhow::Result;

use crate::check::Violation;
use crate::rust::Rust;
use crate::schema::{Schema, Zone};
use crate::sql;
use crate::tree::{Source, Tree};

/// The statements over all municipalities, so that a reviewer sees them together.
const LIST: &str = "xtask/data/sql_across.tsv";

struct Statement {
    line: usize,
    at: usize,
    /// Why it is over all municipalities.
    across: Option<String>,
    text: String,
}

pub fn check(tree: &Tree, schema: &Schema) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, rust) in tree.rust() {
        let portal = rust.code.match_indices("Zone::Portal").any(|(at, _)| !rust.is_test(at));
        for statement in statements(file, rust) {
            let in_test = rust.is_test(statement.at);
            for (line, text) in sql::outside_subset(&statement.text) {
                found.push(Violation::new(&file.path, statement.line + line, "sql", text));
            }
            found.extend(check_municipality(&statement, file));
            for (line, name) in sql::tables(&statement.text).into_iter().filter(|_| !in_test) {
                let Some(table) = schema.tables.get(&name) else { continue };
                let mut add = |rule, text| {
                    found.push(Violation::new(&file.path, statement.line + line, rule, text));
                };
                if !may_name(file.package(), &table.owner) {
                    let owner = &table.owner;
                    add(
                        "owner",
                        format!("table {name} belongs to {owner}: call its function or follow its events"),
                    );
                }
                if portal && table.zone == Zone::Inside {
                    add("zone", format!("a file with Zone::Portal names {name}, a table of the inside"));
                }
            }
        }
    }
    found.extend(check_list(tree));
    found
}

/// A measure names its own tables only; the core may join its own tables, never those of a measure.
fn may_name(package: &str, owner: &str) -> bool {
    package == owner || (package.starts_with("crates/") && owner.starts_with("crates/"))
}

fn statements(file: &Source, rust: &Rust) -> Vec<Statement> {
    let mut found = Vec::new();
    for (name, skip) in [("sql", 0), ("sql_across", 1)] {
        for range in rust.macro_calls(name) {
            let pieces = rust.strings_in(&range);
            let text: String = pieces.iter().skip(skip).map(|piece| piece.text.as_str()).collect();
            let across =
                (skip == 1).then(|| pieces.first().map_or(String::new(), |piece| piece.text.clone()));
            let first = pieces.get(skip).map_or(range.start, |piece| piece.range.start);
            found.push(Statement { line: file.line_of(first), at: range.start, across, text });
        }
    }
    found
}

fn check_municipality(statement: &Statement, file: &Source) -> Option<Violation> {
    let names_it = sql::tokens(&statement.text).iter().any(|t| t.token.is("MUNICIPALITY_ID"));
    let advice = match &statement.across {
        _ if statement.text.is_empty() => "write the text here as a literal, so that it can be checked",
        Some(reason) if reason.chars().count() < 12 => "say in a sentence why it is over all municipalities",
        None if !names_it => "name municipality_id (… WHERE municipality_id = $1)",
        _ => return None,
    };
    Some(Violation::new(&file.path, statement.line, "sql", advice))
}

/// `path<TAB>reason`, sorted; tests are left out.
fn across(tree: &Tree) -> Vec<(String, usize, String)> {
    let mut found = Vec::new();
    for (file, rust) in tree.rust() {
        for statement in statements(file, rust) {
            if let (Some(reason), false) = (statement.across, rust.is_test(statement.at)) {
                found.push((file.path.clone(), statement.line, reason));
            }
        }
    }
    found
}

fn check_list(tree: &Tree) -> Vec<Violation> {
    let list = tree.find(LIST).map_or("", |file| file.text.as_str());
    let across = across(tree);
    let known = |path: &str, reason: &str| list.lines().any(|line| line == format!("{path}\t{reason}"));
    let unlisted = across.iter().filter(|(path, _, reason)| !known(path, reason)).map(|(path, line, _)| {
        Violation::new(
            path,
            *line,
            "across",
            format!("not in {LIST}: review it, then cargo xtask check --accept-new"),
        )
    });
    let gone = list
        .lines()
        .enumerate()
        .filter(|(_, line)| !across.iter().any(|(path, _, reason)| *line == format!("{path}\t{reason}")));
    let gone = gone.map(|(i, _)| {
        Violation::new(LIST, i + 1, "across", "no such sql_across! any more: cargo xtask check --accept-new")
    });
    unlisted.chain(gone).collect()
}

pub fn write_list(root: &Path, tree: &Tree) -> Result<()> {
    let mut lines: Vec<String> =
        across(tree).into_iter().map(|(path, _, why)| format!("{path}\t{why}\n")).collect();
    lines.sort();
    lines.dedup();
    std::fs::write(root.join(LIST), lines.concat())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LUNCH: &str = "CREATE TABLE pupil (municipality_id BIGINT, PRIMARY KEY (municipality_id));";

    fn rules(path: &str, text: &str) -> Vec<(&'static str, usize)> {
        let files = [
            ("apps/lunch/migrations/0001.sql", LUNCH),
            ("crates/web/migrations/0001.portal.sql", ""),
            (path, text),
        ];
        let tree = Tree { files: files.iter().map(|(path, text)| Source::new(path, text)).collect() };
        check(&tree, &Schema::read(&tree)).iter().map(|v| (v.rule, v.line)).collect()
    }

    #[track_caller]
    fn check_rules(path: &str, text: &str, expect: &[(&'static str, usize)]) {
        assert_eq!(rules(path, text), expect, "{text}");
    }

    #[test]
    fn a_statement_names_the_municipality() {
        check_rules("apps/lunch/src/a.rs", "sql!(\"SELECT 1 FROM pupil WHERE municipality_id = $1\")", &[]);
        check_rules("apps/lunch/src/a.rs", "\nsql!(\"SELECT 1 FROM pupil\")", &[("sql", 2)]);
        check_rules("apps/lunch/src/a.rs", "sql!(TEXT)", &[("sql", 1)]);
    }

    #[test]
    fn the_subset_holds_in_tests_too() {
        let text = "#[cfg(test)] mod tests { sql!(\"SELECT\nAVG(municipality_id) FROM pupil\") }";
        check_rules("apps/lunch/src/a.rs", text, &[("sql", 2)]);
    }

    #[test]
    fn a_measure_never_names_the_table_of_another() {
        let text = "sql!(\"SELECT 1 FROM pupil WHERE municipality_id = $1\")";
        check_rules("apps/care/src/a.rs", text, &[("owner", 1)]);
        check_rules("crates/register/src/a.rs", text, &[("owner", 1)]);
        check_rules("apps/care/tests/a.rs", text, &[]);
        assert!(may_name("crates/register", "crates/events"));
        assert!(!may_name("apps/lunch", "crates/events"));
    }

    #[test]
    fn a_portal_route_never_names_an_inside_table() {
        let text = "Zone::Portal; sql!(\"SELECT 1 FROM pupil WHERE municipality_id = $1\")";
        check_rules("apps/lunch/src/a.rs", text, &[("zone", 1)]);
    }

    #[test]
    fn statements_over_all_municipalities_are_listed_with_a_reason() {
        let text = "sql_across!(\"workers poll every city\", \"SELECT 1 FROM pupil\")";
        check_rules("apps/lunch/src/a.rs", text, &[("across", 1)]);
        check_rules(
            "apps/lunch/src/a.rs",
            "sql_across!(\"poll\", \"SELECT 1 FROM pupil\")",
            &[("sql", 1), ("across", 1)],
        );
        check_rules(LIST, "apps/lunch/src/a.rs\tworkers poll every city\n", &[("across", 1)]);
        let listed = Tree {
            files: vec![
                Source::new("apps/lunch/src/a.rs", text),
                Source::new(LIST, "apps/lunch/src/a.rs\tworkers poll every city\n"),
            ],
        };
        assert_eq!(check(&listed, &Schema::default()), vec![]);
    }
}
