//! Signing in (password, then code) and the session that follows.
//!
//! Spec: architecture §7, screens §13. The cookie changes between the two steps; the database holds only hashes
//! of cookies; the sentence for a refusal never says which part was wrong.
use std::fmt;

use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::account::{actor_of, sign_in_name};
use crate::secret::{Token, hex, same, stored};
use crate::{AccountId, Actor, password, throttle, totp};

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
}

/// What holds for every municipality.
pub const LIMITS: Limits = Limits { pending: 10 * 60, idle: 30 * 60, absolute: 12 * 3600, seen_every: 60 };

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
}

impl Session {
    /// Whether an unsafe request carries this session's token.
    pub fn csrf_matches(&self, given: &str) -> bool {
        same(self.csrf.as_bytes(), given.as_bytes())
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
    let Some(account) = account.filter(|_| right) else { return Err(Refusal::Wrong) };
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
    municipality: MunicipalityId,
    cookie: &str,
    code: &str,
    at: At,
) -> Result<NewSession, Refusal> {
    let token = Token::random();
    let (pending_hash, token_hash, code) = (stored(cookie), stored(token.reveal()), code.to_owned());
    let signed_in = store
        .write(municipality, move |tx| {
            let Some(pending) = pending_of(tx, pending_hash, at)? else { return Ok(false) };
            throttle::attempt(tx, &pending.name, &pending.client, at)?;
            let step = totp::matching_step(&pending.secret, &code, at, pending.last_step);
            let Some(step) = step else { return Ok(false) };
            if actor_of(tx, pending.account, at.date())?.is_none() {
                return Ok(false);
            }
            throttle::clear(tx, &pending.name, &pending.client)?;
            let used = sql!("UPDATE account SET totp_step = $3 WHERE municipality_id = $1 AND id = $2");
            tx.run(used, params![pending.account, step])?;
            forget_ended(tx, pending_hash, at)?;
            let begin = sql!(
                "INSERT INTO session (municipality_id, token_hash, account_id, began_at, seen_at)
                 VALUES ($1, $2, $3, $4, $4)"
            );
            tx.run(begin, params![token_hash, pending.account, at])?;
            Ok::<_, Refusal>(true)
        })
        .await?;
    // A wrong code is Ok to the store: the failure must stay counted.
    if signed_in { Ok(NewSession { token }) } else { Err(Refusal::Wrong) }
}

struct Waiting {
    account: AccountId,
    name: String,
    client: String,
    secret: Vec<u8>,
    last_step: i64,
}

fn pending_of(tx: &mut Tx<'_>, token_hash: [u8; 32], at: At) -> Result<Option<Waiting>, DbError> {
    tx.opt(
        sql!(
            "SELECT s.account_id, s.sign_in_name, s.client, a.totp_secret, a.totp_step FROM sign_in s
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
    let Some((actor, began_at, seen_at)) = found else { return Ok(None) };
    if at >= seen_at.plus_seconds(LIMITS.seen_every) {
        let seen = move |tx: &mut Tx<'_>| {
            tx.announce_change();
            let update = sql!(
                "UPDATE session SET seen_at = $3 WHERE municipality_id = $1 AND token_hash = $2 AND seen_at < $3"
            );
            tx.run(update, params![token_hash, at])
        };
        store.write(municipality, seen).await?;
    }
    Ok(Some(Session { actor, csrf: csrf_of(token), began_at, seen_at }))
}

fn found(tx: &mut Tx<'_>, token_hash: [u8; 32], at: At) -> Result<Option<(Actor, At, At)>, DbError> {
    let session = tx.opt(
        sql!(
            "SELECT account_id, began_at, seen_at FROM session
             WHERE municipality_id = $1 AND token_hash = $2 AND began_at > $3 AND seen_at > $4"
        ),
        params![token_hash, at.plus_seconds(-LIMITS.absolute), at.plus_seconds(-LIMITS.idle)],
        |row| Ok((row.take()?, row.take()?, row.take()?)),
    )?;
    let Some((account, began_at, seen_at)) = session else { return Ok(None) };
    Ok(actor_of(tx, account, at.date())?.map(|actor| (actor, began_at, seen_at)))
}

/// Bound to the session, and of no use to learn its cookie from a page.
fn csrf_of(token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"fujidana csrf");
    hex(&mac.finalize().into_bytes())
}

/// Ends the session. An unknown cookie is no error.
///
/// # Errors
/// The store's own failure.
pub async fn sign_out(store: &Store, municipality: MunicipalityId, token: &str) -> Result<(), DbError> {
    let token_hash = stored(token);
    let end = move |tx: &mut Tx<'_>| {
        tx.announce_change();
        tx.run(
            sql!("DELETE FROM session WHERE municipality_id = $1 AND token_hash = $2"),
            params![token_hash],
        )
    };
    store.write(municipality, end).await?;
    Ok(())
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
        let session = Session {
            actor: Actor::system(MunicipalityId(1)),
            csrf: csrf_of("token"),
            began_at: At::from_micros(0),
            seen_at: At::from_micros(0),
        };
        assert!(!format!("{session:?}").contains(&session.csrf));
    }

    #[test]
    fn csrf_belongs_to_one_session() {
        let session = Session {
            actor: Actor::system(MunicipalityId(1)),
            csrf: csrf_of("a"),
            began_at: At::from_micros(0),
            seen_at: At::from_micros(0),
        };
        for (given, expected) in [(csrf_of("a"), true), (csrf_of("b"), false), (String::new(), false)] {
            assert_eq!(session.csrf_matches(&given), expected);
        }
    }
}
