//! The only way to give out a paper, an export, a message or a pin: [`may_issue`] decides inside the transaction of
//! the issue, against the present state. Without its [`Permit`] nothing that tells an address can be made.
use std::collections::BTreeSet;

use base::{At, HouseholdId, Id, PersonId, PersonNo};
use db::{DbError, Tx, params, sql};
use identity::{Caller, Entry, Operation, record};
use thiserror::Error;

use crate::document::Document;
use crate::household::place_of;
use crate::lock::{self, LockAct};
use crate::lookup::Version;
use crate::other_party::{Asker, likeness};
use crate::release::{ReleaseKind, fitting, use_up};
use crate::resident::{Name, Resident, snapshot_columns};
use crate::shelter::Shelter;
use crate::shown::REFUSED;

/// By which way it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Counter,
    Mail,
    ConvenienceStore,
    Export,
    Message,
    Map,
    Api,
}

impl Channel {
    pub const ALL: [Self; 7] = [
        Self::Counter,
        Self::Mail,
        Self::ConvenienceStore,
        Self::Export,
        Self::Message,
        Self::Map,
        Self::Api,
    ];
    pub const fn code(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Mail => "mail",
            Self::ConvenienceStore => "convenience_store",
            Self::Export => "export",
            Self::Message => "message",
            Self::Map => "map",
            Self::Api => "api",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Counter => "窓口",
            Self::Mail => "郵送",
            Self::ConvenienceStore => "コンビニ",
            Self::Export => "出力",
            Self::Message => "通知",
            Self::Map => "地図",
            Self::Api => "連携",
        }
    }
}

/// Whom the paper is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Person(PersonId),
    Number(PersonNo),
    /// Everybody who lives there now.
    Household(HouseholdId),
}

/// Somebody at the counter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applicant {
    /// When the counter knows who it is.
    pub person: Option<PersonId>,
    /// 氏名, in letters or kana.
    pub name: String,
    /// 「本人」「夫」「代理人」 …
    pub relation: String,
}

#[derive(Debug, Clone)]
pub struct IssueRequest {
    pub document: Document,
    pub channel: Channel,
    pub subjects: Vec<Subject>,
    /// 請求者; `None` where the office itself is the reader.
    pub requester: Option<Applicant>,
    /// 代理人.
    pub agent: Option<Applicant>,
    /// The clerk has answered the locks that ask for an answer.
    pub acknowledged: bool,
}

/// Why nothing is given out. It tells nobody which reason it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IssueRefused {
    #[error("{REFUSED}")]
    Shut,
    /// A lock of the level alert: the clerk answers it, and asks again.
    #[error("この記録には発行の注意がついています。確かめてから、もう一度発行できます")]
    Unanswered,
    /// A household in which nobody lives.
    #[error("お探しの世帯員はいません")]
    Absent,
}

/// Leave to give out one document, once. Only [`may_issue`] makes one, and [`issued`] takes it.
#[derive(Debug)]
pub struct Permit {
    document: Document,
    persons: Vec<PersonId>,
    released: bool,
}

impl Permit {
    pub fn document(&self) -> Document {
        self.document
    }
    pub fn persons(&self) -> &[PersonId] {
        &self.persons
    }
}

/// What was found against a request, and what the log says of it.
struct Finding {
    refused: IssueRefused,
    remark: Option<&'static str>,
}

/// Decides about one issue, and records the decision in the same transaction: a refusal is an access row of its
/// own, so the caller commits (`Ok(Err(refused))`) although nothing else was done.
///
/// # Errors
/// What the engine says; then nothing is issued.
pub fn may_issue(
    tx: &mut Tx<'_>,
    caller: &Caller,
    request: &IssueRequest,
) -> Result<Result<Permit, IssueRefused>, DbError> {
    let subjects = subjects(tx, &request.subjects)?;
    let persons: Vec<PersonId> = subjects.iter().map(|one| one.person).collect();
    let finding = match examine(tx, request, &subjects)? {
        Ok(releases) => {
            use_up(tx, &releases)?;
            let operation =
                if request.channel == Channel::Export { Operation::Export } else { Operation::Print };
            write_down(tx, caller, request, operation, &persons, None)?;
            let released = !releases.is_empty();
            return Ok(Ok(Permit { document: request.document, persons, released }));
        }
        Err(finding) => finding,
    };
    if finding.refused != IssueRefused::Absent {
        write_down(tx, caller, request, Operation::Refused, &persons, finding.remark)?;
    }
    Ok(Err(finding.refused))
}

/// A subject as the register has it now.
pub(crate) struct Found {
    pub person: PersonId,
    pub household: HouseholdId,
}

/// The id of somebody who asks, when the register knows the number. An id alone tells nothing.
///
/// # Errors
/// What the engine says.
pub fn person_of(tx: &mut Tx<'_>, who: Subject) -> Result<Option<PersonId>, DbError> {
    Ok(subjects(tx, &[who])?.first().map(|one| one.person))
}

/// The persons; none when one of the subjects is unknown.
fn subjects(tx: &mut Tx<'_>, asked: &[Subject]) -> Result<Vec<Found>, DbError> {
    let mut found = Vec::new();
    for subject in asked {
        let before = found.len();
        let read = |r: &mut db::Row| Ok(Found { person: r.take()?, household: r.take()? });
        match *subject {
            Subject::Person(person) => {
                let find = sql!(
                    "SELECT person_id, household_id FROM resident_current WHERE municipality_id = $1 AND person_id = $2"
                );
                found.extend(tx.opt(find, params![person], read)?);
            }
            Subject::Number(number) => {
                let find = sql!(
                    "SELECT person_id, household_id FROM resident_current WHERE municipality_id = $1 AND person_no = $2"
                );
                found.extend(tx.opt(find, params![number.to_string()], read)?);
            }
            Subject::Household(household) => {
                let find = sql!(
                    "SELECT person_id, household_id FROM resident_current
                      WHERE municipality_id = $1 AND household_id = $2 AND state <> 'closed'
                      ORDER BY member_order, person_id"
                );
                found.extend(tx.all(find, params![household], read)?);
            }
        }
        if found.len() == before {
            return Ok(Vec::new());
        }
    }
    Ok(found)
}

type Releases = Vec<Id<ReleaseKind>>;

/// The releases that it uses, or what stands against it. What is unknown stands against it.
fn examine(
    tx: &mut Tx<'_>,
    request: &IssueRequest,
    subjects: &[Found],
) -> Result<Result<Releases, Finding>, DbError> {
    let shut = |remark| Ok(Err(Finding { refused: IssueRefused::Shut, remark }));
    if subjects.is_empty() {
        let only_households = request.subjects.iter().all(|one| matches!(one, Subject::Household(_)));
        if only_households && !request.subjects.is_empty() {
            return Ok(Err(Finding { refused: IssueRefused::Absent, remark: None }));
        }
        return shut(Some("対象の人がわかりません"));
    }
    let shelter = Shelter::now(tx)?;
    let shielded: Vec<&Found> =
        subjects.iter().filter(|one| shelter.covers(one.person, one.household)).collect();
    if !shielded.is_empty()
        && let Some(remark) = likeness(tx, &askers(request), subjects)?
    {
        return shut(Some(remark));
    }
    let asked = request.requester.as_ref().map(|requester| requester.name.as_str()).unwrap_or_default();
    let mut releases = Vec::new();
    for one in &shielded {
        let Some(release) = fitting(tx, one.person, request.document, request.channel, asked)? else {
            return shut(None);
        };
        releases.push(release);
    }
    let persons: Vec<PersonId> = subjects.iter().map(|one| one.person).collect();
    let homes: BTreeSet<HouseholdId> = subjects.iter().map(|one| one.household).collect();
    let homes: Vec<HouseholdId> = homes.into_iter().collect();
    let today = tx.started_at().date();
    let locks = lock::on(tx, &persons, &homes, today)?;
    if locks.iter().any(|lock| lock.stops(LockAct::Issue)) {
        return shut(Some("抑止"));
    }
    if !request.acknowledged && locks.iter().any(|lock| lock.warns(LockAct::Issue)) {
        return Ok(Err(Finding { refused: IssueRefused::Unanswered, remark: Some("抑止（注意）") }));
    }
    Ok(Ok(releases))
}

fn askers(request: &IssueRequest) -> Vec<Asker<'_>> {
    let both = request.requester.iter().chain(&request.agent);
    both.map(|one| Asker { person: one.person, name: &one.name }).collect()
}

fn write_down(
    tx: &mut Tx<'_>,
    caller: &Caller,
    request: &IssueRequest,
    operation: Operation,
    persons: &[PersonId],
    remark: Option<&str>,
) -> Result<(), DbError> {
    let mut words = vec![request.channel.title().to_owned()];
    for (label, one) in [("請求者", &request.requester), ("代理人", &request.agent)] {
        if let Some(one) = one.as_ref().filter(|one| !one.name.trim().is_empty()) {
            let relation = if one.relation.trim().is_empty() {
                String::new()
            } else {
                format!("（{}）", one.relation.trim())
            };
            words.push(format!("{label} {}{relation}", one.name.trim()));
        }
    }
    words.extend(remark.map(str::to_owned));
    let words = words.join("　");
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    let entry = Entry::new(&caller.actor, operation, request.document.title);
    record(tx, &Entry { path, terminal: &caller.terminal, conditions: Some(&words), persons, ..entry })
}

/// What a permitted paper may print.
#[derive(Debug)]
pub struct Paper {
    pub document: Document,
    pub at: At,
    /// 世帯番号 of the first person.
    pub household_no: String,
    /// 世帯主 of that household, who may stand on it by name alone.
    pub head: Option<Name>,
    /// Everybody who lives in that household now is on it.
    pub whole_household: bool,
    /// Somebody on it is shielded, and a release was used for it.
    pub released: bool,
    /// With their homes, in the order of the household.
    pub residents: Vec<Resident>,
    /// Every version of theirs, the latest of each first (履歴).
    pub history: Vec<Version>,
}

/// The contents of a paper, in the transaction of its permit.
///
/// # Errors
/// What the engine says.
pub fn issued(tx: &mut Tx<'_>, permit: Permit) -> Result<Paper, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2)
           ORDER BY household_id, member_order, person_id"
    ));
    let residents = tx.all(find, params![permit.persons], Resident::read)?;
    let home = residents.first().and_then(|one| one.home.open()).map(|home| home.household);
    let household = match home {
        Some(home) => place_of(tx, home)?,
        None => None,
    };
    let household_no = household.map(|(number, _)| number).unwrap_or_default();
    let members = match home {
        Some(home) => members(tx, home)?,
        None => Vec::new(),
    };
    let on_it = |person: &PersonId| residents.iter().any(|one| one.person == *person);
    let whole_household = !members.is_empty() && members.iter().all(|one| on_it(&one.person));
    let head = members.into_iter().find(|one| one.relationship.is_head()).map(|one| one.name);
    let history = history(tx, &permit.persons)?;
    let (document, at, released) = (permit.document, tx.started_at(), permit.released);
    Ok(Paper { document, at, household_no, head, whole_household, released, residents, history })
}

fn history(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<Vec<Version>, DbError> {
    let find = sql!(concat!(
        "SELECT event_reason, effective_on, recorded_by, recorded_at, person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_version WHERE municipality_id = $1 AND person_id IN INTS($2)
           ORDER BY person_id, version_no DESC"
    ));
    tx.all(find, params![persons], |r| {
        Ok(Version {
            reason: r.take()?,
            effective_on: r.take()?,
            recorded_by: r.take()?,
            recorded_at: r.take()?,
            resident: Resident::read(r)?,
        })
    })
}

fn members(tx: &mut Tx<'_>, home: HouseholdId) -> Result<Vec<Resident>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND household_id = $2 AND state <> 'closed'
           ORDER BY member_order, person_id"
    ));
    tx.all(find, params![home], Resident::read)
}
