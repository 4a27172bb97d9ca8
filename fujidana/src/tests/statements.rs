//! Every `sql!` of the program is understood by both engines.
use std::path::Path;

use base::Clock;
use db::{STATEMENTS, Sql};
use testkit::{Database, Scratch};

use crate::installation::migrations;

#[test]
fn every_statement_prepares_on_both_engines() {
    let statements: Vec<&'static Sql> = STATEMENTS.iter().copied().collect();
    let scratch = Scratch::new();
    let sqlite =
        scratch.sqlite(&migrations(), Clock::system()).shapes(&statements).expect("SQLite prepares all");
    let Some(database) = Database::create() else { return };
    let store = database.open(&migrations(), Clock::system());
    let postgres = store.shapes(&statements).expect("PostgreSQL prepares all");
    for ((sql, one), other) in statements.iter().zip(sqlite).zip(postgres) {
        assert_eq!(one, other, "{}: parameters and columns", sql.at);
    }
}

/// A test binary that links no app sees no statement of it: the tree is counted as well.
#[test]
fn no_statement_of_the_tree_is_missing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut written = 0;
    for folder in ["crates", "apps", "fujidana"] {
        count(&root.join(folder), &mut written);
    }
    assert_eq!(STATEMENTS.len(), written);
}

fn count(folder: &Path, written: &mut usize) {
    for entry in std::fs::read_dir(folder).expect("the tree can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "tests" && name != "target" && name != "examples" {
                count(&path, written);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("source is text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            *written += lines
                .map(|line| line.matches("sql!(").count() + line.matches("sql_across!(").count())
                .sum::<usize>();
        }
    }
}
