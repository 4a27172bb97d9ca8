//! The third verb of the store: a read of persons, answered only after the access record (閲覧記録) is stored.
//!
//! Spec: DESIGN §5a, residents §11 [STD 10.2].
use base::{At, PersonId};
use db::{DbError, Store, Tx, params, sql};

use crate::Actor;

/// Marks one access record.
enum AccessKind {}

/// Why persons are looked at (閲覧の目的), for example 「住民票の照会」.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(pub &'static str);

/// A read transaction that remembers whom it showed.
pub struct Looking<'a, 'b> {
    tx: &'a mut Tx<'b>,
    actor: &'a Actor,
    sight: Sight,
}

/// What the access record will hold of one read.
#[derive(Default)]
struct Sight {
    persons: Vec<PersonId>,
    path: Option<String>,
    conditions: Option<String>,
}

impl Sight {
    /// A search that finds nobody is an inquiry, too: it tells that the person is not here.
    fn is_to_be_recorded(&self) -> bool {
        !self.persons.is_empty() || self.conditions.is_some()
    }
}

impl<'b> Looking<'_, 'b> {
    pub fn tx(&mut self) -> &mut Tx<'b> {
        self.tx
    }
    pub fn actor(&self) -> &Actor {
        self.actor
    }
    /// The answer shows something of this person. Saying so twice records once.
    pub fn saw(&mut self, person: PersonId) {
        self.sight.persons.push(person);
    }
    /// The address of the page, as the log shows it.
    pub fn path(&mut self, path: &str) {
        self.sight.path = Some(path.to_owned());
    }
    /// The conditions of a search (検索条件), for every page that shows search results.
    pub fn note(&mut self, conditions: &str) {
        self.sight.conditions = Some(conditions.to_owned());
    }
}

/// Reads persons. When `closure` saw anyone (or noted conditions), one access record goes through the group
/// commit, and only then comes the answer. An answer that is an error may tell of a person as well, so it is
/// recorded alike.
///
/// # Errors
/// What `closure` returns, or the store's own failure: without a record there is no answer.
pub async fn look<T, E, F>(store: &Store, actor: &Actor, purpose: Purpose, closure: F) -> Result<T, E>
where
    F: Fn(&mut Looking<'_, '_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (looker, recorder) = (actor.clone(), actor.clone());
    let read = move |tx: &mut Tx<'_>| {
        let mut looking = Looking { tx, actor: &looker, sight: Sight::default() };
        let answer = closure(&mut looking);
        let sight = looking.sight;
        (answer, sight.is_to_be_recorded().then_some(sight))
    };
    let trace = move |tx: &mut Tx<'_>, sight: &Sight| {
        let at = tx.started_at();
        record(tx, &recorder, purpose, sight, at)
    };
    store.read_traced(actor.municipality, read, trace).await
}

/// The access record of a write transaction that shows persons, for example an issued paper.
///
/// # Errors
/// What the engine says; the transaction must then fail as well.
pub fn record_access(
    tx: &mut Tx<'_>,
    actor: &Actor,
    purpose: Purpose,
    persons: &[PersonId],
    at: At,
) -> Result<(), DbError> {
    let sight = Sight { persons: persons.to_vec(), ..Sight::default() };
    record(tx, actor, purpose, &sight, at)
}

fn record(tx: &mut Tx<'_>, actor: &Actor, purpose: Purpose, sight: &Sight, at: At) -> Result<(), DbError> {
    let mut persons = sight.persons.clone();
    persons.sort_unstable();
    persons.dedup();
    let count = i64::try_from(persons.len()).expect("a list in memory is shorter than 2^63");
    let bytes: Vec<u8> = persons.iter().flat_map(|person| person.get().to_be_bytes()).collect();
    let id = tx.new_id::<AccessKind>();
    tx.run(
        sql!(
            "INSERT INTO access (municipality_id, id, account_id, section_code, purpose, path, conditions, persons,
                person_count, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            id,
            actor.account,
            actor.section.code,
            purpose.0,
            sight.path,
            sight.conditions,
            bytes,
            count,
            at
        ],
    )?;
    Ok(())
}
