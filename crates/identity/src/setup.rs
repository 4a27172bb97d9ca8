//! Set-up codes (設定コード): the first sign-in of a new account, a forgotten password, a lost authenticator.
//!
//! 総務課 asks, another office approves, 総務課 hands the code over in person: alone the one who runs the machine could
//! otherwise become anybody. A code is random, is taken once, and ends after a day. What is not lost stays: a new password
//! asks for the codes of the old authenticator, a new authenticator for the old password.
use std::fmt;

use base::{At, Id};
use db::{DbError, Row, Store, Tx, params, sql};
use thiserror::Error;
use vault::Keys;

use crate::account::{NewAccount, NewPost, account_of, create_account, create_section, give_post};
use crate::operation::{Entry, Operation, record};
use crate::secret::{Token, stored};
use crate::{AccountId, Actor, Refusal, Section, Weak, news, password, totp};

/// One ask for a set-up code.
pub enum SetupKind {}
pub type SetupId = Id<SetupKind>;

/// From the issue to the use.
pub const LASTS_SECONDS: i64 = 24 * 3600;
/// An ask that nobody approved, or a code that nobody had made, is forgotten.
const WAITS_SECONDS: i64 = 7 * 24 * 3600;
const SHOWN: i64 = 100;
/// 16 letters of 32: 80 bits.
const CODE_CHARS: usize = 16;
/// Without letters that look like figures.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What is set with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sets {
    /// Password and authenticator.
    Both,
    Password,
    Factor,
}

impl Sets {
    pub const ALL: [Self; 3] = [Self::Both, Self::Password, Self::Factor];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Both => "begin",
            Self::Password => "password",
            Self::Factor => "factor",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Both => "パスワードと認証アプリ",
            Self::Password => "パスワードだけ",
            Self::Factor => "認証アプリだけ",
        }
    }
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// A code as it is handed over, in groups of four. The database holds its hash.
#[derive(Clone)]
pub struct SetupCode(String);

impl SetupCode {
    fn random() -> Self {
        let mut bytes = [0u8; CODE_CHARS];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
    }
    /// As a person types it: any case, width and grouping.
    fn typed(text: &str) -> Self {
        let plain = base::half_width(text).to_uppercase();
        Self(plain.chars().filter(char::is_ascii_alphanumeric).take(2 * CODE_CHARS).collect())
    }
    /// What the database holds of a code as it was typed.
    pub(crate) fn hash(typed: &str) -> [u8; 32] {
        stored(&Self::typed(typed).0)
    }
    /// For the page that shows it once.
    pub fn reveal(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SetupCode(..)")
    }
}

/// Where an ask stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupState {
    Waiting,
    Approved,
    Issued,
    Used,
    Over,
}

impl SetupState {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "承認待ち",
            Self::Approved => "コードを出せます",
            Self::Issued => "本人の設定待ち",
            Self::Used => "設定ずみ",
            Self::Over => "期限切れ",
        }
    }
}

/// An ask, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    pub id: SetupId,
    pub account: AccountId,
    pub sets: Sets,
    pub reason: String,
    pub asked_by: AccountId,
    pub asked_at: At,
    pub approved_by: Option<AccountId>,
    ends_at: Option<At>,
    used_at: Option<At>,
}

impl Setup {
    pub fn state(&self, at: At) -> SetupState {
        let waits = at < self.asked_at.plus_seconds(WAITS_SECONDS);
        match (self.used_at, self.ends_at) {
            (Some(_), _) => SetupState::Used,
            (None, Some(end)) if at < end => SetupState::Issued,
            (None, None) if waits && self.approved_by.is_some() => SetupState::Approved,
            (None, None) if waits => SetupState::Waiting,
            (None, _) => SetupState::Over,
        }
    }

    fn read(row: &mut Row) -> Result<Self, DbError> {
        let (id, account, sets) = (row.take()?, row.take()?, row.take::<String>()?);
        let sets =
            Sets::from_code(&sets).ok_or_else(|| DbError::Unusable("account_setup.kind".to_owned()))?;
        Ok(Self {
            id,
            account,
            sets,
            reason: row.take()?,
            asked_by: row.take()?,
            asked_at: row.take()?,
            approved_by: row.take()?,
            ends_at: row.take()?,
            used_at: row.take()?,
        })
    }
}

/// Why a step is refused.
#[derive(Debug, Error)]
pub enum SetupRefused {
    #[error("職員番号を入力してください")]
    NoName,
    #[error("この職員番号はもう使われています")]
    Taken,
    #[error("氏名を入力してください")]
    NoDisplayName,
    #[error("課の番号を入力してください。はじめての課は名前も入力します")]
    NoSection,
    #[error("どうやって本人を確かめたか、理由とともに入力してください")]
    NoReason,
    #[error("この申請はありません")]
    Unknown,
    #[error("申請した人とは別の職員が承認します")]
    OwnAsk,
    #[error("この申請はいま「{}」です", .0.title())]
    State(SetupState),
    #[error("コードが違うか、期限が過ぎています。総務課に新しいコードをお求めください")]
    Code,
    #[error("いまのパスワードが違います")]
    Current,
    #[error("認証アプリの6桁が違います。時刻が合っているか、お確かめください")]
    Factor,
    #[error(transparent)]
    Weak(#[from] Weak),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<DbError> for SetupRefused {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

/// A clerk who begins (新しい職員).
#[derive(Debug, Clone)]
pub struct NewClerk {
    pub sign_in_name: String,
    pub display_name: String,
    pub section: Section,
    /// [`crate::Role::key`]; known to the caller's policy.
    pub role: String,
}

/// Creates an account that nobody can sign in to yet, its post from today on, and asks for its set-up code.
///
/// # Errors
/// [`SetupRefused`].
pub async fn create_clerk(
    store: &Store,
    keys: &Keys,
    by: &Actor,
    new: NewClerk,
    client: &str,
    at: At,
) -> Result<SetupId, SetupRefused> {
    if crate::sign_in_name(&new.sign_in_name).is_empty() {
        return Err(SetupRefused::NoName);
    }
    if new.display_name.trim().is_empty() {
        return Err(SetupRefused::NoDisplayName);
    }
    // A password that nobody knows: what is no hash would be told from one by the time it takes.
    let unknown = Token::random().reveal().to_owned();
    let hash = password::hash_aside(password::turn().await, unknown).await.ok_or(DbError::Overloaded)?;
    let account = NewAccount {
        sign_in_name: new.sign_in_name.clone(),
        display_name: new.display_name.trim().to_owned(),
        password_hash: hash,
        totp_secret: totp::new_secret().to_vec(),
        sample: false,
    };
    let (city, by, client, keys) = (by.municipality, by.clone(), client.to_owned(), keys.clone());
    let create = move |tx: &mut Tx<'_>| {
        if account_of(tx, &new.sign_in_name)?.is_some() {
            return Err(SetupRefused::Taken);
        }
        ensure_section(tx, &new.section)?;
        let id = create_account(tx, &keys, &account, at)?;
        let (section, role) = (new.section.code.trim().to_owned(), new.role.clone());
        give_post(tx, &NewPost { account: id, section, role, from: at.date(), to: None })?;
        let what = format!("利用者の作成 {} {}", crate::sign_in_name(&new.sign_in_name), new.role);
        record(tx, &Entry { terminal: &client, ..Entry::new(&by, Operation::Right, &what) })?;
        ask(tx, &by, id, Sets::Both, "新しい職員", &client)
    };
    store.write(city, create).await
}

fn ensure_section(tx: &mut Tx<'_>, section: &Section) -> Result<(), SetupRefused> {
    let (code, name) = (section.code.trim(), section.name.trim());
    let find = sql!("SELECT 1 FROM section WHERE municipality_id = $1 AND code = $2");
    if tx.opt(find, params![code], |row| row.take::<i64>())?.is_some() {
        return Ok(());
    }
    if code.is_empty() || name.is_empty() {
        return Err(SetupRefused::NoSection);
    }
    Ok(create_section(tx, &Section { code: code.to_owned(), name: name.to_owned() })?)
}

/// Asks for a code. `reason`: what was lost, and how the person was known.
///
/// # Errors
/// [`SetupRefused`].
pub fn ask(
    tx: &mut Tx<'_>,
    by: &Actor,
    account: AccountId,
    sets: Sets,
    reason: &str,
    client: &str,
) -> Result<SetupId, SetupRefused> {
    if reason.trim().is_empty() {
        return Err(SetupRefused::NoReason);
    }
    let name = name_of(tx, account)?.ok_or(SetupRefused::Unknown)?;
    let (id, at): (SetupId, At) = (tx.new_id(), tx.started_at());
    let insert = sql!(
        "INSERT INTO account_setup (municipality_id, id, account_id, kind, reason, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.run(insert, params![id, account, sets.code(), reason.trim(), by.account, at])?;
    note(tx, by, client, &format!("設定コードの申請 {name} {} {}", sets.title(), reason.trim()))?;
    Ok(id)
}

fn name_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>, DbError> {
    let find = sql!("SELECT sign_in_name FROM account WHERE municipality_id = $1 AND id = $2");
    tx.opt(find, params![account], |row| row.take())
}

pub(crate) fn note(tx: &mut Tx<'_>, by: &Actor, client: &str, what: &str) -> Result<(), DbError> {
    record(tx, &Entry { terminal: client, ..Entry::new(by, Operation::Right, what) })
}

/// The latest asks first, a hundred at most.
///
/// # Errors
/// What the engine says.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Setup>, DbError> {
    let list = sql!(
        "SELECT id, account_id, kind, reason, asked_by, asked_at, approved_by, ends_at, used_at
           FROM account_setup WHERE municipality_id = $1 ORDER BY id DESC LIMIT $2"
    );
    tx.all(list, params![SHOWN], Setup::read)
}

fn in_state(tx: &mut Tx<'_>, id: SetupId, expected: &[SetupState]) -> Result<Setup, SetupRefused> {
    let find = sql!(
        "SELECT id, account_id, kind, reason, asked_by, asked_at, approved_by, ends_at, used_at
           FROM account_setup WHERE municipality_id = $1 AND id = $2"
    );
    let found = tx.opt(find, params![id], Setup::read)?.ok_or(SetupRefused::Unknown)?;
    let state = found.state(tx.started_at());
    if expected.contains(&state) { Ok(found) } else { Err(SetupRefused::State(state)) }
}

/// Another person says yes.
///
/// # Errors
/// [`SetupRefused`].
pub fn approve(tx: &mut Tx<'_>, by: &Actor, id: SetupId, client: &str) -> Result<(), SetupRefused> {
    let found = in_state(tx, id, &[SetupState::Waiting])?;
    if found.asked_by == by.account || found.account == by.account {
        return Err(SetupRefused::OwnAsk);
    }
    let at = tx.started_at();
    let approve = sql!(
        "UPDATE account_setup SET approved_by = $3, approved_at = $4 WHERE municipality_id = $1 AND id = $2"
    );
    tx.run(approve, params![id, by.account, at])?;
    let name = name_of(tx, found.account)?.unwrap_or_default();
    Ok(note(tx, by, client, &format!("設定コードの承認 {name} {}", found.sets.title()))?)
}

/// Makes the code, to be shown once. `alone`: nobody else may approve yet, as in the first hour of a city.
///
/// # Errors
/// [`SetupRefused`].
pub async fn issue(
    store: &Store,
    keys: &Keys,
    by: &Actor,
    id: SetupId,
    alone: bool,
    client: &str,
) -> Result<SetupCode, SetupRefused> {
    let (code, secret) = (SetupCode::random(), totp::new_secret());
    let (hash, by, keys, client) = (stored(&code.0), by.clone(), keys.clone(), client.to_owned());
    let city = by.municipality;
    let issue = move |tx: &mut Tx<'_>| {
        let ready: &[SetupState] =
            if alone { &[SetupState::Waiting, SetupState::Approved] } else { &[SetupState::Approved] };
        let found = in_state(tx, id, ready)?;
        let sealed = vault::seal_totp(&keys, tx.municipality(), found.account, &secret);
        let end = tx.started_at().plus_seconds(LASTS_SECONDS);
        let issue = sql!(
            "UPDATE account_setup SET code_hash = $3, totp_secret = $4, ends_at = $5
              WHERE municipality_id = $1 AND id = $2"
        );
        tx.run(issue, params![id, hash, sealed, end])?;
        let name = name_of(tx, found.account)?.unwrap_or_default();
        let how = if found.approved_by.is_some() {
            ""
        } else {
            "（承認できる職員がまだいないため、承認なし）"
        };
        note(tx, &by, &client, &format!("設定コードの発行 {name} {}{how}", found.sets.title()))?;
        news::tell(tx, found.account, &format!("設定コードが出ました：{}", found.sets.title()), &client)?;
        Ok::<_, SetupRefused>(())
    };
    store.write(city, issue).await?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_typed_as_people_type() {
        let code = SetupCode::random();
        assert_eq!(code.reveal().len(), CODE_CHARS + 3);
        assert_ne!(code.0, SetupCode::random().0);
        for typed in [
            code.reveal(),
            code.reveal().to_lowercase(),
            code.0.clone(),
            format!(" {} ", code.reveal().replace('-', "　")),
        ] {
            assert_eq!(SetupCode::typed(&typed).0, code.0, "{typed}");
        }
        assert_eq!(format!("{code:?}"), "SetupCode(..)");
    }

    #[test]
    fn a_code_ends() {
        let at = |seconds| At::from_micros(seconds * 1_000_000);
        let asked = Setup {
            id: SetupId::new(1),
            account: AccountId::new(2),
            sets: Sets::Both,
            reason: String::new(),
            asked_by: AccountId::new(3),
            asked_at: at(0),
            approved_by: None,
            ends_at: None,
            used_at: None,
        };
        let approved = Setup { approved_by: Some(AccountId::new(4)), ..asked.clone() };
        let issued = Setup { ends_at: Some(at(LASTS_SECONDS)), ..approved.clone() };
        let used = Setup { used_at: Some(at(60)), ..issued.clone() };
        for (setup, seconds, expected) in [
            (&asked, 60, SetupState::Waiting),
            (&asked, WAITS_SECONDS, SetupState::Over),
            (&approved, 60, SetupState::Approved),
            (&approved, WAITS_SECONDS, SetupState::Over),
            (&issued, LASTS_SECONDS - 1, SetupState::Issued),
            (&issued, LASTS_SECONDS, SetupState::Over),
            (&used, LASTS_SECONDS, SetupState::Used),
        ] {
            assert_eq!(setup.state(at(seconds)), expected, "{setup:?} at {seconds}");
        }
    }
}
