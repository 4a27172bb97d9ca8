//! A request to the store, with its type erased: what runs, and who gets the answer.
use std::panic::{AssertUnwindSafe, catch_unwind};

use base::MunicipalityId;
use crossbeam_channel::Sender;
use tokio::sync::oneshot;

use crate::store::{Isolation, Task};
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

/// A read that leaves a trace: the answer goes out after the trace is committed, and not without it.
pub(crate) struct TracedRead<F, W, T, R, E> {
    read: F,
    trace: W,
    found: Option<(Result<T, E>, Option<R>)>,
    reply: oneshot::Sender<Result<T, E>>,
    /// Where the trace is written.
    writes: Sender<Task>,
    municipality: MunicipalityId,
}

impl<F, W, T, R, E> TracedRead<F, W, T, R, E> {
    pub(crate) fn new(
        read: F,
        trace: W,
        reply: oneshot::Sender<Result<T, E>>,
        writes: Sender<Task>,
        municipality: MunicipalityId,
    ) -> Self {
        Self { read, trace, found: None, reply, writes, municipality }
    }
}

impl<F, W, T, R, E> Work for TracedRead<F, W, T, R, E>
where
    F: Fn(&mut Tx<'_>) -> (Result<T, E>, Option<R>) + Send,
    W: Fn(&mut Tx<'_>, &R) -> Result<(), DbError> + Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.read)(tx)));
        let (answer, seen) =
            outcome.unwrap_or_else(|panic| (Err(DbError::Panicked(panic_text(&*panic)).into()), None));
        if tx.met_conflict() {
            return Verdict::Again;
        }
        self.found = Some((answer, seen));
        Verdict::Keep
    }

    fn finish(self: Box<Self>, fate: Result<(), DbError>) {
        let Self { trace, found, reply, writes, municipality, .. } = *self;
        let (answer, seen) = match (fate, found) {
            (Ok(()), Some(found)) => found,
            (Ok(()), None) => (Err(DbError::Closed.into()), None),
            (Err(error), _) => (Err(error.into()), None),
        };
        let Some(seen) = seen else {
            drop(reply.send(answer));
            return;
        };
        let work = Box::new(Trace { trace, seen, answer, written: Ok(()), reply });
        let task =
            Task { municipality: Some(municipality), isolation: Isolation::Serializable, bulk: false, work };
        if let Err(refused) = writes.try_send(task) {
            refused.into_inner().work.finish(Err(DbError::Overloaded));
        }
    }
}

struct Trace<W, T, R, E> {
    trace: W,
    seen: R,
    answer: Result<T, E>,
    written: Result<(), DbError>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<W, T, R, E> Work for Trace<W, T, R, E>
where
    W: Fn(&mut Tx<'_>, &R) -> Result<(), DbError> + Send,
    T: Send,
    R: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        self.written = (self.trace)(tx, &self.seen);
        match (&self.written, tx.met_conflict()) {
            (_, true) => Verdict::Again,
            (Ok(()), false) => Verdict::Keep,
            (Err(_), false) => Verdict::Undo,
        }
    }

    fn finish(self: Box<Self>, fate: Result<(), DbError>) {
        let answer = match fate.and(self.written) {
            Ok(()) => self.answer,
            Err(error) => Err(error.into()),
        };
        drop(self.reply.send(answer));
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|t| (*t).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
