//! Passkeys (パスキー) of accounts: alone enough to sign in, as they show possession and verify the person, and a
//! second factor for step-up. The judging is [`passkey`]'s.
//!
//! Spec: architecture §12. Challenges are drawn here, given out once, and kept hashed with an end.
use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use passkey::{Assertion, Known, Party, Registration, Wrong};
use thiserror::Error;

use crate::account::actor_of;
use crate::alarm::{AlarmKind, raise};
use crate::fresh::renew;
use crate::operation::{Entry, Operation, record};
use crate::secret::{Token, base64url, stored};
use crate::session::{Fresh, LIMITS, NewSession, Refusal, open, record_failure};
use crate::{AccountId, Actor, throttle};

/// Nobody needs more; a row of the list is a row to read.
const MOST: i64 = 20;
const TITLE_CHARS: usize = 40;

/// What a challenge is for. An answer to one is no answer to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    SignIn,
    StepUp(AccountId),
    Add(AccountId),
}

impl Use {
    const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp(_) => "step_up",
            Self::Add(_) => "add",
        }
    }
    fn account(self) -> AccountId {
        match self {
            Self::SignIn => AccountId::new(0),
            Self::StepUp(account) | Self::Add(account) => account,
        }
    }
}

/// Why a passkey was not added or changed, as the page says it.
#[derive(Debug, Error)]
pub enum PasskeyError {
    #[error("パスキーを確かめられませんでした。もう一度お試しください")]
    Wrong(#[source] Wrong),
    #[error("お待ちの間に時間がたちました。もう一度お試しください")]
    Late,
    #[error("このパスキーはもう登録されています")]
    Taken,
    #[error("パスキーは20個まで登録できます。使わないものを外すと、追加できます")]
    TooMany,
    #[error("名前を1文字以上40文字までで入力してください")]
    Title,
    #[error("ただいま登録できません。しばらくしてから、もう一度お試しください")]
    Store(#[from] DbError),
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// base64url, as pages and browsers write it.
    pub credential: String,
    /// The owner's own name for it.
    pub title: String,
    /// It lies on more than one device of its owner (同期されるパスキー).
    pub synced: bool,
    pub created_at: At,
    pub used_at: Option<At>,
}

/// The bytes that a passkey keeps as its owner's name: nothing that tells who it is.
fn user_handle(account: AccountId) -> [u8; 8] {
    account.get().to_be_bytes()
}

/// The same, base64url.
pub fn handle_text(account: AccountId) -> String {
    base64url(&user_handle(account))
}

/// A new challenge, base64url.
///
/// # Errors
/// The store's own failure.
pub async fn challenge(
    store: &Store,
    municipality: MunicipalityId,
    use_: Use,
    client: &str,
    at: At,
) -> Result<String, DbError> {
    let challenge = Token::random();
    let (hash, client) = (stored(challenge.reveal()), client.to_owned());
    let text = base64url(challenge.reveal().as_bytes());
    let keep = move |tx: &mut Tx<'_>| {
        tx.run(
            sql!("DELETE FROM passkey_challenge WHERE municipality_id = $1 AND ends_at <= $2"),
            params![at],
        )?;
        if use_ == Use::SignIn {
            let open =
                sql!("SELECT COUNT(*) FROM passkey_challenge WHERE municipality_id = $1 AND client = $2");
            throttle::ensure_few(tx.one(open, params![client], |row| row.take())?)?;
        }
        let keep = sql!(
            "INSERT INTO passkey_challenge (municipality_id, challenge_hash, use, account_id, ends_at, client)
             VALUES ($1, $2, $3, $4, $5, $6)"
        );
        let ends_at = at.plus_seconds(LIMITS.asked);
        tx.run(keep, params![hash, use_.code(), use_.account(), ends_at, client]).map(drop)
    };
    store.write(municipality, keep).await?;
    Ok(text)
}

/// The challenge that an answer names, taken: nobody can answer it again. `None` when it was not given out for
/// this, or is used up.
fn take(tx: &mut Tx<'_>, client_data: &str, use_: Use, at: At) -> Result<Option<Vec<u8>>, DbError> {
    let Ok(challenge) = passkey::challenge_of(client_data) else { return Ok(None) };
    let Ok(text) = std::str::from_utf8(&challenge) else { return Ok(None) };
    let take = sql!(
        "DELETE FROM passkey_challenge
         WHERE municipality_id = $1 AND challenge_hash = $2 AND use = $3 AND account_id = $4 AND ends_at > $5"
    );
    let taken = tx.run(take, params![stored(text), use_.code(), use_.account(), at])?;
    Ok((taken == 1).then_some(challenge))
}

/// Adds a passkey to the account of `actor`.
///
/// # Errors
/// [`PasskeyError`].
pub async fn add(
    store: &Store,
    party: &Party,
    actor: &Actor,
    title: &str,
    answer: Registration,
    client: &str,
    at: At,
) -> Result<(), PasskeyError> {
    let title = title_of(title)?;
    let (party, owner, client) = (party.clone(), actor.clone(), client.to_owned());
    // Ok to the store in any case: the challenge stays taken.
    let added = move |tx: &mut Tx<'_>| {
        let Some(challenge) = take(tx, &answer.client_data, Use::Add(owner.account), at)? else {
            return Ok(Err(PasskeyError::Late));
        };
        let new = match passkey::register(&party, &challenge, &answer) {
            Ok(new) => new,
            Err(wrong) => return Ok(Err(PasskeyError::Wrong(wrong))),
        };
        if of(tx, &new.credential_id)?.is_some() {
            return Ok(Err(PasskeyError::Taken));
        }
        let count = sql!("SELECT COUNT(*) FROM passkey WHERE municipality_id = $1 AND account_id = $2");
        if tx.one(count, params![owner.account], |row| row.take::<i64>())? >= MOST {
            return Ok(Err(PasskeyError::TooMany));
        }
        let keep = sql!(
            "INSERT INTO passkey (municipality_id, credential_id, account_id, public_key, title, sign_count,
                synced, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        let (counter, synced) = (i64::from(new.counter), new.synced);
        let row = params![new.credential_id, owner.account, new.public_key, title, counter, synced, at];
        tx.run(keep, row)?;
        record_change(tx, &owner, "パスキーの追加", &client)?;
        Ok(Ok(()))
    };
    store.write(actor.municipality, added).await.map_err(PasskeyError::Store)?
}

fn title_of(typed: &str) -> Result<String, PasskeyError> {
    let title = typed.trim();
    let fits = (1..=TITLE_CHARS).contains(&title.chars().count()) && !title.contains(char::is_control);
    if fits { Ok(title.to_owned()) } else { Err(PasskeyError::Title) }
}

fn record_change(tx: &mut Tx<'_>, actor: &Actor, what: &str, client: &str) -> Result<(), DbError> {
    record(tx, &Entry { terminal: client, ..Entry::new(actor, Operation::Right, what) })
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// What the engine says.
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Passkey>, DbError> {
    let list = sql!(
        "SELECT credential_id, title, synced, created_at, used_at FROM passkey
         WHERE municipality_id = $1 AND account_id = $2 ORDER BY created_at, credential_id"
    );
    tx.all(list, params![account], |row| {
        let credential: Vec<u8> = row.take()?;
        Ok(Passkey {
            credential: base64url(&credential),
            title: row.take()?,
            synced: row.take()?,
            created_at: row.take()?,
            used_at: row.take()?,
        })
    })
}

/// Gives a passkey of this person another name. `false`: there is none.
///
/// # Errors
/// [`PasskeyError`].
pub async fn rename(
    store: &Store,
    actor: &Actor,
    credential: &str,
    title: &str,
    client: &str,
) -> Result<bool, PasskeyError> {
    let title = title_of(title)?;
    let (owner, credential, client) = (actor.clone(), bytes(credential), client.to_owned());
    let change = move |tx: &mut Tx<'_>| {
        let rename = sql!(
            "UPDATE passkey SET title = $4 WHERE municipality_id = $1 AND credential_id = $2 AND account_id = $3"
        );
        let found = tx.run(rename, params![credential, owner.account, title])? == 1;
        if found {
            record_change(tx, &owner, "パスキーの名前の変更", &client)?;
        }
        Ok::<_, DbError>(found)
    };
    Ok(store.write(actor.municipality, change).await?)
}

/// Removes a passkey of this person. `false`: there is none.
///
/// # Errors
/// The store's own failure.
pub async fn remove(store: &Store, actor: &Actor, credential: &str, client: &str) -> Result<bool, DbError> {
    let (owner, credential, client) = (actor.clone(), bytes(credential), client.to_owned());
    let remove = move |tx: &mut Tx<'_>| {
        let remove =
            sql!("DELETE FROM passkey WHERE municipality_id = $1 AND credential_id = $2 AND account_id = $3");
        let found = tx.run(remove, params![credential, owner.account])? == 1;
        if found {
            record_change(tx, &owner, "パスキーの取り外し", &client)?;
        }
        Ok(found)
    };
    store.write(actor.municipality, remove).await
}

/// What is no base64url is nobody's credential.
fn bytes(credential: &str) -> Vec<u8> {
    crate::secret::from_base64url(credential).unwrap_or_default()
}

struct Kept {
    account: AccountId,
    name: String,
    known: Known,
}

fn of(tx: &mut Tx<'_>, credential: &[u8]) -> Result<Option<Kept>, DbError> {
    let find = sql!(
        "SELECT p.account_id, a.sign_in_name, p.public_key, p.sign_count FROM passkey p
         JOIN account a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
         WHERE p.municipality_id = $1 AND p.credential_id = $2"
    );
    let credential_id = credential.to_vec();
    tx.opt(find, params![credential_id], |row| {
        let (account, name, public_key) = (row.take()?, row.take()?, row.take()?);
        let counter = u32::try_from(row.take::<i64>()?).expect("written as u32");
        let user_handle = user_handle(account).to_vec();
        let known = Known { credential_id: credential.to_vec(), public_key, counter, user_handle };
        Ok(Kept { account, name, known })
    })
}

/// Judges an answer, and keeps what changed. `None`: it counts for nothing, and the log says so.
fn judged(
    tx: &mut Tx<'_>,
    party: &Party,
    answer: &Assertion,
    use_: Use,
    client: &str,
    at: At,
) -> Result<Option<Kept>, DbError> {
    let challenge = take(tx, &answer.client_data, use_, at)?;
    let kept = of(tx, &bytes(&answer.credential))?;
    let account = kept.as_ref().map(|kept| kept.account);
    let (Some(challenge), Some(kept)) = (challenge, kept) else {
        record_failure(tx, account, client, "パスキー", at)?;
        return Ok(None);
    };
    let is_owner = match use_ {
        // Who is not named yet must be named by the passkey.
        Use::SignIn => !answer.user_handle.is_empty(),
        Use::StepUp(account) | Use::Add(account) => kept.account == account,
    };
    let verdict = passkey::assert(party, &challenge, &kept.known, answer);
    if verdict == Err(Wrong::Counter) {
        raise(tx, AlarmKind::CopiedPasskey, &kept.name, 1, at)?;
    }
    let Some(asserted) = verdict.ok().filter(|_| is_owner) else {
        record_failure(tx, Some(kept.account), client, "パスキー", at)?;
        return Ok(None);
    };
    let used = sql!(
        "UPDATE passkey SET sign_count = $3, synced = $4, used_at = $5
         WHERE municipality_id = $1 AND credential_id = $2"
    );
    let counter = i64::from(asserted.counter);
    tx.run(used, params![kept.known.credential_id, counter, asserted.synced, at])?;
    Ok(Some(kept))
}

/// Signs in by a passkey alone.
///
/// # Errors
/// [`Refusal`].
pub async fn sign_in(
    store: &Store,
    municipality: MunicipalityId,
    party: &Party,
    answer: Assertion,
    client: &str,
    at: At,
) -> Result<NewSession, Refusal> {
    let fresh = Fresh::random();
    let (new, party, client) = (fresh.clone(), party.clone(), client.to_owned());
    let signed_in = store
        .write(municipality, move |tx| {
            throttle::attempt_from(tx, &client, at)?;
            let Some(kept) = judged(tx, &party, &answer, Use::SignIn, &client, at)? else { return Ok(false) };
            let Some(actor) = actor_of(tx, kept.account, at.date())? else {
                record_failure(tx, Some(kept.account), &client, "パスキー", at)?;
                return Ok(false);
            };
            throttle::take_back_from(tx, &client, at)?;
            open(tx, &actor, &new, &client, "パスキー", at)?;
            Ok::<_, Refusal>(true)
        })
        .await?;
    if signed_in { Ok(NewSession { token: fresh.token }) } else { Err(Refusal::Wrong) }
}

/// Step-up by a passkey. `token` is the cookie of the session of `actor`.
///
/// # Errors
/// [`Refusal`].
pub async fn step_up(
    store: &Store,
    party: &Party,
    actor: &Actor,
    token: &str,
    answer: Assertion,
    client: &str,
    at: At,
) -> Result<NewSession, Refusal> {
    let renewed = Token::random();
    let (old, new) = (stored(token), stored(renewed.reveal()));
    let (party, holder, client) = (party.clone(), actor.clone(), client.to_owned());
    let confirmed = store
        .write(actor.municipality, move |tx| {
            throttle::attempt_again(tx, holder.account, at)?;
            let use_ = Use::StepUp(holder.account);
            if judged(tx, &party, &answer, use_, &client, at)?.is_none() {
                return Ok(false);
            }
            renew(tx, &holder, old, new, &client, "パスキー", at)?;
            Ok::<_, Refusal>(true)
        })
        .await?;
    if confirmed { Ok(NewSession { token: renewed }) } else { Err(Refusal::Wrong) }
}
