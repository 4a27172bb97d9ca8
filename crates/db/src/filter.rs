//! Conditions that a person chose (search, extraction), over columns that the code declared.
use std::fmt::Write;

use crate::{ToValue, Value};

/// A column that may be filtered; only constants of the code become SQL.
#[derive(Debug, Clone, Copy)]
pub struct Column(pub &'static str);

/// Takes the place of `{filter}` in a statement. Empty, it holds for every row.
#[derive(Debug, Default)]
pub struct Filter {
    clauses: Vec<Clause>,
}

#[derive(Debug)]
struct Clause {
    column: Column,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Is(&'static str, Value),
    Prefix(String),
}

impl Filter {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }
    pub fn equals(mut self, column: Column, value: impl ToValue) -> Self {
        self.clauses.push(Clause { column, test: Test::Is("=", value.to_value()) });
        self
    }
    pub fn at_least(mut self, column: Column, value: impl ToValue) -> Self {
        self.clauses.push(Clause { column, test: Test::Is(">=", value.to_value()) });
        self
    }
    pub fn at_most(mut self, column: Column, value: impl ToValue) -> Self {
        self.clauses.push(Clause { column, test: Test::Is("<=", value.to_value()) });
        self
    }
    /// The column's text begins with `prefix`. Uses an index on both engines (binary collation).
    pub fn begins_with(mut self, column: Column, prefix: &str) -> Self {
        self.clauses.push(Clause { column, test: Test::Prefix(prefix.to_owned()) });
        self
    }

    /// The condition's text, whose parameters continue after `bound`, and their values.
    pub(crate) fn render(&self, bound: usize) -> (String, Vec<Value>) {
        if self.clauses.is_empty() {
            return ("1 = 1".to_owned(), Vec::new());
        }
        let mut text = String::new();
        let mut values = Vec::new();
        for (i, clause) in self.clauses.iter().enumerate() {
            let and = if i == 0 { "" } else { " AND " };
            let (column, next) = (clause.column.0, bound + values.len() + 1);
            match &clause.test {
                Test::Is(operator, value) => {
                    write!(text, "{and}{column} {operator} ${next}").expect("a String takes everything");
                    values.push(value.clone());
                }
                Test::Prefix(prefix) => {
                    write!(text, "{and}{column} >= ${next} AND {column} < ${}", next + 1)
                        .expect("a String takes everything");
                    values.push(Value::Text(prefix.clone()));
                    // The last code point: no stored text goes beyond it.
                    values.push(Value::Text(format!("{prefix}\u{10FFFF}")));
                }
            }
        }
        (text, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_continue_after_the_fixed_parameters() {
        let filter =
            Filter::new().begins_with(Column("kana_key"), "ヤマタ").equals(Column("birth_year"), 1965i64);
        let (text, values) = filter.render(1);
        assert_eq!(text, "kana_key >= $2 AND kana_key < $3 AND birth_year = $4");
        assert_eq!(values.len(), 3);
        assert_eq!(Filter::new().render(1).0, "1 = 1");
    }
}
