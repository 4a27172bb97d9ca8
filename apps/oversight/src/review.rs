//! The half-yearly review of accounts (棚卸し): who may still sign in, with which posts, and who does not use it.
use std::collections::HashMap;

use base::{At, Date, Id};
use db::{DbError, Tx, params, sql};
use identity::{AccountId, Caller, StaffAccount, staff};

use crate::refusal::Refusal;
use crate::setting::note;

/// One confirmation.
enum ReviewKind {}

/// Days without a sign-in after which an account is told of.
pub(crate) const UNUSED_DAYS: i64 = 90;
const DAY_SECONDS: i64 = 24 * 3600;

/// An account under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// With the last sign-in within the last [`UNUSED_DAYS`].
    pub staff: StaffAccount,
    pub reviewed_at: Option<At>,
}

impl Account {
    /// Nobody signed in for more than 90 days, though one could.
    pub(crate) fn is_unused(&self, now: At) -> bool {
        self.staff.signed_in_at.is_none() && self.staff.created_at < unused_since(now)
    }
    /// A post of today without an end.
    pub(crate) fn has_open_post(&self, today: Date) -> bool {
        self.staff.posts.iter().any(|post| post.to.is_none() && post.from <= today)
    }
    /// No post today: nobody can sign in with it.
    pub(crate) fn is_without_post(&self, today: Date) -> bool {
        let mut posts = self.staff.posts.iter();
        !posts.any(|post| post.from <= today && post.to.is_none_or(|to| today <= to))
    }
}

fn unused_since(now: At) -> At {
    now.plus_seconds(-UNUSED_DAYS * DAY_SECONDS)
}

/// Every account in the order of the sign-in names; one alone when it is named.
pub(crate) fn accounts(tx: &mut Tx<'_>, only: Option<AccountId>) -> Result<Vec<Account>, DbError> {
    let since = unused_since(tx.started_at());
    let staff = staff(tx, only, since)?;
    let reviews = reviews(tx, only.map_or((0, i64::MAX), |one| (one.get(), one.get())))?;
    let reviewed = |staff: StaffAccount| Account { reviewed_at: reviews.get(&staff.id).copied(), staff };
    Ok(staff.into_iter().map(reviewed).collect())
}

fn reviews(tx: &mut Tx<'_>, (first, last): (i64, i64)) -> Result<HashMap<AccountId, At>, DbError> {
    let find = sql!(
        "SELECT account_id, MAX(reviewed_at) FROM account_review
          WHERE municipality_id = $1 AND account_id >= $2 AND account_id <= $3 GROUP BY account_id"
    );
    Ok(tx.all(find, params![first, last], |r| Ok((r.take()?, r.take()?)))?.into_iter().collect())
}

/// 「確認した」.
pub(crate) fn confirm(tx: &mut Tx<'_>, caller: &Caller, account: AccountId) -> Result<(), Refusal> {
    let found = accounts(tx, Some(account))?.pop().ok_or(Refusal::Unknown)?;
    let id: Id<ReviewKind> = tx.new_id();
    let insert = sql!(
        "INSERT INTO account_review (municipality_id, account_id, id, reviewed_by, reviewed_at)
         VALUES ($1, $2, $3, $4, $5)"
    );
    let now = tx.started_at();
    tx.run(insert, params![account, id, caller.actor.account, now])?;
    note(tx, caller, "利用者の棚卸しの確認", &found.staff.sign_in_name)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_days_are_not_more_than_ninety() {
        let now = At::midnight(base::day(2026, 11, 24));
        for (days, expected) in [(89, false), (90, false), (91, true)] {
            let staff = StaffAccount {
                id: AccountId::new(1),
                sign_in_name: String::new(),
                name: String::new(),
                created_at: now.plus_seconds(-days * DAY_SECONDS),
                posts: Vec::new(),
                signed_in_at: None,
            };
            let account = Account { staff: staff.clone(), reviewed_at: None };
            assert_eq!(account.is_unused(now), expected, "{days}");
            let staff = StaffAccount { signed_in_at: Some(now), ..staff };
            assert!(!Account { staff, ..account }.is_unused(now), "{days}");
        }
    }
}
