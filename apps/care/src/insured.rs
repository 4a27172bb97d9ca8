//! A 第1号被保険者, by the day on which the insurance began.
use base::{Date, PersonId, reaches_on};
use db::{DbError, ToValue, Tx, params, sql};
use events::EventId;
use events::facts::Member;

/// 第1号被保険者: a resident of 65 years or more (介護保険法9条1号).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Insured {
    pub person: PersonId,
    /// 資格取得日: the day of moving in for one who was 65 already, else the day before the 65th birthday
    /// (介護保険法10条).
    pub acquired_on: Date,
    /// The birth date is not a day and its two ends give two answers: a person must look.
    pub needs_check: bool,
}

/// From when a resident is insured, and whether that must be checked. `None`: not yet 65 on `day`.
///
/// Of an inexact birth date the latest day counts (residents.md §5.2). Who is 65 by the earliest day alone
/// is listed as well, because only a list that holds him can ask for the check.
pub(crate) fn acquired(member: &Member, since: Date, day: Date) -> Option<(Date, bool)> {
    let from = |birth: Date| reaches_on(birth, 65).max(since);
    let (earliest, latest) = (from(member.birth.earliest()), from(member.birth.latest()));
    (earliest <= day).then_some((latest, earliest != latest))
}

/// Adds insured persons; one who is there already stays as he is.
pub(crate) fn add(tx: &mut Tx<'_>, insured: &[(Insured, EventId)]) -> Result<(), DbError> {
    let row = |(insured, event): &(Insured, EventId)| {
        vec![
            insured.person.to_value(),
            insured.acquired_on.to_value(),
            insured.needs_check.to_value(),
            event.to_value(),
        ]
    };
    let insert = sql!(
        "INSERT INTO insured_person (municipality_id, person_id, acquired_on, needs_check, event_id)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (municipality_id, person_id) DO NOTHING"
    );
    tx.many(insert, insured.iter().map(row).collect()).map(drop)
}

/// The insured, those of the latest day first, and how many there are.
pub(crate) fn list(tx: &mut Tx<'_>, page: i64, size: i64) -> Result<(i64, Vec<Insured>), DbError> {
    let count = sql!("SELECT COUNT(*) FROM insured_person WHERE municipality_id = $1");
    let total = tx.one(count, params![], |r| r.take())?;
    let find = sql!(
        "SELECT person_id, acquired_on, needs_check FROM insured_person WHERE municipality_id = $1
          ORDER BY acquired_on DESC, event_id DESC, person_id DESC LIMIT $2 OFFSET $3"
    );
    let insured = tx.all(find, params![size, page * size], |r| {
        Ok(Insured { person: r.take()?, acquired_on: r.take()?, needs_check: r.take()? })
    })?;
    Ok((total, insured))
}

pub(crate) fn clear(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM insured_person WHERE municipality_id = $1"), params![]).map(drop)
}

#[cfg(test)]
mod tests {
    use base::PartialDate;

    use super::*;

    #[track_caller]
    fn check(birth: &str, since: &str, day: &str, expect: Option<(&str, bool)>) {
        let date = |text: &str| text.parse::<Date>().expect("a day");
        let birth = PartialDate::parse(birth, date(day)).expect("a birth date");
        let member = Member { person: None, birth, head: false, foreign: false, resident_since: date(since) };
        let expect = expect.map(|(acquired_on, needs_check)| (date(acquired_on), needs_check));
        assert_eq!(acquired(&member, date(since), date(day)), expect);
    }

    #[test]
    fn sixty_five_is_reached_on_the_day_before_the_birthday() {
        check("1961-11-25", "2020-04-01", "2026-11-24", Some(("2026-11-24", false)));
        check("1961-11-26", "2020-04-01", "2026-11-24", None);
        check("1952-02-29", "2000-01-01", "2026-11-24", Some(("2017-02-28", false)));
    }

    #[test]
    fn who_moves_in_at_that_age_is_insured_from_the_day_of_moving_in() {
        check("1950-09-01", "2026-11-20", "2026-11-24", Some(("2026-11-20", false)));
        // Filed late: the age was reached between moving in and the act at the desk.
        check("1961-11-20", "2026-10-01", "2026-11-24", Some(("2026-11-19", false)));
    }

    #[test]
    fn an_inexact_birth_date_is_checked_where_it_matters() {
        check("昭和36年月日不詳", "2020-04-01", "2026-11-24", Some(("2026-12-30", true)));
        check("昭和36年月日不詳", "2026-11-20", "2026-12-31", Some(("2026-12-30", true)));
        check("昭和20年月日不詳", "2026-11-20", "2026-11-24", Some(("2026-11-20", false)));
        check("昭和40年月日不詳", "2026-11-20", "2026-11-24", None);
    }
}
