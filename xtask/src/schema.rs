//! Migrations: the shape of tables, and which crate and zone a table belongs to.
use std::collections::BTreeMap;

use crate::check::Violation;
use crate::sql::{self, Placed, TYPES, Token};
use crate::tree::{Source, Tree};

/// Which of the two stores (三層分離): files that end in `.portal.sql` make tables of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    Inside,
    Portal,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// `apps/lunch`.
    pub owner: String,
    pub zone: Zone,
}

#[derive(Debug, Default)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
}

impl Schema {
    pub fn read(tree: &Tree) -> Self {
        let mut tables = BTreeMap::new();
        for file in tree.migrations() {
            for (_, name, _) in create_tables(&sql::tokens(&file.text)) {
                let zone = if file.path.ends_with(".portal.sql") { Zone::Portal } else { Zone::Inside };
                tables.entry(name).or_insert(Table { owner: file.package().to_owned(), zone });
            }
        }
        Self { tables }
    }
}

pub fn check(tree: &Tree, schema: &Schema) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut seen = BTreeMap::new();
    for file in tree.migrations() {
        found.extend(check_file(file));
        for (line, name, _) in create_tables(&sql::tokens(&file.text)) {
            if let Some(first) = seen.insert(name.clone(), &file.path) {
                let text = format!("table {name} is made in {first} too: a table has one owner");
                found.push(Violation::new(&file.path, line + 1, "schema", text));
            }
        }
        for (line, name) in sql::tables(&file.text) {
            if schema.tables.get(&name).is_some_and(|table| table.owner != file.package()) {
                let text =
                    format!("table {name} belongs to another crate: no foreign key, no statement on it");
                found.push(Violation::new(&file.path, line + 1, "owner", text));
            }
        }
    }
    for (file, rust) in tree.rust() {
        for piece in rust.product_strings() {
            let makes = piece.text.starts_with("CREATE TABLE ") || piece.text.starts_with("ALTER TABLE ");
            if makes && !piece.text.contains("schema_migration") && !file.path.starts_with("xtask/") {
                let line = file.line_of(piece.range.start);
                found.push(Violation::new(
                    &file.path,
                    line,
                    "schema",
                    "put it into migrations/NNNN_name.sql",
                ));
            }
        }
    }
    found
}

fn check_file(file: &Source) -> Vec<Violation> {
    let tokens = sql::tokens(&file.text);
    let mut texts = sql::outside_subset(&file.text);
    for (line, name, body) in create_tables(&tokens) {
        texts.extend(check_table(&name, body, line));
    }
    texts.extend(check_others(&tokens));
    texts.extend(check_beginnings(&file.text));
    texts.into_iter().map(|(line, text)| Violation::new(&file.path, line + 1, "schema", text)).collect()
}

/// Line, name and what stands between the parentheses of each CREATE TABLE.
fn create_tables(tokens: &[Placed]) -> Vec<(usize, String, &[Placed])> {
    let mut found = Vec::new();
    for i in 0..tokens.len().saturating_sub(1) {
        if tokens[i].token.is("CREATE") && tokens[i + 1].token.is("TABLE") {
            let Some(open) = (i..tokens.len()).find(|&at| tokens[at].token.sign('(')) else { continue };
            let name = tokens[open - 1].token.name().unwrap_or_default();
            found.push((tokens[i].line, name, &tokens[open + 1..sql::closing(tokens, open)]));
        }
    }
    found
}

fn check_table(name: &str, body: &[Placed], line: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut primary = false;
    for item in split_at_commas(body) {
        let Some(first) = item.first() else { continue };
        let key = |word: &str| first.token.is(word);
        if key("PRIMARY") || key("UNIQUE") || key("FOREIGN") {
            primary |= key("PRIMARY");
            if !item.get(if key("UNIQUE") { 2 } else { 3 }).is_some_and(|t| t.token.is("MUNICIPALITY_ID")) {
                found.push((first.line, "a key begins with municipality_id".to_owned()));
            }
        } else if !(key("CHECK") || key("CONSTRAINT")) {
            found.extend(check_column(item).map(|text| (first.line, text)));
        }
    }
    if !primary {
        found.push((line, format!("table {name} needs PRIMARY KEY (municipality_id, …)")));
    }
    found
}

fn split_at_commas(body: &[Placed]) -> Vec<&[Placed]> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (i, placed) in body.iter().enumerate() {
        depth += i32::from(placed.token.sign('(')) - i32::from(placed.token.sign(')'));
        if depth == 0 && placed.token.sign(',') {
            found.push(&body[start..i]);
            start = i + 1;
        }
    }
    found.push(&body[start..]);
    found
}

/// `name TYPE …`.
fn check_column(item: &[Placed]) -> Option<String> {
    let name = item.first()?.token.name().unwrap_or_default();
    let Some(Token::Word(kind)) = item.get(1).map(|placed| &placed.token) else {
        return Some(format!("column {name} has no type"));
    };
    if !TYPES.contains(&kind.as_str()) {
        return Some(format!("column {name} {kind}: the types are {}", TYPES.join(", ")));
    }
    for (ending, wanted, what) in [
        ("_on", "TEXT", "a date is TEXT"),
        ("_at", "BIGINT", "an instant is BIGINT microseconds"),
        ("_yen", "BIGINT", "money is BIGINT yen"),
    ] {
        if name.ends_with(ending) && kind != wanted {
            return Some(format!("column {name} {kind}: {what}"));
        }
    }
    let alone = item.iter().any(|t| ["PRIMARY", "UNIQUE", "REFERENCES"].iter().any(|word| t.token.is(word)));
    alone.then(|| format!("column {name}: write the key as (municipality_id, …) below the columns"))
}

/// Added columns and unique indexes.
fn check_others(tokens: &[Placed]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (i, placed) in tokens.iter().enumerate() {
        let is = |n: usize, word: &str| tokens.get(i + n).is_some_and(|placed| placed.token.is(word));
        if is(0, "ADD") && is(1, "COLUMN") {
            let end = (i..tokens.len()).find(|&at| tokens[at].token.sign(';')).unwrap_or(tokens.len());
            found.extend(check_column(&tokens[i + 2..end]).map(|text| (placed.line, text)));
        }
        if is(0, "UNIQUE") && is(1, "INDEX") {
            let open = (i..tokens.len()).find(|&at| tokens[at].token.sign('(')).unwrap_or(tokens.len());
            if !tokens.get(open + 1).is_some_and(|t| t.token.is("MUNICIPALITY_ID")) {
                found.push((placed.line, "a key begins with municipality_id".to_owned()));
            }
        }
    }
    found
}

/// SQLite's tables are made strict where a statement begins with CREATE TABLE: a comment before it hides that.
fn check_beginnings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut line = 0;
    for statement in text.split(";\n") {
        if statement.trim_start().starts_with("--") {
            let above = statement.len() - statement.trim_start().len();
            let at = line + statement[..above].matches('\n').count();
            found.push((at, "put the comment inside the statement, behind its first line".to_owned()));
        }
        line += statement.matches('\n').count() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "CREATE TABLE pupil (\n  municipality_id BIGINT NOT NULL, id BIGINT NOT NULL,\n  \
        name TEXT NOT NULL DEFAULT '', born_on TEXT NOT NULL, fee_yen BIGINT, read_at BIGINT,\n  \
        PRIMARY KEY (municipality_id, id), UNIQUE (municipality_id, name)\n);\n\
        CREATE UNIQUE INDEX pupil_name ON pupil (municipality_id, name);\n\
        ALTER TABLE pupil ADD COLUMN note TEXT NOT NULL DEFAULT '';\n";

    fn texts(path: &str, sql: &str) -> Vec<String> {
        let tree = Tree { files: vec![Source::new(path, sql)] };
        check(&tree, &Schema::read(&tree)).into_iter().map(|v| format!("{} {}", v.line, v.text)).collect()
    }

    #[track_caller]
    fn refused(from: &str, to: &str, advice: &str) {
        assert!(GOOD.contains(from));
        let found = texts("apps/lunch/migrations/0001_lunch.sql", &GOOD.replace(from, to));
        assert!(found.len() == 1 && found[0].contains(advice), "{found:?}");
    }

    #[test]
    fn a_good_table_is_accepted() {
        assert_eq!(texts("apps/lunch/migrations/0001_lunch.sql", GOOD), Vec::<String>::new());
    }

    #[test]
    fn keys_begin_with_the_municipality() {
        refused("PRIMARY KEY (municipality_id, id), ", "", "1 table pupil needs PRIMARY KEY");
        refused("PRIMARY KEY (municipality_id, id)", "PRIMARY KEY (id)", "4 a key begins");
        refused("UNIQUE (municipality_id, name)", "UNIQUE (name)", "4 a key begins");
        refused("pupil (municipality_id, name);", "pupil (name);", "6 a key begins");
        refused("fee_yen BIGINT", "fee_yen BIGINT UNIQUE", "3 column fee_yen: write the key");
    }

    #[test]
    fn columns_have_the_types_of_their_names() {
        refused("name TEXT", "name VARCHAR", "the types are");
        refused("born_on TEXT", "born_on BIGINT", "a date is TEXT");
        refused("read_at BIGINT", "read_at TEXT", "an instant is");
        refused("fee_yen BIGINT", "fee_yen TEXT", "money is");
        refused("note TEXT", "note_on BIGINT", "a date is TEXT");
    }

    #[test]
    fn a_statement_begins_with_its_verb() {
        refused("CREATE UNIQUE INDEX", "\n-- for search\nCREATE UNIQUE INDEX", "7 put the comment inside");
        refused("CREATE TABLE pupil (", "-- 児童\nCREATE TABLE pupil (", "1 put the comment inside");
    }

    #[test]
    fn a_table_has_one_owner_and_one_zone() {
        let files = [
            ("apps/lunch/migrations/0001_lunch.sql", GOOD.to_owned()),
            ("crates/web/migrations/0001_web.portal.sql", GOOD.replace("pupil", "parcel")),
            ("apps/care/migrations/0001_care.sql", GOOD.to_owned()),
        ];
        let tree = Tree { files: files.iter().map(|(path, text)| Source::new(path, text)).collect() };
        let schema = Schema::read(&tree);
        assert_eq!(schema.tables["pupil"], Table { owner: "apps/lunch".to_owned(), zone: Zone::Inside });
        assert_eq!(schema.tables["parcel"].zone, Zone::Portal);
        let found = check(&tree, &schema);
        assert!(found.iter().any(|v| v.rule == "schema" && v.text.contains("one owner")), "{found:?}");
        assert!(found.iter().any(|v| v.rule == "owner"), "{found:?}");
    }

    #[test]
    fn tables_are_made_in_migrations() {
        let text = "const A: &str = \"CREATE TABLE a (b TEXT)\";";
        assert_eq!(texts("apps/lunch/src/lib.rs", text).len(), 1);
        assert_eq!(texts("apps/lunch/tests/a.rs", text).len(), 0);
    }
}
