//! Waits after failures, counted for each sign-in name and each client address.
//!
//! An attempt counts as a failure from its start and is taken back when it succeeds: a thousand tries at once
//! get no more than five answers. Names are counted whether an account has them or not. From an address where
//! the name signed in lately it has a count of its own, so that strangers elsewhere lock nobody out.
use base::At;
use db::{DbError, Tx, params, sql};

use crate::alarm::{AlarmKind, raise};
use crate::secret::stored;
use crate::session::LIMITS;
use crate::{AccountId, Refusal};

/// Failures without any wait.
const FREE: i64 = 5;
const LONGEST_SECONDS: i64 = 15 * 60;
/// After a day without failure the count starts anew.
const FORGET_SECONDS: i64 = 24 * 3600;
/// A key is no longer than the longest mail address.
const KEY_CHARS: usize = 254;
/// So many failures in a row are told to 総務課.
const ALARMING: i64 = 10;

/// Seconds to wait after the `failures`-th failure in a row: 32, 64, … up to 15 minutes.
const fn wait_seconds(failures: i64) -> i64 {
    if failures < FREE {
        0
    } else if failures >= 10 {
        LONGEST_SECONDS
    } else {
        1 << failures
    }
}

/// Questions and ways that one address may leave unanswered: a city behind one address at half past eight stays below.
pub const MOST_UNANSWERED: i64 = 200;

/// Refuses an address that has had so many rows made which nobody answered.
pub(crate) fn ensure_few(open: i64) -> Result<(), DbError> {
    if open < MOST_UNANSWERED { Ok(()) } else { Err(DbError::Overloaded) }
}

/// What is counted, in the table's words.
struct Counted {
    kind: &'static str,
    subject: String,
}

impl Counted {
    fn new(kind: &'static str, subject: &str) -> Self {
        Self { kind, subject: short(subject) }
    }
}

fn short(text: &str) -> String {
    text.chars().take(KEY_CHARS).collect()
}

/// The name's count: of its own where the name is at home.
fn name_counted(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<Counted, DbError> {
    let known = sql!(
        "SELECT 1 FROM account_client
         WHERE municipality_id = $1 AND sign_in_name = $2 AND client = $3 AND seen_at > $4"
    );
    let since = at.plus_seconds(-LIMITS.client_known);
    let at_home = tx.opt(known, params![name, client, since], |row| row.take::<i64>())?.is_some();
    Ok(if at_home {
        Counted { kind: "name_at", subject: format!("{} {}", short(client), short(name)) }
    } else {
        Counted::new("name", name)
    })
}

/// Counts an attempt to sign in as a failure, unless the name or the address still has to wait.
///
/// # Errors
/// [`Refusal::Wait`], or what the engine says.
pub(crate) fn attempt(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), Refusal> {
    let of_name = name_counted(tx, name, client, at)?;
    let failures = count(tx, &[of_name, Counted::new("client", client)], at)?;
    note_name(tx, name, client, at)?;
    if failures[0] >= ALARMING {
        let is_account = sql!("SELECT 1 FROM account WHERE municipality_id = $1 AND sign_in_name = $2");
        if tx.opt(is_account, params![name], |row| row.take::<i64>())?.is_some() {
            raise(tx, AlarmKind::Guessing, name, failures[0], at)?;
        }
    }
    Ok(())
}

/// Counts a try of somebody who is signed in; strangers have no part in this count.
///
/// # Errors
/// [`Refusal::Wait`], or what the engine says.
pub(crate) fn attempt_again(tx: &mut Tx<'_>, account: AccountId, at: At) -> Result<(), Refusal> {
    count(tx, &[again(account)], at).map(drop)
}

/// Counts a try that names nobody beforehand, for the address alone.
///
/// # Errors
/// [`Refusal::Wait`], or what the engine says.
pub(crate) fn attempt_from(tx: &mut Tx<'_>, client: &str, at: At) -> Result<(), Refusal> {
    count(tx, &[Counted::new("client", client)], at).map(drop)
}

/// It was no failure.
pub(crate) fn take_back_from(tx: &mut Tx<'_>, client: &str, at: At) -> Result<(), DbError> {
    lessen(tx, &Counted::new("client", client), 1, at)
}

fn again(account: AccountId) -> Counted {
    Counted::new("step_up", &account.to_string())
}

/// The new counts, in the order of `all`.
fn count(tx: &mut Tx<'_>, all: &[Counted], at: At) -> Result<Vec<i64>, Refusal> {
    let forgotten = at.plus_seconds(-FORGET_SECONDS);
    let (mut wait, mut rows, mut counts) = (0, Vec::new(), Vec::new());
    for counted in all {
        let found = tx.opt(
            sql!(
                "SELECT failures, free_at FROM throttle
                 WHERE municipality_id = $1 AND kind = $2 AND subject = $3 AND free_at > $4"
            ),
            params![counted.kind, counted.subject, forgotten],
            |row| Ok((row.take::<i64>()?, row.take::<At>()?)),
        )?;
        let (failures, free_at) = found.unwrap_or((0, at));
        wait = wait.max(seconds_until(free_at, at));
        let failures = failures + 1;
        let free_at = at.plus_seconds(wait_seconds(failures));
        rows.push(params![counted.kind, counted.subject, failures, free_at].to_vec());
        counts.push(failures);
    }
    if wait > 0 {
        return Err(Refusal::Wait { seconds: wait });
    }
    let count = sql!(
        "INSERT INTO throttle (municipality_id, kind, subject, failures, free_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (municipality_id, kind, subject)
         DO UPDATE SET failures = excluded.failures, free_at = excluded.free_at"
    );
    tx.many(count, rows)?;
    // Names that nobody has would fill the table otherwise.
    tx.run(sql!("DELETE FROM throttle WHERE municipality_id = $1 AND free_at <= $2"), params![forgotten])?;
    Ok(counts)
}

/// Remembers which names the address tries, and tells 総務課 when they are many.
fn note_name(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), DbError> {
    let since = at.plus_seconds(-LIMITS.spray_window);
    tx.run(sql!("DELETE FROM tried_name WHERE municipality_id = $1 AND at <= $2"), params![since])?;
    let note = sql!(
        "INSERT INTO tried_name (municipality_id, client, name_hash, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, client, name_hash) DO UPDATE SET at = excluded.at"
    );
    tx.run(note, params![short(client), stored(name), at])?;
    let names = sql!("SELECT COUNT(*) FROM tried_name WHERE municipality_id = $1 AND client = $2");
    let names: i64 = tx.one(names, params![short(client)], |row| row.take())?;
    if names >= LIMITS.spray_names {
        raise(tx, AlarmKind::Spraying, &short(client), names, at)?;
    }
    Ok(())
}

/// The password was right: this attempt was no failure, and the code may follow at once. The failures before
/// it stay, or who knows a password could try codes without end.
pub(crate) fn take_back(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), DbError> {
    for counted in [name_counted(tx, name, client, at)?, Counted::new("client", client)] {
        lessen(tx, &counted, 1, at)?;
    }
    forget_name(tx, name, client)
}

/// Signed in: nothing is held against the name any more, nor against the address for this name's sake. What
/// other names failed with there stays: one's own account must not free the way to try other people's.
pub(crate) fn clear(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), DbError> {
    let of_name = name_counted(tx, name, client, at)?;
    let find =
        sql!("SELECT failures FROM throttle WHERE municipality_id = $1 AND kind = $2 AND subject = $3");
    let failures = tx.opt(find, params![of_name.kind, of_name.subject], |row| row.take::<i64>())?;
    lessen(tx, &Counted::new("client", client), failures.unwrap_or(0), at)?;
    for counted in [of_name, Counted::new("name", name)] {
        forget(tx, &counted)?;
    }
    forget_name(tx, name, client)?;
    let known = at.plus_seconds(-LIMITS.client_known);
    tx.run(sql!("DELETE FROM account_client WHERE municipality_id = $1 AND seen_at <= $2"), params![known])?;
    let seen = sql!(
        "INSERT INTO account_client (municipality_id, sign_in_name, client, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, sign_in_name, client) DO UPDATE SET seen_at = excluded.seen_at"
    );
    tx.run(seen, params![name, client, at])?;
    Ok(())
}

/// Confirmed again: the session's owner made these mistakes.
pub(crate) fn clear_again(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    forget(tx, &again(account))
}

fn lessen(tx: &mut Tx<'_>, counted: &Counted, by: i64, at: At) -> Result<(), DbError> {
    let none = sql!(
        "DELETE FROM throttle WHERE municipality_id = $1 AND kind = $2 AND subject = $3 AND failures <= $4"
    );
    tx.run(none, params![counted.kind, counted.subject, by])?;
    let less = sql!(
        "UPDATE throttle SET failures = failures - $4, free_at = $5
         WHERE municipality_id = $1 AND kind = $2 AND subject = $3"
    );
    tx.run(less, params![counted.kind, counted.subject, by, at])?;
    Ok(())
}

fn forget(tx: &mut Tx<'_>, counted: &Counted) -> Result<(), DbError> {
    let forget = sql!("DELETE FROM throttle WHERE municipality_id = $1 AND kind = $2 AND subject = $3");
    tx.run(forget, params![counted.kind, counted.subject])?;
    Ok(())
}

fn forget_name(tx: &mut Tx<'_>, name: &str, client: &str) -> Result<(), DbError> {
    let forget = sql!("DELETE FROM tried_name WHERE municipality_id = $1 AND client = $2 AND name_hash = $3");
    tx.run(forget, params![short(client), stored(name)])?;
    Ok(())
}

/// Whole seconds, rounded up; 0 when `free_at` has come.
fn seconds_until(free_at: At, at: At) -> i64 {
    let micros = (free_at.micros() - at.micros()).max(0);
    (micros + 999_999) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        for (failures, expected) in [(0, 0), (4, 0), (5, 32), (6, 64), (9, 512), (10, 900), (1_000_000, 900)]
        {
            assert_eq!(wait_seconds(failures), expected, "{failures}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        let at = At::from_micros(5_000_000);
        for (micros, expected) in [(0, 0), (5_000_000, 0), (5_000_001, 1), (6_000_000, 1), (6_000_001, 2)] {
            assert_eq!(seconds_until(At::from_micros(micros), at), expected, "{micros}");
        }
    }
}
