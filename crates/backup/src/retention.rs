//! How long copies are kept: dense for what is near, sparse for what is far (office §7).
use std::collections::BTreeMap;

use base::{At, Date};

use crate::BackupError;
use crate::object::Generation;
use crate::restore::{Held, held};
use crate::target::Target;

/// How long which copies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Every generation, for so many hours.
    pub all_hours: i64,
    /// The last of each day, for so many days.
    pub days: i64,
    /// The last of each month, for so many months of 31 days.
    pub months: i64,
    /// The last of each year, for so many years of 366 days.
    pub years: i64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { all_hours: 48, days: 35, months: 13, years: 7 }
    }
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Deletes what need not be kept. Incomplete generations go when a newer one is complete.
///
/// # Errors
/// The store refuses.
pub(crate) fn thin(
    target: &dyn Target,
    source: &'static str,
    keep: Keep,
    now: At,
) -> Result<usize, BackupError> {
    let known = held(target, source)?;
    let doomed = doomed(&known, keep, now);
    for generation in &doomed {
        let names = &known[generation].names;
        // The manifest first: half of a generation is never taken for a whole one.
        let manifest = generation.manifest();
        for name in std::iter::once(&manifest).chain(names.iter().filter(|name| **name != manifest)) {
            target.delete(name)?;
        }
    }
    Ok(doomed.len())
}

fn doomed(known: &BTreeMap<Generation, Held>, keep: Keep, now: At) -> Vec<Generation> {
    let mut complete = known.iter().filter(|(_, held)| held.complete).map(|(generation, _)| generation);
    let Some(newest) = complete.next_back() else { return Vec::new() };
    let (mut days, mut months, mut years) = (Vec::new(), Vec::new(), Vec::new());
    let mut kept: Vec<&Generation> = vec![newest];
    // From the newest to the oldest: the first of a day is its last copy.
    for generation in std::iter::once(newest).chain(complete.rev()) {
        let date = generation.taken_at().date();
        let age = now.micros_since(generation.taken_at()) / 1_000_000;
        let first = [
            age <= keep.all_hours * HOUR,
            is_new(&mut days, date) && age <= keep.days * DAY,
            is_new(&mut months, month(date)) && age <= keep.months * 31 * DAY,
            is_new(&mut years, date.year()) && age <= keep.years * 366 * DAY,
        ];
        if first.contains(&true) {
            kept.push(generation);
        }
    }
    let gone = |generation: &&Generation, held: &Held| {
        if held.complete { !kept.contains(generation) } else { *generation < newest }
    };
    known.iter().filter(|(generation, held)| gone(generation, held)).map(|(g, _)| g.clone()).collect()
}

fn month(date: Date) -> (i16, i8) {
    (date.year(), date.month())
}

fn is_new<T: PartialEq>(seen: &mut Vec<T>, value: T) -> bool {
    let new = !seen.contains(&value);
    if new {
        seen.push(value);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ages` in hours before now; a negative number is an incomplete generation of that age.
    #[track_caller]
    fn check(ages: &[i64], gone: &[i64]) {
        let now = testkit::MORNING;
        let of = |age: i64| Generation::new("inside", now.plus_seconds(-age.abs() * HOUR));
        let known = ages
            .iter()
            .map(|age| (of(*age), Held { complete: *age >= 0, ..Held::default() }))
            .collect::<BTreeMap<_, _>>();
        let mut expected: Vec<Generation> = gone.iter().map(|age| of(*age)).collect();
        expected.sort();
        assert_eq!(doomed(&known, Keep::default(), now), expected);
    }

    #[test]
    fn the_newest_complete_copy_stays() {
        check(&[], &[]);
        check(&[90_000], &[]);
        check(&[-1, 90_000], &[]);
    }

    #[test]
    fn an_incomplete_copy_goes_when_a_newer_one_is_complete() {
        check(&[0, -1, 2], &[-1]);
        check(&[-1, 2], &[]);
    }

    /// 09:14 in the morning: 72 h ago and 74 h ago are the same day.
    #[test]
    fn after_two_days_one_a_day_stays() {
        check(&[0, 1, 2, 30, 47], &[]);
        check(&[0, 72, 74], &[74]);
        check(&[0, 72, 74, 100], &[74]);
    }

    #[test]
    fn after_five_weeks_one_a_month_and_after_a_year_one_a_year() {
        // 36 and 37 days before the 24th of November: the 19th and the 18th of October.
        check(&[0, 36 * 24, 37 * 24], &[37 * 24]);
        // In 2025, more than 13 months ago: the last of the year stays.
        check(&[0, 410 * 24, 440 * 24], &[440 * 24]);
        check(&[0, 8 * 366 * 24], &[8 * 366 * 24]);
    }
}
