//! 支援措置 (DV等支援措置; residents.md §8.1, [STD] 1.1.16 and 3.4): the record, its period, and reading it.
//!
//! Only who may read `protection` gets anything out of here. The block itself is [`crate::shelter`]'s: it looks at
//! the state alone, so that neither a lapsed period nor an unknown code opens a record.
use base::{At, Date, Id, PersonId};
use db::{DbError, Row, Tx, params, sql};
use events::facts::ProtectionKind;
use identity::Action::Read;
use identity::Looking;
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

use crate::shelter::PROTECTION;
use crate::shown::Found;

pub type ProtectionId = Id<ProtectionKind>;

/// Where a measure stands. Both of the first block alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionState {
    /// 仮支援措置.
    Provisional,
    InForce,
    Ended,
    /// A code that this program does not know: it blocks.
    Unknown,
}

impl ProtectionState {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::InForce => "in_force",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
    fn read(code: &str) -> Self {
        let known = [Self::Provisional, Self::InForce, Self::Ended];
        known.into_iter().find(|state| state.code() == code).unwrap_or(Self::Unknown)
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Provisional => "仮支援措置",
            Self::InForce => "支援措置",
            Self::Ended => "終了",
            Self::Unknown => "要確認",
        }
    }
}

/// What the applicant asks to be refused (支援措置を求める事務).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProtectedAct {
    /// 住民基本台帳の閲覧.
    Inspection,
    /// 住民票の写し (現住所).
    CopyPresent,
    /// 住民票の写し (前住所).
    CopyFormer,
    /// 戸籍の附票の写し (現本籍).
    DomicilePresent,
    /// 戸籍の附票の写し (前本籍).
    DomicileFormer,
}

impl ProtectedAct {
    pub const ALL: [Self; 5] =
        [Self::Inspection, Self::CopyPresent, Self::CopyFormer, Self::DomicilePresent, Self::DomicileFormer];
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inspection => "inspection",
            Self::CopyPresent => "copy_present",
            Self::CopyFormer => "copy_former",
            Self::DomicilePresent => "domicile_present",
            Self::DomicileFormer => "domicile_former",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inspection => "閲覧",
            Self::CopyPresent => "住民票の写し（現住所）",
            Self::CopyFormer => "住民票の写し（前住所）",
            Self::DomicilePresent => "戸籍の附票（現本籍）",
            Self::DomicileFormer => "戸籍の附票（前本籍）",
        }
    }
}

/// Which part somebody has in a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 申出者.
    Applicant,
    /// 併せて支援を求める者.
    Joined,
    /// 相手方 (加害者).
    Other,
}

impl Part {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Joined => "joined",
            Self::Other => "other",
        }
    }
    /// Anything but the other party is shielded.
    fn read(code: &str) -> Self {
        match code {
            "other" => Self::Other,
            "applicant" => Self::Applicant,
            _ => Self::Joined,
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Applicant => "申出者",
            Self::Joined => "併せて支援を求める人",
            Self::Other => "相手方",
        }
    }
}

/// What was told of a person: the register may not know her, or may hold other letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    pub family: String,
    pub given: String,
    pub family_kana: String,
    pub given_kana: String,
    /// 通称.
    pub common: String,
    /// 生年月日 in the words of the application; empty when not known.
    pub birth: String,
    pub addresses: Vec<String>,
    /// 本籍.
    pub domiciles: Vec<String>,
    pub contact: String,
    pub note: String,
}

impl Told {
    pub fn name(&self) -> String {
        let whole = format!("{}　{}", self.family, self.given);
        whole.trim_matches('　').to_owned()
    }
}

/// Somebody of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub position: i64,
    pub part: Part,
    /// `None`: not found in the register yet.
    pub person: Option<PersonId>,
    pub told: Told,
}

/// One act of the history; never edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub version: i64,
    /// 「申出」「延長」 …
    pub act: String,
    pub told: String,
    pub reason: String,
    pub by: String,
    pub section: String,
    pub at: At,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    pub id: ProtectionId,
    pub state: ProtectionState,
    pub version: i64,
    pub acts: Vec<ProtectedAct>,
    pub starts_on: Date,
    pub ends_on: Date,
    /// The municipality that forwarded it; empty when it was filed here.
    pub forwarded_from: String,
    pub forwarded_on: Option<Date>,
    /// Where it was forwarded to.
    pub forwarded_to: String,
    pub forwarded_to_on: Option<Date>,
    pub filed_at: At,
    pub parties: Vec<Party>,
}

impl Protection {
    /// 「支援措置」, with what its dates say; the block goes on all the same.
    pub fn standing(&self, on: Date) -> String {
        if self.has_lapsed(on) {
            format!("{}（期間が過ぎています。抑止は続いています）", self.state.title())
        } else {
            self.state.title().to_owned()
        }
    }
    pub fn has_lapsed(&self, on: Date) -> bool {
        self.state != ProtectionState::Ended && self.ends_on < on
    }
    pub fn applicant(&self) -> Option<&Party> {
        self.parties.iter().find(|party| party.part == Part::Applicant)
    }
    /// The applicant and those joined, as far as the register knows them.
    pub fn shielded(&self) -> Vec<PersonId> {
        self.parties
            .iter()
            .filter(|party| party.part != Part::Other)
            .filter_map(|party| party.person)
            .collect()
    }
}

/// The last day of the year that begins on a day: 令和2年4月1日 → 令和3年3月31日 (民法143条2項).
pub fn last_day_of_year(start: Date) -> Date {
    let same_day = start.saturating_add(1.year());
    // 29 February has no such day in the next year: the month's last day is the last one.
    if same_day.day() == start.day() { same_day.saturating_sub(1.day()) } else { same_day }
}

/// From when an extension is accepted: one month before the end.
pub fn extension_from(ends_on: Date) -> Date {
    ends_on.saturating_sub(1.month())
}

/// One measure.
///
/// # Errors
/// What the engine says.
pub fn protection(looking: &mut Looking<'_, '_>, id: ProtectionId) -> Result<Found<Protection>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let Some(found) = load(looking.tx(), id)? else { return Ok(Found::Absent) };
    looking.note("支援措置");
    found.parties.iter().filter_map(|party| party.person).for_each(|person| looking.saw(person));
    Ok(Found::Open(found))
}

/// What was done to a measure, oldest first.
///
/// # Errors
/// What the engine says.
pub fn deeds(looking: &mut Looking<'_, '_>, id: ProtectionId) -> Result<Found<Vec<Deed>>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let find = sql!(
        "SELECT version, act, told, reason, account_name, section_name, acted_at FROM protection_act
          WHERE municipality_id = $1 AND protection_id = $2 ORDER BY version"
    );
    let deeds = looking.tx().all(find, params![id], |r| {
        Ok(Deed {
            version: r.take()?,
            act: r.take()?,
            told: r.take()?,
            reason: r.take()?,
            by: r.take()?,
            section: r.take()?,
            at: r.take()?,
        })
    })?;
    Ok(Found::Open(deeds))
}

/// The measures, those in work first by their last day; with `ended`, those that a person has ended.
///
/// # Errors
/// What the engine says.
pub fn protections(looking: &mut Looking<'_, '_>, ended: bool) -> Result<Found<Vec<Protection>>, DbError> {
    if !looking.may(Read, PROTECTION) {
        return Ok(Found::Refused);
    }
    let found = if ended { all_ended(looking.tx())? } else { all_open(looking.tx())? };
    looking.note("支援措置の一覧");
    found.iter().flat_map(Protection::shielded).for_each(|person| looking.saw(person));
    Ok(Found::Open(found))
}

macro_rules! protection_columns {
    () => {
        "id, state, version, acts, starts_on, ends_on, forwarded_from, forwarded_on, forwarded_to, forwarded_to_on,
         filed_at"
    };
}

pub(crate) fn load(tx: &mut Tx<'_>, id: ProtectionId) -> Result<Option<Protection>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        protection_columns!(),
        " FROM protection WHERE municipality_id = $1 AND id = $2"
    ));
    let found = tx.opt(find, params![id], read)?;
    Ok(with_parties(tx, found.into_iter().collect())?.pop())
}

/// Every measure that blocks.
pub(crate) fn all_open(tx: &mut Tx<'_>) -> Result<Vec<Protection>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        protection_columns!(),
        " FROM protection WHERE municipality_id = $1 AND (state < 'ended' OR state > 'ended') ORDER BY ends_on, id"
    ));
    let found = tx.all(find, params![], read)?;
    with_parties(tx, found)
}

fn all_ended(tx: &mut Tx<'_>) -> Result<Vec<Protection>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        protection_columns!(),
        " FROM protection WHERE municipality_id = $1 AND state = 'ended' ORDER BY id DESC LIMIT 200"
    ));
    let found = tx.all(find, params![], read)?;
    with_parties(tx, found)
}

fn read(row: &mut Row) -> Result<Protection, DbError> {
    let (id, state, version) = (row.take()?, row.take::<String>()?, row.take()?);
    let acts: String = row.take()?;
    Ok(Protection {
        id,
        state: ProtectionState::read(&state),
        version,
        acts: ProtectedAct::ALL
            .into_iter()
            .filter(|act| acts.split_whitespace().any(|code| code == act.code()))
            .collect(),
        starts_on: row.take()?,
        ends_on: row.take()?,
        forwarded_from: row.take()?,
        forwarded_on: row.take()?,
        forwarded_to: row.take()?,
        forwarded_to_on: row.take()?,
        filed_at: row.take()?,
        parties: Vec::new(),
    })
}

fn with_parties(tx: &mut Tx<'_>, mut found: Vec<Protection>) -> Result<Vec<Protection>, DbError> {
    let ids: Vec<ProtectionId> = found.iter().map(|one| one.id).collect();
    let find = sql!(
        "SELECT protection_id, position, part, person_id, told FROM protection_person
          WHERE municipality_id = $1 AND protection_id IN INTS($2) ORDER BY protection_id, position"
    );
    let parties = tx.all(find, params![ids], |r| {
        let protection: ProtectionId = r.take()?;
        let (position, part, person) = (r.take()?, r.take::<String>()?, r.take()?);
        let told = serde_json::from_str(&r.take::<String>()?);
        let told = told.map_err(|e| DbError::Unusable(format!("protection_person.told: {e}")))?;
        Ok((protection, Party { position, part: Part::read(&part), person, told }))
    })?;
    for (protection, party) in parties {
        found.iter_mut().filter(|one| one.id == protection).for_each(|one| one.parties.push(party.clone()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use base::day;

    use super::*;

    #[track_caller]
    fn check(start: Date, end: Date, window: Date) {
        assert_eq!(last_day_of_year(start), end);
        assert_eq!(extension_from(end), window);
    }

    #[test]
    fn a_year_ends_on_the_day_before() {
        // The worked example of [STD] 3.4: 令和2年4月1日 → 令和3年3月31日.
        check(day(2020, 4, 1), day(2021, 3, 31), day(2021, 2, 28));
        check(day(2021, 4, 1), day(2022, 3, 31), day(2022, 2, 28));
        check(day(2026, 11, 24), day(2027, 11, 23), day(2027, 10, 23));
        check(day(2027, 3, 1), day(2028, 2, 29), day(2028, 1, 29));
        check(day(2024, 2, 29), day(2025, 2, 28), day(2025, 1, 28));
    }

    #[test]
    fn an_unknown_state_is_no_end() {
        assert_eq!(ProtectionState::read("ended"), ProtectionState::Ended);
        assert_eq!(ProtectionState::read("Ended"), ProtectionState::Unknown);
    }
}
