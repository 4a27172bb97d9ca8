//! Accounts that sign in at the city's own directory (OpenID Connect). The directory says who somebody is there;
//! which account that is, a person has written down: nothing is created on the way in.
//!
//! Two factors stay: unless the directory says that it asked for both, our own code follows.
use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};

use crate::account::{account_of, actor_of};
use crate::operation::{Entry, Operation, record};
use crate::secret::{Token, stored};
use crate::session::{Fresh, LIMITS, NewSession, Pending, open, record_failure};
use crate::{AccountId, Actor, throttle};

/// A list is read by a person.
const SHOWN: i64 = 500;

/// How a sign-in at the directory goes on here.
#[derive(Debug)]
pub enum Arrived {
    /// The directory asked for two factors.
    SignedIn(NewSession),
    /// The code is asked next.
    Pending(Pending),
    /// Nobody has linked this subject to an account, or the account has no post today.
    Unknown,
}

/// A subject of the directory and its account (対応づけ).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub issuer: String,
    pub subject: String,
    pub sign_in_name: String,
    pub display_name: String,
    pub linked_at: At,
}

/// Begins the way to the directory: the cookie that binds the answer to this browser.
///
/// # Errors
/// The store's own failure.
pub async fn begin(
    store: &Store,
    municipality: MunicipalityId,
    onward: &str,
    client: &str,
    at: At,
) -> Result<Token, DbError> {
    let cookie = Token::random();
    let (hash, onward, client) = (stored(cookie.reveal()), onward.to_owned(), client.to_owned());
    let begin = move |tx: &mut Tx<'_>| {
        let ended = sql!("DELETE FROM external_sign_in WHERE municipality_id = $1 AND ends_at <= $2");
        tx.run(ended, params![at])?;
        let open = sql!("SELECT COUNT(*) FROM external_sign_in WHERE municipality_id = $1 AND client = $2");
        throttle::ensure_few(tx.one(open, params![client], |row| row.take())?)?;
        let begin = sql!(
            "INSERT INTO external_sign_in (municipality_id, token_hash, onward, ends_at, client)
             VALUES ($1, $2, $3, $4, $5)"
        );
        tx.run(begin, params![hash, onward, at.plus_seconds(LIMITS.pending), client]).map(drop)
    };
    store.write(municipality, begin).await?;
    Ok(cookie)
}

/// Ends the way: once, and in time. Where the person was going.
///
/// # Errors
/// The store's own failure.
pub async fn end(
    store: &Store,
    municipality: MunicipalityId,
    cookie: &str,
    at: At,
) -> Result<Option<String>, DbError> {
    let hash = stored(cookie);
    let take = move |tx: &mut Tx<'_>| {
        let find = sql!(
            "SELECT onward FROM external_sign_in
             WHERE municipality_id = $1 AND token_hash = $2 AND ends_at > $3"
        );
        let onward = tx.opt(find, params![hash, at], |row| row.take::<String>())?;
        let take = sql!("DELETE FROM external_sign_in WHERE municipality_id = $1 AND token_hash = $2");
        let taken = tx.run(take, params![hash])? == 1;
        Ok::<_, DbError>(onward.filter(|_| taken))
    };
    store.write(municipality, take).await
}

/// A directory's word that this subject signed in there. `strong`: it asked for two factors.
///
/// # Errors
/// The store's own failure.
pub async fn arrive(
    store: &Store,
    municipality: MunicipalityId,
    issuer: &str,
    subject: &str,
    strong: bool,
    client: &str,
    at: At,
) -> Result<Arrived, DbError> {
    let (issuer, subject, client) = (issuer.to_owned(), subject.to_owned(), client.to_owned());
    let (fresh, cookie) = (Fresh::random(), Token::random());
    let (new, pending) = (fresh.clone(), stored(cookie.reveal()));
    let known = move |tx: &mut Tx<'_>| {
        let linked = linked(tx, &issuer, &subject)?;
        let account = linked.as_ref().map(|(account, _)| *account);
        let actor = match account {
            Some(account) => actor_of(tx, account, at.date())?,
            None => None,
        };
        let (Some((account, name)), Some(actor)) = (linked, actor) else {
            record_failure(tx, account, &client, "ディレクトリー", at)?;
            return Ok(false);
        };
        if strong {
            open(tx, &actor, &new, &client, "ディレクトリー", at)?;
            return Ok(true);
        }
        let begin = sql!(
            "INSERT INTO sign_in (municipality_id, token_hash, account_id, sign_in_name, client, begun_at,
                by_directory) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        );
        tx.run(begin, params![pending, account, name, client, at, true])?;
        Ok::<_, DbError>(true)
    };
    let is_known = store.write(municipality, known).await?;
    Ok(match (is_known, strong) {
        (false, _) => Arrived::Unknown,
        (true, true) => Arrived::SignedIn(NewSession { token: fresh.token }),
        (true, false) => Arrived::Pending(Pending { cookie }),
    })
}

fn linked(tx: &mut Tx<'_>, issuer: &str, subject: &str) -> Result<Option<(AccountId, String)>, DbError> {
    let find = sql!(
        "SELECT a.id, a.sign_in_name FROM account_external e
         JOIN account a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
         WHERE e.municipality_id = $1 AND e.issuer = $2 AND e.subject = $3"
    );
    tx.opt(find, params![issuer, subject], |row| Ok((row.take()?, row.take()?)))
}

/// Links a subject to the account of a sign-in name, by whoever administers accounts. A subject has one account:
/// a second word about it replaces the first. `false`: there is no such account.
///
/// # Errors
/// What the engine says.
pub fn link(
    tx: &mut Tx<'_>,
    by: &Actor,
    issuer: &str,
    subject: &str,
    typed_name: &str,
    client: &str,
    at: At,
) -> Result<bool, DbError> {
    let Some(account) = account_of(tx, typed_name)? else { return Ok(false) };
    let link = sql!(
        "INSERT INTO account_external (municipality_id, issuer, subject, account_id, linked_by, linked_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (municipality_id, issuer, subject) DO UPDATE
         SET account_id = excluded.account_id, linked_by = excluded.linked_by, linked_at = excluded.linked_at"
    );
    tx.run(link, params![issuer, subject, account, by.account, at])?;
    let what = format!("{} へのディレクトリーの対応づけ", crate::sign_in_name(typed_name));
    record(tx, &Entry { terminal: client, ..Entry::new(by, Operation::Right, &what) })?;
    Ok(true)
}

/// Takes a link away. `false`: there was none.
///
/// # Errors
/// What the engine says.
pub fn unlink(
    tx: &mut Tx<'_>,
    by: &Actor,
    issuer: &str,
    subject: &str,
    client: &str,
) -> Result<bool, DbError> {
    let Some((_, name)) = linked(tx, issuer, subject)? else { return Ok(false) };
    let unlink =
        sql!("DELETE FROM account_external WHERE municipality_id = $1 AND issuer = $2 AND subject = $3");
    tx.run(unlink, params![issuer, subject])?;
    let what = format!("{name} のディレクトリーの対応づけの取り消し");
    record(tx, &Entry { terminal: client, ..Entry::new(by, Operation::Right, &what) })?;
    Ok(true)
}

/// The links to a directory, by subject, five hundred at most.
///
/// # Errors
/// What the engine says.
pub fn links(tx: &mut Tx<'_>, issuer: &str) -> Result<Vec<Link>, DbError> {
    let list = sql!(
        "SELECT e.issuer, e.subject, a.sign_in_name, a.display_name, e.linked_at FROM account_external e
         JOIN account a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
         WHERE e.municipality_id = $1 AND e.issuer = $2 ORDER BY e.subject LIMIT $3"
    );
    tx.all(list, params![issuer, SHOWN], |row| {
        Ok(Link {
            issuer: row.take()?,
            subject: row.take()?,
            sign_in_name: row.take()?,
            display_name: row.take()?,
            linked_at: row.take()?,
        })
    })
}
