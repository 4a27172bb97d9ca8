//! Finding residents ([STD] 2.1): one box that takes a reading, letters, a birth date or a number.
use base::{Date, PartialDate, PersonId, PersonNo, full_kana, half_width, kana_key, name_key};
use db::{Column, DbError, Filter, ToValue, Value, params, sql};
use identity::Looking;

use crate::lock;
use crate::lookup::shields;
use crate::resident::{Name, Resident, snapshot_columns};
use crate::shelter::{Shelter, Sight, sight};

/// Rows of one page.
pub const PAGE: i64 = 50;

/// What was typed, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Key into `resident_key` with its kind letter.
    name: Option<String>,
    birth: Option<PartialDate>,
    person_no: Option<PersonNo>,
}

/// A page of the result.
#[derive(Debug, Clone)]
pub struct Hits {
    /// Of the rows; those of `marked` are not counted.
    pub total: i64,
    pub rows: Vec<Resident>,
    /// Whom a 支援措置 shields, among the rows of one who may know it.
    pub shielded: Vec<PersonId>,
    /// For the resident desk: records that the responsible person handles (窓口責任者へ). They answer to a name alone
    /// and show nothing else, so that no condition can be tried out on them.
    pub marked: Vec<Name>,
    /// Persons of the rows with a lock today.
    pub locked: Vec<PersonId>,
}

impl Query {
    /// Reads the search box: words in any order. `None`: nothing to search by.
    pub fn parse(text: &str, today: Date) -> Option<Self> {
        let mut query = Self::default();
        let mut name = String::new();
        for word in half_width(text).split_whitespace() {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            if let (10, Ok(number)) = (digits, PersonNo::parse(word)) {
                query.person_no = Some(number);
            } else if digits > 0
                && let Ok(birth) = PartialDate::parse(word, today)
            {
                query.birth = Some(birth);
            } else {
                name.push_str(word);
            }
        }
        query.name = key(&name);
        (query != Self::default()).then_some(query)
    }
}

/// A reading when it is all kana, else letters.
fn key(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let kana = full_kana(name);
    let is_reading = kana.chars().all(|letter| matches!(letter, 'ァ'..='ヺ' | 'ー' | '・' | '-'));
    let (kind, key) = if is_reading { ("k", kana_key(name)) } else { ("n", name_key(name)) };
    (!key.is_empty()).then(|| format!("{kind}{key}"))
}

/// Searches, and records whom it showed and by which conditions. Shielded persons are neither in the rows nor in
/// the count of one who may not know of them.
///
/// # Errors
/// What the engine says.
pub fn search(looking: &mut Looking<'_, '_>, typed: &str, query: &Query, page: i64) -> Result<Hits, DbError> {
    looking.note(typed);
    let mut filter = Filter::new();
    if let Some(birth) = &query.birth {
        // Intervals that touch: an inexact birth date is found by every day it may be.
        filter = filter.at_most(Column("c.birth_earliest_on"), birth.latest());
        filter = filter.at_least(Column("c.birth_latest_on"), birth.earliest());
    }
    if let Some(number) = query.person_no {
        filter = filter.equals(Column("c.person_no"), number.to_string());
    }
    let (shelter, sight) = (Shelter::now(looking.tx())?, sight(looking));
    let (persons, homes) = if sight == Sight::Everything { Default::default() } else { shelter.lists() };
    let (total, rows) = match &query.name {
        Some(key) => {
            let filter = filter.begins_with(Column("k.search_key"), key);
            by_name(looking, filter, params![persons, homes], page)?
        }
        None => by_facts(looking, &filter, params![persons, homes], page)?,
    };
    let marked = match &query.name {
        Some(key) if sight == Sight::Marks && page == 0 => marks(looking, key, &shelter)?,
        _ => Vec::new(),
    };
    let shown: Vec<PersonId> = rows.iter().map(|resident| resident.person).collect();
    shown.iter().for_each(|person| looking.saw(*person));
    let today = looking.tx().started_at().date();
    let locked = lock::locked(looking.tx(), &shown, today)?;
    let shielded = if sight == Sight::Everything {
        rows.iter().filter(|resident| shields(&shelter, resident)).map(|resident| resident.person).collect()
    } else {
        Vec::new()
    };
    Ok(Hits { total, rows, shielded, marked, locked })
}

fn by_name(
    looking: &mut Looking<'_, '_>,
    filter: Filter,
    without: &[Value],
    page: i64,
) -> Result<(i64, Vec<Resident>), DbError> {
    let count = sql!(
        "SELECT COUNT(DISTINCT k.person_id) FROM resident_key AS k
           JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = k.person_id
          WHERE k.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND NOT (c.household_id IN INTS($3))
            AND {filter}"
    );
    let total = looking.tx().select(count, without, &filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN (
             SELECT k.person_id FROM resident_key AS k
               JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = k.person_id
              WHERE k.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND NOT (c.household_id IN INTS($3))
                AND {filter})
           ORDER BY kana_key, birth_earliest_on, person_id LIMIT $4 OFFSET $5"
    ));
    let rows = looking.tx().select(find, &of_page(without, page), &filter, Resident::read)?;
    Ok((total, rows))
}

fn by_facts(
    looking: &mut Looking<'_, '_>,
    filter: &Filter,
    without: &[Value],
    page: i64,
) -> Result<(i64, Vec<Resident>), DbError> {
    let count = sql!(
        "SELECT COUNT(*) FROM resident_current AS c
          WHERE c.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND NOT (c.household_id IN INTS($3))
            AND {filter}"
    );
    let total = looking.tx().select(count, without, filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current AS c
          WHERE c.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND NOT (c.household_id IN INTS($3))
            AND {filter}
          ORDER BY kana_key, birth_earliest_on, person_id LIMIT $4 OFFSET $5"
    ));
    let rows = looking.tx().select(find, &of_page(without, page), filter, Resident::read)?;
    Ok((total, rows))
}

fn of_page(without: &[Value], page: i64) -> Vec<Value> {
    without.iter().cloned().chain([PAGE.to_value(), (page * PAGE).to_value()]).collect()
}

/// The shielded whose name begins so, in the order of their names. What else was typed plays no part.
fn marks(looking: &mut Looking<'_, '_>, key: &str, shelter: &Shelter) -> Result<Vec<Name>, DbError> {
    if shelter.is_empty() {
        return Ok(Vec::new());
    }
    let (persons, homes) = shelter.lists();
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN (
             SELECT k.person_id FROM resident_key AS k
              WHERE k.municipality_id = $1 AND {filter} AND k.person_id IN (
                    SELECT person_id FROM resident_current WHERE municipality_id = $1 AND person_id IN INTS($2)
                     UNION
                    SELECT person_id FROM resident_current WHERE municipality_id = $1 AND household_id IN INTS($3)))
           ORDER BY kana_key, family_name, given_name, person_id LIMIT 50"
    ));
    let filter = Filter::new().begins_with(Column("k.search_key"), key);
    let found = looking.tx().select(find, params![persons, homes], &filter, Resident::read)?;
    found.iter().for_each(|resident| looking.withheld(resident.person));
    Ok(found.into_iter().map(|resident| resident.name).collect())
}
