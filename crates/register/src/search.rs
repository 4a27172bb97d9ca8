//! Finding residents ([STD] 2.1): one box that takes a reading, letters, a birth date or a number.
use base::{Date, PartialDate, PersonNo, full_kana, half_width, kana_key, name_key};
use db::{Column, DbError, Filter, params, sql};
use identity::Looking;

use crate::resident::{Resident, snapshot_columns};

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
    pub total: i64,
    pub rows: Vec<Resident>,
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

/// Searches, and records whom it showed and by which conditions.
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
    let hits = match &query.name {
        Some(key) => by_name(looking, filter.begins_with(Column("k.search_key"), key), page)?,
        None => by_facts(looking, &filter, page)?,
    };
    hits.rows.iter().for_each(|resident| looking.saw(resident.person));
    Ok(hits)
}

fn by_name(looking: &mut Looking<'_, '_>, filter: Filter, page: i64) -> Result<Hits, DbError> {
    let count = sql!(
        "SELECT COUNT(DISTINCT k.person_id) FROM resident_key AS k
           JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = k.person_id
          WHERE k.municipality_id = $1 AND {filter}"
    );
    let total = looking.tx().select(count, params![], &filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN (
             SELECT k.person_id FROM resident_key AS k
               JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = k.person_id
              WHERE k.municipality_id = $1 AND {filter})
           ORDER BY kana_key, birth_earliest_on, person_id LIMIT $2 OFFSET $3"
    ));
    let rows = looking.tx().select(find, params![PAGE, page * PAGE], &filter, Resident::read)?;
    Ok(Hits { total, rows })
}

fn by_facts(looking: &mut Looking<'_, '_>, filter: &Filter, page: i64) -> Result<Hits, DbError> {
    let count = sql!("SELECT COUNT(*) FROM resident_current AS c WHERE c.municipality_id = $1 AND {filter}");
    let total = looking.tx().select(count, params![], filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current AS c WHERE c.municipality_id = $1 AND {filter}
           ORDER BY kana_key, birth_earliest_on, person_id LIMIT $2 OFFSET $3"
    ));
    let rows = looking.tx().select(find, params![PAGE, page * PAGE], filter, Resident::read)?;
    Ok(Hits { total, rows })
}
