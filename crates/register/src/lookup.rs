//! Reading persons: the only way by which names and addresses leave the register.
use base::{At, HouseholdId, PersonId};
use db::{DbError, params, sql};
use identity::Looking;

use crate::household::{Place, place_of};
use crate::resident::{Resident, snapshot_columns};

/// A household with its present members, in their order.
#[derive(Debug, Clone)]
pub struct HouseholdRecord {
    pub id: HouseholdId,
    pub household_no: String,
    pub place: Place,
    pub members: Vec<Resident>,
}

/// Persons by their ids, in 五十音 order: for lists of other offices.
///
/// # Errors
/// What the engine says.
pub fn present(looking: &mut Looking<'_, '_>, persons: &[PersonId]) -> Result<Vec<Resident>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2) ORDER BY kana_key, person_id"
    ));
    let found = looking.tx().all(find, params![persons], Resident::read)?;
    found.iter().for_each(|resident| looking.saw(resident.person));
    Ok(found)
}

/// The household in which a person lives now, with its members.
///
/// # Errors
/// What the engine says.
pub fn household_of(
    looking: &mut Looking<'_, '_>,
    person: PersonId,
) -> Result<Option<HouseholdRecord>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND state = 'resident' AND household_id =
             (SELECT household_id FROM resident_current WHERE municipality_id = $1 AND person_id = $2)
           ORDER BY member_order, person_id"
    ));
    let members = looking.tx().all(find, params![person], Resident::read)?;
    match members.first().map(|member| member.household) {
        Some(household) => with_members(looking, household, members),
        None => Ok(None),
    }
}

/// A household with its members.
///
/// # Errors
/// What the engine says.
pub fn household_record(
    looking: &mut Looking<'_, '_>,
    id: HouseholdId,
) -> Result<Option<HouseholdRecord>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND household_id = $2 AND state = 'resident'
           ORDER BY member_order, person_id"
    ));
    let members = looking.tx().all(find, params![id], Resident::read)?;
    with_members(looking, id, members)
}

fn with_members(
    looking: &mut Looking<'_, '_>,
    id: HouseholdId,
    members: Vec<Resident>,
) -> Result<Option<HouseholdRecord>, DbError> {
    let Some((household_no, place)) = place_of(looking.tx(), id)? else { return Ok(None) };
    members.iter().for_each(|resident| looking.saw(resident.person));
    Ok(Some(HouseholdRecord { id, household_no, place, members }))
}

/// One version of a person, with what made it.
#[derive(Debug, Clone)]
pub struct Version {
    pub reason: String,
    pub effective_on: base::Date,
    /// The clerk's name as it was then.
    pub recorded_by: String,
    pub recorded_at: At,
    pub resident: Resident,
}

/// Every version of a person, newest first.
///
/// # Errors
/// What the engine says.
pub fn versions(looking: &mut Looking<'_, '_>, person: PersonId) -> Result<Vec<Version>, DbError> {
    let find = sql!(concat!(
        "SELECT event_reason, effective_on, recorded_by, recorded_at, person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_version WHERE municipality_id = $1 AND person_id = $2 ORDER BY version_no DESC"
    ));
    let found = looking.tx().all(find, params![person], |r| {
        Ok(Version {
            reason: r.take()?,
            effective_on: r.take()?,
            recorded_by: r.take()?,
            recorded_at: r.take()?,
            resident: Resident::read(r)?,
        })
    })?;
    if !found.is_empty() {
        looking.saw(person);
    }
    Ok(found)
}
