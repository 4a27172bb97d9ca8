//! What followers may know of persons: neither name nor address.
use base::{PartialDate, PersonId};
use db::{DbError, Row, Tx, params, sql};
use events::facts::Member;

/// The facts from which an office computes its consequence. Not a look at a person: nothing is shown to
/// anybody, so no access row is written; the office's pages ask [`crate::present`] for name and address.
///
/// # Errors
/// What the engine says.
pub fn followers_view(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<Vec<Member>, DbError> {
    let find = sql!(
        "SELECT person_id, birth_text, birth_kind, birth_earliest_on, birth_latest_on, relationship, nationality,
                resident_since_on
           FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2) ORDER BY person_id"
    );
    tx.all(find, params![persons], |r| {
        Ok(Member {
            person: Some(r.take()?),
            birth: birth(r)?,
            head: r.take::<String>()? == "世帯主",
            foreign: !r.take::<String>()?.is_empty(),
            resident_since: r.take()?,
        })
    })
}

fn birth(row: &mut Row) -> Result<PartialDate, DbError> {
    let (text, kind): (String, String) = (row.take()?, row.take()?);
    let (earliest, latest) = (row.take()?, row.take()?);
    PartialDate::from_stored(&text, &kind, earliest, latest)
        .ok_or_else(|| DbError::Unusable("resident_current.birth: an impossible combination".to_owned()))
}
