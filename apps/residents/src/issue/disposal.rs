//! 誤交付・書損の用紙: a copy that is taken back or destroyed, with the reason; its number stays used.
use db::{DbError, Tx, params, sql};
use identity::{Caller, Operation, record_access};

use super::{IssueId, ledger, till};

/// 取消 (the copy is no longer valid, the fee goes back) or 廃棄 (a spoilt sheet; nothing was handed over).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposal {
    Cancelled,
    Destroyed,
}

impl Disposal {
    pub fn of(code: &str) -> Option<Self> {
        match code {
            "cancelled" => Some(Self::Cancelled),
            "destroyed" => Some(Self::Destroyed),
            _ => None,
        }
    }
    fn code(self) -> &'static str {
        if self == Self::Cancelled { "cancelled" } else { "destroyed" }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDisposed {
    #[error("その用紙はありません")]
    Absent,
    #[error("その用紙はもう取り消されています")]
    Already,
    #[error("理由を200文字までで入力してください")]
    Reason,
    #[error("store")]
    Db(#[from] DbError),
}

/// Once for each copy; the fee of the copy goes back out of the till of today.
///
/// # Errors
/// [`NotDisposed`].
pub(crate) fn dispose(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: IssueId,
    copy_no: i64,
    how: Disposal,
    reason: &str,
) -> Result<(), NotDisposed> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(NotDisposed::Reason);
    }
    let (issue, copies) = ledger::find(tx, id)?.ok_or(NotDisposed::Absent)?;
    let copy = copies.iter().find(|copy| copy.no == copy_no).ok_or(NotDisposed::Absent)?;
    if !copy.is_valid() {
        return Err(NotDisposed::Already);
    }
    let at = tx.started_at();
    let set = sql!(
        "UPDATE issue_copy SET state = $4, disposal_reason = $5, disposed_by = $6, disposed_at = $7
          WHERE municipality_id = $1 AND issue_id = $2 AND copy_no = $3 AND state = 'valid'"
    );
    tx.run(set, params![id, copy_no, how.code(), reason, caller.actor.name, at])?;
    let all = i64::try_from(copies.len()).expect("copies are few").max(1);
    let fee = issue.fee / all;
    let entry = till::Entry { kind: "refund", copies: -1, yen: -fee, issue: Some(id), reason };
    till::enter(tx, &caller.actor.name, at.date(), &copy.terminal, &entry)?;
    let persons = ledger::persons(tx, id)?;
    record_access(tx, caller, Operation::Change, "住民票の写しの取消・廃棄", &persons)?;
    Ok(())
}
