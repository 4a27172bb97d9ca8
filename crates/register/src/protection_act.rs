//! What persons do to a 支援措置. Each act is one row of history, one event for every office, one access row; a
//! measure ends by an act alone.
use base::{Date, PersonId};
use db::{DbError, ToValue, Tx, Value, params, sql};
use events::Source;
use events::facts::{Protected, ProtectionDeed};
use identity::Action::{Change, Create};
use identity::{Caller, Operation, record_access};
use thiserror::Error;

use crate::notification::Wrong;
use crate::protection::{
    Part, ProtectedAct, Protection, ProtectionId, ProtectionState, extension_from, last_day_of_year, load,
};
use crate::protection_form::{Application, RawProtection, Understood, by_id, linked, understand};
use crate::shelter::PROTECTION;

/// Why an act on a measure was not done, in words for the officer.
#[derive(Debug, Error)]
pub enum ProtectionRefusal {
    #[error("確かめるところが{}つあります", .0.len())]
    Wrong(Vec<Wrong>),
    #[error("この支援措置は見つかりません")]
    NotFound,
    #[error("この支援措置は終了しています")]
    Ended,
    #[error("この支援措置は仮ではありません")]
    NotProvisional,
    #[error("延長は{}から受け付けます", base::wareki(*.0))]
    TooEarly(Date),
    #[error("理由を入力してください")]
    NoReason,
    #[error("転送先を入力してください")]
    NoPlace,
    #[error("この番号の人は見つかりません")]
    NoPerson,
    #[error("この支援措置で抑止している人ではありません")]
    NotShielded,
    #[error("どの証明書かを選んでください")]
    NoDocument,
    #[error("請求する人を入力してください")]
    NoRequester,
    #[error("この人は相手方か、相手方に似ています。解除できません")]
    OtherParty,
    #[error("この操作は支援措置責任者が行います")]
    NotYours,
    #[error("store")]
    Db(#[from] DbError),
}

type Done<T = ()> = Result<T, ProtectionRefusal>;

/// 申出, 仮支援措置, or a forwarding from another municipality: from this commit on every door is shut.
///
/// # Errors
/// Every wrong field.
pub fn file(tx: &mut Tx<'_>, caller: &Caller, raw: &RawProtection) -> Done<ProtectionId> {
    if !caller.may(Create, PROTECTION) {
        return Err(ProtectionRefusal::NotYours);
    }
    let today = tx.started_at().date();
    let application = understand(tx, raw, today)?.map_err(ProtectionRefusal::Wrong)?;
    let id: ProtectionId = tx.new_id();
    insert(tx, id, raw, &application)?;
    let Application { applicant, joined, others, .. } = application;
    let parts = [(Part::Applicant, vec![applicant]), (Part::Joined, joined), (Part::Other, others)];
    let parties = parts.into_iter().flat_map(|(part, all)| all.into_iter().map(move |one| (part, one)));
    insert_parties(tx, id, parties.collect())?;
    let stored = load(tx, id)?.ok_or(ProtectionRefusal::NotFound)?;
    let told = format!(
        "{}　{}から{}まで",
        stored.state.title(),
        base::wareki(stored.starts_on),
        base::wareki(stored.ends_on)
    );
    note(tx, caller, &stored, 1, ProtectionDeed::Filed, &told, "")?;
    Ok(id)
}

fn insert(tx: &mut Tx<'_>, id: ProtectionId, raw: &RawProtection, application: &Application) -> Done {
    let state = if raw.provisional { ProtectionState::Provisional } else { ProtectionState::InForce };
    let acts = if raw.acts.is_empty() { &ProtectedAct::ALL[..] } else { &raw.acts };
    let acts: Vec<&str> = acts.iter().map(|act| act.code()).collect();
    let starts_on = application.starts_on;
    let (acts, from, at) = (acts.join(" "), raw.forwarded_from.trim(), tx.started_at());
    let insert = sql!(
        "INSERT INTO protection (municipality_id, id, state, version, acts, starts_on, ends_on, forwarded_from,
                                 forwarded_on, forwarded_to, forwarded_to_on, filed_at)
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, '', NULL, $9)"
    );
    let (code, end) = (state.code(), last_day_of_year(starts_on));
    tx.run(insert, params![id, code, acts, starts_on, end, from, application.forwarded_on, at])?;
    Ok(())
}

fn insert_parties(tx: &mut Tx<'_>, id: ProtectionId, parties: Vec<(Part, Understood)>) -> Done {
    let mut rows = Vec::new();
    let mut keys: Vec<Vec<Value>> = Vec::new();
    for (position, (part, party)) in (0i64..).zip(parties) {
        rows.push(vec![
            id.to_value(),
            position.to_value(),
            part.code().to_value(),
            party.person.to_value(),
            party.birth.0.to_value(),
            party.birth.1.to_value(),
            serde_json::to_string(&party.told).expect("plain text").to_value(),
        ]);
        keys.extend(party.keys.iter().map(|key| vec![id.to_value(), position.to_value(), key.to_value()]));
    }
    let insert = sql!(
        "INSERT INTO protection_person (municipality_id, protection_id, position, part, person_id,
                                        birth_earliest_on, birth_latest_on, told)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    tx.many(insert, rows)?;
    insert_keys(tx, keys)
}

fn insert_keys(tx: &mut Tx<'_>, keys: Vec<Vec<Value>>) -> Done {
    let insert = sql!(
        "INSERT INTO protection_key (municipality_id, protection_id, position, search_key) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, protection_id, position, search_key) DO NOTHING"
    );
    tx.many(insert, keys)?;
    Ok(())
}

/// The history row, the event and the access row of an act.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    caller: &Caller,
    of: &Protection,
    version: i64,
    deed: ProtectionDeed,
    told: &str,
    reason: &str,
) -> Done {
    let (persons, at) = (of.shielded(), tx.started_at());
    let fact = Protected { protection: of.id, deed, persons: persons.clone(), on: at.date() };
    let title = title(deed);
    let event = events::append(tx, &fact, Source { account: caller.actor.account.get(), reason: title })?;
    let insert = sql!(
        "INSERT INTO protection_act (municipality_id, protection_id, version, act, told, reason, account_id,
                                     account_name, section_name, acted_at, event_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let actor = &caller.actor;
    tx.run(
        insert,
        params![
            of.id,
            version,
            title,
            told,
            reason.trim(),
            actor.account,
            actor.name,
            actor.section.name,
            at,
            event
        ],
    )?;
    record_access(tx, caller, Operation::Change, title, &persons)?;
    Ok(())
}

/// As the history and the log name an act.
pub(crate) const fn title(deed: ProtectionDeed) -> &'static str {
    match deed {
        ProtectionDeed::Filed => "支援措置の申出",
        ProtectionDeed::Confirmed => "支援措置の開始",
        ProtectionDeed::Extended => "支援措置の延長",
        ProtectionDeed::MovedOut => "転出による仮支援措置",
        ProtectionDeed::Forwarded => "支援措置の転送",
        ProtectionDeed::Linked => "支援措置の人の確認",
        ProtectionDeed::RuledOut => "別人の確認",
        ProtectionDeed::Released => "支援措置の一時解除",
        ProtectionDeed::Ended => "支援措置の終了",
    }
}

/// The measure that an act is about: there, not ended, and the caller's to change.
pub(crate) fn open(tx: &mut Tx<'_>, caller: &Caller, id: ProtectionId) -> Done<Protection> {
    if !caller.may(Change, PROTECTION) {
        return Err(ProtectionRefusal::NotYours);
    }
    let found = load(tx, id)?.ok_or(ProtectionRefusal::NotFound)?;
    if found.state == ProtectionState::Ended { Err(ProtectionRefusal::Ended) } else { Ok(found) }
}

/// Counts the act; two at one moment meet here.
pub(crate) fn next_version(tx: &mut Tx<'_>, of: &Protection) -> Done<i64> {
    let update = sql!("UPDATE protection SET version = version + 1 WHERE municipality_id = $1 AND id = $2");
    tx.run(update, params![of.id])?;
    Ok(of.version + 1)
}

/// 延長: accepted from one month before the end; the new year begins on the day after the old end.
///
/// # Errors
/// Too early, ended, or not found.
pub fn extend(tx: &mut Tx<'_>, caller: &Caller, id: ProtectionId) -> Done<Date> {
    let of = open(tx, caller, id)?;
    let from = extension_from(of.ends_on);
    if tx.started_at().date() < from {
        return Err(ProtectionRefusal::TooEarly(from));
    }
    let start = of.ends_on.tomorrow().unwrap_or(of.ends_on);
    let end = last_day_of_year(start);
    let version = next_version(tx, &of)?;
    let update = sql!("UPDATE protection SET ends_on = $3 WHERE municipality_id = $1 AND id = $2");
    tx.run(update, params![id, end])?;
    let told = format!("{}から{}まで", base::wareki(start), base::wareki(end));
    note(tx, caller, &of, version, ProtectionDeed::Extended, &told, "")?;
    Ok(end)
}

/// 仮支援措置 becomes the full measure. The period stays.
///
/// # Errors
/// Not provisional, ended, or not found.
pub fn confirm(tx: &mut Tx<'_>, caller: &Caller, id: ProtectionId) -> Done {
    let of = open(tx, caller, id)?;
    if of.state != ProtectionState::Provisional {
        return Err(ProtectionRefusal::NotProvisional);
    }
    set_state(tx, caller, &of, ProtectionState::InForce, ProtectionDeed::Confirmed, "")
}

fn set_state(
    tx: &mut Tx<'_>,
    caller: &Caller,
    of: &Protection,
    state: ProtectionState,
    deed: ProtectionDeed,
    reason: &str,
) -> Done {
    let version = next_version(tx, of)?;
    let update = sql!("UPDATE protection SET state = $3 WHERE municipality_id = $1 AND id = $2");
    tx.run(update, params![of.id, state.code()])?;
    note(tx, caller, of, version, deed, state.title(), reason)
}

/// 転出: the measures that name the person go on as 仮支援措置, so that no gap opens. Called in the transaction of
/// the move-out. Gives how many there are.
///
/// # Errors
/// What the engine says.
pub fn moved_out(tx: &mut Tx<'_>, caller: &Caller, person: PersonId) -> Done<usize> {
    let find = sql!(
        "SELECT DISTINCT protection_id FROM protection_person
          WHERE municipality_id = $1 AND person_id = $2 AND part <> 'other' ORDER BY protection_id"
    );
    let ids: Vec<ProtectionId> = tx.all(find, params![person], |r| r.take())?;
    let mut changed = 0;
    for id in ids {
        let Some(of) = load(tx, id)? else { continue };
        if of.state != ProtectionState::Ended {
            set_state(tx, caller, &of, ProtectionState::Provisional, ProtectionDeed::MovedOut, "転出")?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// 転送: which municipality was told, and when.
///
/// # Errors
/// Without a place, ended, or not found.
pub fn forward(tx: &mut Tx<'_>, caller: &Caller, id: ProtectionId, to: &str) -> Done {
    let (of, to) = (open(tx, caller, id)?, to.trim());
    if to.is_empty() {
        return Err(ProtectionRefusal::NoPlace);
    }
    let version = next_version(tx, &of)?;
    let update = sql!(
        "UPDATE protection SET forwarded_to = $3, forwarded_to_on = $4 WHERE municipality_id = $1 AND id = $2"
    );
    let today = tx.started_at().date();
    tx.run(update, params![id, to, today])?;
    note(tx, caller, &of, version, ProtectionDeed::Forwarded, to, "")
}

/// The party at a position is this person of the register; or, for `position: None`, this person of the same name is
/// somebody else (別人) and is not shielded by this measure any more.
///
/// # Errors
/// No such person or position, ended, or not found.
pub fn link(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: ProtectionId,
    position: Option<i64>,
    person: PersonId,
) -> Done {
    let of = open(tx, caller, id)?;
    let resident = by_id(tx, person)?.ok_or(ProtectionRefusal::NoPerson)?;
    let version = next_version(tx, &of)?;
    let Some(position) = position else {
        if of.shielded().contains(&person) {
            return Err(ProtectionRefusal::NotShielded);
        }
        let insert = sql!(
            "INSERT INTO protection_other_person (municipality_id, protection_id, person_id) VALUES ($1, $2, $3)
             ON CONFLICT (municipality_id, protection_id, person_id) DO NOTHING"
        );
        tx.run(insert, params![id, person])?;
        return note(tx, caller, &of, version, ProtectionDeed::RuledOut, &resident.person_no.to_string(), "");
    };
    let party = of.parties.iter().find(|party| party.position == position);
    let party = party.ok_or(ProtectionRefusal::NoPerson)?;
    let understood = linked(&resident, party.told.clone());
    let update = sql!(
        "UPDATE protection_person SET person_id = $4, birth_earliest_on = $5, birth_latest_on = $6, told = $7
          WHERE municipality_id = $1 AND protection_id = $2 AND position = $3"
    );
    let told = serde_json::to_string(&understood.told).expect("plain text");
    let (earliest, latest) = understood.birth;
    tx.run(update, params![id, position, person, earliest, latest, told])?;
    let keys = understood.keys.iter().map(|key| vec![id.to_value(), position.to_value(), key.to_value()]);
    insert_keys(tx, keys.collect())?;
    let of = load(tx, id)?.ok_or(ProtectionRefusal::NotFound)?;
    note(tx, caller, &of, version, ProtectionDeed::Linked, &resident.person_no.to_string(), "")
}

/// 終了: the only way in which a measure stops blocking.
///
/// # Errors
/// Without a reason, ended already, or not found.
pub fn end(tx: &mut Tx<'_>, caller: &Caller, id: ProtectionId, reason: &str) -> Done {
    let of = open(tx, caller, id)?;
    if reason.trim().is_empty() {
        return Err(ProtectionRefusal::NoReason);
    }
    set_state(tx, caller, &of, ProtectionState::Ended, ProtectionDeed::Ended, reason)
}
