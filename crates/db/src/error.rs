//! What can go wrong between us and the engine. Nobody at a desk can act on these: the edge logs them.
use thiserror::Error;

#[derive(Debug, Error)]
pub enum DbError {
    /// The engine refused a statement; `at` is the place of the `sql!` in our source.
    #[error("{at}: {message}")]
    Engine { at: &'static str, message: String },
    /// A value did not have the type that the code reads.
    #[error("{at}: column {column}: expected {expected}, found {found}")]
    Mismatch { at: &'static str, column: usize, expected: &'static str, found: &'static str },
    /// `Tx::one` found no row, or more than one.
    #[error("{at}: expected one row, found {found}")]
    NotOne { at: &'static str, found: usize },
    /// The transaction was undone by others again and again.
    #[error("gave up after {tries} conflicts with other transactions")]
    Conflict { tries: u32 },
    /// COMMIT failed (disk full, connection lost): nothing of this transaction is stored.
    #[error("commit failed: {0}")]
    Commit(String),
    /// More requests are waiting than may wait.
    #[error("the store's queue is full")]
    Overloaded,
    /// The closure panicked; its changes are undone.
    #[error("a transaction panicked: {0}")]
    Panicked(String),
    /// The store was closed while the request waited.
    #[error("the store is closed")]
    Closed,
    /// The database cannot be used as it is; the text says why and what to do.
    #[error("{0}")]
    Unusable(String),
}
