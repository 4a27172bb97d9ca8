//! The rows of a batch.
use base::{At, Date, PersonId};
use db::{DbError, Tx, params, sql};
use identity::{AccountId, Actor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchId;

/// Letters of one part.
pub(crate) const SLICE: i64 = 100;
const MOST: usize = 200_000;

/// A batch as it is typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawBatch {
    pub title: String,
    /// Paragraphs, a line each.
    pub body: String,
    pub contact: String,
    /// Ids or 宛名番号, between spaces, commas or lines.
    pub persons: String,
    /// Everybody born from this day …
    pub born_from: String,
    /// … to this one.
    pub born_to: String,
}

pub(crate) type Wrong = (&'static str, String);

/// Who gets a letter.
#[derive(Debug, Clone)]
pub(crate) enum Whom {
    Named(Vec<String>),
    Born(Date, Date),
}

impl RawBatch {
    pub fn understand(&self) -> Result<Whom, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let said = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        if !said(&self.title, 60) {
            wrong.push(("title", "件名を60文字までで入力してください".to_owned()));
        }
        if !said(&self.body, 1500) {
            wrong.push(("body", "本文を1500文字までで入力してください".to_owned()));
        }
        if !said(&self.contact, 80) {
            wrong.push(("contact", "問い合わせ先を80文字までで入力してください".to_owned()));
        }
        let plain = base::half_width(&self.persons);
        let named: Vec<String> = plain
            .split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | '、'))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let days = (self.born_from.parse::<Date>(), self.born_to.parse::<Date>());
        let whom = match (named.is_empty(), days) {
            (false, _) if named.len() <= MOST => Some(Whom::Named(named)),
            (true, (Ok(from), Ok(to))) if from <= to => Some(Whom::Born(from, to)),
            _ => None,
        };
        match whom {
            Some(whom) if wrong.is_empty() => Ok(whom),
            Some(_) => Err(wrong),
            None => {
                let words = "宛名番号を入力するか、生まれた日の範囲（例 2000-04-01）を入力してください";
                wrong.push(("persons", words.to_owned()));
                Err(wrong)
            }
        }
    }
}

/// Why no batch was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    #[error("{count}件の番号の人が見つかりません（はじめのもの {first}）")]
    Unknown { count: usize, first: String },
    #[error("あてはまる人がいません")]
    Nobody,
    #[error("store")]
    Db(#[from] DbError),
}

/// Writes the batch and a waiting letter for each person, once each.
///
/// # Errors
/// [`NotMade`].
pub(crate) fn make(tx: &mut Tx<'_>, actor: &Actor, raw: &RawBatch, whom: &Whom) -> Result<BatchId, NotMade> {
    let persons = match whom {
        Whom::Named(words) => named(tx, words)?,
        Whom::Born(from, to) => register::born_between(tx, *from, *to)?,
    };
    if persons.is_empty() {
        return Err(NotMade::Nobody);
    }
    let (id, at): (BatchId, At) = (tx.new_id(), tx.started_at());
    let insert = sql!(
        "INSERT INTO letter_batch (municipality_id, id, title, body, contact, made_at, account_id, account_name, section,
                                   state, trouble)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', '')"
    );
    let (title, contact) = (raw.title.trim(), raw.contact.trim());
    tx.run(insert, params![id, title, raw.body, contact, at, actor.account, actor.name, actor.section.name])?;
    let letter = sql!(
        "INSERT INTO letter (municipality_id, batch_id, letter_no, person_id, state, part_no, trouble)
         VALUES ($1, $2, $3, $4, 'waiting', 0, '')"
    );
    let rows = (1..).zip(persons).map(|(no, person): (i64, PersonId)| params![id, no, person].to_vec());
    tx.many(letter, rows.collect())?;
    Ok(id)
}

fn named(tx: &mut Tx<'_>, words: &[String]) -> Result<Vec<PersonId>, NotMade> {
    let (persons, unknown) = register::persons_named(tx, words)?;
    match unknown.first() {
        None => Ok(persons),
        Some(first) => Err(NotMade::Unknown { count: unknown.len(), first: first.clone() }),
    }
}

/// A batch as it stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Batch {
    pub id: BatchId,
    pub title: String,
    #[serde(skip)]
    pub body: String,
    #[serde(skip)]
    pub contact: String,
    #[serde(skip)]
    pub made_at: At,
    #[serde(skip)]
    pub account: AccountId,
    pub by: String,
    pub section: String,
    /// `running`, `done`, `stopped`
    pub state: String,
    pub trouble: String,
}

fn read(r: &mut db::Row) -> Result<Batch, DbError> {
    Ok(Batch {
        id: r.take()?,
        title: r.take()?,
        body: r.take()?,
        contact: r.take()?,
        made_at: r.take()?,
        account: r.take()?,
        by: r.take()?,
        section: r.take()?,
        state: r.take()?,
        trouble: r.take()?,
    })
}

/// # Errors
/// What the engine says.
pub(crate) fn find(tx: &mut Tx<'_>, id: BatchId) -> Result<Option<Batch>, DbError> {
    let find = sql!(
        "SELECT id, title, body, contact, made_at, account_id, account_name, section, state, trouble
           FROM letter_batch WHERE municipality_id = $1 AND id = $2"
    );
    tx.opt(find, params![id], read)
}

/// The latest, newest first.
///
/// # Errors
/// What the engine says.
pub(crate) fn latest(tx: &mut Tx<'_>) -> Result<Vec<Batch>, DbError> {
    let find = sql!(
        "SELECT id, title, body, contact, made_at, account_id, account_name, section, state, trouble
           FROM letter_batch WHERE municipality_id = $1 ORDER BY id DESC LIMIT 50"
    );
    tx.all(find, params![], read)
}

/// # Errors
/// What the engine says.
pub(crate) fn running(tx: &mut Tx<'_>) -> Result<Vec<BatchId>, DbError> {
    let find =
        sql!("SELECT id FROM letter_batch WHERE municipality_id = $1 AND state = 'running' ORDER BY id");
    tx.all(find, params![], |r| r.take())
}

/// # Errors
/// What the engine says.
pub(crate) fn set_state(tx: &mut Tx<'_>, id: BatchId, state: &str, trouble: &str) -> Result<(), DbError> {
    let set = sql!("UPDATE letter_batch SET state = $3, trouble = $4 WHERE municipality_id = $1 AND id = $2");
    tx.run(set, params![id, state, trouble]).map(drop)
}

/// The next letters that wait.
///
/// # Errors
/// What the engine says.
pub(crate) fn waiting(tx: &mut Tx<'_>, id: BatchId) -> Result<Vec<(i64, PersonId)>, DbError> {
    let find = sql!(
        "SELECT letter_no, person_id FROM letter
          WHERE municipality_id = $1 AND batch_id = $2 AND state = 'waiting' ORDER BY letter_no LIMIT $3"
    );
    tx.all(find, params![id, SLICE], |r| Ok((r.take()?, r.take()?)))
}

/// A letter that is not set: `shut` or `failed`.
///
/// # Errors
/// What the engine says.
pub(crate) fn leave_out(
    tx: &mut Tx<'_>,
    id: BatchId,
    letters: &[i64],
    state: &str,
    trouble: &str,
) -> Result<(), DbError> {
    let set = sql!(
        "UPDATE letter SET state = $4, trouble = $5
          WHERE municipality_id = $1 AND batch_id = $2 AND letter_no IN INTS($3) AND state = 'waiting'"
    );
    tx.run(set, params![id, letters.to_vec(), state, trouble]).map(drop)
}

/// A part and the letters that it holds, together.
///
/// # Errors
/// [`DbError::Unusable`] when somebody else has set one of them meanwhile: then nothing is kept.
pub(crate) fn keep_part(
    tx: &mut Tx<'_>,
    id: BatchId,
    letters: &[i64],
    pages: usize,
    pdf: &[u8],
) -> Result<(), DbError> {
    let last = sql!(
        "SELECT CAST(COALESCE(MAX(part_no), 0) AS BIGINT) FROM letter_part WHERE municipality_id = $1 AND batch_id = $2"
    );
    let part = tx.one(last, params![id], |r| r.take::<i64>())? + 1;
    let set = sql!(
        "UPDATE letter SET state = 'set', part_no = $4
          WHERE municipality_id = $1 AND batch_id = $2 AND letter_no IN INTS($3) AND state = 'waiting'"
    );
    let changed = tx.run(set, params![id, letters.to_vec(), part])?;
    if usize::try_from(changed) != Ok(letters.len()) {
        return Err(DbError::Unusable("letter: set by somebody else meanwhile".to_owned()));
    }
    let insert = sql!(
        "INSERT INTO letter_part (municipality_id, batch_id, part_no, letters, pages, made_at, pdf)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    let (count, pages) = (letters.len() as i64, pages as i64);
    let at = tx.started_at();
    tx.run(insert, params![id, part, count, pages, at, pdf.to_vec()]).map(drop)
}

/// How far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Progress {
    pub waiting: i64,
    pub set: i64,
    pub failed: i64,
    pub shut: i64,
}

impl Progress {
    pub fn total(&self) -> i64 {
        self.waiting + self.set + self.failed + self.shut
    }
}

/// # Errors
/// What the engine says.
pub(crate) fn progress(tx: &mut Tx<'_>, id: BatchId) -> Result<Progress, DbError> {
    let find = sql!(
        "SELECT state, COUNT(*) FROM letter WHERE municipality_id = $1 AND batch_id = $2 GROUP BY state"
    );
    let counts: Vec<(String, i64)> = tx.all(find, params![id], |r| Ok((r.take()?, r.take()?)))?;
    let of = |state: &str| counts.iter().find(|(known, _)| known == state).map_or(0, |(_, count)| *count);
    Ok(Progress { waiting: of("waiting"), set: of("set"), failed: of("failed"), shut: of("shut") })
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Part {
    pub part: i64,
    pub letters: i64,
    pub pages: i64,
}

/// # Errors
/// What the engine says.
pub(crate) fn parts(tx: &mut Tx<'_>, id: BatchId) -> Result<Vec<Part>, DbError> {
    let find = sql!(
        "SELECT part_no, letters, pages FROM letter_part
          WHERE municipality_id = $1 AND batch_id = $2 ORDER BY part_no"
    );
    tx.all(find, params![id], |r| Ok(Part { part: r.take()?, letters: r.take()?, pages: r.take()? }))
}

/// The letters that cannot be printed, with the reason.
///
/// # Errors
/// What the engine says.
pub(crate) fn failed(tx: &mut Tx<'_>, id: BatchId) -> Result<Vec<(i64, String)>, DbError> {
    let find = sql!(
        "SELECT letter_no, trouble FROM letter
          WHERE municipality_id = $1 AND batch_id = $2 AND state = 'failed' ORDER BY letter_no LIMIT 100"
    );
    tx.all(find, params![id], |r| Ok((r.take()?, r.take()?)))
}

/// A part with the persons of its letters.
pub(crate) struct File {
    pub persons: Vec<PersonId>,
    pub pdf: Vec<u8>,
}

/// # Errors
/// What the engine says.
pub(crate) fn file(tx: &mut Tx<'_>, id: BatchId, part: i64) -> Result<Option<File>, DbError> {
    let find =
        sql!("SELECT pdf FROM letter_part WHERE municipality_id = $1 AND batch_id = $2 AND part_no = $3");
    let Some(pdf) = tx.opt(find, params![id, part], |r| r.take())? else { return Ok(None) };
    let persons = sql!(
        "SELECT person_id FROM letter
          WHERE municipality_id = $1 AND batch_id = $2 AND part_no = $3 ORDER BY letter_no"
    );
    let persons = tx.all(persons, params![id, part], |r| r.take())?;
    Ok(Some(File { persons, pdf }))
}

/// Takes a part back: its letters wait again, and whoever is shielded by now is left out of the next one.
///
/// # Errors
/// What the engine says.
pub(crate) fn renew(tx: &mut Tx<'_>, id: BatchId, part: i64) -> Result<(), DbError> {
    let wait = sql!(
        "UPDATE letter SET state = 'waiting', part_no = 0
          WHERE municipality_id = $1 AND batch_id = $2 AND part_no = $3 AND state = 'set'"
    );
    tx.run(wait, params![id, part])?;
    let gone = sql!("DELETE FROM letter_part WHERE municipality_id = $1 AND batch_id = $2 AND part_no = $3");
    tx.run(gone, params![id, part])?;
    set_state(tx, id, "running", "")
}
