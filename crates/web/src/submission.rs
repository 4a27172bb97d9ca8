//! A form sent twice does its act once: the second time it gets the first result.
use base::At;
use db::{DbError, Tx, params, sql};
use identity::Actor;

/// The one-time number of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission(String);

impl Submission {
    pub fn fresh() -> Self {
        let mut bytes = [0u8; 12];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
    /// What a form sent; a form without one is as good as a fresh one.
    pub fn sent(text: &str) -> Self {
        if text.is_empty() { Self::fresh() } else { Self(text.chars().take(64).collect()) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the first submit led, when there was one.
///
/// # Errors
/// What the engine says.
pub fn first_result(
    tx: &mut Tx<'_>,
    actor: &Actor,
    submission: &Submission,
) -> Result<Option<String>, DbError> {
    let find = sql!(
        "SELECT location FROM submission WHERE municipality_id = $1 AND submission_id = $2 AND account_id = $3"
    );
    tx.opt(find, params![submission.as_str(), actor.account], |r| r.take())
}

/// Keeps where this submit leads, in the transaction of its act.
///
/// # Errors
/// What the engine says.
pub fn keep_result(
    tx: &mut Tx<'_>,
    actor: &Actor,
    submission: &Submission,
    location: &str,
    at: At,
) -> Result<(), DbError> {
    let insert = sql!(
        "INSERT INTO submission (municipality_id, submission_id, account_id, location, submitted_at)
         VALUES ($1, $2, $3, $4, $5)"
    );
    tx.run(insert, params![submission.as_str(), actor.account, location, at]).map(drop)
}
