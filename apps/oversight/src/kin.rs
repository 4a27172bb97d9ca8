//! Staff looking at their own family and neighbours (residents §11): which resident an account is, who lives with and
//! near that resident, and which looks of the account were at them.
use std::collections::{BTreeSet, HashMap};

use base::{Date, HouseholdId, Id, PersonId};
use db::{DbError, Tx, params, sql};
use identity::{AccountId, Caller, Looking, Operation, record_access};
use register::Resident;

use crate::line::{self, AccessId, Line};
use crate::period::Period;
use crate::refusal::Refusal;

/// One link of an account to a resident.
pub(crate) enum LinkKind {}
type LinkId = Id<LinkKind>;

/// That an account is this resident, for some days, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub id: LinkId,
    pub account: AccountId,
    pub person: PersonId,
    pub from: Date,
    pub to: Option<Date>,
}

/// How near somebody is to the one who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    Oneself,
    Household,
    Address,
    Neighbour,
}

impl Nearness {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Oneself => "本人",
            Self::Household => "同じ世帯",
            Self::Address => "同じ住所",
            Self::Neighbour => "近所",
        }
    }
}

/// A look at somebody near.
#[derive(Debug, Clone)]
pub(crate) struct NearLook {
    pub line: Line,
    pub nearness: Nearness,
    pub resident: Resident,
}

/// Says which resident an account is from a day on; what was said before ends the day before.
pub(crate) fn link(
    tx: &mut Tx<'_>,
    caller: &Caller,
    account: AccountId,
    person: PersonId,
    from: Date,
) -> Result<(), Refusal> {
    let known = sql!("SELECT id FROM account WHERE municipality_id = $1 AND id = $2");
    if tx.opt(known, params![account], |r| r.take::<i64>())?.is_none() {
        return Err(Refusal::Unknown);
    }
    let earlier = links_of(tx, account)?;
    if earlier.iter().any(|one| one.from >= from) {
        return Err(Refusal::of("この日より後の記録があります。それより後の日を入力してください"));
    }
    let ended = from.yesterday().expect("the calendar reaches further back");
    for one in earlier.iter().filter(|one| one.to.is_none()) {
        let end =
            sql!("UPDATE account_person SET to_on = $4 WHERE municipality_id = $1 AND account_id = $2 AND id = $3");
        tx.run(end, params![account, one.id, ended])?;
    }
    let id: LinkId = tx.new_id();
    let now = tx.started_at();
    let insert = sql!(
        "INSERT INTO account_person (municipality_id, account_id, id, person_id, from_on, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.run(insert, params![account, id, person, from, caller.actor.account, now])?;
    record_access(tx, caller, Operation::Change, "職員本人の住民票の登録", &[person])?;
    Ok(())
}

/// The links of an account, the oldest first.
pub(crate) fn links_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Link>, DbError> {
    let find = sql!(
        "SELECT id, account_id, person_id, from_on, to_on FROM account_person
          WHERE municipality_id = $1 AND account_id = $2 ORDER BY from_on, id"
    );
    tx.all(find, params![account], read)
}

/// Every link that holds on a day of the period.
fn links(tx: &mut Tx<'_>, period: &Period) -> Result<Vec<Link>, DbError> {
    let find = sql!(
        "SELECT id, account_id, person_id, from_on, to_on FROM account_person
          WHERE municipality_id = $1 AND account_id > 0 AND from_on <= $3 AND (to_on IS NULL OR to_on >= $2)
          ORDER BY account_id, from_on"
    );
    tx.all(find, params![period.from, period.to], read)
}

fn read(row: &mut db::Row) -> Result<Link, DbError> {
    Ok(Link {
        id: row.take()?,
        account: row.take()?,
        person: row.take()?,
        from: row.take()?,
        to: row.take()?,
    })
}

/// Who lives with or near somebody now, herself included. Ids alone leave this function: where they live does not.
fn near(tx: &mut Tx<'_>, person: PersonId) -> Result<HashMap<PersonId, Nearness>, DbError> {
    let mut near = HashMap::from([(person, Nearness::Oneself)]);
    let home = sql!(
        "SELECT h.id, h.town_id, h.lot_key, h.address_detail FROM resident_current AS c
           JOIN household AS h ON h.municipality_id = $1 AND h.id = c.household_id
          WHERE c.municipality_id = $1 AND c.person_id = $2 AND c.state = 'resident'"
    );
    type Home = (HouseholdId, Option<i64>, String, String);
    let home: Option<Home> =
        tx.opt(home, params![person], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))?;
    let Some((household, town, lot, detail)) = home else { return Ok(near) };
    let mut homes = vec![(household, Nearness::Household)];
    if let Some(town) = town.filter(|_| !lot.is_empty()) {
        let (first, last) = around(&lot);
        let find = sql!(
            "SELECT id, lot_key, address_detail FROM household
              WHERE municipality_id = $1 AND town_id = $2 AND lot_key >= $3 AND lot_key < $4"
        );
        let found: Vec<(HouseholdId, String, String)> =
            tx.all(find, params![town, first, last], |r| Ok((r.take()?, r.take()?, r.take()?)))?;
        homes.extend(found.into_iter().filter(|(id, ..)| *id != household).map(|(id, own, room)| {
            (id, if own == lot && room == detail { Nearness::Address } else { Nearness::Neighbour })
        }));
    }
    let ids: Vec<HouseholdId> = homes.iter().map(|(id, _)| *id).collect();
    let homes: HashMap<HouseholdId, Nearness> = homes.into_iter().collect();
    let members = sql!(
        "SELECT person_id, household_id FROM resident_current
          WHERE municipality_id = $1 AND household_id IN INTS($2) AND state = 'resident'"
    );
    let members: Vec<(PersonId, HouseholdId)> =
        tx.all(members, params![ids], |r| Ok((r.take()?, r.take()?)))?;
    for (member, household) in members {
        near.entry(member).or_insert(homes[&household]);
    }
    Ok(near)
}

/// The keys of the same lot and the lots beside it (`0-000327-000003` → 326番地 to 328番地 with their branches); of
/// a lot without a number the same alone.
fn around(lot: &str) -> (String, String) {
    let number = lot.strip_prefix("0-").and_then(|rest| rest.get(..6)).and_then(|six| six.parse::<u32>().ok());
    match number {
        Some(number) => (format!("0-{:06}", number.saturating_sub(1)), format!("0-{:06}", number + 2)),
        None => (lot.to_owned(), format!("{lot}\u{1}")),
    }
}

/// The looks of staff at themselves, their household, their address and their neighbours, the latest first. Who is
/// shielded by a 支援措置 is left out unless the one who asks may know where she lives: nearness would tell it.
pub(crate) fn looks(looking: &mut Looking<'_, '_>, period: &Period) -> Result<Vec<NearLook>, DbError> {
    let mut found: HashMap<(AccessId, PersonId), Nearness> = HashMap::new();
    let unsealed = line::unsealed(looking.tx(), period)?;
    for link in links(looking.tx(), period)? {
        let near = near(looking.tx(), link.person)?;
        for (access, person) in looks_of(looking.tx(), link.account, &near, period)? {
            found.insert((access, person), near[&person]);
        }
        for (id, _, persons) in unsealed.iter().filter(|(_, account, _)| *account == link.account) {
            let seen = persons.iter().filter_map(|person| Some((*person, *near.get(person)?)));
            found.extend(seen.map(|(person, nearness)| ((AccessId::new(*id), person), nearness)));
        }
    }
    let ids: BTreeSet<i64> = found.keys().map(|(id, _)| id.get()).collect();
    let persons: BTreeSet<PersonId> = found.keys().map(|(_, person)| *person).collect();
    let lines = line::by_ids(looking.tx(), &ids.into_iter().collect::<Vec<_>>())?;
    let residents = register::present(looking, &persons.into_iter().collect::<Vec<_>>())?;
    let links = links(looking.tx(), period)?;
    let holds = |line: &Line| {
        let day = line.at.date();
        links.iter().any(|one| one.account == line.account && one.from <= day && one.to.is_none_or(|to| day <= to))
    };
    let mut looks: Vec<NearLook> = lines
        .into_iter()
        .filter(holds)
        .flat_map(|line| {
            let shown = residents.iter().filter(|resident| resident.home.open().is_some());
            let seen = shown.filter_map(|resident| Some((resident, *found.get(&(line.id, resident.person))?)));
            let seen = seen.map(|(resident, nearness)| (resident.clone(), nearness));
            seen.map(|(resident, nearness)| NearLook { line: line.clone(), nearness, resident }).collect::<Vec<_>>()
        })
        .collect();
    looks.sort_by_key(|look| (std::cmp::Reverse(look.line.id), look.nearness, look.resident.person));
    Ok(looks)
}

fn looks_of(
    tx: &mut Tx<'_>,
    account: AccountId,
    near: &HashMap<PersonId, Nearness>,
    period: &Period,
) -> Result<Vec<(AccessId, PersonId)>, DbError> {
    let find = sql!(
        "SELECT p.access_id, p.person_id FROM access_person AS p
           JOIN access AS a ON a.municipality_id = $1 AND a.id = p.access_id
          WHERE p.municipality_id = $1 AND p.person_id IN INTS($2) AND p.access_id >= $3 AND p.access_id < $4
            AND a.account_id = $5"
    );
    let persons: Vec<PersonId> = near.keys().copied().collect();
    let (first, last) = (AccessId::first_at(period.begin()), AccessId::first_at(period.end()));
    tx.all(find, params![persons, first, last, account], |r| Ok((r.take()?, r.take()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lots_beside_a_lot() {
        for (lot, inside, outside) in [
            (
                "0-000327-000003",
                &["0-000326", "0-000327-000001", "0-000328-000009"][..],
                &["0-000325-000009", "0-000329"][..],
            ),
            ("101-000012", &["101-000012"], &["101-000011", "101-000013", "101-000012-000001"]),
        ] {
            let (first, last) = around(lot);
            let is_in = |key: &&str| *key >= first.as_str() && *key < last.as_str();
            assert!(inside.iter().all(|key| is_in(key)), "{lot}");
            assert!(!outside.iter().any(|key| is_in(key)), "{lot}");
        }
    }
}
