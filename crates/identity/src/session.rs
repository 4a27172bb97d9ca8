//! Signing in (password, then code) and the session that follows.
//!
//! Spec: architecture §7, screens §13. The cookie changes between the two steps; the database holds only hashes
//! of cookies; the sentence for a refusal never says which part was wrong.
use std::fmt;

use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use thiserror::Error;
use vault::Keys;

use crate::account::{actor_of, sign_in_name, totp_secret};
use crate::operation::{Entry, Operation, record};
use crate::secret::{Token, same, stored};
use crate::{AccountId, Actor, news, password, throttle, totp};

/// How long things last, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the right password to the code.
    pub pending: i64,
    /// A session without a request ends (無操作). Up to `seen_every` earlier, as that is how exact it is.
    pub idle: i64,
    /// A session ends in any case: a working day with overtime.
    pub absolute: i64,
    /// A request is noted in the database at most this often: a GET should not write.
    pub seen_every: i64,
    /// How long a confirmation (再確認) counts for acts that need a fresh one.
    pub fresh: i64,
    /// From the page that asks for a passkey, or the way to the directory, to the answer.
    pub asked: i64,
    /// An address where a name signed in stays known as its own.
    pub client_known: i64,
    /// So many different names that fail at one address within `spray_window` are told to 総務課.
    pub spray_names: i64,
    pub spray_window: i64,
}

/// What holds for every municipality since 2026-11-24 (office §5).
pub const LIMITS: Limits = Limits {
    pending: 10 * 60,
    idle: 30 * 60,
    absolute: 12 * 3600,
    seen_every: 60,
    fresh: 5 * 60,
    asked: 5 * 60,
    client_known: 90 * 24 * 3600,
    spray_names: 8,
    spray_window: 3600,
};

/// Why nobody was signed in, as the page says it.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Name, password, code, or no post today: never which.
    #[error("組み合わせが違います")]
    Wrong,
    #[error("組み合わせの違いが続きました。あと{}たつと、もう一度お試しいただけます", spoken(*.seconds))]
    Wait { seconds: i64 },
    #[error("ただいまサインインできません。しばらくしてから、もう一度お試しください")]
    Store(#[from] DbError),
}

fn spoken(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}秒"),
        (minutes, 0) => format!("{minutes}分"),
        (minutes, seconds) => format!("{minutes}分{seconds}秒"),
    }
}

/// The first step, as the form sends it.
pub struct Attempt {
    pub name: String,
    pub password: String,
    /// The client's network address; failures are counted for it, too.
    pub client: String,
}

impl fmt::Debug for Attempt {
    /// Without the password. The name stays out as well: people type a password there.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Attempt").field("client", &self.client).finish_non_exhaustive()
    }
}

/// The password was right; the code is asked next.
#[derive(Debug)]
pub struct Pending {
    pub cookie: Token,
}

/// Signed in.
#[derive(Debug)]
pub struct NewSession {
    pub token: Token,
}

/// The session of a request.
pub struct Session {
    pub actor: Actor,
    /// Goes into every form and comes back with every unsafe request.
    pub csrf: String,
    pub began_at: At,
    /// When it was last noted as used; noted at most once a minute.
    pub seen_at: At,
    /// When a second factor was last shown.
    pub fresh_at: At,
    /// News of the account that its owner has not seen yet; see [`crate::news`].
    pub unseen_news: i64,
}

impl Session {
    /// Whether an unsafe request carries this session's token.
    pub fn csrf_matches(&self, given: &str) -> bool {
        same(self.csrf.as_bytes(), given.as_bytes())
    }
    /// Whether a second factor was shown within the last minutes.
    pub fn is_fresh(&self, at: At) -> bool {
        at < self.fresh_at.plus_seconds(LIMITS.fresh)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Session");
        out.field("actor", &self.actor).field("began_at", &self.began_at).finish_non_exhaustive()
    }
}

/// Name and password.
///
/// # Errors
/// [`Refusal`].
pub async fn begin(
    store: &Store,
    municipality: MunicipalityId,
    attempt: Attempt,
    at: At,
) -> Result<Pending, Refusal> {
    let Attempt { name, password, client } = attempt;
    let name = sign_in_name(&name);
    let turn = password::turn().await;
    let (counted_name, counted_client) = (name.clone(), client.clone());
    let found = store
        .write(municipality, move |tx| {
            throttle::attempt(tx, &counted_name, &counted_client, at)?;
            Ok::<_, Refusal>(password_of(tx, &counted_name)?)
        })
        .await?;
    let (account, hash) = found.unzip();
    let right = password::verify_aside(turn, password, hash).await;
    if !right {
        let failed = move |tx: &mut Tx<'_>| record_failure(tx, account, &client, "パスワード", at);
        store.write(municipality, failed).await?;
        return Err(Refusal::Wrong);
    }
    let Some(account) = account else { return Err(Refusal::Wrong) };
    let cookie = Token::random();
    let token_hash = stored(cookie.reveal());
    store
        .write(municipality, move |tx| {
            throttle::take_back(tx, &name, &client, at)?;
            let begin = sql!(
                "INSERT INTO sign_in (municipality_id, token_hash, account_id, sign_in_name, client, begun_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"
            );
            tx.run(begin, params![token_hash, account, name, client, at])
        })
        .await
        .map_err(Refusal::Store)?;
    Ok(Pending { cookie })
}

fn password_of(tx: &mut Tx<'_>, name: &str) -> Result<Option<(AccountId, String)>, DbError> {
    tx.opt(
        sql!("SELECT id, password_hash FROM account WHERE municipality_id = $1 AND sign_in_name = $2"),
        params![name],
        |row| Ok((row.take()?, row.take()?)),
    )
}

/// The one-time code. `cookie` is what [`begin`] gave.
///
/// # Errors
/// [`Refusal`].
pub async fn confirm(
    store: &Store,
    keys: &Keys,
    municipality: MunicipalityId,
    cookie: &str,
    code: &str,
    at: At,
) -> Result<NewSession, Refusal> {
    let fresh = Fresh::random();
    let (pending_hash, new, code, keys) = (stored(cookie), fresh.clone(), code.to_owned(), keys.clone());
    let signed_in = store
        .write(municipality, move |tx| {
            let Some(pending) = pending_of(tx, pending_hash, at)? else { return Ok(false) };
            throttle::attempt(tx, &pending.name, &pending.client, at)?;
            let secret = totp_secret(tx, &keys, pending.account, &pending.secret)?;
            let step = totp::matching_step(&secret, &code, at, pending.last_step);
            let (Some(step), Some(actor)) = (step, actor_of(tx, pending.account, at.date())?) else {
                record_failure(tx, Some(pending.account), &pending.client, "確認コード", at)?;
                return Ok(false);
            };
            use_code(tx, pending.account, step)?;
            throttle::clear(tx, &pending.name, &pending.client, at)?;
            forget_ended(tx, pending_hash, at)?;
            let by = if pending.by_directory {
                "ディレクトリーと確認コード"
            } else {
                "パスワードと確認コード"
            };
            open(tx, &actor, &new, &pending.client, by, at)?;
            Ok::<_, Refusal>(true)
        })
        .await?;
    // A wrong code is Ok to the store: the failure must stay counted.
    if signed_in { Ok(NewSession { token: fresh.token }) } else { Err(Refusal::Wrong) }
}

/// Random values of a new session, drawn outside the transaction.
#[derive(Clone)]
pub(crate) struct Fresh {
    pub token: Token,
    csrf: Token,
}

impl Fresh {
    pub(crate) fn random() -> Self {
        Self { token: Token::random(), csrf: Token::random() }
    }
}

/// Begins a session, and says so in the operation log. `by`: what the person showed.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &Fresh,
    client: &str,
    by: &str,
    at: At,
) -> Result<(), DbError> {
    let begin = sql!(
        "INSERT INTO session (municipality_id, token_hash, account_id, began_at, seen_at, fresh_at, csrf, client)
         VALUES ($1, $2, $3, $4, $4, $4, $5, $6)"
    );
    tx.announce_change();
    tx.run(begin, params![stored(new.token.reveal()), actor.account, at, new.csrf.reveal(), client])?;
    record(tx, &Entry { terminal: client, ..Entry::new(actor, Operation::SignIn, by) })
}

/// Each code is taken once, whatever for.
pub(crate) fn use_code(tx: &mut Tx<'_>, account: AccountId, step: i64) -> Result<(), DbError> {
    let used = sql!("UPDATE account SET totp_step = $3 WHERE municipality_id = $1 AND id = $2");
    tx.run(used, params![account, step])?;
    Ok(())
}

/// The row of a failed sign-in names the account where there is one, and never what was typed.
pub(crate) fn record_failure(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    client: &str,
    by: &str,
    at: At,
) -> Result<(), DbError> {
    let actor = match account {
        Some(account) => actor_of(tx, account, at.date())?,
        None => None,
    };
    let mut actor = actor.unwrap_or_else(|| Actor::system(tx.municipality()));
    actor.account = account.unwrap_or(actor.account);
    record(tx, &Entry { terminal: client, ..Entry::new(&actor, Operation::SignInFailed, by) })
}

struct Waiting {
    account: AccountId,
    name: String,
    client: String,
    /// Sealed.
    secret: Vec<u8>,
    last_step: i64,
    by_directory: bool,
}

fn pending_of(tx: &mut Tx<'_>, token_hash: [u8; 32], at: At) -> Result<Option<Waiting>, DbError> {
    tx.opt(
        sql!(
            "SELECT s.account_id, s.sign_in_name, s.client, a.totp_secret, a.totp_step, s.by_directory
             FROM sign_in s
             JOIN account a ON a.municipality_id = s.municipality_id AND a.id = s.account_id
             WHERE s.municipality_id = $1 AND s.token_hash = $2 AND s.begun_at > $3"
        ),
        params![token_hash, at.plus_seconds(-LIMITS.pending)],
        |row| {
            Ok(Waiting {
                account: row.take()?,
                name: row.take()?,
                client: row.take()?,
                secret: row.take()?,
                last_step: row.take()?,
                by_directory: row.take()?,
            })
        },
    )
}

/// The pending sign-in that was used, and whatever lies around past its time.
fn forget_ended(tx: &mut Tx<'_>, used: [u8; 32], at: At) -> Result<(), DbError> {
    let pending =
        sql!("DELETE FROM sign_in WHERE municipality_id = $1 AND (token_hash = $2 OR begun_at <= $3)");
    tx.run(pending, params![used, at.plus_seconds(-LIMITS.pending)])?;
    tx.announce_change();
    let sessions =
        sql!("DELETE FROM session WHERE municipality_id = $1 AND (began_at <= $2 OR seen_at <= $3)");
    tx.run(sessions, params![at.plus_seconds(-LIMITS.absolute), at.plus_seconds(-LIMITS.idle)])?;
    Ok(())
}

/// The session of a cookie, with the roles that its account has today. `None` when it ended.
///
/// # Errors
/// The store's own failure: nobody is signed out by an overload.
pub async fn current(
    store: &Store,
    municipality: MunicipalityId,
    token: &str,
    at: At,
) -> Result<Option<Session>, DbError> {
    let token_hash = stored(token);
    let found = store.read(municipality, move |tx| found(tx, token_hash, at)).await?;
    let Some(session) = found else { return Ok(None) };
    if at >= session.seen_at.plus_seconds(LIMITS.seen_every) {
        let seen = move |tx: &mut Tx<'_>| {
            tx.announce_change();
            let update = sql!(
                "UPDATE session SET seen_at = $3 WHERE municipality_id = $1 AND token_hash = $2 AND seen_at < $3"
            );
            tx.run(update, params![token_hash, at])
        };
        store.write(municipality, seen).await?;
    }
    Ok(Some(session))
}

fn found(tx: &mut Tx<'_>, token_hash: [u8; 32], at: At) -> Result<Option<Session>, DbError> {
    // A session of an earlier program has no token for forms; its owner signs in again.
    let session = tx.opt(
        sql!(
            "SELECT account_id, began_at, seen_at, fresh_at, csrf FROM session
             WHERE municipality_id = $1 AND token_hash = $2 AND began_at > $3 AND seen_at > $4 AND csrf <> ''"
        ),
        params![token_hash, at.plus_seconds(-LIMITS.absolute), at.plus_seconds(-LIMITS.idle)],
        |row| Ok((row.take()?, row.take()?, row.take()?, row.take()?, row.take()?)),
    )?;
    let Some((account, began_at, seen_at, fresh_at, csrf)) = session else { return Ok(None) };
    let actor = actor_of(tx, account, at.date())?;
    let unseen_news = news::unseen(tx, account)?;
    Ok(actor.map(|actor| Session { actor, csrf, began_at, seen_at, fresh_at, unseen_news }))
}

/// Ends the session of this person. An unknown cookie is no error.
///
/// # Errors
/// The store's own failure.
pub async fn sign_out(store: &Store, actor: &Actor, token: &str, client: &str) -> Result<(), DbError> {
    let (token_hash, leaver, client) = (stored(token), actor.clone(), client.to_owned());
    let end = move |tx: &mut Tx<'_>| {
        tx.announce_change();
        let end =
            sql!("DELETE FROM session WHERE municipality_id = $1 AND token_hash = $2 AND account_id = $3");
        if tx.run(end, params![token_hash, leaver.account])? > 0 {
            record(
                tx,
                &Entry { terminal: &client, ..Entry::new(&leaver, Operation::SignOut, "サインアウト") },
            )?;
        }
        Ok(())
    };
    store.write(actor.municipality, end).await
}

/// Ends the other sessions of this person, for example after a device was lost. How many there were.
///
/// # Errors
/// The store's own failure.
pub async fn end_others(store: &Store, actor: &Actor, token: &str, client: &str) -> Result<u64, DbError> {
    let (kept, owner, client) = (stored(token), actor.clone(), client.to_owned());
    let end = move |tx: &mut Tx<'_>| {
        tx.announce_change();
        let end =
            sql!("DELETE FROM session WHERE municipality_id = $1 AND account_id = $2 AND token_hash <> $3");
        let ended = tx.run(end, params![owner.account, kept])?;
        if ended > 0 {
            let what = "ほかの端末のサインアウト";
            record(tx, &Entry { terminal: &client, ..Entry::new(&owner, Operation::SignOut, what) })?;
        }
        Ok(ended)
    };
    store.write(actor.municipality, end).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_how_long_and_never_what() {
        for (refusal, expected) in [
            (Refusal::Wrong, "組み合わせが違います"),
            (
                Refusal::Wait { seconds: 32 },
                "組み合わせの違いが続きました。あと32秒たつと、もう一度お試しいただけます",
            ),
            (
                Refusal::Wait { seconds: 900 },
                "組み合わせの違いが続きました。あと15分たつと、もう一度お試しいただけます",
            ),
            (
                Refusal::Wait { seconds: 64 },
                "組み合わせの違いが続きました。あと1分4秒たつと、もう一度お試しいただけます",
            ),
        ] {
            assert_eq!(refusal.to_string(), expected);
        }
    }

    #[test]
    fn nothing_secret_in_debug_texts() {
        let attempt = Attempt { name: "n".into(), password: "hunter2".into(), client: "::1".into() };
        assert_eq!(format!("{attempt:?}"), "Attempt { client: \"::1\", .. }");
        let session = session("c5rf");
        assert!(!format!("{session:?}").contains("c5rf"));
    }

    fn session(csrf: &str) -> Session {
        let zero = At::from_micros(0);
        Session {
            actor: Actor::system(MunicipalityId(1)),
            csrf: csrf.to_owned(),
            began_at: zero,
            seen_at: zero,
            fresh_at: zero,
            unseen_news: 0,
        }
    }

    #[test]
    fn forms_carry_the_token_of_their_session() {
        for (given, expected) in [("a", true), ("b", false), ("", false), ("aa", false)] {
            assert_eq!(session("a").csrf_matches(given), expected, "{given}");
        }
    }

    #[test]
    fn a_confirmation_counts_for_five_minutes() {
        for (seconds, expected) in [(0, true), (299, true), (300, false)] {
            let at = At::from_micros(seconds * 1_000_000);
            assert_eq!(session("a").is_fresh(at), expected, "{seconds}");
        }
    }
}
