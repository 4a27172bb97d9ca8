//! One's own password and sessions (screens.md §13), and the end of somebody's sessions by 総務課.
use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use thiserror::Error;

use crate::new_password::{Words, judge};
use crate::operation::{Entry, Operation, record};
use crate::secret::{hex, stored};
use crate::session::{LIMITS, record_failure};
use crate::{AccountId, Actor, Refusal, Weak, news, password, throttle};

/// Digits of a session's mark on pages: enough among one's own, and nothing that signs in.
const MARK_DIGITS: usize = 16;

/// Why a password was not changed.
#[derive(Debug, Error)]
pub enum PasswordRefused {
    #[error("いまのパスワードが違います")]
    Current,
    #[error(transparent)]
    Weak(#[from] Weak),
    #[error("いまと同じパスワードです。新しい言葉にしてください")]
    Same,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<DbError> for PasswordRefused {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

/// Sets a new password. Other sessions end, the log says so, and the owner is told. `context`: names of city and
/// site, which no password is made of.
///
/// # Errors
/// [`PasswordRefused`].
pub async fn change_password(
    store: &Store,
    actor: &Actor,
    token: &str,
    (current, new): (String, String),
    context: &[&str],
    client: &str,
    at: At,
) -> Result<(), PasswordRefused> {
    let (city, account) = (actor.municipality, actor.account);
    let turn = password::turn().await;
    let counted = move |tx: &mut Tx<'_>| {
        throttle::attempt_again(tx, account, at)?;
        Ok::<_, Refusal>(own(tx, account)?)
    };
    let (hash, name) = store.write(city, counted).await?;
    let is_same = current == new;
    if !password::verify_aside(turn, current, Some(hash.clone())).await {
        let client = client.to_owned();
        let failed =
            move |tx: &mut Tx<'_>| record_failure(tx, Some(account), &client, "パスワードの変更", at);
        store.write(city, failed).await?;
        return Err(PasswordRefused::Current);
    }
    store.write(city, move |tx| throttle::clear_again(tx, account)).await?;
    if is_same {
        return Err(PasswordRefused::Same);
    }
    let own_words = [name.as_str(), actor.name.as_str(), actor.section.name.as_str()];
    judge(&new, &Words::of(own_words.into_iter().chain(context.iter().copied())))?;
    let anew = password::hash_aside(password::turn().await, new).await.ok_or(DbError::Overloaded)?;
    let (owner, kept, client) = (actor.clone(), stored(token), client.to_owned());
    let change = move |tx: &mut Tx<'_>| {
        let change = sql!(
            "UPDATE account SET password_hash = $4 WHERE municipality_id = $1 AND id = $2 AND password_hash = $3"
        );
        if tx.run(change, params![owner.account, hash, anew])? == 0 {
            return Ok(false);
        }
        end_but(tx, owner.account, kept)?;
        let what = "パスワードの変更";
        record(tx, &Entry { terminal: &client, ..Entry::new(&owner, Operation::Right, what) })?;
        news::tell(tx, owner.account, "パスワードが変わりました。ほかの端末はサインアウトしました", &client)?;
        Ok::<_, DbError>(true)
    };
    // Somebody changed it at the same moment: what was typed as the present one no longer is.
    if store.write(city, change).await? { Ok(()) } else { Err(PasswordRefused::Current) }
}

/// The hash and the sign-in name.
fn own(tx: &mut Tx<'_>, account: AccountId) -> Result<(String, String), DbError> {
    let find = sql!("SELECT password_hash, sign_in_name FROM account WHERE municipality_id = $1 AND id = $2");
    tx.one(find, params![account], |row| Ok((row.take()?, row.take()?)))
}

/// Every other session, and what is half signed in.
pub(crate) fn end_but(tx: &mut Tx<'_>, account: AccountId, kept: [u8; 32]) -> Result<u64, DbError> {
    tx.announce_change();
    let pending = sql!("DELETE FROM sign_in WHERE municipality_id = $1 AND account_id = $2");
    tx.run(pending, params![account])?;
    let others =
        sql!("DELETE FROM session WHERE municipality_id = $1 AND account_id = $2 AND token_hash <> $3");
    tx.run(others, params![account, kept])
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Names it on the page; signs nobody in.
    pub mark: String,
    pub is_this: bool,
    pub began_at: At,
    pub seen_at: At,
    /// The network address it began at; empty for one of an earlier program.
    pub client: String,
}

/// The sessions of an account that go on, the latest used first. `token`: of the session that asks.
///
/// # Errors
/// What the engine says.
pub fn sessions_of(tx: &mut Tx<'_>, account: AccountId, token: &str) -> Result<Vec<OwnSession>, DbError> {
    let at = tx.started_at();
    let this = stored(token);
    let list = sql!(
        "SELECT token_hash, began_at, seen_at, client FROM session
          WHERE municipality_id = $1 AND account_id = $2 AND began_at > $3 AND seen_at > $4
          ORDER BY seen_at DESC, token_hash"
    );
    let since = (at.plus_seconds(-LIMITS.absolute), at.plus_seconds(-LIMITS.idle));
    tx.all(list, params![account, since.0, since.1], |r| {
        let hash: Vec<u8> = r.take()?;
        let is_this = hash == this;
        Ok(OwnSession {
            mark: mark(&hash),
            is_this,
            began_at: r.take()?,
            seen_at: r.take()?,
            client: r.take()?,
        })
    })
}

fn mark(hash: &[u8]) -> String {
    hex(hash).chars().take(MARK_DIGITS).collect()
}

/// Ends one of one's own sessions. `false`: there is none with this mark.
///
/// # Errors
/// What the engine says.
pub fn end_one(tx: &mut Tx<'_>, actor: &Actor, wanted: &str, client: &str) -> Result<bool, DbError> {
    let list = sql!("SELECT token_hash FROM session WHERE municipality_id = $1 AND account_id = $2");
    let all: Vec<Vec<u8>> = tx.all(list, params![actor.account], |r| r.take())?;
    let Some(hash) = all.into_iter().find(|hash| mark(hash) == wanted) else { return Ok(false) };
    tx.announce_change();
    let end = sql!("DELETE FROM session WHERE municipality_id = $1 AND token_hash = $2");
    tx.run(end, params![hash])?;
    let what = "1つの端末のサインアウト";
    record(tx, &Entry { terminal: client, ..Entry::new(actor, Operation::SignOut, what) })?;
    Ok(true)
}

/// 総務課 ends every session of an account, for example after a device was stolen; its owner is told.
///
/// # Errors
/// The store's own failure.
pub async fn end_all(
    store: &Store,
    municipality: MunicipalityId,
    by: &Actor,
    account: AccountId,
    client: &str,
) -> Result<u64, DbError> {
    let (by, client) = (by.clone(), client.to_owned());
    let end = move |tx: &mut Tx<'_>| {
        let find = sql!("SELECT sign_in_name FROM account WHERE municipality_id = $1 AND id = $2");
        let Some(name) = tx.opt(find, params![account], |r| r.take::<String>())? else { return Ok(0) };
        let ended = end_but(tx, account, [0; 32])?;
        let what = format!("{name} のすべての端末のサインアウト");
        record(tx, &Entry { terminal: &client, ..Entry::new(&by, Operation::Right, &what) })?;
        news::tell(tx, account, "総務課がすべての端末をサインアウトしました", &client)?;
        Ok(ended)
    };
    store.write(municipality, end).await
}
