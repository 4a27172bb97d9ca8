//! The append-only log.
use base::{At, Id};
use db::{DbError, Row, Tx, Value, params, sql};

use crate::facts::Fact;
use crate::follow::FollowUp;

/// One recorded fact.
pub enum EventKind {}
pub type EventId = Id<EventKind>;

/// Who recorded a fact, and why (届出, 職権 …).
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The account's number; 0 is the program itself.
    pub account: i64,
    pub reason: &'a str,
}

/// The log as leaves of the audit tree: a reason may name somebody, and a body tells of persons.
pub static AUDITED: audit::Source = audit::Source {
    name: "event/1",
    title: "異動の記録",
    public: 6,
    unsealed: sql!(
        "SELECT id, leaf_hash FROM event WHERE municipality_id = $1 AND leaf_no IS NULL ORDER BY id LIMIT $2"
    ),
    number: sql!(
        "UPDATE event SET leaf_no = n.leaf_no
           FROM (SELECT id, CAST($3 AS BIGINT) - 1 + ROW_NUMBER() OVER (ORDER BY id) AS leaf_no FROM event
                  WHERE municipality_id = $1 AND id IN INTS($2)) AS n
          WHERE event.municipality_id = $1 AND event.id = n.id"
    ),
    rows: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt,
                id, kind, version, stream, account_id, recorded_at, reason, body
           FROM event WHERE municipality_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ),
    row: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt,
                id, kind, version, stream, account_id, recorded_at, reason, body
           FROM event WHERE municipality_id = $1 AND id = $2"
    ),
    sealed: |_, _| Ok(()),
};

/// A row of the log.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: EventId,
    pub kind: String,
    pub version: i64,
    /// Events of one stream (a household) reach each follower in their order.
    pub stream: i64,
    pub account: i64,
    pub recorded_at: At,
    pub body: String,
}

impl Event {
    /// The fact inside.
    ///
    /// # Errors
    /// The stored body does not fit the fact: it was written by a newer program, or damaged.
    pub fn fact<F: Fact>(&self) -> Result<F, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    pub(crate) fn read(row: &mut Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.take()?,
            kind: row.take()?,
            version: row.take()?,
            stream: row.take()?,
            account: row.take()?,
            recorded_at: row.take()?,
            body: row.take()?,
        })
    }
}

/// Records a fact and hands it to every follower that is switched on.
///
/// # Errors
/// What the engine says.
pub fn append<F: Fact>(tx: &mut Tx<'_>, fact: &F, source: Source<'_>) -> Result<EventId, DbError> {
    let ids = append_all(tx, std::slice::from_ref(fact), source)?;
    Ok(ids[0])
}

/// [`append`] for many facts of one kind in one go.
///
/// # Errors
/// What the engine says.
pub fn append_all<F: Fact>(
    tx: &mut Tx<'_>,
    facts: &[F],
    source: Source<'_>,
) -> Result<Vec<EventId>, DbError> {
    let at = tx.started_at();
    let mut ids = Vec::with_capacity(facts.len());
    let mut rows = Vec::with_capacity(facts.len());
    let mut salts = audit::Salts::default();
    for fact in facts {
        let id: EventId = tx.new_id();
        let body = serde_json::to_string(fact).expect("facts are plain data");
        let mut row = vec![
            Value::Int(id.get()),
            Value::Text(F::KIND.to_owned()),
            Value::Int(F::VERSION),
            Value::Int(fact.stream()),
            Value::Int(source.account),
            Value::Int(at.micros()),
            Value::Text(source.reason.to_owned()),
            Value::Text(body),
        ];
        let (public, personal) = row.split_at(AUDITED.public);
        row.extend(audit::leaf(AUDITED.name, tx.municipality(), public, personal, &mut salts).values());
        rows.push(row);
        ids.push(id);
    }
    let insert = sql!(
        "INSERT INTO event (municipality_id, id, kind, version, stream, account_id, recorded_at, reason, body,
                            leaf_salt, personal_hash, leaf_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    tx.many(insert, rows)?;
    let hand_out = sql!(
        "INSERT INTO job (municipality_id, follower, event_id, stream, run_at, locked_until_at, attempts, trouble)
         SELECT $1, s.follower, e.id, e.stream, $2, 0, 0, ''
           FROM subscription AS s JOIN event AS e ON e.municipality_id = $1 AND e.id IN INTS($3)
          WHERE s.municipality_id = $1 AND s.kind = $4
          ORDER BY s.follower, e.id"
    );
    tx.run(hand_out, params![at, ids, F::KIND])?;
    tx.wake_workers();
    Ok(ids)
}

/// Switches the followers of a city on, in the order of `follow_ups`, and all others off.
///
/// # Errors
/// What the engine says.
pub fn enable(tx: &mut Tx<'_>, follow_ups: &[&FollowUp]) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM subscription WHERE municipality_id = $1"), params![])?;
    let mut rows = Vec::new();
    for (position, follow_up) in (0i64..).zip(follow_ups) {
        for kind in follow_up.kinds {
            let (kind, name) = ((*kind).to_owned(), follow_up.name.to_owned());
            rows.push(vec![Value::Text(kind), Value::Text(name), Value::Int(position)]);
        }
    }
    let insert =
        sql!("INSERT INTO subscription (municipality_id, kind, follower, position) VALUES ($1, $2, $3, $4)");
    tx.many(insert, rows)?;
    Ok(())
}

/// One event by its id.
///
/// # Errors
/// What the engine says.
pub fn event(tx: &mut Tx<'_>, id: EventId) -> Result<Option<Event>, DbError> {
    let find = sql!(
        "SELECT id, kind, version, stream, account_id, recorded_at, body FROM event
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.opt(find, params![id], Event::read)
}
