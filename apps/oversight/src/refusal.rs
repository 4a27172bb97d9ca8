//! Why a question or an act was refused.
use base::DateDoubt;
use db::DbError;
use identity::BreakGlassRefused;
use serde_json::Value;
use web::{PageError, Refused};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A sentence for the person who asked.
    #[error("{0}")]
    Rule(String),
    #[error("not here")]
    Unknown,
    #[error("store")]
    Db(#[from] DbError),
}

impl Refusal {
    pub(crate) fn of(sentence: &str) -> Self {
        Self::Rule(sentence.to_owned())
    }
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(crate) fn day(doubt: DateDoubt) -> Self {
        Self::Rule(doubt.to_string())
    }

    /// The sentence to be shown beside what was typed; what is no sentence stays an error.
    pub(crate) fn sentence(self) -> Result<String, PageError> {
        match self {
            Self::Rule(sentence) => Ok(sentence),
            Self::Unknown => Err(PageError::NotFound),
            Self::Db(error) => Err(error.into()),
        }
    }
}

impl From<BreakGlassRefused> for Refusal {
    fn from(refused: BreakGlassRefused) -> Self {
        match refused {
            BreakGlassRefused::Db(error) => Self::Db(error),
            BreakGlassRefused::Unknown => Self::Unknown,
            other => Self::Rule(other.to_string()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rule(message) => Self::Rule { message, detail: Value::Null },
            Refusal::Unknown => {
                Self::Rule { message: "見つかりません".to_owned(), detail: Value::Null }
            }
            Refusal::Db(error) => Self::Db(error),
        }
    }
}
