//! The stored notifications of move-ins. Their answers hold names and addresses as typed, so that they are shown by
//! the same rule as the records that came of them.
use base::{At, HouseholdId, Id, PersonId};
use db::{DbError, Row, Tx, params, sql};
use events::EventId;
use events::facts::MovedIn;
use identity::Looking;
use serde::Serialize;

use crate::notification::RawMoveIn;
use crate::shelter::{Shelter, Sight, sight};
use crate::shown::{Found, Shown};

/// A notification of a move-in.
pub enum MoveInKind {}
pub type MoveInId = Id<MoveInKind>;

/// The words under which a refused look stands in the log.
const INQUIRY: &str = "転入届の照会";

/// 下書き is kept by the page; the register knows these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// 仮登録.
    Provisional,
    /// 本登録.
    Final,
    /// 取りやめ.
    Discarded,
}

impl NoticeState {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Final => "final",
            Self::Discarded => "discarded",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Provisional => "仮登録",
            Self::Final => "本登録",
            Self::Discarded => "取りやめ",
        }
    }
    fn read(code: &str) -> Result<Self, DbError> {
        [Self::Provisional, Self::Final, Self::Discarded]
            .into_iter()
            .find(|state| state.code() == code)
            .ok_or_else(|| DbError::Unusable(format!("move_in.state: {code}")))
    }
}

/// A stored notification.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: MoveInId,
    pub state: NoticeState,
    pub version: i64,
    pub answers: RawMoveIn,
    /// Codes of the alerts that were answered.
    pub acknowledged: Vec<String>,
    pub entered_by: i64,
    pub entered_by_name: String,
    pub entered_at: At,
    pub decided_by_name: Option<String>,
    pub household: Option<HouseholdId>,
    pub event: Option<EventId>,
}

/// What is known of a notification without its answers: nothing of a person.
#[derive(Debug, Clone)]
pub struct NoticeHead {
    pub id: MoveInId,
    pub state: NoticeState,
    pub version: i64,
    pub household: Option<HouseholdId>,
    pub event: Option<EventId>,
}

/// State and version of a notification, for commands and for what other offices told.
///
/// # Errors
/// What the engine says.
pub fn notice_head(tx: &mut Tx<'_>, id: MoveInId) -> Result<Option<NoticeHead>, DbError> {
    let stored = stored(tx, id)?;
    Ok(stored.map(|Notice { id, state, version, household, event, .. }| NoticeHead {
        id,
        state,
        version,
        household,
        event,
    }))
}

macro_rules! notice_columns {
    () => {
        "id, state, version, answers, acknowledged, entered_by, entered_by_name, entered_at, decided_by_name,
         household_id, event_id"
    };
}

/// A notification as stored, for the acts of this crate alone.
pub(crate) fn stored(tx: &mut Tx<'_>, id: MoveInId) -> Result<Option<Notice>, DbError> {
    let find =
        sql!(concat!("SELECT ", notice_columns!(), " FROM move_in WHERE municipality_id = $1 AND id = $2"));
    tx.opt(find, params![id], read)
}

fn read(row: &mut Row) -> Result<Notice, DbError> {
    let (id, state, version) = (row.take()?, row.take::<String>()?, row.take()?);
    let answers = serde_json::from_str(&row.take::<String>()?);
    Ok(Notice {
        id,
        state: NoticeState::read(&state)?,
        version,
        answers: answers.map_err(|e| DbError::Unusable(format!("move_in.answers: {e}")))?,
        acknowledged: row.take::<String>()?.split_whitespace().map(str::to_owned).collect(),
        entered_by: row.take()?,
        entered_by_name: row.take()?,
        entered_at: row.take()?,
        decided_by_name: row.take()?,
        household: row.take()?,
        event: row.take()?,
    })
}

/// One notification with its answers.
///
/// # Errors
/// What the engine says.
pub fn notice(looking: &mut Looking<'_, '_>, id: MoveInId) -> Result<Found<Notice>, DbError> {
    let Some(notice) = stored(looking.tx(), id)? else { return Ok(Found::Absent) };
    let persons = persons(looking, &notice)?;
    let shelter = Shelter::seen(looking)?;
    if sight(looking) != Sight::Everything && tells(looking, &shelter, &notice, &persons)? {
        refuse(looking, &notice, &persons);
        return Ok(Found::Refused);
    }
    if persons.is_empty() {
        // Persons of a provisional act have no id yet: the row tells that it was read.
        looking.note("仮登録の届け");
    }
    persons.iter().for_each(|person| looking.saw(*person));
    Ok(Found::Open(notice))
}

/// One line of the desk's queue.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: MoveInId,
    pub state: NoticeState,
    pub entered_by: i64,
    pub entered_at: At,
    /// 氏 and 名 of the first member as typed.
    pub first: Option<(String, String)>,
    /// How many move in; withheld where the responsible person handles it (窓口責任者へ).
    pub members: Shown<usize>,
}

/// The notifications that wait for 本登録, oldest first, and those decided since `since`.
///
/// # Errors
/// What the engine says.
pub fn waiting(looking: &mut Looking<'_, '_>, since: At) -> Result<Vec<Waiting>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        notice_columns!(),
        " FROM move_in WHERE municipality_id = $1 AND (state = 'provisional' OR decided_at >= $2)
           ORDER BY CASE WHEN state = 'provisional' THEN 0 ELSE 1 END, id LIMIT 50"
    ));
    let notices = looking.tx().all(find, params![since], read)?;
    let (shelter, sight) = (Shelter::seen(looking)?, sight(looking));
    if !notices.is_empty() {
        looking.note("受付中とその日の届け");
    }
    let mut lines = Vec::with_capacity(notices.len());
    for notice in notices {
        let persons = persons(looking, &notice)?;
        let withheld = sight != Sight::Everything && tells(looking, &shelter, &notice, &persons)?;
        if withheld && sight == Sight::Nothing {
            continue;
        }
        for person in persons {
            if withheld { looking.withheld(person) } else { looking.saw(person) }
        }
        let members: Vec<_> = notice.answers.members.iter().filter(|member| !member.is_blank()).collect();
        lines.push(Waiting {
            id: notice.id,
            state: notice.state,
            entered_by: notice.entered_by,
            entered_at: notice.entered_at,
            first: members.first().map(|member| (member.family.clone(), member.given.clone())),
            members: if withheld { Shown::Withheld } else { Shown::Open(members.len()) },
        });
    }
    Ok(lines)
}

/// Whom a final notification registered.
fn persons(looking: &mut Looking<'_, '_>, notice: &Notice) -> Result<Vec<PersonId>, DbError> {
    let Some(event) = notice.event else { return Ok(Vec::new()) };
    let fact = events::event(looking.tx(), event)?.and_then(|event| event.fact::<MovedIn>().ok());
    Ok(fact.map(|fact| fact.persons).unwrap_or_default())
}

/// Whether the answers tell of a shielded person or address. What a clerk typed after the measure was filed stays
/// open to that clerk until 本登録: it tells nothing new, and shutting it would confirm a guess.
fn tells(
    looking: &mut Looking<'_, '_>,
    shelter: &Shelter,
    notice: &Notice,
    persons: &[PersonId],
) -> Result<bool, DbError> {
    if shelter.is_empty() {
        return Ok(false);
    }
    let joined: Option<HouseholdId> = notice.answers.household.trim().parse().ok();
    let homes = notice.household.into_iter().chain(joined);
    if homes.into_iter().any(|home| shelter.covers_home(home))
        || persons.iter().any(|one| shelter.names(*one))
    {
        return Ok(true);
    }
    let own = notice.entered_by == looking.actor().account.get() && notice.state == NoticeState::Provisional;
    let today = looking.tx().started_at().date();
    shelter.knows(looking.tx(), &notice.answers, today, own.then_some(notice.entered_at))
}

fn refuse(looking: &mut Looking<'_, '_>, notice: &Notice, persons: &[PersonId]) {
    if persons.is_empty() {
        looking.note(&format!("転入届 {}", notice.id));
    }
    // A provisional act has no person yet: the row names nobody, and still tells who tried.
    let none = [PersonId::new(0)];
    let persons = if persons.is_empty() { &none[..] } else { persons };
    persons.iter().for_each(|person| looking.refused(INQUIRY, *person));
}

/// Whether a draft that was saved before a measure was filed tells of somebody whom the measure names: then it is
/// shown no more.
///
/// # Errors
/// What the engine says.
pub fn draft_tells(
    looking: &mut Looking<'_, '_>,
    answers: &RawMoveIn,
    saved_at: At,
) -> Result<bool, DbError> {
    if sight(looking) == Sight::Everything {
        return Ok(false);
    }
    let (shelter, today) = (Shelter::seen(looking)?, looking.tx().started_at().date());
    let joined: Option<HouseholdId> = answers.household.trim().parse().ok();
    if joined.is_some_and(|home| shelter.covers_home(home)) {
        return Ok(true);
    }
    shelter.knows(looking.tx(), answers, today, Some(saved_at))
}
