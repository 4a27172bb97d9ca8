//! The staff as lists show it: names, posts, the last sign-ins.
use std::collections::{BTreeSet, HashMap};

use base::{At, Date};
use db::{DbError, Tx, params, sql};

use crate::AccountId;
use crate::log::{Span, sign_ins};

/// 氏名 of accounts, each asked for once.
///
/// # Errors
/// What the engine says.
pub fn account_names(
    tx: &mut Tx<'_>,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, String>, DbError> {
    let ids: Vec<AccountId> = accounts.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let find = sql!("SELECT id, display_name FROM account WHERE municipality_id = $1 AND id IN INTS($2)");
    Ok(tx.all(find, params![ids], |r| Ok((r.take()?, r.take()?)))?.into_iter().collect())
}

/// What sections are called now, by their codes.
///
/// # Errors
/// What the engine says.
pub fn section_names<'a>(
    tx: &mut Tx<'_>,
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, String>, DbError> {
    let codes: BTreeSet<&str> = codes.into_iter().collect();
    let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
    let find = sql!("SELECT code, name FROM section WHERE municipality_id = $1 AND code IN TEXTS($2)");
    Ok(tx.all(find, params![codes], |r| Ok((r.take()?, r.take()?)))?.into_iter().collect())
}

/// A post (配属) as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Name of the section.
    pub section: String,
    /// [`crate::Role::key`].
    pub role: String,
    pub from: Date,
    pub to: Option<Date>,
}

/// An account as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAccount {
    pub id: AccountId,
    pub sign_in_name: String,
    pub name: String,
    pub created_at: At,
    /// The oldest first.
    pub posts: Vec<Post>,
    /// The last sign-in since the day that was asked for.
    pub signed_in_at: Option<At>,
}

/// Every account in the order of the sign-in names, or `only` this one; with the last sign-in since `since`.
///
/// # Errors
/// What the engine says.
pub fn staff(tx: &mut Tx<'_>, only: Option<AccountId>, since: At) -> Result<Vec<StaffAccount>, DbError> {
    let (first, last) = only.map_or((0, i64::MAX), |one| (one.get(), one.get()));
    let find = sql!(
        "SELECT id, sign_in_name, display_name, created_at FROM account
          WHERE municipality_id = $1 AND id >= $2 AND id <= $3 ORDER BY sign_in_name"
    );
    let mut accounts = tx.all(find, params![first, last], |r| {
        let (id, sign_in_name, name, created_at) = (r.take()?, r.take()?, r.take()?, r.take()?);
        Ok(StaffAccount { id, sign_in_name, name, created_at, posts: Vec::new(), signed_in_at: None })
    })?;
    let mut posts = posts(tx, (first, last))?;
    let span = Span { from: since, to: tx.started_at().plus_seconds(1) };
    let sign_ins: HashMap<AccountId, Option<At>> =
        sign_ins(tx, span)?.into_iter().map(|one| (one.account, one.last_at)).collect();
    for account in &mut accounts {
        account.posts = posts.remove(&account.id).unwrap_or_default();
        account.signed_in_at = sign_ins.get(&account.id).copied().flatten();
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
