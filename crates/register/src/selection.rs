//! Choosing persons for a list of letters: ids alone, never a name or an address.
use std::collections::{HashMap, HashSet};

use base::{Date, PersonId};
use db::{DbError, Tx, params, sql};

/// Present residents who were born within these days, in the order of their births.
///
/// # Errors
/// What the engine says.
pub fn born_between(tx: &mut Tx<'_>, from: Date, to: Date) -> Result<Vec<PersonId>, DbError> {
    let find = sql!(
        "SELECT person_id FROM resident_current
          WHERE municipality_id = $1 AND birth_earliest_on >= $2 AND birth_earliest_on <= $3 AND state <> 'closed'
          ORDER BY birth_earliest_on, person_id"
    );
    tx.all(find, params![from, to], |r| r.take())
}

/// Present residents by 宛名番号 or id, each once in the order given, and the words that name nobody.
///
/// # Errors
/// What the engine says.
pub fn persons_named(tx: &mut Tx<'_>, words: &[String]) -> Result<(Vec<PersonId>, Vec<String>), DbError> {
    let by_number = sql!(
        "SELECT person_no, person_id FROM resident_current
          WHERE municipality_id = $1 AND person_no IN TEXTS($2) AND state <> 'closed'"
    );
    let numbers: Vec<(String, PersonId)> =
        tx.all(by_number, params![words.to_vec()], |r| Ok((r.take()?, r.take()?)))?;
    let ids: Vec<PersonId> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let by_id = sql!(
        "SELECT person_id FROM resident_current
          WHERE municipality_id = $1 AND person_id IN INTS($2) AND state <> 'closed'"
    );
    let known: HashSet<PersonId> = tx.all(by_id, params![ids], |r| r.take())?.into_iter().collect();
    let numbers: HashMap<String, PersonId> = numbers.into_iter().collect();
    let (mut seen, mut found, mut unknown) = (HashSet::new(), Vec::new(), Vec::new());
    for word in words {
        let by_id = word.parse().ok().filter(|id| known.contains(id));
        match numbers.get(word).copied().or(by_id) {
            Some(person) if seen.insert(person) => found.push(person),
            Some(_) => {}
            None => unknown.push(word.clone()),
        }
    }
    Ok((found, unknown))
}
