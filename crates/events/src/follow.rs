//! What an app declares to follow others' facts.
use db::{DbError, Tx};
use thiserror::Error;

use crate::facts::Foresight;
use crate::log::{Event, EventId};

/// Follows a slice of events, in log order.
pub type Apply = fn(&FollowUp, &mut Tx<'_>, &[Event]) -> Result<Vec<Told>, FollowError>;

/// A follower: an office (課) and what its app does when something happened elsewhere.
#[derive(Debug)]
pub struct FollowUp {
    /// Unique, `app.deed`; stored with the jobs, so never renamed.
    pub name: &'static str,
    /// The office as its clerks call it.
    pub office: &'static str,
    /// Kinds of facts it follows.
    pub kinds: &'static [&'static str],
    /// What it would do, for the check page before the act. `None`: this is none of its business.
    pub foresee: fn(&FollowUp, &Foresight) -> Option<String>,
    /// Does it, for a slice of events in log order. Only follow-ups write an app's tables. Running it again
    /// after [`FollowUp::clear`] gives the same rows.
    pub apply: Apply,
    /// Empties what `apply` wrote, before a replay.
    pub clear: fn(&FollowUp, &mut Tx<'_>) -> Result<(), DbError>,
}

/// What a follower says it did: one sentence for the clerk, and the page of the office that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub event: EventId,
    pub fact: String,
    pub path: String,
}

/// A follower could not follow; the job is run again later.
#[derive(Debug, Error)]
pub enum FollowError {
    #[error("the store failed")]
    Db(#[from] DbError),
    #[error("the fact cannot be read: {0}")]
    Fact(#[from] serde_json::Error),
    #[error("{0}")]
    Refused(String),
}
