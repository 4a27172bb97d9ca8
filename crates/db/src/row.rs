//! One result row, read from left to right.
use crate::{DbError, FromValue, Value};

pub struct Row {
    at: &'static str,
    values: std::vec::IntoIter<Value>,
    column: usize,
}

impl Row {
    pub(crate) fn new(at: &'static str, values: Vec<Value>) -> Self {
        Self { at, values: values.into_iter(), column: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// [`DbError::Mismatch`] names the statement, the column, the expected and the found type.
    pub fn take<T: FromValue>(&mut self) -> Result<T, DbError> {
        self.column += 1;
        let value = self.values.next();
        let found = value.as_ref().map_or("no such column", Value::kind);
        value.and_then(T::from_value).ok_or(DbError::Mismatch {
            at: self.at,
            column: self.column,
            expected: T::EXPECTED,
            found,
        })
    }

    /// All columns that are left, as they are stored.
    pub fn rest(&mut self) -> Vec<Value> {
        self.values.by_ref().collect()
    }
}
