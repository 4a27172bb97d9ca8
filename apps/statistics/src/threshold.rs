//! 秘匿の下限: from which figure on a count below city level is told. A dated setting, never a constant.
use base::{Date, day};
use db::{DbError, Tx, params, sql};
use identity::Caller;

use crate::count::note;
use crate::refusal::Refusal;

/// What holds where the city has set nothing: figures under 3 are not told (screens §9 4).
const RULES: &[(Date, i64)] = &[(day(1900, 1, 1), 3)];

/// What holds on a day.
pub(crate) fn smallest_shown(tx: &mut Tx<'_>, on: Date) -> Result<i64, DbError> {
    let find = sql!(
        "SELECT smallest_shown FROM statistics_threshold WHERE municipality_id = $1 AND from_on <= $2
          ORDER BY from_on DESC LIMIT 1"
    );
    let set = tx.opt(find, params![on], |r| r.take())?;
    let rule = || RULES.iter().rev().find(|(from, _)| *from <= on).map_or(1, |(_, smallest)| *smallest);
    Ok(set.unwrap_or_else(rule))
}

/// Sets it from a day on. What is published already keeps the one it was published with.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    caller: &Caller,
    from: Date,
    smallest: i64,
    reason: &str,
) -> Result<(), Refusal> {
    if !(1..=100).contains(&smallest) {
        return Err(Refusal::of("下限は1から100までの数で入力してください"));
    }
    if reason.trim().is_empty() {
        return Err(Refusal::of("変える理由を入力してください"));
    }
    let set = sql!(
        "INSERT INTO statistics_threshold (municipality_id, from_on, smallest_shown, reason, set_at, set_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (municipality_id, from_on) DO UPDATE SET smallest_shown = excluded.smallest_shown,
             reason = excluded.reason, set_at = excluded.set_at, set_by = excluded.set_by"
    );
    tx.run(set, params![from, smallest, reason.trim(), tx.started_at(), caller.actor.account])?;
    note(tx, caller, "統計の秘匿の下限", &format!("{from} {smallest}"))?;
    Ok(())
}
