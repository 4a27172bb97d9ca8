//! The third verb of the store: a read of persons, answered only after the access record (閲覧記録) is stored.
//!
//! Spec: DESIGN §5a, residents §11 [STD 10.2].
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use base::PersonId;
use db::{DbError, Store, Tx};

use crate::operation::{Entry, Operation, record};
use crate::{Action, Actor, Policy};

/// Why persons are looked at (閲覧の目的), for example 「住民票の照会」.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose(pub &'static str);

/// Who asks, with which rights, from where.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
    pub policy: Arc<Policy>,
    /// The terminal's network address (端末); empty for a command on the machine itself.
    pub terminal: String,
    /// The address of the page or the name of the command, as the log shows it.
    pub path: String,
}

impl Caller {
    pub fn may(&self, action: Action, resource: &str) -> bool {
        self.policy.allows(&self.actor, action, resource)
    }
}

/// A read transaction that remembers whom it showed.
pub struct Looking<'a, 'b> {
    tx: &'a mut Tx<'b>,
    caller: &'a Caller,
    sight: Sight,
    known: Vec<Rc<dyn Any>>,
}

/// What the log will hold of one read.
#[derive(Default)]
struct Sight {
    persons: Vec<PersonId>,
    withheld: Vec<PersonId>,
    conditions: Option<String>,
    prints: bool,
    number_touched: bool,
    /// What was refused: the act, and whose record it was.
    refused: Vec<(&'static str, PersonId)>,
}

impl Sight {
    /// A search that finds nobody is an inquiry, too: it tells that the person is not here.
    fn is_to_be_recorded(&self) -> bool {
        !self.persons.is_empty() || self.conditions.is_some() || self.number_touched
    }
}

impl<'b> Looking<'_, 'b> {
    pub fn tx(&mut self) -> &mut Tx<'b> {
        self.tx
    }
    pub fn actor(&self) -> &Actor {
        &self.caller.actor
    }
    pub fn caller(&self) -> &Caller {
        self.caller
    }
    /// Whether the one who looks has this right.
    pub fn may(&self, action: Action, resource: &str) -> bool {
        self.caller.may(action, resource)
    }
    /// What several doors of one look ask alike: found out once, as the snapshot cannot change meanwhile.
    ///
    /// # Errors
    /// What `find` says.
    pub fn known<T: 'static>(
        &mut self,
        find: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError>,
    ) -> Result<Rc<T>, DbError> {
        if let Some(known) = self.known.iter().find_map(|known| Rc::clone(known).downcast().ok()) {
            return Ok(known);
        }
        let found = Rc::new(find(self.tx)?);
        self.known.push(Rc::clone(&found) as Rc<dyn Any>);
        Ok(found)
    }
    /// The answer shows something of this person. Saying so twice records once.
    pub fn saw(&mut self, person: PersonId) {
        self.sight.persons.push(person);
    }
    /// The answer shows this person without an address, because of a restriction.
    pub fn withheld(&mut self, person: PersonId) {
        self.sight.persons.push(person);
        self.sight.withheld.push(person);
    }
    /// The answer refuses `act` (「住民票の照会」) on this person's record: a row of its own.
    pub fn refused(&mut self, act: &'static str, person: PersonId) {
        self.sight.refused.push((act, person));
    }
    /// The conditions of a search (検索条件), for every page that shows search results.
    pub fn note(&mut self, conditions: &str) {
        self.sight.conditions = Some(conditions.to_owned());
    }
    /// The answer is a paper (発行), not an inquiry.
    pub fn prints(&mut self) {
        self.sight.prints = true;
    }
    /// 個人番号 or 住民票コード is read or compared.
    pub fn touched_number(&mut self) {
        self.sight.number_touched = true;
    }
}

/// Reads persons. When `closure` saw anyone (or noted conditions), one access record goes through the group
/// commit, and only then comes the answer. An answer that is an error may tell of a person as well, so it is
/// recorded alike; what was refused gets rows of its own.
///
/// # Errors
/// What `closure` returns, or the store's own failure: without a record there is no answer.
pub async fn look<T, E, F>(store: &Store, caller: &Caller, purpose: Purpose, closure: F) -> Result<T, E>
where
    F: Fn(&mut Looking<'_, '_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (looker, recorder) = (caller.clone(), caller.clone());
    let read = move |tx: &mut Tx<'_>| {
        let mut looking = Looking { tx, caller: &looker, sight: Sight::default(), known: Vec::new() };
        let answer = closure(&mut looking);
        let sight = looking.sight;
        let leaves_a_trace = sight.is_to_be_recorded() || !sight.refused.is_empty();
        (answer, leaves_a_trace.then_some(sight))
    };
    let trace = move |tx: &mut Tx<'_>, sight: &Sight| record_sight(tx, &recorder, purpose, sight);
    store.read_traced(caller.actor.municipality, read, trace).await
}

fn record_sight(tx: &mut Tx<'_>, caller: &Caller, purpose: Purpose, sight: &Sight) -> Result<(), DbError> {
    if sight.is_to_be_recorded() {
        let mut withheld = sight.withheld.clone();
        withheld.sort_unstable();
        withheld.dedup();
        let operation = if sight.prints { Operation::Print } else { Operation::Inquiry };
        record(
            tx,
            &Entry {
                conditions: sight.conditions.as_deref(),
                persons: &sight.persons,
                withheld: i64::try_from(withheld.len()).expect("a list in memory is shorter than 2^63"),
                number_touched: sight.number_touched,
                ..entry(caller, operation, purpose.0)
            },
        )?;
    }
    let mut acts: Vec<&'static str> = sight.refused.iter().map(|(act, _)| *act).collect();
    acts.sort_unstable();
    acts.dedup();
    for act in acts {
        let of_act = sight.refused.iter().filter(|(other, _)| *other == act);
        let persons: Vec<PersonId> = of_act.map(|(_, person)| *person).collect();
        let refused = entry(caller, Operation::Refused, act);
        record(tx, &Entry { persons: &persons, conditions: sight.conditions.as_deref(), ..refused })?;
    }
    Ok(())
}

fn entry<'a>(caller: &'a Caller, operation: Operation, purpose: &'a str) -> Entry<'a> {
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    Entry { path, terminal: &caller.terminal, ..Entry::new(&caller.actor, operation, purpose) }
}

/// The row of a write transaction that shows or changes persons, for example an issued paper.
///
/// # Errors
/// What the engine says; the transaction must then fail as well.
pub fn record_access(
    tx: &mut Tx<'_>,
    caller: &Caller,
    operation: Operation,
    purpose: &str,
    persons: &[PersonId],
) -> Result<(), DbError> {
    record(tx, &Entry { persons, ..entry(caller, operation, purpose) })
}
