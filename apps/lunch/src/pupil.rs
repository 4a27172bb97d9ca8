//! A pupil of the roster, by school year.
use base::{Date, FiscalYear, Grade, PersonId, first_school_fiscal_year, school_grade};
use db::{DbError, ToValue, Tx, params, sql};
use events::EventId;
use events::facts::Member;

/// Who eats school lunch: a child of compulsory school age (学校教育法17条).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pupil {
    pub person: PersonId,
    /// The fiscal year in which the child enters 小学1年; the grade of any later year follows from it.
    pub entry: FiscalYear,
    /// The birth date is not a day, so a person must check the year.
    pub needs_check: bool,
    pub since: Date,
}

/// The grade that a member of a household is in, on a day. Both ends of an inexact birth date must agree.
pub(crate) fn grade_of(member: &Member, on: Date) -> Option<(Grade, bool)> {
    let latest = school_grade(member.birth.latest(), on);
    let earliest = school_grade(member.birth.earliest(), on);
    latest.or(earliest).map(|grade| (grade, latest != earliest))
}

/// The grade of a pupil in a fiscal year: 小学1年 in the year of entry. `None` after 中学3年 or before school.
pub(crate) fn grade_in(entry: FiscalYear, year: FiscalYear) -> Option<Grade> {
    match u8::try_from(year.0 - entry.0 + 1).ok()? {
        grade @ 1..=6 => Some(Grade::Elementary(grade)),
        grade @ 7..=9 => Some(Grade::JuniorHigh(grade - 6)),
        _ => None,
    }
}

pub(crate) fn entry_year(member: &Member) -> FiscalYear {
    first_school_fiscal_year(member.birth.latest())
}

/// Adds pupils; one who is there already stays as he is.
pub(crate) fn add(tx: &mut Tx<'_>, pupils: &[(Pupil, EventId)]) -> Result<(), DbError> {
    let row = |(pupil, event): &(Pupil, EventId)| {
        vec![
            pupil.person.to_value(),
            i64::from(pupil.entry.0).to_value(),
            pupil.needs_check.to_value(),
            pupil.since.to_value(),
            event.to_value(),
        ]
    };
    let insert = sql!(
        "INSERT INTO pupil (municipality_id, person_id, entry_fiscal_year, needs_check, since_on, event_id)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (municipality_id, person_id) DO NOTHING"
    );
    tx.many(insert, pupils.iter().map(row).collect()).map(drop)
}

/// The pupils who entered school between two fiscal years, in the order of entry, and how many there are.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    entries: (FiscalYear, FiscalYear),
    page: i64,
    size: i64,
) -> Result<(i64, Vec<Pupil>), DbError> {
    let (first, last) = (i64::from(entries.0.0), i64::from(entries.1.0));
    let count =
        sql!("SELECT COUNT(*) FROM pupil WHERE municipality_id = $1 AND entry_fiscal_year BETWEEN $2 AND $3");
    let total = tx.one(count, params![first, last], |r| r.take())?;
    let find = sql!(
        "SELECT person_id, entry_fiscal_year, needs_check, since_on FROM pupil
          WHERE municipality_id = $1 AND entry_fiscal_year BETWEEN $2 AND $3
          ORDER BY event_id DESC, entry_fiscal_year, person_id LIMIT $4 OFFSET $5"
    );
    let pupils = tx.all(find, params![first, last, size, page * size], |r| {
        let (person, entry) = (r.take()?, r.take::<i64>()?);
        let entry = FiscalYear(i32::try_from(entry).unwrap_or(i32::MAX));
        Ok(Pupil { person, entry, needs_check: r.take()?, since: r.take()? })
    })?;
    Ok((total, pupils))
}

pub(crate) fn clear(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM pupil WHERE municipality_id = $1"), params![]).map(drop)
}

#[cfg(test)]
mod tests {
    use base::PartialDate;

    use super::*;

    #[track_caller]
    fn check(birth: &str, on: &str, expect: Option<(&str, bool)>) {
        let on: Date = on.parse().expect("a day");
        let birth = PartialDate::parse(birth, on).expect("a birth date");
        let member = Member { person: None, birth, head: false, foreign: false, resident_since: on };
        let found = grade_of(&member, on).map(|(grade, check)| (grade.to_string(), check));
        assert_eq!(found.as_ref().map(|(grade, check)| (grade.as_str(), *check)), expect);
    }

    #[test]
    fn the_school_year_begins_on_april_first() {
        check("2018-04-01", "2024-04-01", Some(("小学1年", false)));
        check("2018-04-02", "2024-04-01", None);
        check("2018-04-02", "2025-04-01", Some(("小学1年", false)));
        check("2011-04-02", "2026-11-24", Some(("中学3年", false)));
        check("2011-04-01", "2026-11-24", None);
    }

    #[test]
    fn an_inexact_birth_date_must_be_checked() {
        check("平成30年月日不詳", "2026-11-24", Some(("小学2年", true)));
    }

    #[test]
    fn the_grade_follows_from_the_year_of_entry() {
        let entry = FiscalYear(2024);
        assert_eq!(grade_in(entry, FiscalYear(2024)), Some(Grade::Elementary(1)));
        assert_eq!(grade_in(entry, FiscalYear(2032)), Some(Grade::JuniorHigh(3)));
        assert_eq!(grade_in(entry, FiscalYear(2033)), None);
        assert_eq!(grade_in(entry, FiscalYear(2023)), None);
    }
}
