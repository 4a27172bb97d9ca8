//! Is the index of persons what the operation log says? Who looked at somebody is answered from it, so a row taken
//! out of it would hide a look that the log itself still holds.
use base::MunicipalityId;
use db::{DbError, Store, params, sql};
use sha2::{Digest, Sha256};

use crate::operation::persons_of;

/// Rows of one read.
const SLICE: i64 = 4000;

/// Pairs of person and look in any order: each adds its hash.
#[derive(Default, PartialEq, Eq)]
struct Pairs {
    count: u64,
    sum: u128,
}

impl Pairs {
    fn add(&mut self, person: i64, access: i64) {
        let pair =
            Sha256::new().chain_update(person.to_be_bytes()).chain_update(access.to_be_bytes()).finalize();
        let first = pair.first_chunk::<16>().expect("a hash has 32 bytes");
        self.count += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(*first));
    }
}

/// Whether the index holds exactly the persons of the sealed rows. `verify` checks the rows themselves.
///
/// # Errors
/// The store cannot be read.
pub fn person_index_is_whole(store: &Store, city: MunicipalityId) -> Result<bool, DbError> {
    Ok(of_log(store, city)? == of_index(store, city)?)
}

fn of_log(store: &Store, city: MunicipalityId) -> Result<Pairs, DbError> {
    let (mut pairs, mut after) = (Pairs::default(), i64::MIN);
    loop {
        let rows: Vec<(i64, Option<i64>, Vec<u8>)> = store.read_blocking(city, move |tx| {
            let some = sql!(
                "SELECT id, leaf_no, persons FROM access
                  WHERE municipality_id = $1 AND id > $2 ORDER BY id LIMIT $3"
            );
            tx.all(some, params![after, SLICE], |r| Ok((r.take()?, r.take()?, r.take()?)))
        })?;
        let Some((last, _, _)) = rows.last() else { return Ok(pairs) };
        after = *last;
        for (id, _, persons) in rows.iter().filter(|(_, leaf_no, _)| leaf_no.is_some()) {
            persons_of(persons).for_each(|person| pairs.add(person.get(), *id));
        }
    }
}

fn of_index(store: &Store, city: MunicipalityId) -> Result<Pairs, DbError> {
    let (mut pairs, mut after) = (Pairs::default(), (i64::MIN, i64::MIN));
    loop {
        let rows: Vec<(i64, i64)> = store.read_blocking(city, move |tx| {
            let some = sql!(
                "SELECT person_id, access_id FROM access_person
                  WHERE municipality_id = $1 AND (person_id, access_id) > ($2, $3)
                  ORDER BY person_id, access_id LIMIT $4"
            );
            tx.all(some, params![after.0, after.1, SLICE], |r| Ok((r.take()?, r.take()?)))
        })?;
        let Some(last) = rows.last() else { return Ok(pairs) };
        after = *last;
        rows.iter().for_each(|(person, access)| pairs.add(*person, *access));
    }
}
