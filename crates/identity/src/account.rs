//! Accounts, sections, and the posts that give roles for a time.
use std::fmt;

use base::{At, Date, half_width};
use db::{DbError, Tx, params, sql};
use vault::Keys;

use crate::{AccountId, Actor, Section, break_glass};

/// Marks one post of an account.
enum PostKind {}

/// What a new account (利用者) is made of.
#[derive(Clone)]
pub struct NewAccount {
    /// Mail address or staff number (職員番号).
    pub sign_in_name: String,
    /// 氏名.
    pub display_name: String,
    /// From [`crate::password::hash`].
    pub password_hash: String,
    /// 20 bytes; see [`crate::totp`].
    pub totp_secret: Vec<u8>,
    /// 見本: password and secret are public.
    pub sample: bool,
}

impl fmt::Debug for NewAccount {
    /// Without the secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("NewAccount");
        out.field("sign_in_name", &self.sign_in_name).field("display_name", &self.display_name);
        out.field("sample", &self.sample).finish_non_exhaustive()
    }
}

/// A post (配属): the account has `role` in the section from one day to another, both included.
#[derive(Debug, Clone)]
pub struct NewPost {
    pub account: AccountId,
    /// [`Section::code`].
    pub section: String,
    /// [`crate::Role::key`].
    pub role: String,
    pub from: Date,
    /// Open where no end is known.
    pub to: Option<Date>,
}

/// A sign-in name as it is stored and compared: half width, lower case, so that a Japanese keyboard's
/// 「１２３」 is the staff number 123 and nobody gets new tries by typing capitals.
pub fn sign_in_name(typed: &str) -> String {
    half_width(typed).trim().to_lowercase()
}

/// # Errors
/// What the engine says: the code is taken.
pub fn create_section(tx: &mut Tx<'_>, section: &Section) -> Result<(), DbError> {
    tx.announce_change();
    let insert = sql!("INSERT INTO section (municipality_id, code, name) VALUES ($1, $2, $3)");
    tx.run(insert, params![section.code, section.name])?;
    Ok(())
}

/// The account can sign in as soon as it has a post.
///
/// # Errors
/// What the engine says: the sign-in name is taken.
pub fn create_account(tx: &mut Tx<'_>, keys: &Keys, new: &NewAccount, at: At) -> Result<AccountId, DbError> {
    tx.announce_change();
    let id: AccountId = tx.new_id();
    let totp_secret = vault::seal_totp(keys, tx.municipality(), id, &new.totp_secret);
    tx.run(
        sql!(
            "INSERT INTO account (municipality_id, id, sign_in_name, display_name, password_hash, totp_secret,
                totp_step, sample, created_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)"
        ),
        params![
            id,
            sign_in_name(&new.sign_in_name),
            new.display_name,
            new.password_hash,
            totp_secret,
            new.sample,
            at
        ],
    )?;
    Ok(id)
}

/// The secret of an account's one-time codes, from its column.
pub(crate) fn totp_secret(
    tx: &Tx<'_>,
    keys: &Keys,
    account: AccountId,
    stored: &[u8],
) -> Result<Vec<u8>, DbError> {
    vault::open_totp(keys, tx.municipality(), account, stored)
        .map_err(|error| DbError::Unusable(error.to_string()))
}

/// Seals the secrets of up to `limit` accounts after `after` with the newest key; secrets in plain, too. The last
/// account looked at, to go on from, and how many changed; `None` when there is no further account.
///
/// # Errors
/// What the engine says, or a secret that no kept key opens.
pub fn reseal_secrets(
    tx: &mut Tx<'_>,
    keys: &Keys,
    after: AccountId,
    limit: i64,
) -> Result<Option<(AccountId, u64)>, DbError> {
    let list = sql!(
        "SELECT id, totp_secret FROM account WHERE municipality_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    );
    let found: Vec<(AccountId, Vec<u8>)> =
        tx.all(list, params![after, limit], |row| Ok((row.take()?, row.take()?)))?;
    let Some(&(last, _)) = found.last() else { return Ok(None) };
    let mut changed = 0;
    for (account, stored) in found {
        let anew = vault::reseal_totp(keys, tx.municipality(), account, &stored);
        if let Some(anew) = anew.map_err(|error| DbError::Unusable(error.to_string()))? {
            let seal = sql!("UPDATE account SET totp_secret = $3 WHERE municipality_id = $1 AND id = $2");
            changed += tx.run(seal, params![account, anew])?;
        }
    }
    Ok(Some((last, changed)))
}

/// # Errors
/// What the engine says.
pub fn give_post(tx: &mut Tx<'_>, post: &NewPost) -> Result<(), DbError> {
    tx.announce_change();
    let id = tx.new_id::<PostKind>();
    tx.run(
        sql!(
            "INSERT INTO post (municipality_id, account_id, id, section_code, role, from_on, to_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![post.account, id, post.section, post.role, post.from, post.to],
    )?;
    Ok(())
}

/// The account of a sign-in name, in any spelling of it.
///
/// # Errors
/// What the engine says.
pub fn account_of(tx: &mut Tx<'_>, typed: &str) -> Result<Option<AccountId>, DbError> {
    let find = sql!("SELECT id FROM account WHERE municipality_id = $1 AND sign_in_name = $2");
    tx.opt(find, params![sign_in_name(typed)], |row| row.take())
}

/// The account as it may act on this day: the roles of all its posts, the section of the oldest one.
/// `None` without a post on this day.
///
/// # Errors
/// What the engine says.
pub fn actor_of(tx: &mut Tx<'_>, account: AccountId, today: Date) -> Result<Option<Actor>, DbError> {
    let posts = tx.all(
        sql!(
            "SELECT a.display_name, s.code, s.name, p.role FROM account a
             JOIN post p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
             JOIN section s ON s.municipality_id = p.municipality_id AND s.code = p.section_code
             WHERE a.municipality_id = $1 AND a.id = $2 AND p.from_on <= $3
               AND (p.to_on IS NULL OR p.to_on >= $3)
             ORDER BY p.from_on, p.id"
        ),
        params![account, today],
        |row| {
            let name: String = row.take()?;
            let section = Section { code: row.take()?, name: row.take()? };
            Ok((name, section, row.take::<String>()?))
        },
    )?;
    let municipality = tx.municipality();
    let mut actor: Option<Actor> = None;
    for (name, section, role) in posts {
        let actor =
            actor.get_or_insert_with(|| Actor { municipality, account, name, section, roles: Vec::new() });
        if !actor.roles.contains(&role) {
            actor.roles.push(role);
        }
    }
    if let Some(actor) = &mut actor {
        break_glass::add_running(tx, actor)?;
    }
    Ok(actor)
}
