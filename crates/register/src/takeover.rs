//! 初期移行: a whole register is taken over household by household, from the former system or the sample.
use base::{Date, HouseholdId, HouseholdNo, PartialDate, PersonId, PersonNo, Sex};
use db::{DbError, Tx};
use events::facts::TakenOver;
use events::{EventId, Source};

use crate::household::{self, Place};
use crate::number::skip_past;
use crate::relationship::Relationship;
use crate::resident::{Home, Name, Resident, State};
use crate::shown::Shown;
use crate::snapshot::{Cause, insert_first};

/// Why the first versions of a takeover are there.
const REASON: &str = "初期移行";

#[derive(Debug, Clone)]
pub struct TakeoverHousehold {
    pub number: HouseholdNo,
    pub place: Place,
    pub members: Vec<TakeoverPerson>,
}

#[derive(Debug, Clone)]
pub struct TakeoverPerson {
    pub number: PersonNo,
    pub name: Name,
    pub nationality: String,
    pub birth: PartialDate,
    pub sex: Sex,
    pub relationship: Relationship,
    pub domicile: String,
    pub domicile_head: String,
    pub resident_since: Date,
    pub address_since: Date,
    pub previous_address: String,
}

/// Registers a slice of households with the numbers they had. One event a household; the followers follow.
///
/// # Errors
/// What the engine says, for one a number that is taken.
pub fn take_over(tx: &mut Tx<'_>, as_of: Date, slice: &[TakeoverHousehold]) -> Result<(), DbError> {
    let city = tx.municipality();
    let ids: Vec<(HouseholdId, Vec<PersonId>)> =
        slice.iter().map(|h| (tx.new_id(), h.members.iter().map(|_| tx.new_id()).collect())).collect();
    let rows =
        slice.iter().zip(&ids).map(|(h, (id, _))| household::values(*id, h.number, &h.place, city)).collect();
    household::insert(tx, rows)?;
    let facts: Vec<TakenOver> = ids
        .iter()
        .map(|(id, persons)| TakenOver { household: *id, persons: persons.clone(), as_of })
        .collect();
    let events = events::append_all(tx, &facts, Source { account: 0, reason: REASON })?;
    let mut residents = Vec::new();
    for ((household, (id, persons)), event) in slice.iter().zip(&ids).zip(events) {
        residents.extend(members(household, *id, persons, event));
    }
    let cause = Cause { reason: REASON, recorded_by: REASON };
    insert_first(tx, &residents, &cause, |resident| resident.address_since)?;
    let persons = slice.iter().flat_map(|h| &h.members).map(|p| p.number.serial()).max().unwrap_or(0);
    let households = slice.iter().map(|h| h.number.serial()).max().unwrap_or(0);
    skip_past(tx, persons, households)
}

fn members(
    household: &TakeoverHousehold,
    id: HouseholdId,
    persons: &[PersonId],
    event: EventId,
) -> Vec<(Resident, EventId)> {
    (1i64..)
        .zip(&household.members)
        .zip(persons)
        .map(|((order, taken), &person)| {
            let resident = Resident {
                person,
                version_no: 1,
                person_no: taken.number,
                name: taken.name.clone(),
                nationality: taken.nationality.clone(),
                birth: taken.birth.clone(),
                sex: taken.sex,
                relationship: taken.relationship.clone(),
                member_order: order,
                home: Shown::Open(Home {
                    household: id,
                    place: household.place.clone(),
                    domicile: taken.domicile.clone(),
                    domicile_head: taken.domicile_head.clone(),
                    previous_address: taken.previous_address.clone(),
                }),
                resident_since: taken.resident_since,
                address_since: taken.address_since,
                filed_on: None,
                state: State::Resident,
            };
            (resident, event)
        })
        .collect()
}
