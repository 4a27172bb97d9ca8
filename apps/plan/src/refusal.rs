//! Why an act was refused.
use db::DbError;
use serde_json::{Value, json};
use web::Refused;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Field and sentence, in the order of the form.
    #[error("確かめるところが{}つあります", .0.len())]
    Fields(Vec<(&'static str, String)>),
    /// A sentence for the person who asked.
    #[error("{0}")]
    Rule(&'static str),
    #[error("その施策は計画にありません")]
    Unknown,
    #[error("この報告は担当の職員が扱います")]
    Forbidden,
    #[error("store")]
    Db(#[from] DbError),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Db(error) => Self::Db(error),
            Refusal::Forbidden => Self::Forbidden,
            Refusal::Fields(ref fields) => {
                let told = |(field, message): &(&str, String)| json!({ "field": field, "message": message });
                let detail = fields.iter().map(told).collect();
                Self::Rule { message: refusal.to_string(), detail }
            }
            other => Self::Rule { message: other.to_string(), detail: Value::Null },
        }
    }
}
