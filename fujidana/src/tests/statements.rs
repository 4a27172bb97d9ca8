//! Every `sql!` of the program is understood by both engines.
use std::path::Path;

use base::Clock;
use db::{STATEMENTS, Shape, Sql};
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
    assert_eq!(STATEMENTS.iter().filter(|sql| is_product(sql)).count(), written);
}

/// Tests read tables as well; what they ask is not the product's.
fn is_product(sql: &Sql) -> bool {
    !sql.at.contains("src/tests/")
}

/// Statements that may read a whole city, by a piece of their text, with the reason.
const WALKS: &[(&str, &str)] = &[
    ("DELETE FROM insured_person", "a replay empties the follower's table"),
    ("DELETE FROM pupil", "a replay empties the follower's table"),
    ("COUNT(*) FROM insured_person", "the head of the list says how many there are"),
    ("needs_check FROM insured_person", "in the order of its index, a page at a time"),
    ("FROM protection AS p", "as many rows as measures name persons; asked anew at each door, never a list"),
    ("state > 'ended') ORDER BY ends_on", "the measures that block, for who is responsible and at an issue"),
    ("DELETE FROM subscription", "a row for each follower and kind"),
    ("j.trouble <> ''", "the job table holds only what is still to be done"),
    ("UPDATE job SET locked_until_at = 0 WHERE municipality_id = $1 AND locked_until_at > 0", "as above"),
    (
        "FROM account_setup WHERE municipality_id = $1 ORDER BY id DESC",
        "the newest hundred of the primary key",
    ),
    ("GROUP BY v.town_id", "statistics walk a city once a day, apart from every page"),
    ("MIN(recorded_at) FROM resident_version", "as above"),
    ("ORDER BY as_of_on DESC", "one row a counted day: month ends, published days and the newest"),
    ("FROM letter_batch WHERE municipality_id = $1 ORDER BY id DESC", "the newest 50 of the primary key"),
    ("FROM backup_report", "the newest entries of the primary key; one a night"),
    ("MAX(id), 0) AS BIGINT) FROM event", "the last entry of the primary key"),
    ("DELETE FROM sign_in", "at a sign-in: what has ended goes"),
    ("DELETE FROM session", "at a sign-in: what has ended goes"),
    ("leaf_no IS NULL", "the partial index holds the rows of the last second alone"),
    ("ROW_NUMBER()", "numbers the rows whose ids are given"),
    ("audit_head", "one row a city"),
    ("COUNT(*) FROM audit_tile", "verify counts them all"),
    ("MAX(size), 0) AS BIGINT) FROM audit_checkpoint", "the last entry of the primary key"),
    ("note, signed_at FROM audit_checkpoint", "verify and a proof read them all, one an hour"),
    ("FROM audit_key", "one row for each signing key"),
    ("FROM audit_succession", "one row for each rotation of the signing key"),
];

/// A city of a million must not be walked through because an index is missing.
#[test]
fn no_statement_walks_a_whole_city() {
    let statements: Vec<&'static Sql> =
        STATEMENTS.iter().copied().filter(|sql| sql.shape == Shape::Own && is_product(sql)).collect();
    let scratch = Scratch::new();
    let store = scratch.sqlite(&migrations(), Clock::system());
    let plans = store.plans(&statements).expect("SQLite plans all").expect("it is SQLite");
    let walks: Vec<String> = statements
        .iter()
        .zip(plans)
        .filter(|(sql, _)| {
            !sql.text.contains("{filter}") && !WALKS.iter().any(|(text, _)| sql.text.contains(text))
        })
        .flat_map(|(sql, plan)| {
            plan.into_iter().filter(|step| is_walk(step)).map(|step| format!("{}: {step}", sql.at))
        })
        .collect();
    assert!(walks.is_empty(), "{}", walks.join("\n"));
}

/// The step narrows by nothing but the municipality.
fn is_walk(step: &str) -> bool {
    let scans = step.starts_with("SCAN") && !step.contains("json_each") && !step.contains("CONSTANT ROW");
    scans || step.ends_with("(municipality_id=?)")
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
