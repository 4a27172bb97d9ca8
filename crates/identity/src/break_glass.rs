//! Break-glass (緊急時の権限): a role for some minutes, asked for by one and approved by another, looked into by a
//! third. Everything that is done meanwhile is marked in the operation log. Spec: office §5 ("extra grants expire").
use std::borrow::Cow;

use base::{At, Id};
use db::{DbError, Row, Tx, params, sql};
use thiserror::Error;

use crate::operation::{Entry, Operation, record};
use crate::{AccountId, Actor, Caller};

/// One use of a break-glass right.
pub enum BreakGlassKind {}
pub type BreakGlassId = Id<BreakGlassKind>;

/// Longer needs a post.
pub const MOST_MINUTES: i64 = 60;
/// An ask that nobody answered is no emergency any more.
const WAITS_SECONDS: i64 = 3600;
/// A use is looked for among those asked in this time before: waiting and the longest use.
const LONGEST_SECONDS: i64 = WAITS_SECONDS + MOST_MINUTES * 60;

/// In the roles of an actor while a use runs, with its end in µs behind it: no policy knows such a role, and a copy
/// of a session tells by it how long it is good.
const MARK: &str = "break-glass until ";
/// Before the purpose of every row of the log meanwhile.
pub const MARKED: &str = "緊急時の権限：";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// [`crate::Role::key`]; whether it may be had in this way is the caller's question.
    pub role: String,
    pub reason: String,
    /// From 1 to [`MOST_MINUTES`].
    pub minutes: i64,
}

/// A use, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    pub id: BreakGlassId,
    pub account: AccountId,
    pub role: String,
    pub reason: String,
    pub minutes: i64,
    pub asked_at: At,
    pub approved_by: Option<AccountId>,
    pub approved_at: Option<At>,
    pub ends_at: Option<At>,
    pub ended_by: Option<AccountId>,
    pub acknowledged_by: Option<AccountId>,
    pub acknowledged_at: Option<At>,
    /// What the auditor found.
    pub finding: Option<String>,
}

/// Where a use stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakGlassState {
    Waiting,
    /// Nobody answered in time.
    Lapsed,
    TakenBack,
    Running,
    Over,
    Acknowledged,
}

impl BreakGlassState {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "承認待ち",
            Self::Lapsed => "期限切れ",
            Self::TakenBack => "取り下げ",
            Self::Running => "使用中",
            Self::Over => "確認待ち",
            Self::Acknowledged => "確認しました",
        }
    }
}

/// Why a step is refused.
#[derive(Debug, Error)]
pub enum BreakGlassRefused {
    #[error("何が起きたか、理由を入力してください")]
    NoReason,
    #[error("時間は1分から{MOST_MINUTES}分までで入力してください")]
    Minutes,
    #[error("前の申請がまだ続いています。終えてから、もう一度申請できます")]
    Open,
    #[error("申請した人とは別の職員が承認します")]
    OwnAsk,
    #[error("申請した人、承認した人とは別の職員が確認します")]
    Involved,
    #[error("この申請はありません")]
    Unknown,
    #[error("この申請はいま「{}」です", .0.title())]
    State(BreakGlassState),
    #[error("記録できませんでした")]
    Db(#[from] DbError),
}

impl BreakGlass {
    pub fn state(&self, at: At) -> BreakGlassState {
        match (self.approved_at, self.ends_at) {
            (Some(_), Some(end)) if at < end => BreakGlassState::Running,
            (Some(_), _) if self.acknowledged_at.is_some() => BreakGlassState::Acknowledged,
            (Some(_), _) => BreakGlassState::Over,
            (None, _) if self.ended_by.is_some() => BreakGlassState::TakenBack,
            (None, _) if at < self.asked_at.plus_seconds(WAITS_SECONDS) => BreakGlassState::Waiting,
            (None, _) => BreakGlassState::Lapsed,
        }
    }

    fn read(row: &mut Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.take()?,
            account: row.take()?,
            role: row.take()?,
            reason: row.take()?,
            minutes: row.take()?,
            asked_at: row.take()?,
            approved_by: row.take()?,
            approved_at: row.take()?,
            ends_at: row.take()?,
            ended_by: row.take()?,
            acknowledged_by: row.take()?,
            acknowledged_at: row.take()?,
            finding: row.take()?,
        })
    }
}

/// Asks for a role.
///
/// # Errors
/// [`BreakGlassRefused`].
pub fn ask(tx: &mut Tx<'_>, caller: &Caller, ask: &Ask) -> Result<BreakGlassId, BreakGlassRefused> {
    if ask.reason.trim().is_empty() {
        return Err(BreakGlassRefused::NoReason);
    }
    if !(1..=MOST_MINUTES).contains(&ask.minutes) {
        return Err(BreakGlassRefused::Minutes);
    }
    let (account, now) = (caller.actor.account, tx.started_at());
    let is_open =
        |one: &BreakGlass| matches!(one.state(now), BreakGlassState::Waiting | BreakGlassState::Running);
    if recent(tx, account)?.iter().any(is_open) {
        return Err(BreakGlassRefused::Open);
    }
    let id: BreakGlassId = tx.new_id();
    let insert = sql!(
        "INSERT INTO break_glass (municipality_id, id, account_id, role, reason, minutes, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.run(insert, params![id, account, ask.role, ask.reason.trim(), ask.minutes, now])?;
    note(tx, caller, "緊急時の権限の申請", &format!("{} {}分 {}", ask.role, ask.minutes, ask.reason.trim()))?;
    Ok(id)
}

/// Another person says yes: the role counts from now on.
///
/// # Errors
/// [`BreakGlassRefused`].
pub fn approve(tx: &mut Tx<'_>, caller: &Caller, id: BreakGlassId) -> Result<(), BreakGlassRefused> {
    let found = in_state(tx, id, &[BreakGlassState::Waiting])?;
    if found.account == caller.actor.account {
        return Err(BreakGlassRefused::OwnAsk);
    }
    let now = tx.started_at();
    tx.announce_change();
    let update = sql!(
        "UPDATE break_glass SET approved_by = $3, approved_at = $4, ends_at = $5
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.run(update, params![id, caller.actor.account, now, now.plus_seconds(found.minutes * 60)])?;
    note(tx, caller, "緊急時の権限の承認", &format!("{id} {} {}分", found.role, found.minutes))?;
    Ok(())
}

/// Ends a use before its time, or takes an ask back. Whose it is, or who may approve, may do so.
///
/// # Errors
/// [`BreakGlassRefused`].
pub fn end(tx: &mut Tx<'_>, caller: &Caller, id: BreakGlassId) -> Result<(), BreakGlassRefused> {
    in_state(tx, id, &[BreakGlassState::Waiting, BreakGlassState::Running])?;
    tx.announce_change();
    let update =
        sql!("UPDATE break_glass SET ends_at = $4, ended_by = $3 WHERE municipality_id = $1 AND id = $2");
    tx.run(update, params![id, caller.actor.account, tx.started_at()])?;
    note(tx, caller, "緊急時の権限の終了", &id.to_string())?;
    Ok(())
}

/// A third person has looked at what was done.
///
/// # Errors
/// [`BreakGlassRefused`].
pub fn acknowledge(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: BreakGlassId,
    finding: &str,
) -> Result<(), BreakGlassRefused> {
    let found = in_state(tx, id, &[BreakGlassState::Over])?;
    let by = caller.actor.account;
    if found.account == by || found.approved_by == Some(by) {
        return Err(BreakGlassRefused::Involved);
    }
    let update = sql!(
        "UPDATE break_glass SET acknowledged_by = $3, acknowledged_at = $4, finding = $5
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.run(update, params![id, by, tx.started_at(), finding.trim()])?;
    note(tx, caller, "緊急時の権限の確認", &format!("{id} {}", finding.trim()))?;
    Ok(())
}

fn in_state(
    tx: &mut Tx<'_>,
    id: BreakGlassId,
    expected: &[BreakGlassState],
) -> Result<BreakGlass, BreakGlassRefused> {
    let found = find(tx, id)?.ok_or(BreakGlassRefused::Unknown)?;
    let state = found.state(tx.started_at());
    if expected.contains(&state) { Ok(found) } else { Err(BreakGlassRefused::State(state)) }
}

/// The row of the operation log. The reason may name somebody: it is kept as a condition, which is personal.
fn note(tx: &mut Tx<'_>, caller: &Caller, purpose: &str, conditions: &str) -> Result<(), DbError> {
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    let entry = Entry::new(&caller.actor, Operation::Right, purpose);
    record(tx, &Entry { path, terminal: &caller.terminal, conditions: Some(conditions), ..entry })
}

/// One use.
///
/// # Errors
/// What the engine says.
pub fn find(tx: &mut Tx<'_>, id: BreakGlassId) -> Result<Option<BreakGlass>, DbError> {
    let find = sql!(
        "SELECT id, account_id, role, reason, minutes, asked_at, approved_by, approved_at, ends_at, ended_by,
                acknowledged_by, acknowledged_at, finding
           FROM break_glass WHERE municipality_id = $1 AND id = $2"
    );
    tx.opt(find, params![id], BreakGlass::read)
}

/// The uses asked for between two instants (the second excluded), the latest first.
///
/// # Errors
/// What the engine says.
pub fn asked_between(tx: &mut Tx<'_>, from: At, to: At) -> Result<Vec<BreakGlass>, DbError> {
    let list = sql!(
        "SELECT id, account_id, role, reason, minutes, asked_at, approved_by, approved_at, ends_at, ended_by,
                acknowledged_by, acknowledged_at, finding
           FROM break_glass WHERE municipality_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC"
    );
    tx.all(list, params![BreakGlassId::first_at(from), BreakGlassId::first_at(to)], BreakGlass::read)
}

/// What an account asked for so lately that it may still wait or run.
fn recent(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<BreakGlass>, DbError> {
    let since = BreakGlassId::first_at(tx.started_at().plus_seconds(-LONGEST_SECONDS));
    let find = sql!(
        "SELECT id, account_id, role, reason, minutes, asked_at, approved_by, approved_at, ends_at, ended_by,
                acknowledged_by, acknowledged_at, finding
           FROM break_glass WHERE municipality_id = $1 AND account_id = $2 AND id >= $3 ORDER BY id"
    );
    tx.all(find, params![account, since], BreakGlass::read)
}

/// Adds the roles of the uses that run now.
pub(crate) fn add_running(tx: &mut Tx<'_>, actor: &mut Actor) -> Result<(), DbError> {
    let now = tx.started_at();
    for one in recent(tx, actor.account)? {
        let (BreakGlassState::Running, Some(end)) = (one.state(now), one.ends_at) else { continue };
        if !actor.roles.contains(&one.role) {
            actor.roles.push(one.role);
        }
        actor.roles.push(format!("{MARK}{}", end.micros()));
    }
    Ok(())
}

/// Whether the roles of an actor are still those of this instant.
pub(crate) fn holds(actor: &Actor, at: At) -> bool {
    ends(actor).all(|end| at < end)
}

fn ends(actor: &Actor) -> impl Iterator<Item = At> {
    let marks = actor.roles.iter().filter_map(|role| role.strip_prefix(MARK));
    // A mark that cannot be read is over.
    marks.map(|end| At::from_micros(end.parse().unwrap_or(i64::MIN)))
}

/// The purpose as the log tells it.
pub(crate) fn told<'a>(actor: &Actor, purpose: &'a str) -> Cow<'a, str> {
    if ends(actor).next().is_some() {
        Cow::Owned(format!("{MARKED}{purpose}"))
    } else {
        Cow::Borrowed(purpose)
    }
}
