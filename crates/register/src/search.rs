//! Finding residents ([STD] 2.1): one box that takes a reading, letters, a birth date, a town or a number.
//!
//! A search by name reads `resident_key` alone, in which birth date and town stand beside each key: whom the other
//! conditions leave out costs no look at a record.
use std::ops::RangeInclusive;

use base::{
    Date, MunicipalityId, PartialDate, PersonId, PersonNo, full_kana, half_width, kana_key, name_key,
};
use db::{Column, DbError, Filter, params, sql};
use identity::Looking;

use crate::lock;
use crate::lookup::shields;
use crate::resident::{Name, Resident, snapshot_columns};
use crate::shelter::{Shelter, Sight, sight};
use crate::snapshot::search_keys;

/// Rows of one page.
pub const PAGE: i64 = 50;

/// What was typed, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Key into `resident_key` with its kind letter.
    name: Option<String>,
    birth: Option<PartialDate>,
    person_no: Option<PersonNo>,
    /// Numbers of the 町字 in which the person lives: a 大字 with its 小字.
    towns: Option<RangeInclusive<i64>>,
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
    /// Reads the search box: words in any order. A word behind a name is a town of the city where it is exactly one:
    /// 「渡辺 中栗須」; many a town is a family name, too. `None`: nothing to search by.
    pub fn parse(text: &str, city: MunicipalityId, today: Date) -> Option<Self> {
        let mut query = Self::default();
        let mut name = String::new();
        for word in half_width(text).split_whitespace() {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            if let (10, Ok(number)) = (digits, PersonNo::parse(word)) {
                query.person_no = Some(number);
            } else if digits > 0
                && let Some(birth) = birth(word, today)
            {
                query.birth = Some(birth);
            } else if let (false, Some(towns)) = (name.is_empty(), towns(city, word)) {
                query.towns = Some(towns);
            } else {
                name.push_str(word);
            }
        }
        query.name = key(&name);
        (query != Self::default()).then_some(query)
    }
}

/// A birth date, or a year: 「S62」, 「昭和62年」, 「1987」.
fn birth(word: &str, today: Date) -> Option<PartialDate> {
    let year = || PartialDate::parse(&format!("{}年不詳", word.trim_end_matches('年')), today);
    PartialDate::parse(word, today).or_else(|_| year()).ok()
}

/// The town that a word is, and nothing else. A single letter (中, 森) is rather part of a name.
fn towns(city: MunicipalityId, word: &str) -> Option<RangeInclusive<i64>> {
    let read = address::parse(city, word);
    let is_sure = read.level == address::Level::Town && read.rest.is_empty() && read.warnings.is_empty();
    let whole = is_sure && word.chars().count() > 1;
    let number = i64::from(read.town.filter(|_| whole)?.town?.machiaza_id.number());
    // 町字ID: four digits of the 大字, three of the 小字 or 丁目; 000 is the 大字 as a whole.
    let last = if number % 1000 == 0 { number + 999 } else { number };
    Some(number..=last)
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
    let (shelter, sight) = (Shelter::seen(looking)?, sight(looking));
    let hidden = if sight == Sight::Everything { Vec::new() } else { shelter.residents(looking.tx())? };
    let (total, rows) = match &query.name {
        // One who gives a number is found by it; the name may only leave her out.
        Some(key) if query.person_no.is_some() => {
            let (_, mut rows) = by_facts(looking, &of_person(query), &hidden, page)?;
            rows.retain(|resident| search_keys(resident).iter().any(|own| own.starts_with(key)));
            (i64::from(!rows.is_empty()), rows)
        }
        Some(key) => {
            let filter = born(query, Column("k.birth_earliest_on"), Column("k.birth_latest_on"));
            let filter = filter.begins_with(Column("k.search_key"), key);
            let filter = match &query.towns {
                Some(towns) => filter
                    .at_least(Column("k.town_id"), *towns.start())
                    .at_most(Column("k.town_id"), *towns.end()),
                None => filter,
            };
            by_name(looking, &filter, &hidden, page)?
        }
        None => by_facts(looking, &of_person(query), &hidden, page)?,
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

/// Intervals that touch: an inexact birth date is found by every day it may be.
fn born(query: &Query, earliest: Column, latest: Column) -> Filter {
    let filter = Filter::new();
    match &query.birth {
        Some(birth) => filter.at_most(earliest, birth.latest()).at_least(latest, birth.earliest()),
        None => filter,
    }
}

/// What is asked of the record itself.
fn of_person(query: &Query) -> Filter {
    let filter = born(query, Column("c.birth_earliest_on"), Column("c.birth_latest_on"));
    match &query.person_no {
        Some(number) => filter.equals(Column("c.person_no"), number.to_string()),
        None => filter,
    }
}

fn by_name(
    looking: &mut Looking<'_, '_>,
    filter: &Filter,
    hidden: &[PersonId],
    page: i64,
) -> Result<(i64, Vec<Resident>), DbError> {
    let count = sql!(
        "SELECT COUNT(DISTINCT k.person_id) FROM resident_key AS k
          WHERE k.municipality_id = $1 AND NOT (k.person_id IN INTS($2)) AND {filter}"
    );
    let total = looking.tx().select(count, params![hidden], filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id IN (
             SELECT k.person_id FROM resident_key AS k
              WHERE k.municipality_id = $1 AND NOT (k.person_id IN INTS($2)) AND {filter})
           ORDER BY kana_key, birth_earliest_on, person_id LIMIT $3 OFFSET $4"
    ));
    let rows = looking.tx().select(find, params![hidden, PAGE, page * PAGE], filter, Resident::read)?;
    Ok((total, rows))
}

fn by_facts(
    looking: &mut Looking<'_, '_>,
    filter: &Filter,
    hidden: &[PersonId],
    page: i64,
) -> Result<(i64, Vec<Resident>), DbError> {
    let count = sql!(
        "SELECT COUNT(*) FROM resident_current AS c
          WHERE c.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND {filter}"
    );
    let total = looking.tx().select(count, params![hidden], filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current AS c
          WHERE c.municipality_id = $1 AND NOT (c.person_id IN INTS($2)) AND {filter}
          ORDER BY kana_key, birth_earliest_on, person_id LIMIT $3 OFFSET $4"
    ));
    let rows = looking.tx().select(find, params![hidden, PAGE, page * PAGE], filter, Resident::read)?;
    Ok((total, rows))
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
