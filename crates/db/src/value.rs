//! The values that both engines store alike: no float, no date type, no uuid.
use base::{At, Date, Id, MunicipalityId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    /// For `IN INTS($2)`.
    Ints(Vec<i64>),
    /// For `IN TEXTS($2)`.
    Texts(Vec<String>),
}

impl Value {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "BOOLEAN",
            Self::Int(_) => "BIGINT",
            Self::Text(_) => "TEXT",
            Self::Blob(_) => "BYTEA",
            Self::Ints(_) => "BIGINT list",
            Self::Texts(_) => "TEXT list",
        }
    }
}

/// Can be bound to a parameter.
pub trait ToValue {
    fn to_value(&self) -> Value;
}

/// Can be read from a column. `None` means: not of this type.
pub trait FromValue: Sized {
    const EXPECTED: &'static str;
    fn from_value(value: Value) -> Option<Self>;
}

impl ToValue for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}
impl FromValue for i64 {
    const EXPECTED: &'static str = "BIGINT";
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Int(number) = value { Some(number) } else { None }
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}
impl FromValue for bool {
    const EXPECTED: &'static str = "BOOLEAN";
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(truth),
            // SQLite has no truth values of its own.
            Value::Int(number @ (0 | 1)) => Some(number == 1),
            _ => None,
        }
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}
impl ToValue for &str {
    fn to_value(&self) -> Value {
        Value::Text((*self).to_owned())
    }
}
impl FromValue for String {
    const EXPECTED: &'static str = "TEXT";
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Blob(self.clone())
    }
}
impl ToValue for [u8; 32] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
}
impl FromValue for [u8; 32] {
    const EXPECTED: &'static str = "BYTEA of 32 bytes";
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value { bytes.try_into().ok() } else { None }
    }
}
impl FromValue for Vec<u8> {
    const EXPECTED: &'static str = "BYTEA";
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value { Some(bytes) } else { None }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}
impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(value: Value) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl<K> ToValue for Id<K> {
    fn to_value(&self) -> Value {
        Value::Int(self.get())
    }
}
impl<K> FromValue for Id<K> {
    const EXPECTED: &'static str = "BIGINT (an id)";
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::new)
    }
}

impl ToValue for MunicipalityId {
    fn to_value(&self) -> Value {
        Value::Int(self.0)
    }
}
impl FromValue for MunicipalityId {
    const EXPECTED: &'static str = "BIGINT (a municipality)";
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

impl ToValue for At {
    fn to_value(&self) -> Value {
        Value::Int(self.micros())
    }
}
impl FromValue for At {
    const EXPECTED: &'static str = "BIGINT (an instant)";
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl ToValue for Date {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}
impl FromValue for Date {
    const EXPECTED: &'static str = "TEXT (a day, YYYY-MM-DD)";
    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

impl ToValue for Vec<String> {
    fn to_value(&self) -> Value {
        Value::Texts(self.clone())
    }
}
impl<K> ToValue for Vec<Id<K>> {
    fn to_value(&self) -> Value {
        Value::Ints(self.iter().map(|id| id.get()).collect())
    }
}
impl<K> ToValue for &[Id<K>] {
    fn to_value(&self) -> Value {
        Value::Ints(self.iter().map(|id| id.get()).collect())
    }
}
impl ToValue for Vec<i64> {
    fn to_value(&self) -> Value {
        Value::Ints(self.clone())
    }
}

/// The parameters of a statement after `$1`, which [`crate::Tx`] binds itself.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::ToValue::to_value(&$value)),*][..] };
}
