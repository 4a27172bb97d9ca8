//! 人口統計: how many residents there were on a day, by town, sex and age. Nobody is shown.
//!
//! Why nothing here asks who is shielded by a 支援措置: a shielded person is a resident, and the city's population is a
//! figure of the law. Were she left out, the figures before and after a measure is filed would differ by her, and so
//! tell of it; counted always, a figure says the same whether anybody is shielded or not. What a small figure could
//! tell of one person, the app that shows it hides (screens §9 4).
use std::collections::BTreeMap;

use address::TownId;
use base::{At, Date, DateKind, Sex, age_on};
use db::{DbError, Tx, params, sql};

/// Residents of one town, sex and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// `None`: a town that the registry does not know.
    pub town: Option<TownId>,
    pub sex: Sex,
    /// 満年齢 on the day; `None`: the birth date is not known at all (年齢不詳).
    pub age: Option<i32>,
    pub persons: i64,
}

/// The residents of a city on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadCount {
    pub persons: Vec<Counted>,
    /// Households that have a resident, by town.
    pub households: Vec<(Option<TownId>, i64)>,
    /// When the register got its first record. Who had left before is in no version: an earlier day cannot be counted.
    pub first_recorded: Option<At>,
}

/// Counts the residents as they were on `as_of`, by the newest version that was in force on that day (異動日, not the
/// day of the act at the desk). Walks the whole register: for a job or an act, never for a page.
///
/// Of an inexact birth date the latest day counts (residents.md §5.2).
///
/// # Errors
/// What the engine says.
pub fn head_count(tx: &mut Tx<'_>, as_of: Date) -> Result<HeadCount, DbError> {
    let persons = sql!(
        "SELECT v.town_id, v.sex, v.birth_kind, v.birth_latest_on, COUNT(*)
           FROM resident_version AS v
          WHERE v.municipality_id = $1 AND v.state = 'resident'
            AND v.version_no = (SELECT MAX(w.version_no) FROM resident_version AS w
                                 WHERE w.municipality_id = $1 AND w.person_id = v.person_id AND w.effective_on <= $2)
          GROUP BY v.town_id, v.sex, v.birth_kind, v.birth_latest_on"
    );
    let mut counted: BTreeMap<(Option<TownId>, Sex, Option<i32>), i64> = BTreeMap::new();
    let rows = tx.all(persons, params![as_of], |r| {
        let (town, sex): (Option<i64>, String) = (r.take()?, r.take()?);
        let (kind, birth): (String, Date) = (r.take()?, r.take()?);
        let sex = Sex::from_code(&sex)
            .ok_or_else(|| DbError::Unusable("resident_version.sex: neither M nor F".to_owned()))?;
        let age = (kind != DateKind::Unknown.code()).then(|| age_on(birth, as_of).max(0));
        Ok(((town_of(town), sex, age), r.take::<i64>()?))
    })?;
    for (key, persons) in rows {
        *counted.entry(key).or_default() += persons;
    }
    let households = sql!(
        "SELECT v.town_id, COUNT(DISTINCT v.household_id)
           FROM resident_version AS v
          WHERE v.municipality_id = $1 AND v.state = 'resident'
            AND v.version_no = (SELECT MAX(w.version_no) FROM resident_version AS w
                                 WHERE w.municipality_id = $1 AND w.person_id = v.person_id AND w.effective_on <= $2)
          GROUP BY v.town_id ORDER BY v.town_id"
    );
    let households =
        tx.all(households, params![as_of], |r| Ok((town_of(r.take::<Option<i64>>()?), r.take()?)))?;
    let first = sql!("SELECT MIN(recorded_at) FROM resident_version WHERE municipality_id = $1");
    let first_recorded = tx.one(first, params![], |r| r.take())?;
    let one = |((town, sex, age), persons)| Counted { town, sex, age, persons };
    Ok(HeadCount { persons: counted.into_iter().map(one).collect(), households, first_recorded })
}

fn town_of(number: Option<i64>) -> Option<TownId> {
    number.and_then(|number| u32::try_from(number).ok()).and_then(TownId::new)
}
