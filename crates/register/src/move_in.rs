//! 国内転入: from 仮登録 to 本登録 ([STD] 4.0.8, 4.1.1; residents.md §3.3).
use base::{At, Date, HouseholdId, PersonId};
use db::{DbError, Tx, params, sql};
use events::facts::{Fact, Foresight, MovedIn};
use events::{EventId, Source};
use identity::Actor;
use serde::Serialize;
use thiserror::Error;

use crate::alert::{Alert, alerts};
use crate::household::{self, Place, place_of};
use crate::lock::{self, LockAct};
use crate::notice::{MoveInId, NoticeState, stored};
use crate::notification::{Member, MoveIn, RawMoveIn, Wrong, check};
use crate::number::{household_number, person_numbers};
use crate::resident::{Home, Name, Resident, State};
use crate::shown::{REFUSED, Shown};
use crate::snapshot::{Cause, insert_first};

/// 異動事由 ([STD] 1.2.2).
const REASON: &str = "国内転入";

/// Why a command was not carried out, in words for the clerk.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("確かめるところが{}つあります", .0.len())]
    Wrong(Vec<Wrong>),
    #[error("答えていない注意が{}つあります", .0.len())]
    Unanswered(Vec<Alert>),
    #[error("この届けは見つかりません")]
    NotFound,
    #[error("この届けは{0}です")]
    WrongState(&'static str),
    #[error("開いたあとに、ほかの人がこの届けを変えました。もう一度開いて確かめられます")]
    Changed,
    #[error("仮登録した人とは別の職員が本登録します")]
    SamePerson,
    #[error("入る世帯が見つかりません。世帯をもう一度選べます")]
    NoHousehold,
    /// A lock on the joined household; told as every other refusal.
    #[error("{REFUSED}")]
    Locked,
    #[error("store")]
    Db(#[from] DbError),
}

/// What 本登録 made.
#[derive(Debug, Clone, Serialize)]
pub struct Registered {
    pub event: EventId,
    pub household: HouseholdId,
    pub persons: Vec<PersonId>,
}

/// 仮登録: stores the answers where no other office sees them.
///
/// # Errors
/// Wrong fields, unanswered alerts, or an unknown household.
pub fn provisional(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: At,
    raw: &RawMoveIn,
    acknowledged: &[String],
) -> Result<MoveInId, Refusal> {
    examine(tx, raw, at.date(), acknowledged)?;
    let id: MoveInId = tx.new_id();
    let insert = sql!(
        "INSERT INTO move_in (municipality_id, id, state, version, answers, acknowledged, entered_by,
                              entered_by_name, entered_at)
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)"
    );
    let answers = serde_json::to_string(raw).expect("answers are plain text");
    let codes = acknowledged.join(" ");
    let state = NoticeState::Provisional.code();
    tx.run(insert, params![id, state, answers, codes, actor.account, actor.name, at])?;
    Ok(id)
}

/// The same examination before 仮登録 and before 本登録: the register may have changed in between.
fn examine(
    tx: &mut Tx<'_>,
    raw: &RawMoveIn,
    today: Date,
    acknowledged: &[String],
) -> Result<MoveIn, Refusal> {
    let notice = check(raw, today, tx.municipality()).map_err(Refusal::Wrong)?;
    if let Some(household) = notice.household
        && place_of(tx, household)?.is_none()
    {
        return Err(Refusal::NoHousehold);
    }
    let joined: Vec<HouseholdId> = notice.household.into_iter().collect();
    if lock::on(tx, &[], &joined, today)?.iter().any(|lock| lock.stops(LockAct::Change)) {
        return Err(Refusal::Locked);
    }
    let open: Vec<Alert> =
        alerts(tx, &notice)?.into_iter().filter(|alert| !acknowledged.contains(&alert.code)).collect();
    if open.is_empty() { Ok(notice) } else { Err(Refusal::Unanswered(open)) }
}

/// 本登録: the act of law. Writes household, persons, versions and the event in one transaction.
///
/// # Errors
/// As [`provisional`]; also when the same clerk entered it, or somebody changed it meanwhile.
pub fn finalize(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: At,
    id: MoveInId,
    version: i64,
) -> Result<Registered, Refusal> {
    let stored = stored(tx, id)?.ok_or(Refusal::NotFound)?;
    match stored.state {
        NoticeState::Provisional => {}
        state @ (NoticeState::Final | NoticeState::Discarded) => {
            return Err(Refusal::WrongState(state.title()));
        }
    }
    if stored.version != version {
        return Err(Refusal::Changed);
    }
    if stored.entered_by == actor.account.get() {
        return Err(Refusal::SamePerson);
    }
    let move_in = examine(tx, &stored.answers, at.date(), &stored.acknowledged)?;
    let registered = record(tx, actor, &move_in)?;
    let update = sql!(
        "UPDATE move_in SET state = 'final', version = version + 1, decided_by = $3, decided_by_name = $4,
                decided_at = $5, household_id = $6, event_id = $7
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.run(update, params![id, actor.account, actor.name, at, registered.household, registered.event])?;
    Ok(registered)
}

fn record(tx: &mut Tx<'_>, actor: &Actor, move_in: &MoveIn) -> Result<Registered, Refusal> {
    let (household, place, first_order) = settle(tx, move_in)?;
    let persons: Vec<PersonId> = move_in.members.iter().map(|_| tx.new_id()).collect();
    let fact = MovedIn {
        household,
        persons: persons.clone(),
        moved_in_on: move_in.moved_on,
        filed_on: move_in.filed_on,
    };
    let event = events::append(tx, &fact, Source { account: actor.account.get(), reason: REASON })?;
    let numbers = person_numbers(tx, persons.len())?;
    let residents: Vec<(Resident, EventId)> = (0i64..)
        .zip(&move_in.members)
        .zip(persons.iter().zip(numbers))
        .map(|((i, member), (&person, person_no))| {
            let resident = Resident {
                person,
                version_no: 1,
                person_no,
                name: name(member),
                nationality: member.nationality.clone(),
                birth: member.birth.clone(),
                sex: member.sex,
                relationship: member.relationship.clone(),
                member_order: first_order + i,
                home: Shown::Open(Home {
                    household,
                    place: place.clone(),
                    domicile: member.domicile.clone(),
                    domicile_head: member.domicile_head.clone(),
                    previous_address: move_in.previous_address.clone(),
                }),
                // First address on move-in: both days are one ([STD] 4.1.1.1).
                resident_since: move_in.moved_on,
                address_since: move_in.moved_on,
                filed_on: Some(move_in.filed_on),
                state: State::Resident,
            };
            (resident, event)
        })
        .collect();
    let cause = Cause { reason: REASON, recorded_by: &actor.name };
    insert_first(tx, &residents, &cause, |_| move_in.moved_on)?;
    Ok(Registered { event, household, persons })
}

fn name(member: &Member) -> Name {
    Name {
        family: member.family.clone(),
        given: member.given.clone(),
        family_kana: member.family_kana.clone(),
        given_kana: member.given_kana.clone(),
        common: String::new(),
    }
}

/// The household: a new one, or the one that they join, whose later order they take.
fn settle(tx: &mut Tx<'_>, move_in: &MoveIn) -> Result<(HouseholdId, Place, i64), Refusal> {
    if let Some(household) = move_in.household {
        let (_, place) = place_of(tx, household)?.ok_or(Refusal::NoHousehold)?;
        let last = sql!(
            "SELECT CAST(COALESCE(MAX(member_order), 0) AS BIGINT) FROM resident_current
              WHERE municipality_id = $1 AND household_id = $2"
        );
        let last: i64 = tx.one(last, params![household], |r| r.take())?;
        // Two move-ins into one household at one moment must see each other.
        let touch = sql!("UPDATE household SET version = version + 1 WHERE municipality_id = $1 AND id = $2");
        tx.run(touch, params![household])?;
        return Ok((household, place, last + 1));
    }
    let place = move_in.place.clone().ok_or(Refusal::NoHousehold)?;
    let household: HouseholdId = tx.new_id();
    let number = household_number(tx)?;
    let row = household::values(household, number, &place, tx.municipality());
    household::insert(tx, vec![row])?;
    Ok((household, place, 1))
}

/// 取りやめ: the notification stays, with who and when.
///
/// # Errors
/// Not found, not provisional any more, or changed meanwhile.
pub fn discard(tx: &mut Tx<'_>, actor: &Actor, at: At, id: MoveInId, version: i64) -> Result<(), Refusal> {
    let stored = stored(tx, id)?.ok_or(Refusal::NotFound)?;
    if stored.state != NoticeState::Provisional {
        return Err(Refusal::WrongState(stored.state.title()));
    }
    let update = sql!(
        "UPDATE move_in SET state = 'discarded', version = version + 1, decided_by = $4, decided_by_name = $5,
                decided_at = $6
          WHERE municipality_id = $1 AND id = $2 AND version = $3"
    );
    let touched = tx.run(update, params![id, version, actor.account, actor.name, at])?;
    if touched == 1 { Ok(()) } else { Err(Refusal::Changed) }
}

/// What the followers are told of the act before it happens.
pub fn foresight(move_in: &MoveIn) -> Foresight {
    let member = |member: &Member| events::facts::Member {
        person: None,
        birth: member.birth.clone(),
        head: member.relationship.is_head(),
        foreign: !member.nationality.is_empty(),
        resident_since: move_in.moved_on,
    };
    Foresight {
        kind: MovedIn::KIND,
        on: move_in.moved_on,
        filed_on: move_in.filed_on,
        members: move_in.members.iter().map(member).collect(),
    }
}
