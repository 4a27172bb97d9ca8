//! Staff looking at their own family and neighbours (residents §11): which resident an account is, who lives with and
//! near that resident, and which looks of the account were at them.
use std::collections::{BTreeSet, HashMap};

use base::{Date, Id, PersonId};
use db::{DbError, Tx, params, sql};
use identity::log::{AccessId, Line};
use identity::{AccountId, Caller, Looking, Operation, account_names, log, record_access};
use register::{Nearness, Resident, near};

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
    if account_names(tx, [account])?.is_empty() {
        return Err(Refusal::Unknown);
    }
    let earlier = links_of(tx, account)?;
    if earlier.iter().any(|one| one.from >= from) {
        return Err(Refusal::of("この日より後の記録があります。それより後の日を入力してください"));
    }
    let ended = from.yesterday().expect("the calendar reaches further back");
    for one in earlier.iter().filter(|one| one.to.is_none()) {
        let end = sql!(
            "UPDATE account_person SET to_on = $4 WHERE municipality_id = $1 AND account_id = $2 AND id = $3"
        );
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

/// The looks of staff at themselves, their household, their address and their neighbours, the latest first. Who is
/// shielded by a 支援措置 is left out unless the one who asks may know where she lives: nearness would tell it.
pub(crate) fn looks(looking: &mut Looking<'_, '_>, period: &Period) -> Result<Vec<NearLook>, DbError> {
    let mut found: HashMap<(AccessId, PersonId), Nearness> = HashMap::new();
    for link in links(looking.tx(), period)? {
        let near = near(looking.tx(), link.person)?;
        let persons: Vec<PersonId> = near.keys().copied().collect();
        for (access, person) in log::looks_at(looking.tx(), link.account, &persons, period.span())? {
            found.insert((access, person), near[&person]);
        }
    }
    let ids: BTreeSet<i64> = found.keys().map(|(id, _)| id.get()).collect();
    let persons: BTreeSet<PersonId> = found.keys().map(|(_, person)| *person).collect();
    let lines = log::by_ids(looking.tx(), &ids.into_iter().collect::<Vec<_>>())?;
    let residents = register::present(looking, &persons.into_iter().collect::<Vec<_>>())?;
    let links = links(looking.tx(), period)?;
    let holds = |line: &Line| {
        let day = line.at.date();
        links
            .iter()
            .any(|one| one.account == line.account && one.from <= day && one.to.is_none_or(|to| day <= to))
    };
    let mut looks: Vec<NearLook> = lines
        .into_iter()
        .filter(holds)
        .flat_map(|line| {
            let shown = residents.iter().filter(|resident| resident.home.open().is_some());
            let seen =
                shown.filter_map(|resident| Some((resident, *found.get(&(line.id, resident.person))?)));
            let seen = seen.map(|(resident, nearness)| (resident.clone(), nearness));
            seen.map(|(resident, nearness)| NearLook { line: line.clone(), nearness, resident })
                .collect::<Vec<_>>()
        })
        .collect();
    looks.sort_by_key(|look| (std::cmp::Reverse(look.line.id), look.nearness, look.resident.person));
    Ok(looks)
}
