//! Using a set-up code: its holder sets a password, an authenticator, or both. See [`crate::setup`].
use std::fmt;

use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use vault::Keys;

use crate::account::totp_secret;
use crate::new_password::{Words, judge};
use crate::own_account::end_but;
use crate::session::{record_failure, use_code};
use crate::setup::{Sets, SetupCode, SetupId, SetupRefused, note};
use crate::{AccountId, Actor, Refusal, news, password, throttle, totp};

/// What the holder of a code sees.
pub struct Opened {
    pub sets: Sets,
    pub sign_in_name: String,
    pub display_name: String,
    /// The new secret, in plain, for the authenticator.
    pub secret: Vec<u8>,
    id: SetupId,
    account: AccountId,
    /// The secret so far, sealed, and the last code used.
    old_secret: Vec<u8>,
    last_step: i64,
    password_hash: String,
    sealed: Vec<u8>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opened").field("sets", &self.sets).finish_non_exhaustive()
    }
}

fn of_code(tx: &mut Tx<'_>, keys: &Keys, hash: [u8; 32]) -> Result<Option<Opened>, DbError> {
    let at = tx.started_at();
    let find = sql!(
        "SELECT s.id, s.account_id, s.kind, s.totp_secret, a.sign_in_name, a.display_name, a.totp_secret,
                a.totp_step, a.password_hash
           FROM account_setup s
           JOIN account a ON a.municipality_id = s.municipality_id AND a.id = s.account_id
          WHERE s.municipality_id = $1 AND s.code_hash = $2 AND s.ends_at > $3 AND s.used_at IS NULL"
    );
    let found = tx.opt(find, params![hash, at], |row| {
        let (id, account, kind): (_, _, String) = (row.take()?, row.take()?, row.take()?);
        let sets =
            Sets::from_code(&kind).ok_or_else(|| DbError::Unusable("account_setup.kind".to_owned()))?;
        Ok(Opened {
            sets,
            id,
            account,
            sealed: row.take()?,
            sign_in_name: row.take()?,
            display_name: row.take()?,
            old_secret: row.take()?,
            last_step: row.take()?,
            password_hash: row.take()?,
            secret: Vec::new(),
        })
    })?;
    let Some(mut opened) = found else { return Ok(None) };
    opened.secret = totp_secret(tx, keys, opened.account, &opened.sealed)?;
    Ok(Some(opened))
}

/// Opens the page of a code. A wrong one counts against the address.
///
/// # Errors
/// [`SetupRefused`].
pub async fn open(
    store: &Store,
    keys: &Keys,
    city: MunicipalityId,
    typed: &str,
    client: &str,
    at: At,
) -> Result<Opened, SetupRefused> {
    let (hash, keys, client) = (SetupCode::hash(typed), keys.clone(), client.to_owned());
    let open = move |tx: &mut Tx<'_>| {
        throttle::attempt_from(tx, &client, at)?;
        let found = of_code(tx, &keys, hash)?;
        if found.is_some() {
            throttle::take_back_from(tx, &client, at)?;
        } else {
            record_failure(tx, None, &client, "設定コード", at)?;
        }
        Ok::<_, Refusal>(found)
    };
    store.write(city, open).await?.ok_or(SetupRefused::Code)
}

/// What the holder of a code typed.
#[derive(Default)]
pub struct Filled {
    pub code: String,
    pub current: String,
    pub password: String,
    /// Six digits.
    pub factor: String,
}

impl fmt::Debug for Filled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Filled(..)")
    }
}

/// Sets what the code is for; the code is used up, every session of the account ends.
///
/// # Errors
/// [`SetupRefused`].
pub async fn finish(
    store: &Store,
    keys: &Keys,
    city: MunicipalityId,
    filled: Filled,
    context: &[&str],
    client: &str,
    at: At,
) -> Result<(), SetupRefused> {
    let opened = open(store, keys, city, &filled.code, client, at).await?;
    let hash = if opened.sets == Sets::Factor {
        let (turn, old) = (password::turn().await, Some(opened.password_hash.clone()));
        if !password::verify_aside(turn, filled.current, old).await {
            failed(store, city, &opened, "設定コードのパスワード", client, at).await?;
            return Err(SetupRefused::Current);
        }
        opened.password_hash.clone()
    } else {
        let own = [opened.sign_in_name.as_str(), opened.display_name.as_str()];
        judge(&filled.password, &Words::of(own.into_iter().chain(context.iter().copied())))?;
        let made = password::hash_aside(password::turn().await, filled.password).await;
        made.ok_or(DbError::Overloaded)?
    };
    let (typed, keys, factor, from) =
        (SetupCode::hash(&filled.code), keys.clone(), filled.factor, client.to_owned());
    let set = move |tx: &mut Tx<'_>| {
        let Some(opened) = of_code(tx, &keys, typed)? else { return Ok(Err(SetupRefused::Code)) };
        let (secret, sealed, last) = if opened.sets == Sets::Password {
            let old = totp_secret(tx, &keys, opened.account, &opened.old_secret)?;
            (old, opened.old_secret.clone(), opened.last_step)
        } else {
            (opened.secret.clone(), opened.sealed.clone(), 0)
        };
        let Some(step) = totp::matching_step(&secret, &factor, at, last) else {
            throttle::attempt_from(tx, &from, at)?;
            record_failure(tx, Some(opened.account), &from, "設定コードの確認コード", at)?;
            return Ok(Err(SetupRefused::Factor));
        };
        let set = sql!(
            "UPDATE account SET password_hash = $3, totp_secret = $4 WHERE municipality_id = $1 AND id = $2"
        );
        tx.run(set, params![opened.account, hash, sealed])?;
        use_code(tx, opened.account, step)?;
        settle(tx, &opened, &from)?;
        Ok::<_, Refusal>(Ok(()))
    };
    store.write(city, set).await?
}

async fn failed(
    store: &Store,
    city: MunicipalityId,
    opened: &Opened,
    by: &'static str,
    client: &str,
    at: At,
) -> Result<(), SetupRefused> {
    let (account, client) = (opened.account, client.to_owned());
    let failed = move |tx: &mut Tx<'_>| {
        throttle::attempt_from(tx, &client, at)?;
        Ok::<_, Refusal>(record_failure(tx, Some(account), &client, by, at)?)
    };
    Ok(store.write(city, failed).await?)
}

/// The code is used up, with any other of the account; its sessions end; log and owner are told.
fn settle(tx: &mut Tx<'_>, opened: &Opened, client: &str) -> Result<(), DbError> {
    let now = tx.started_at();
    let used = sql!("UPDATE account_setup SET used_at = $3 WHERE municipality_id = $1 AND id = $2");
    tx.run(used, params![opened.id, now])?;
    let others = sql!(
        "UPDATE account_setup SET ends_at = $3
          WHERE municipality_id = $1 AND account_id = $2 AND used_at IS NULL AND ends_at > $3"
    );
    tx.run(others, params![opened.account, now])?;
    end_but(tx, opened.account, [0; 32])?;
    let owner = Actor { account: opened.account, ..Actor::system(tx.municipality()) };
    note(tx, &owner, client, &format!("設定コードによる設定 {}", opened.sets.title()))?;
    news::tell(tx, opened.account, &format!("設定しました：{}", opened.sets.title()), client)
}
