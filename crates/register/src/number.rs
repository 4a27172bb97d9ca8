//! 宛名番号 and 世帯番号: serials with a check digit ([STD] 1.1.13).
use base::{HouseholdNo, PersonNo};
use db::{DbError, Tx, params, sql};

/// `count` new 宛名番号. Serials whose check digit would be 10 are skipped, never issued.
pub(crate) fn person_numbers(tx: &mut Tx<'_>, count: usize) -> Result<Vec<PersonNo>, DbError> {
    draw(tx, "person", count, PersonNo::from_serial)
}

pub(crate) fn household_number(tx: &mut Tx<'_>) -> Result<HouseholdNo, DbError> {
    Ok(draw(tx, "household", 1, HouseholdNo::from_serial)?[0])
}

fn draw<N>(
    tx: &mut Tx<'_>,
    kind: &'static str,
    count: usize,
    numbered: fn(u32) -> Option<N>,
) -> Result<Vec<N>, DbError> {
    let find = sql!("SELECT next_serial FROM number_series WHERE municipality_id = $1 AND kind = $2");
    let mut next = tx.opt(find, params![kind], |r| r.take::<i64>())?.unwrap_or(1);
    let mut numbers = Vec::with_capacity(count);
    while numbers.len() < count {
        let serial =
            u32::try_from(next).map_err(|_| DbError::Unusable(format!("{kind}: 番号を使い切りました")))?;
        numbers.extend(numbered(serial));
        next += 1;
    }
    set_next(tx, kind, next)?;
    Ok(numbers)
}

fn set_next(tx: &mut Tx<'_>, kind: &'static str, next: i64) -> Result<(), DbError> {
    let upsert = sql!(
        "INSERT INTO number_series (municipality_id, kind, next_serial) VALUES ($1, $2, $3)
         ON CONFLICT (municipality_id, kind) DO UPDATE SET next_serial = excluded.next_serial"
    );
    tx.run(upsert, params![kind, next])?;
    Ok(())
}

/// Numbers that were taken over are never given again.
pub(crate) fn skip_past(tx: &mut Tx<'_>, persons: u32, households: u32) -> Result<(), DbError> {
    for (kind, taken) in [("person", persons), ("household", households)] {
        let raise = sql!(
            "INSERT INTO number_series (municipality_id, kind, next_serial) VALUES ($1, $2, $3)
             ON CONFLICT (municipality_id, kind) DO UPDATE SET next_serial =
               CASE WHEN number_series.next_serial > excluded.next_serial
                    THEN number_series.next_serial ELSE excluded.next_serial END"
        );
        tx.run(raise, params![kind, i64::from(taken) + 1])?;
    }
    Ok(())
}
