//! What comes to the officer by itself: measures about to lapse or lapsed, persons who may be those named, and who
//! tried to get at a shielded record.
use base::{At, Date, PersonId};
use db::{DbError, params, sql};
use identity::Action::Read;
use identity::Looking;

use crate::protection::{Protection, ProtectionId, ProtectionState, all_open, extension_from};
use crate::shelter::PROTECTION;
use crate::shown::Found;

/// Why a measure is on the list of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// One month or less to the end: the applicant is asked whether to extend.
    Soon,
    /// The last day is over; the block goes on until a person ends it.
    Lapsed,
    /// The state is none that this program knows.
    Unknown,
}

impl Due {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Soon => "まもなく期間が終わります",
            Self::Lapsed => "期間が過ぎています（抑止は続いています）",
            Self::Unknown => "状態を確かめてください",
        }
    }
}

/// Whether a measure is due for a notice.
pub fn due(measure: &Protection, on: Date) -> Option<Due> {
    match measure.state {
        ProtectionState::Ended => None,
        ProtectionState::Unknown => Some(Due::Unknown),
        _ if measure.has_lapsed(on) => Some(Due::Lapsed),
        _ => (extension_from(measure.ends_on) <= on).then_some(Due::Soon),
    }
}

/// The measures for which a notice is due on a day, by their last day.
///
/// # Errors
/// What the engine says.
pub fn lapse_notices(
    looking: &mut Looking<'_, '_>,
    on: Date,
) -> Result<Found<Vec<(Protection, Due)>>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let found = all_open(looking.tx())?;
    looking.note("支援措置の期間のお知らせ");
    let list: Vec<(Protection, Due)> =
        found.into_iter().filter_map(|one| due(&one, on).map(|why| (one, why))).collect();
    list.iter().flat_map(|(one, _)| one.shielded()).for_each(|person| looking.saw(person));
    Ok(Found::Open(list))
}

/// Residents whom a measure shields because name and birth date match, until an officer links them or rules them out.
///
/// # Errors
/// What the engine says.
pub fn unsure(looking: &mut Looking<'_, '_>, id: ProtectionId) -> Result<Found<Vec<PersonId>>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let find = sql!(
        "SELECT DISTINCT c.person_id
           FROM protection_person AS n
           JOIN protection_key AS k
             ON k.municipality_id = $1 AND k.protection_id = n.protection_id AND k.position = n.position
           JOIN resident_key AS r ON r.municipality_id = $1 AND r.search_key = k.search_key
           JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = r.person_id
          WHERE n.municipality_id = $1 AND n.protection_id = $2 AND n.part <> 'other'
            AND c.birth_earliest_on <= n.birth_latest_on AND c.birth_latest_on >= n.birth_earliest_on
            AND NOT EXISTS (SELECT 1 FROM protection_other_person AS o
                             WHERE o.municipality_id = $1 AND o.protection_id = $2 AND o.person_id = c.person_id)
            AND NOT EXISTS (SELECT 1 FROM protection_person AS p
                             WHERE p.municipality_id = $1 AND p.protection_id = $2 AND p.person_id = c.person_id)
          ORDER BY c.person_id LIMIT 50"
    );
    let found: Vec<PersonId> = looking.tx().all(find, params![id], |r| r.take())?;
    found.iter().for_each(|person| looking.saw(*person));
    Ok(Found::Open(found))
}

/// Somebody tried what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: At,
    pub by: String,
    pub section: String,
    /// The paper, or the inquiry.
    pub what: String,
    /// Way out, who asked, what spoke against it.
    pub remark: String,
    pub path: String,
    pub terminal: String,
    pub persons: Vec<PersonId>,
}

/// The refused attempts since a moment, newest first.
///
/// # Errors
/// What the engine says.
pub fn attempts(looking: &mut Looking<'_, '_>, since: At) -> Result<Found<Vec<Attempt>>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let find = sql!(
        "SELECT a.at, COALESCE(u.display_name, ''), COALESCE(s.name, a.section_code), a.purpose,
                COALESCE(a.conditions, ''), COALESCE(a.path, ''), COALESCE(a.terminal, ''), a.persons
           FROM access AS a
           LEFT JOIN account AS u ON u.municipality_id = $1 AND u.id = a.account_id
           LEFT JOIN section AS s ON s.municipality_id = $1 AND s.code = a.section_code
          WHERE a.municipality_id = $1 AND a.operation = 'refused' AND a.id > 0 AND a.at >= $2
          ORDER BY a.id DESC LIMIT 200"
    );
    let found = looking.tx().all(find, params![since], |r| {
        Ok(Attempt {
            at: r.take()?,
            by: r.take()?,
            section: r.take()?,
            what: r.take()?,
            remark: r.take()?,
            path: r.take()?,
            terminal: r.take()?,
            persons: persons(&r.take::<Vec<u8>>()?),
        })
    })?;
    looking.note("試みの一覧");
    found.iter().flat_map(|attempt| &attempt.persons).for_each(|person| looking.saw(*person));
    Ok(Found::Open(found))
}

/// The persons of a row of the operation log: eight bytes each. Number 0 stands for somebody not registered yet.
fn persons(bytes: &[u8]) -> Vec<PersonId> {
    let ids = bytes.as_chunks::<8>().0.iter().map(|id| PersonId::new(i64::from_be_bytes(*id)));
    ids.filter(|person| person.get() != 0).collect()
}
