//! Who has followed an event, and who has trouble.
use base::At;
use db::{DbError, Tx, params, sql};

use crate::log::EventId;
use crate::work::{STOPPED, TRIES};

/// A follower of one event, in the offices' fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floret {
    pub follower: String,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not yet, and nothing went wrong.
    Waiting,
    /// Done; `micros` from the event's transaction to the follower's.
    Done { fact: String, path: String, micros: i64 },
    /// Failed at least once; tried again at this time.
    Late { again_at: At, trouble: String },
    /// Failed as often as it may; a person must look.
    Stopped { trouble: String },
    /// The event did not concern the office.
    NoConcern,
}

/// The followers of an event.
///
/// # Errors
/// What the engine says.
pub fn board(tx: &mut Tx<'_>, event: EventId) -> Result<Vec<Floret>, DbError> {
    let find = sql!(
        "SELECT s.follower, e.recorded_at, j.run_at, j.attempts, j.trouble, f.fact, f.path, f.done_at
           FROM event AS e
           JOIN subscription AS s ON s.municipality_id = $1 AND s.kind = e.kind
           LEFT JOIN job AS j ON j.municipality_id = $1 AND j.follower = s.follower AND j.event_id = e.id
           LEFT JOIN followed AS f ON f.municipality_id = $1 AND f.event_id = e.id AND f.follower = s.follower
          WHERE e.municipality_id = $1 AND e.id = $2
          ORDER BY s.position, s.follower"
    );
    tx.all(find, params![event], |r| {
        let (follower, recorded_at) = (r.take()?, r.take::<At>()?);
        let (run_at, attempts, trouble) =
            (r.take::<Option<At>>()?, r.take::<Option<i64>>()?, r.take::<Option<String>>()?);
        let (fact, path, done_at) =
            (r.take::<Option<String>>()?, r.take::<Option<String>>()?, r.take::<Option<At>>()?);
        let state = match (fact, path, done_at, run_at, trouble) {
            (Some(fact), Some(path), Some(done_at), ..) => {
                State::Done { fact, path, micros: done_at.micros_since(recorded_at) }
            }
            (.., Some(_), Some(trouble)) if trouble.is_empty() => State::Waiting,
            (.., Some(run_at), Some(trouble)) if run_at == STOPPED || attempts >= Some(TRIES) => {
                State::Stopped { trouble }
            }
            (.., Some(again_at), Some(trouble)) => State::Late { again_at, trouble },
            _ => State::NoConcern,
        };
        Ok(Floret { follower, state })
    })
}

/// A job that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub follower: String,
    pub event: EventId,
    pub kind: String,
    pub attempts: i64,
    pub recorded_at: At,
    /// `None`: it waits for a person.
    pub again_at: Option<At>,
    pub trouble: String,
}

/// The failing jobs of a city, oldest first, at most 200.
///
/// # Errors
/// What the engine says.
pub fn troubles(tx: &mut Tx<'_>) -> Result<Vec<Trouble>, DbError> {
    let find = sql!(
        "SELECT j.follower, j.event_id, e.kind, j.attempts, e.recorded_at, j.run_at, j.trouble
           FROM job AS j JOIN event AS e ON e.municipality_id = $1 AND e.id = j.event_id
          WHERE j.municipality_id = $1 AND j.trouble <> ''
          ORDER BY j.event_id, j.follower LIMIT 200"
    );
    tx.all(find, params![], |r| {
        Ok(Trouble {
            follower: r.take()?,
            event: r.take()?,
            kind: r.take()?,
            attempts: r.take()?,
            recorded_at: r.take()?,
            again_at: Some(r.take::<At>()?).filter(|at| *at != STOPPED),
            trouble: r.take()?,
        })
    })
}

/// Lets a failing job run now, with all its tries before it.
///
/// # Errors
/// What the engine says.
pub fn retry(tx: &mut Tx<'_>, follower: &str, event: EventId) -> Result<bool, DbError> {
    let update = sql!(
        "UPDATE job SET run_at = $4, attempts = 0 WHERE municipality_id = $1 AND follower = $2 AND event_id = $3"
    );
    let touched = tx.run(update, params![follower, event, tx.started_at()])?;
    tx.wake_workers();
    Ok(touched == 1)
}
