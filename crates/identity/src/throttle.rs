//! Waits after failed sign-ins, counted for each sign-in name and each client address.
//!
//! An attempt counts as a failure from its start and is taken back when it succeeds: a thousand tries at once
//! get no more than five answers. Names are counted whether an account has them or not.
use base::At;
use db::{DbError, Tx, params, sql};

use crate::Refusal;

/// Failures without any wait.
const FREE: i64 = 5;
const LONGEST_SECONDS: i64 = 15 * 60;
/// After a day without failure the count starts anew.
const FORGET_SECONDS: i64 = 24 * 3600;
/// A key is no longer than the longest mail address.
const KEY_CHARS: usize = 254;

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

/// What is counted, in the table's words.
fn subjects(name: &str, client: &str) -> [(&'static str, String); 2] {
    let short = |text: &str| text.chars().take(KEY_CHARS).collect();
    [("name", short(name)), ("client", short(client))]
}

/// Counts an attempt as a failure, unless the name or the address still has to wait.
///
/// # Errors
/// [`Refusal::Wait`], or what the engine says.
pub(crate) fn attempt(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), Refusal> {
    let forgotten = at.plus_seconds(-FORGET_SECONDS);
    let mut wait = 0;
    let mut rows = Vec::new();
    for (kind, subject) in subjects(name, client) {
        let found = tx.opt(
            sql!(
                "SELECT failures, free_at FROM throttle
                 WHERE municipality_id = $1 AND kind = $2 AND subject = $3 AND free_at > $4"
            ),
            params![kind, subject, forgotten],
            |row| Ok((row.take::<i64>()?, row.take::<At>()?)),
        )?;
        let (failures, free_at) = found.unwrap_or((0, at));
        wait = wait.max(seconds_until(free_at, at));
        let failures = failures + 1;
        let row = params![kind, subject, failures, at.plus_seconds(wait_seconds(failures))].to_vec();
        rows.push(row);
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
    Ok(())
}

/// The password was right: this attempt was no failure, and the code may follow at once. The failures before
/// it stay, or who knows a password could try codes without end.
pub(crate) fn take_back(tx: &mut Tx<'_>, name: &str, client: &str, at: At) -> Result<(), DbError> {
    for (kind, subject) in subjects(name, client) {
        let less = sql!(
            "UPDATE throttle SET failures = failures - 1, free_at = $4
             WHERE municipality_id = $1 AND kind = $2 AND subject = $3 AND failures > 0"
        );
        tx.run(less, params![kind, subject, at])?;
    }
    Ok(())
}

/// Signed in: nothing is held against the name and the address any more.
pub(crate) fn clear(tx: &mut Tx<'_>, name: &str, client: &str) -> Result<(), DbError> {
    for (kind, subject) in subjects(name, client) {
        let clear = sql!("DELETE FROM throttle WHERE municipality_id = $1 AND kind = $2 AND subject = $3");
        tx.run(clear, params![kind, subject])?;
    }
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
