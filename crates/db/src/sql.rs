//! Statements as static values, so that a test can prepare each of them on both engines.
use std::sync::OnceLock;

/// How a statement is used; decides what else the test prepares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Within one municipality, whose id is `$1`.
    Own,
    /// Over all municipalities, with the reason why.
    Across(&'static str),
}

/// One SQL text, written in PostgreSQL's spelling.
#[derive(Debug)]
pub struct Sql {
    pub text: &'static str,
    pub shape: Shape,
    /// File and line of the `sql!`.
    pub at: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

/// Every `sql!` of the program.
#[linkme::distributed_slice]
pub static STATEMENTS: [&'static Sql];

impl Sql {
    pub const fn new(text: &'static str, shape: Shape, at: &'static str) -> Self {
        Self { text, shape, at, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }
    pub(crate) fn for_sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| to_sqlite(self.text))
    }
    pub(crate) fn for_postgres(&self) -> &str {
        self.postgres.get_or_init(|| to_postgres(self.text))
    }
    /// The text that the statement test prepares: with a filter that holds always.
    pub fn with_empty_filter(&self) -> String {
        self.text.replace("{filter}", "1 = 1")
    }
}

/// `$2` becomes `?2`: SQLite numbers named parameters by first appearance, but `?2` by its digits.
pub(crate) fn to_sqlite(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find(['$', 'I', 'T', 'F']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (taken, written) =
            if let Some(number) = list_parameter(rest, "INTS($").or(list_parameter(rest, "TEXTS($")) {
                let taken = rest.find(')').expect("list_parameter saw it") + 1;
                (taken, format!("(SELECT value FROM json_each(?{number}))"))
            } else if rest.starts_with("FOR UPDATE SKIP LOCKED") {
                // SQLite has one writer: there is nothing to skip.
                ("FOR UPDATE SKIP LOCKED".len(), String::new())
            } else if rest.starts_with('$') {
                (1, "?".to_owned())
            } else {
                (1, rest[..1].to_owned())
            };
        out.push_str(&written);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

pub(crate) fn to_postgres(text: &str) -> String {
    let mut out = text.to_owned();
    for (word, kind) in [("IN INTS($", "BIGINT"), ("IN TEXTS($", "TEXT")] {
        while let Some(at) = out.find(word) {
            let end = at + out[at..].find(')').expect("a list parameter is closed");
            let number = out[at + word.len()..end].to_owned();
            out.replace_range(at..=end, &format!("= ANY(CAST(${number} AS {kind}[]))"));
        }
    }
    out
}

fn list_parameter<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    rest.find(')').map(|end| &rest[..end])
}

/// A statement within one municipality; `$1` is its id.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {
        $crate::statement!($text, $crate::Shape::Own)
    };
}

/// A statement over all municipalities, with the reason why it must be one.
#[macro_export]
macro_rules! sql_across {
    ($reason:literal, $text:expr) => {
        $crate::statement!($text, $crate::Shape::Across($reason))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! statement {
    ($text:expr, $shape:expr) => {{
        static STATEMENT: $crate::Sql = $crate::Sql::new($text, $shape, concat!(file!(), ":", line!()));
        #[$crate::linkme::distributed_slice($crate::STATEMENTS)]
        #[linkme(crate = $crate::linkme)]
        static LISTED: &$crate::Sql = &STATEMENT;
        &STATEMENT
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, sqlite: &str, postgres: &str) {
        assert_eq!(to_sqlite(text), sqlite);
        assert_eq!(to_postgres(text), postgres);
    }

    #[test]
    fn parameters_keep_their_numbers() {
        check(
            "UPDATE t SET a = $2 WHERE m = $1",
            "UPDATE t SET a = ?2 WHERE m = ?1",
            "UPDATE t SET a = $2 WHERE m = $1",
        );
    }

    #[test]
    fn lists_are_spelled_for_each_engine() {
        check(
            "SELECT a FROM t WHERE m = $1 AND a IN INTS($2) AND b IN TEXTS($3)",
            "SELECT a FROM t WHERE m = ?1 AND a IN (SELECT value FROM json_each(?2)) AND b IN (SELECT value FROM json_each(?3))",
            "SELECT a FROM t WHERE m = $1 AND a = ANY(CAST($2 AS BIGINT[])) AND b = ANY(CAST($3 AS TEXT[]))",
        );
    }

    #[test]
    fn row_locks_are_for_postgres_alone() {
        check(
            "SELECT a FROM t FOR UPDATE SKIP LOCKED",
            "SELECT a FROM t ",
            "SELECT a FROM t FOR UPDATE SKIP LOCKED",
        );
    }
}
