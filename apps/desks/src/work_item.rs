//! What waits at an office's desk, and what a clerk has done there.
use base::{At, Date, HouseholdId};
use db::{DbError, Row, ToValue, Tx, params, sql};
use events::EventId;
use identity::Actor;

use crate::office::{Office, by_key};

/// A consequence that has reached its office (届いた). Only the office's follower writes it.
#[derive(Debug, Clone)]
pub(crate) struct WorkItem {
    pub office: &'static Office,
    pub event: EventId,
    pub household: HouseholdId,
    pub sentence: String,
    pub source: String,
    pub persons: i64,
    pub due: Option<Date>,
    /// When the event was recorded: the same after the log was read again.
    pub recorded_at: At,
}

/// 済み: an act of a clerk. It outlives the item, which is rebuilt whenever the log is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completion {
    pub by: String,
    pub at: At,
}

/// How much lies on an office's desk.
#[derive(Debug, Clone)]
pub(crate) struct Count {
    pub office: &'static Office,
    pub all: i64,
    pub open: i64,
}

pub(crate) fn add(tx: &mut Tx<'_>, items: &[WorkItem]) -> Result<(), DbError> {
    let row = |item: &WorkItem| {
        vec![
            item.office.key.to_value(),
            item.event.to_value(),
            item.household.to_value(),
            item.sentence.to_value(),
            item.source.to_value(),
            item.persons.to_value(),
            item.due.to_value(),
            item.recorded_at.to_value(),
        ]
    };
    let insert = sql!(
        "INSERT INTO work_item (municipality_id, office, event_id, household_id, sentence, source, persons_count,
                                due_on, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    tx.many(insert, items.iter().map(row).collect()).map(drop)
}

/// Empties an office's list. The completions stay: they are acts.
pub(crate) fn clear(tx: &mut Tx<'_>, office: &Office) -> Result<(), DbError> {
    let delete = sql!("DELETE FROM work_item WHERE municipality_id = $1 AND office = $2");
    tx.run(delete, params![office.key]).map(drop)
}

fn keys(offices: &[&Office]) -> Vec<String> {
    offices.iter().map(|office| office.key.to_owned()).collect()
}

/// A page of the items of some offices: the open ones by their last day, then the done ones, newest first.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    offices: &[&Office],
    page: i64,
    size: i64,
) -> Result<Vec<(WorkItem, Option<Completion>)>, DbError> {
    let find = sql!(
        "SELECT w.office, w.event_id, w.household_id, w.sentence, w.source, w.persons_count, w.due_on, w.recorded_at,
                c.account_name, c.done_at
           FROM work_item AS w
           LEFT JOIN work_completion AS c
             ON c.municipality_id = $1 AND c.office = w.office AND c.event_id = w.event_id
          WHERE w.municipality_id = $1 AND w.office IN TEXTS($2)
          ORDER BY CASE WHEN c.done_at IS NULL THEN 0 ELSE 1 END, c.done_at DESC, w.due_on ASC NULLS LAST,
                   w.event_id, w.office
          LIMIT $3 OFFSET $4"
    );
    tx.all(find, params![keys(offices), size, page * size], |r| {
        let item = WorkItem {
            office: office(r)?,
            event: r.take()?,
            household: r.take()?,
            sentence: r.take()?,
            source: r.take()?,
            persons: r.take()?,
            due: r.take()?,
            recorded_at: r.take()?,
        };
        let (by, at) = (r.take::<Option<String>>()?, r.take::<Option<At>>()?);
        Ok((item, by.zip(at).map(|(by, at)| Completion { by, at })))
    })
}

fn office(row: &mut Row) -> Result<&'static Office, DbError> {
    let key: String = row.take()?;
    by_key(&key).ok_or_else(|| DbError::Unusable(format!("work_item.office: {key}")))
}

/// What lies on each desk; an office without items is absent.
pub(crate) fn counts(tx: &mut Tx<'_>, offices: &[&Office]) -> Result<Vec<Count>, DbError> {
    let find = sql!(
        "SELECT w.office, COUNT(*), CAST(SUM(CASE WHEN c.done_at IS NULL THEN 1 ELSE 0 END) AS BIGINT)
           FROM work_item AS w
           LEFT JOIN work_completion AS c
             ON c.municipality_id = $1 AND c.office = w.office AND c.event_id = w.event_id
          WHERE w.municipality_id = $1 AND w.office IN TEXTS($2)
          GROUP BY w.office ORDER BY w.office"
    );
    tx.all(find, params![keys(offices)], |r| {
        Ok(Count { office: office(r)?, all: r.take()?, open: r.take()? })
    })
}

/// Marks an item as done. Who did it first stays: the answer is the completion that stands, `None` when the
/// office has no such item.
pub(crate) fn complete(
    tx: &mut Tx<'_>,
    office: &Office,
    event: EventId,
    actor: &Actor,
    at: At,
) -> Result<Option<Completion>, DbError> {
    let insert = sql!(
        "INSERT INTO work_completion (municipality_id, office, event_id, account_id, account_name, done_at)
         SELECT $1, w.office, w.event_id, CAST($4 AS BIGINT), CAST($5 AS TEXT), CAST($6 AS BIGINT)
           FROM work_item AS w WHERE w.municipality_id = $1 AND w.office = $2 AND w.event_id = $3
         ON CONFLICT (municipality_id, office, event_id) DO NOTHING"
    );
    tx.run(insert, params![office.key, event, actor.account, actor.name, at])?;
    let find = sql!(
        "SELECT account_name, done_at FROM work_completion
          WHERE municipality_id = $1 AND office = $2 AND event_id = $3"
    );
    tx.opt(find, params![office.key, event], |r| Ok(Completion { by: r.take()?, at: r.take()? }))
}
