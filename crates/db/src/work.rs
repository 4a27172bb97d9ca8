//! A request to the store, with its type erased: what runs, and who gets the answer.
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::{DbError, Tx};

/// What becomes of a request's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Undo,
    /// Another transaction was in the way: run it again.
    Again,
}

pub(crate) trait Work: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Gives the answer. `fate` is what COMMIT said.
    fn finish(self: Box<Self>, fate: Result<(), DbError>);
}

/// `F` may run several times; only its last answer is given, and only after COMMIT.
pub(crate) struct WorkFor<F, T, E> {
    closure: F,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> WorkFor<F, T, E> {
    pub(crate) fn new(closure: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { closure, answer: None, reply }
    }
}

impl<F, T, E> Work for WorkFor<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.closure)(tx)));
        let mut answer = outcome.unwrap_or_else(|panic| Err(DbError::Panicked(panic_text(&*panic)).into()));
        if let (Ok(_), Some(at)) = (&answer, tx.failed_at()) {
            // PostgreSQL has already given the transaction up; SQLite must not differ.
            let message = "this statement failed and the code went on".to_owned();
            answer = Err(DbError::Engine { at, message }.into());
        }
        let verdict = match (&answer, tx.met_conflict()) {
            (_, true) => Verdict::Again,
            (Ok(_), false) => Verdict::Keep,
            (Err(_), false) => Verdict::Undo,
        };
        self.answer = Some(answer);
        verdict
    }

    fn finish(self: Box<Self>, fate: Result<(), DbError>) {
        let answer = match fate {
            Ok(()) => self.answer.unwrap_or_else(|| Err(DbError::Closed.into())),
            Err(error) => Err(error.into()),
        };
        // Whoever asked may have gone away; the transaction stands all the same.
        drop(self.reply.send(answer));
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|t| (*t).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
