//! Why an act was refused.
use db::DbError;
use serde_json::{Value, json};
use web::{PageError, Refused};

use crate::record::Wrong;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Rows and columns of a file, in its order.
    #[error("確かめるところが{}つあります", .0.len())]
    Records(Vec<Wrong>),
    /// A sentence for the person who asked.
    #[error("{0}")]
    Rule(String),
    #[error("その日の数はありません")]
    Unknown,
    #[error("store")]
    Db(#[from] DbError),
}

impl Refusal {
    pub(crate) fn of(sentence: &str) -> Self {
        Self::Rule(sentence.to_owned())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Db(error) => Self::Db(error),
            Refusal::Records(ref wrong) => {
                let told = |one: &Wrong| json!({ "row": one.row, "column": one.column, "value": one.value, "message": one.message });
                let detail = wrong.iter().map(told).collect();
                Self::Rule { message: refusal.to_string(), detail }
            }
            other => Self::Rule { message: other.to_string(), detail: Value::Null },
        }
    }
}

/// The page of a refusal that no form can put right.
impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Db(error) => error.into(),
            Refusal::Unknown => Self::NotFound,
            Refusal::Rule(_) | Refusal::Records(_) => Self::Forbidden,
        }
    }
}
