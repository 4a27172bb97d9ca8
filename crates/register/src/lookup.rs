//! Reading persons: the only way by which names and addresses leave the register. Each door asks anew who is
//! shielded by a 支援措置, and what the one who looks may know of it.
use std::collections::HashMap;

use base::{At, HouseholdId, PersonId};
use db::{DbError, params, sql};
use identity::Looking;

use crate::household::{Place, place_of};
use crate::lock::{self, Lock, LockAct};
use crate::resident::{Name, Resident, snapshot_columns};
use crate::shelter::{Shelter, Sight, sight};
use crate::shown::{Found, Shown};

/// A household with its present members, in their order.
#[derive(Debug, Clone)]
pub struct HouseholdRecord {
    pub id: HouseholdId,
    pub household_no: String,
    pub place: Place,
    pub members: Vec<Resident>,
    /// A 支援措置 shields somebody here; only who may know it gets here.
    pub shielded: bool,
    /// Other locks on the household or a member today.
    pub locks: Vec<Lock>,
}

/// The words under which a refused look stands in the log.
const INQUIRY: &str = "住民票の照会";

/// Persons by their ids, in 五十音 order: for lists of other offices. A shielded person keeps name and age, so
/// that the office can do its work, and has no address.
///
/// # Errors
/// What the engine says.
pub fn present(looking: &mut Looking<'_, '_>, persons: &[PersonId]) -> Result<Vec<Resident>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2) ORDER BY kana_key, person_id"
    ));
    let mut found = looking.tx().all(find, params![persons], Resident::read)?;
    let shelter = Shelter::seen(looking)?;
    let all = sight(looking) == Sight::Everything;
    for resident in &mut found {
        if !all && shields(&shelter, resident) {
            resident.home = Shown::Withheld;
            looking.withheld(resident.person);
        } else {
            looking.saw(resident.person);
        }
    }
    Ok(found)
}

/// A resident whose home is open, as read from a row.
pub(crate) fn shields(shelter: &Shelter, resident: &Resident) -> bool {
    resident.home.open().is_none_or(|home| shelter.covers(resident.person, home.household))
}

/// What a list of another office says of a household.
#[derive(Debug, Clone)]
pub struct Heading {
    /// 世帯主, else its first member.
    pub head: Option<Name>,
    pub place: Shown<Place>,
}

/// Heads and addresses of households, for lists of other offices.
///
/// # Errors
/// What the engine says.
pub fn headings(
    looking: &mut Looking<'_, '_>,
    households: &[HouseholdId],
) -> Result<HashMap<HouseholdId, Heading>, DbError> {
    let shelter = Shelter::seen(looking)?;
    let all = sight(looking) == Sight::Everything;
    let mut headings = HashMap::new();
    for &id in households {
        if headings.contains_key(&id) {
            continue;
        }
        let members = members_of(looking, id)?;
        let Some((_, place)) = place_of(looking.tx(), id)? else { continue };
        let head = members.iter().find(|m| m.relationship.is_head()).or(members.first());
        let shielded = shelter.covers_home(id) || members.iter().any(|m| shelter.names(m.person));
        for member in &members {
            if shielded && !all { looking.withheld(member.person) } else { looking.saw(member.person) }
        }
        let place = if shielded && !all { Shown::Withheld } else { Shown::Open(place) };
        headings.insert(id, Heading { head: head.map(|head| head.name.clone()), place });
    }
    Ok(headings)
}

/// The household in which a person lives now, with its members.
///
/// # Errors
/// What the engine says.
pub fn household_of(
    looking: &mut Looking<'_, '_>,
    person: PersonId,
) -> Result<Found<HouseholdRecord>, DbError> {
    let find =
        sql!("SELECT household_id FROM resident_current WHERE municipality_id = $1 AND person_id = $2");
    let Some(household) = looking.tx().opt(find, params![person], |r| r.take())? else {
        return Ok(Found::Absent);
    };
    match opened(looking, household, Some(person))? {
        Found::Open(record) if record.members.is_empty() => Ok(Found::Absent),
        found => Ok(found),
    }
}

/// A household with its members.
///
/// # Errors
/// What the engine says.
pub fn household_record(
    looking: &mut Looking<'_, '_>,
    id: HouseholdId,
) -> Result<Found<HouseholdRecord>, DbError> {
    opened(looking, id, None)
}

/// A household, asked for by itself or by somebody who belongs to it, or did.
fn opened(
    looking: &mut Looking<'_, '_>,
    id: HouseholdId,
    asked: Option<PersonId>,
) -> Result<Found<HouseholdRecord>, DbError> {
    let members = members_of(looking, id)?;
    let Some((household_no, place)) = place_of(looking.tx(), id)? else { return Ok(Found::Absent) };
    let persons: Vec<PersonId> = members.iter().map(|m| m.person).collect();
    let concerned: Vec<PersonId> = persons.iter().copied().chain(asked).collect();
    let shelter = Shelter::seen(looking)?;
    let shielded = shelter.covers_home(id) || concerned.iter().any(|person| shelter.names(*person));
    let today = looking.tx().started_at().date();
    let locks = lock::on(looking.tx(), &concerned, &[id], today)?;
    let all = sight(looking) == Sight::Everything;
    if !all && (shielded || locks.iter().any(|lock| lock.stops(LockAct::Inquiry))) {
        asked
            .map_or(persons, |person| vec![person])
            .into_iter()
            .for_each(|person| looking.refused(INQUIRY, person));
        return Ok(Found::Refused);
    }
    persons.iter().for_each(|person| looking.saw(*person));
    Ok(Found::Open(HouseholdRecord { id, household_no, place, members, shielded, locks }))
}

fn members_of(looking: &mut Looking<'_, '_>, id: HouseholdId) -> Result<Vec<Resident>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND household_id = $2 AND state = 'resident'
           ORDER BY member_order, person_id"
    ));
    looking.tx().all(find, params![id], Resident::read)
}

/// Whether the record of a person stays shut for the one who looks. The attempt is recorded.
pub(crate) fn refuses(
    looking: &mut Looking<'_, '_>,
    act: &'static str,
    person: PersonId,
    homes: &[HouseholdId],
) -> Result<bool, DbError> {
    if sight(looking) == Sight::Everything {
        return Ok(false);
    }
    let today = looking.tx().started_at().date();
    let shelter = Shelter::seen(looking)?;
    let shielded = homes.iter().any(|home| shelter.covers(person, *home));
    let refuses = shielded
        || lock::on(looking.tx(), &[person], homes, today)?.iter().any(|lock| lock.stops(LockAct::Inquiry));
    if refuses {
        looking.refused(act, person);
    }
    Ok(refuses)
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

/// Every version of a person, newest first. An old version of a shielded person is as shut as the present one.
///
/// # Errors
/// What the engine says.
pub fn versions(looking: &mut Looking<'_, '_>, person: PersonId) -> Result<Found<Vec<Version>>, DbError> {
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
    let homes: Vec<HouseholdId> =
        found.iter().filter_map(|version| version.resident.home.open()).map(|home| home.household).collect();
    if homes.is_empty() {
        return Ok(Found::Absent);
    }
    if refuses(looking, INQUIRY, person, &homes)? {
        return Ok(Found::Refused);
    }
    looking.saw(person);
    Ok(Found::Open(found))
}
