//! What the log shows that is out of the ordinary (office §5.1, residents §11).
use std::collections::{HashMap, HashSet, VecDeque};

use base::{At, Date, PersonId, office_closed};
use db::{DbError, Tx};
use identity::{AccountId, log};

use crate::period::Period;
use crate::setting::Settings;

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
    let mut seen: HashMap<AccountId, Seen> = HashMap::new();
    let mut days: Vec<Often> = Vec::new();
    let mut after = None;
    loop {
        let slice = log::looks(tx, after, period.span(), SLICE)?;
        let Some(last) = slice.last() else { break };
        after = Some(last.id);
        for look in slice {
            days.extend(seen.entry(look.account).or_default().see(look.account, look.at, look.persons));
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
    let found = log::refused_often(tx, period.span(), least)?;
    let often = found.into_iter().map(|(account, day, count)| Often { account, day, count, in_hour: None });
    Ok(often.collect())
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
