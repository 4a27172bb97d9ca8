//! The half-yearly review of accounts (棚卸し): who may still sign in, with which posts, and who does not use it.
use std::collections::HashMap;

use base::{At, Date, Id};
use db::{DbError, Tx, params, sql};
use identity::{AccountId, Caller};

use crate::line::AccessId;
use crate::refusal::Refusal;
use crate::setting::note;

/// One confirmation.
enum ReviewKind {}

/// Days without a sign-in after which an account is told of.
pub(crate) const UNUSED_DAYS: i64 = 90;
const DAY_SECONDS: i64 = 24 * 3600;

/// A post (配属) of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub section: String,
    /// [`identity::Role::key`].
    pub role: String,
    pub from: Date,
    pub to: Option<Date>,
}

/// An account under review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub id: AccountId,
    pub sign_in_name: String,
    pub name: String,
    pub created_at: At,
    pub posts: Vec<Post>,
    /// Within the last [`UNUSED_DAYS`].
    pub signed_in_at: Option<At>,
    pub reviewed_at: Option<At>,
}

impl Account {
    /// Nobody signed in for more than 90 days, though one could.
    pub(crate) fn is_unused(&self, now: At) -> bool {
        self.signed_in_at.is_none() && self.created_at < unused_since(now)
    }
    /// A post of today without an end.
    pub(crate) fn has_open_post(&self, today: Date) -> bool {
        self.posts.iter().any(|post| post.to.is_none() && post.from <= today)
    }
    /// No post today: nobody can sign in with it.
    pub(crate) fn is_without_post(&self, today: Date) -> bool {
        !self.posts.iter().any(|post| post.from <= today && post.to.is_none_or(|to| today <= to))
    }
}

fn unused_since(now: At) -> At {
    now.plus_seconds(-UNUSED_DAYS * DAY_SECONDS)
}

/// Every account in the order of the sign-in names; one alone when it is named.
pub(crate) fn accounts(tx: &mut Tx<'_>, only: Option<AccountId>) -> Result<Vec<Account>, DbError> {
    let (first, last) = only.map_or((0, i64::MAX), |one| (one.get(), one.get()));
    let find = sql!(
        "SELECT id, sign_in_name, display_name, created_at FROM account
          WHERE municipality_id = $1 AND id >= $2 AND id <= $3 ORDER BY sign_in_name"
    );
    let mut accounts: Vec<Account> = tx.all(find, params![first, last], |r| {
        Ok(Account {
            id: r.take()?,
            sign_in_name: r.take()?,
            name: r.take()?,
            created_at: r.take()?,
            posts: Vec::new(),
            signed_in_at: None,
            reviewed_at: None,
        })
    })?;
    let (mut posts, sign_ins, reviews) = (posts(tx, (first, last))?, sign_ins(tx)?, reviews(tx, (first, last))?);
    for account in &mut accounts {
        account.posts = posts.remove(&account.id).unwrap_or_default();
        account.signed_in_at = sign_ins.get(&account.id).copied();
        account.reviewed_at = reviews.get(&account.id).copied();
    }
    Ok(accounts)
}

fn posts(tx: &mut Tx<'_>, (first, last): (i64, i64)) -> Result<HashMap<AccountId, Vec<Post>>, DbError> {
    let find = sql!(
        "SELECT p.account_id, s.name, p.role, p.from_on, p.to_on FROM post AS p
           JOIN section AS s ON s.municipality_id = $1 AND s.code = p.section_code
          WHERE p.municipality_id = $1 AND p.account_id >= $2 AND p.account_id <= $3
          ORDER BY p.account_id, p.from_on, p.id"
    );
    let rows = tx.all(find, params![first, last], |r| {
        let account: AccountId = r.take()?;
        Ok((account, Post { section: r.take()?, role: r.take()?, from: r.take()?, to: r.take()? }))
    })?;
    let mut posts: HashMap<AccountId, Vec<Post>> = HashMap::new();
    for (account, post) in rows {
        posts.entry(account).or_default().push(post);
    }
    Ok(posts)
}

/// The last sign-ins of the last 90 days: ids are in the order of time.
fn sign_ins(tx: &mut Tx<'_>) -> Result<HashMap<AccountId, At>, DbError> {
    let since = AccessId::first_at(unused_since(tx.started_at()));
    let find = sql!(
        "SELECT account_id, MAX(at) FROM access
          WHERE municipality_id = $1 AND id >= $2 AND operation = 'sign_in' GROUP BY account_id"
    );
    Ok(tx.all(find, params![since], |r| Ok((r.take()?, r.take()?)))?.into_iter().collect())
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
    note(tx, caller, "利用者の棚卸しの確認", &found.sign_in_name)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_days_are_not_more_than_ninety() {
        let now = At::midnight(base::day(2026, 11, 24));
        for (days, expected) in [(89, false), (90, false), (91, true)] {
            let account = Account {
                id: AccountId::new(1),
                sign_in_name: String::new(),
                name: String::new(),
                created_at: now.plus_seconds(-days * DAY_SECONDS),
                posts: Vec::new(),
                signed_in_at: None,
                reviewed_at: None,
            };
            assert_eq!(account.is_unused(now), expected, "{days}");
            assert!(!Account { signed_in_at: Some(now), ..account }.is_unused(now), "{days}");
        }
    }
}
