//! What the log shows that is out of the ordinary (office §5.1, residents §11).
use std::collections::{HashMap, HashSet, VecDeque};

use base::{At, Date, PersonId, office_closed};
use db::{Column, DbError, Filter, ToValue, Tx, Value, params, sql};
use identity::break_glass::MARKED;
use identity::{AccountId, Operation};

use crate::line::{AccessId, Line, columns, of_page, persons};
use crate::period::Period;
use crate::setting::Settings;

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;
const MINUTE_MICROS: i64 = 60_000_000;
const HOUR_SECONDS: i64 = 3600;
/// Rows of one read.
const SLICE: i64 = 5000;

/// Something that an account did often on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Often {
    pub account: AccountId,
    pub day: Date,
    pub count: i64,
    /// Of the persons of a day: the most within an hour.
    pub in_hour: Option<i64>,
}

/// A page of what was done to persons outside the office hours, on weekends and holidays (夜間・休日の利用).
pub(crate) fn outside_hours(
    tx: &mut Tx<'_>,
    period: &Period,
    hours: (i64, i64),
    closed: &[Date],
    page: i64,
) -> Result<(i64, Vec<Line>), DbError> {
    let closed: Vec<i64> = closed.iter().map(|day| japan(At::midnight(*day)) / DAY_MICROS).collect();
    let rest = [closed.to_value(), (hours.0 * MINUTE_MICROS).to_value(), (hours.1 * MINUTE_MICROS).to_value()];
    let given: Vec<Value> = period.ids().into_iter().chain(rest.clone()).collect();
    let count = sql!(
        "SELECT COUNT(*) FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'change', 'batch', 'export', 'refused')
            AND (((at + 32400000000) / 86400000000) IN INTS($4)
                 OR (at + 32400000000) % 86400000000 < $5 OR (at + 32400000000) % 86400000000 >= $6)"
    );
    let total = tx.one(count, &given, |r| r.take::<i64>())?;
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'change', 'batch', 'export', 'refused')
            AND (((at + 32400000000) / 86400000000) IN INTS($6)
                 OR (at + 32400000000) % 86400000000 < $7 OR (at + 32400000000) % 86400000000 >= $8)
          ORDER BY id DESC LIMIT $4 OFFSET $5"
    ));
    let given: Vec<Value> = of_page(period, page).into_iter().chain(rest).collect();
    Ok((total, tx.all(find, &given, Line::read)?))
}

/// Microseconds of Japan's clock since the first day of 1970.
fn japan(at: At) -> i64 {
    at.micros() + 9 * HOUR_SECONDS * 1_000_000
}

/// The days of a period on which the city hall is closed, and those of which that is not known.
pub(crate) fn closed_days(period: &Period) -> (Vec<Date>, Vec<Date>) {
    let closed = period.days().filter(|day| office_closed(*day) == Some(true)).collect();
    let unknown = period.days().filter(|day| office_closed(*day).is_none()).collect();
    (closed, unknown)
}

/// What one account has seen lately.
#[derive(Default)]
struct Seen {
    /// The looks of the last hour.
    looks: VecDeque<(At, Vec<PersonId>)>,
    /// How many of those looks showed each person.
    of_hour: HashMap<PersonId, u32>,
    day: Option<Date>,
    of_day: HashSet<PersonId>,
    most_in_hour: usize,
}

impl Seen {
    /// One look more. Gives the day that ended with it.
    fn see(&mut self, account: AccountId, at: At, persons: Vec<PersonId>) -> Option<Often> {
        let ended = if self.day.is_some_and(|day| day != at.date()) { self.day_ends(account) } else { None };
        self.day = Some(at.date());
        while self.looks.front().is_some_and(|(earlier, _)| earlier.plus_seconds(HOUR_SECONDS) <= at) {
            for person in self.looks.pop_front().map(|(_, persons)| persons).unwrap_or_default() {
                if let Some(times) = self.of_hour.get_mut(&person) {
                    *times -= 1;
                    if *times == 0 {
                        self.of_hour.remove(&person);
                    }
                }
            }
        }
        for person in &persons {
            *self.of_hour.entry(*person).or_default() += 1;
            self.of_day.insert(*person);
        }
        self.looks.push_back((at, persons));
        self.most_in_hour = self.most_in_hour.max(self.of_hour.len());
        ended
    }

    fn day_ends(&mut self, account: AccountId) -> Option<Often> {
        let day = self.day.take()?;
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let often =
            Often { account, day, count: count(self.of_day.len()), in_hour: Some(count(self.most_in_hour)) };
        self.of_day.clear();
        self.most_in_hour = 0;
        Some(often)
    }
}

/// Accounts that saw more different persons than the settings allow, within an hour or on a day (大量の検索). An hour
/// is any sixty minutes, not one of the clock; it belongs to the day of its last look.
pub(crate) fn many_persons(
    tx: &mut Tx<'_>,
    period: &Period,
    settings: &Settings,
) -> Result<Vec<Often>, DbError> {
    let slice = sql!(
        "SELECT id, account_id, at, persons FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0 AND person_count > 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'export')
          ORDER BY id LIMIT $4"
    );
    let [mut next, last] = period.ids();
    let mut seen: HashMap<AccountId, Seen> = HashMap::new();
    let mut days: Vec<Often> = Vec::new();
    loop {
        let rows: Vec<(AccessId, AccountId, At, Vec<u8>)> =
            tx.all(slice, &[next.clone(), last.clone(), SLICE.to_value()], |r| {
                Ok((r.take()?, r.take()?, r.take()?, r.take()?))
            })?;
        let Some((id, ..)) = rows.last() else { break };
        next = (id.get() + 1).to_value();
        for (_, account, at, bytes) in rows {
            days.extend(seen.entry(account).or_default().see(account, at, persons(&bytes)));
        }
    }
    days.extend(seen.iter_mut().filter_map(|(account, seen)| seen.day_ends(*account)));
    days.retain(|one| {
        one.count > settings.persons_in_day || one.in_hour.is_some_and(|most| most > settings.persons_in_hour)
    });
    days.sort_by_key(|one| (std::cmp::Reverse(one.day), one.account));
    Ok(days)
}

/// Accounts that were refused so often on one day (お断りの繰り返し).
pub(crate) fn repeated_refusals(tx: &mut Tx<'_>, period: &Period, least: i64) -> Result<Vec<Often>, DbError> {
    let find = sql!(
        "SELECT account_id, (at + 32400000000) / 86400000000 AS day, COUNT(*) AS count FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND operation = 'refused'
          GROUP BY account_id, (at + 32400000000) / 86400000000 HAVING COUNT(*) >= $4
          ORDER BY day DESC, account_id"
    );
    let [first, last] = period.ids();
    tx.all(find, &[first, last, least.to_value()], |r| {
        let (account, day, count) = (r.take()?, r.take::<i64>()?, r.take()?);
        let day = At::from_micros(day * DAY_MICROS).date();
        Ok(Often { account, day, count, in_hour: None })
    })
}

/// Sign-ins and failures of each account in a period, the most failures first (ID別のサインイン).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignIns {
    pub account: AccountId,
    pub done: i64,
    pub failed: i64,
    pub last_at: Option<At>,
}

pub(crate) fn sign_ins(tx: &mut Tx<'_>, period: &Period) -> Result<Vec<SignIns>, DbError> {
    let find = sql!(
        "SELECT account_id,
                CAST(SUM(CASE WHEN operation = 'sign_in' THEN 1 ELSE 0 END) AS BIGINT) AS done,
                CAST(SUM(CASE WHEN operation = 'sign_in_failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed,
                MAX(CASE WHEN operation = 'sign_in' THEN at END)
           FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3
            AND operation IN ('sign_in', 'sign_in_failed')
          GROUP BY account_id ORDER BY failed DESC, done DESC, account_id"
    );
    tx.all(find, &period.ids(), |r| {
        Ok(SignIns { account: r.take()?, done: r.take()?, failed: r.take()?, last_at: r.take()? })
    })
}

/// The condition of a report that is a plain choice of rows.
pub(crate) fn of_operation(operation: Operation) -> Filter {
    Filter::new().equals(Column("operation"), operation.code())
}

/// Exports of more persons than that.
pub(crate) fn large_exports(exported: i64) -> Filter {
    of_operation(Operation::Export).at_least(Column("person_count"), exported + 1)
}

/// 個人番号 or 住民票コード was read or compared.
pub(crate) fn touching_numbers() -> Filter {
    Filter::new().equals(Column("number_touched"), true)
}

/// What one account did while it had a break-glass right. In the millisecond of the end the mark decides.
pub(crate) fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    from: At,
    to: At,
) -> Result<Vec<Line>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id >= $3 AND id < $4 AND account_id = $2 ORDER BY id LIMIT 1000"
    ));
    let after = AccessId::first_at(to.plus_seconds(1));
    let mut lines = tx.all(find, params![account, AccessId::first_at(from), after], Line::read)?;
    lines.retain(|line| line.at < to || (line.at == to && line.purpose.starts_with(MARKED)));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (minutes after nine, first person, number of persons): 10 persons are the limit of an hour, 15 of a day.
    #[track_caller]
    fn check_many(looks: &[(i64, i64, i64)], expected: Option<(i64, i64)>) {
        let settings = Settings { persons_in_hour: 10, persons_in_day: 15, ..Settings::default() };
        let nine = At::midnight(base::day(2026, 11, 24)).plus_seconds(9 * 3600);
        let (account, mut seen) = (AccountId::new(1), Seen::default());
        for (minutes, first, count) in looks {
            let persons = (*first..first + count).map(PersonId::new).collect();
            assert_eq!(seen.see(account, nine.plus_seconds(minutes * 60), persons), None);
        }
        let day = seen.day_ends(account).expect("a day");
        let told = (day.count, day.in_hour.unwrap_or_default());
        let is_told = day.count > settings.persons_in_day || told.1 > settings.persons_in_hour;
        assert_eq!(is_told.then_some(told), expected, "{looks:?}: {told:?}");
    }

    #[test]
    fn an_hour_is_any_sixty_minutes_and_a_person_counts_once() {
        check_many(&[(0, 1, 10)], None);
        check_many(&[(0, 1, 11)], Some((11, 11)));
        // Over the full hour of the clock.
        check_many(&[(55, 1, 6), (65, 7, 5)], Some((11, 11)));
        check_many(&[(0, 1, 6), (59, 7, 5)], Some((11, 11)));
        check_many(&[(0, 1, 6), (60, 7, 5)], None);
        check_many(&[(0, 1, 8), (1, 1, 8), (2, 1, 8)], None);
        check_many(&[(0, 1, 8), (90, 9, 7)], None);
        check_many(&[(0, 1, 8), (90, 9, 8)], Some((16, 8)));
    }
}
