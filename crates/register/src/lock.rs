//! Other locks on records (抑止; residents.md §8.2, [STD] 3.1): per person or household, act and level, from a day
//! to a day; several at once. Putting and ending one is an act of a person; a row is never deleted.
use base::{At, Date, HouseholdId, Id, PersonId};
use db::{DbError, Row, Tx, params, sql};
use identity::{Caller, Operation, record_access};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A lock.
pub enum LockKind {}
pub type LockId = Id<LockKind>;

/// What is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockAct {
    /// 異動.
    Change,
    /// 発行.
    Issue,
    /// 照会.
    Inquiry,
}

impl LockAct {
    const ALL: [Self; 3] = [Self::Change, Self::Issue, Self::Inquiry];
    pub const fn code(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Issue => "issue",
            Self::Inquiry => "inquiry",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Change => "異動",
            Self::Issue => "発行",
            Self::Inquiry => "照会",
        }
    }
}

/// How firmly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockLevel {
    /// エラー: the act is refused.
    Error,
    /// アラート: the act needs an answer.
    Alert,
}

impl LockLevel {
    const ALL: [Self; 2] = [Self::Error, Self::Alert];
    pub const fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Alert => "alert",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Error => "できません",
            Self::Alert => "注意",
        }
    }
}

/// A lock as stored. A code that this program does not know is `None`, and stops everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub id: LockId,
    pub act: Option<LockAct>,
    pub level: Option<LockLevel>,
    pub from: Date,
    pub to: Option<Date>,
    pub reason: String,
    pub put_by: String,
}

impl Lock {
    fn concerns(&self, act: LockAct) -> bool {
        self.act.is_none_or(|own| own == act)
    }
    /// Whether it refuses the act.
    pub fn stops(&self, act: LockAct) -> bool {
        self.concerns(act) && self.level != Some(LockLevel::Alert)
    }
    /// Whether it asks for an answer before the act.
    pub fn warns(&self, act: LockAct) -> bool {
        self.concerns(act) && self.level == Some(LockLevel::Alert)
    }
    /// 「発行：注意」
    pub fn title(&self) -> String {
        let act = self.act.map_or("すべて", LockAct::title);
        format!("{act}：{}", self.level.map_or(LockLevel::Error.title(), LockLevel::title))
    }
}

/// Why a lock was not put or ended.
#[derive(Debug, Error)]
pub enum LockRefusal {
    #[error("だれの記録か、どの世帯の記録かを選んでください")]
    Nobody,
    #[error("理由を入力してください")]
    NoReason,
    #[error("終わりの日が始まりの日より前です")]
    Backwards,
    #[error("この抑止は見つからないか、もう終わっています")]
    NotFound,
    #[error("store")]
    Db(#[from] DbError),
}

/// A lock to be put.
#[derive(Debug, Clone)]
pub struct NewLock {
    pub person: Option<PersonId>,
    pub household: Option<HouseholdId>,
    pub act: LockAct,
    pub level: LockLevel,
    pub from: Date,
    pub to: Option<Date>,
    pub reason: String,
}

/// Puts a lock.
///
/// # Errors
/// Without subject or reason, or a period that runs backwards.
pub fn put(tx: &mut Tx<'_>, caller: &Caller, lock: &NewLock) -> Result<LockId, LockRefusal> {
    if lock.person.is_none() && lock.household.is_none() {
        return Err(LockRefusal::Nobody);
    }
    if lock.reason.trim().is_empty() {
        return Err(LockRefusal::NoReason);
    }
    if lock.to.is_some_and(|to| to < lock.from) {
        return Err(LockRefusal::Backwards);
    }
    let id: LockId = tx.new_id();
    let insert = sql!(
        "INSERT INTO record_lock (municipality_id, id, person_id, household_id, act, level, from_on, to_on, reason,
                                  put_by, put_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let at = tx.started_at();
    let (act, level) = (lock.act.code(), lock.level.code());
    tx.run(
        insert,
        params![
            id,
            lock.person,
            lock.household,
            act,
            level,
            lock.from,
            lock.to,
            lock.reason,
            caller.actor.name,
            at
        ],
    )?;
    let persons: Vec<PersonId> = lock.person.into_iter().collect();
    record_access(tx, caller, Operation::Change, "抑止の設定", &persons)?;
    Ok(id)
}

/// Ends a lock, with a reason.
///
/// # Errors
/// Not found, ended already, or without reason.
pub fn end(tx: &mut Tx<'_>, caller: &Caller, id: LockId, reason: &str) -> Result<(), LockRefusal> {
    if reason.trim().is_empty() {
        return Err(LockRefusal::NoReason);
    }
    let update = sql!(
        "UPDATE record_lock SET ended_at = $3, ended_by = $4, end_reason = $5
          WHERE municipality_id = $1 AND id = $2 AND ended_at IS NULL"
    );
    let at = tx.started_at();
    if tx.run(update, params![id, at, caller.actor.name, reason])? == 0 {
        return Err(LockRefusal::NotFound);
    }
    record_access(tx, caller, Operation::Change, "抑止の終了", &[])?;
    Ok(())
}

/// The locks of persons and households that hold on a day, oldest first.
pub(crate) fn on(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
    households: &[HouseholdId],
    day: Date,
) -> Result<Vec<Lock>, DbError> {
    let find = sql!(
        "SELECT l.id, l.act, l.level, l.from_on, l.to_on, l.reason, l.put_by FROM record_lock AS l
          WHERE l.municipality_id = $1 AND l.ended_at IS NULL
            AND l.id IN (SELECT id FROM record_lock WHERE municipality_id = $1 AND person_id IN INTS($2)
                          UNION SELECT id FROM record_lock WHERE municipality_id = $1 AND household_id IN INTS($3))
            AND l.from_on <= $4 AND (l.to_on IS NULL OR l.to_on >= $4)
          ORDER BY l.id"
    );
    tx.all(find, params![persons, households, day], read)
}

/// Who of some persons has a lock on a day.
pub(crate) fn locked(tx: &mut Tx<'_>, persons: &[PersonId], day: Date) -> Result<Vec<PersonId>, DbError> {
    let find = sql!(
        "SELECT DISTINCT person_id FROM record_lock
          WHERE municipality_id = $1 AND person_id IN INTS($2) AND ended_at IS NULL
            AND from_on <= $3 AND (to_on IS NULL OR to_on >= $3)"
    );
    tx.all(find, params![persons, day], |r| r.take())
}

fn read(row: &mut Row) -> Result<Lock, DbError> {
    let (id, act, level): (_, String, String) = (row.take()?, row.take()?, row.take()?);
    Ok(Lock {
        id,
        act: LockAct::ALL.into_iter().find(|one| one.code() == act),
        level: LockLevel::ALL.into_iter().find(|one| one.code() == level),
        from: row.take()?,
        to: row.take()?,
        reason: row.take()?,
        put_by: row.take()?,
    })
}

/// A lock of the list, with when it was put and ended.
#[derive(Debug, Clone)]
pub struct ListedLock {
    pub lock: Lock,
    pub person: Option<PersonId>,
    pub household: Option<HouseholdId>,
    pub put_at: At,
}

/// The locks that nobody has ended, newest first.
///
/// # Errors
/// What the engine says.
pub fn locks(tx: &mut Tx<'_>) -> Result<Vec<ListedLock>, DbError> {
    let find = sql!(
        "SELECT id, act, level, from_on, to_on, reason, put_by, person_id, household_id, put_at
           FROM record_lock WHERE municipality_id = $1 AND id > 0 AND ended_at IS NULL ORDER BY id DESC LIMIT 200"
    );
    tx.all(find, params![], |r| {
        let lock = read(r)?;
        Ok(ListedLock { lock, person: r.take()?, household: r.take()?, put_at: r.take()? })
    })
}
