//! The operation log, read: for the audit office, which shows it. Nothing here writes, and no row leaves with a name.
use std::collections::BTreeSet;

use base::{At, Date, Id, PersonId};
use db::{Column, DbError, Filter, Row, ToValue, Tx, Value, params, sql};

use crate::break_glass::MARKED;
use crate::operation::persons_of;
use crate::{AccountId, Operation};

/// One row of the operation log.
pub enum AccessKind {}
pub type AccessId = Id<AccessKind>;

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;
const MINUTE_MICROS: i64 = 60_000_000;
/// Japan's clock is so far ahead.
const JAPAN_MICROS: i64 = 9 * 3600 * 1_000_000;

/// From one instant to another, the second excluded: a range of ids, because ids are in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: At,
    pub to: At,
}

impl Span {
    /// `$2` and `$3` of the statements.
    fn ids(self) -> [Value; 2] {
        [AccessId::first_at(self.from).to_value(), AccessId::first_at(self.to).to_value()]
    }
}

/// A page of a list: its number from 0, and how many rows it holds.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub number: i64,
    pub size: i64,
}

/// A row of the log without the persons and the typed words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: AccessId,
    pub account: AccountId,
    /// Code of the section.
    pub section: String,
    /// `None`: of a later program.
    pub operation: Option<Operation>,
    pub purpose: String,
    pub terminal: String,
    /// How many persons were seen at once.
    pub persons: i64,
    /// How many of them without their address.
    pub withheld: i64,
    pub number_touched: bool,
    pub at: At,
    /// Page or command, ids in it left out: they may be those of other persons.
    pub path: String,
}

macro_rules! columns {
    () => {
        "id, account_id, section_code, COALESCE(operation, 'inquiry'), purpose, COALESCE(terminal, ''), person_count,
         COALESCE(withheld_count, 0), COALESCE(number_touched, FALSE), at, COALESCE(path, '')"
    };
}

impl Line {
    fn read(row: &mut Row) -> Result<Self, DbError> {
        Ok(Self {
            id: row.take()?,
            account: row.take()?,
            section: row.take()?,
            operation: Operation::from_code(&row.take::<String>()?),
            purpose: row.take()?,
            terminal: row.take()?,
            persons: row.take()?,
            withheld: row.take()?,
            number_touched: row.take()?,
            at: row.take()?,
            path: without_ids(&row.take::<String>()?),
        })
    }
}

/// 「/residents/…」.
fn without_ids(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.parse::<AccessId>().is_ok() { "…" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Rows by their ids, the latest first.
///
/// # Errors
/// What the engine says.
pub fn by_ids(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Line>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id IN INTS($2) ORDER BY id DESC"
    ));
    tx.all(find, params![ids.to_vec()], Line::read)
}

/// What a row holds besides: the page with its ids, the typed conditions, the persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    pub path: String,
    pub conditions: String,
    pub persons: Vec<PersonId>,
}

/// # Errors
/// What the engine says.
pub fn details(tx: &mut Tx<'_>, id: AccessId) -> Result<Option<Details>, DbError> {
    let find = sql!(
        "SELECT COALESCE(path, ''), COALESCE(conditions, ''), persons FROM access
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.opt(find, params![id], |r| {
        let (path, conditions) = (r.take()?, r.take()?);
        Ok(Details { path, conditions, persons: persons_of(&r.take::<Vec<u8>>()?).collect() })
    })
}

/// A plain choice of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Of(Operation),
    /// Exports of at least so many persons.
    ExportsOf(i64),
    /// 個人番号 or 住民票コード was read or compared.
    TouchingNumbers,
}

impl Choice {
    fn filter(self) -> Filter {
        let of = |operation: Operation| Filter::new().equals(Column("operation"), operation.code());
        match self {
            Self::Of(operation) => of(operation),
            Self::ExportsOf(least) => of(Operation::Export).at_least(Column("person_count"), least),
            Self::TouchingNumbers => Filter::new().equals(Column("number_touched"), true),
        }
    }
}

/// A page of the chosen rows, the latest first, and how many there are.
///
/// # Errors
/// What the engine says.
pub fn chosen(tx: &mut Tx<'_>, span: Span, choice: Choice, page: Page) -> Result<(i64, Vec<Line>), DbError> {
    let filter = choice.filter();
    let count =
        sql!("SELECT COUNT(*) FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND {filter}");
    let total = tx.select(count, &span.ids(), &filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND {filter}
           ORDER BY id DESC LIMIT $4 OFFSET $5"
    ));
    Ok((total, tx.select(find, &of_page(span, page), &filter, Line::read)?))
}

/// The parameters of a statement over a page.
fn of_page(span: Span, page: Page) -> Vec<Value> {
    let [first, last] = span.ids();
    vec![first, last, page.size.to_value(), (page.number * page.size).to_value()]
}

/// A page of what staff did before the minute `hours.0` of a day, from `hours.1` on, or at all on one of the days
/// `closed`, to at least so many persons; and how many rows there are.
///
/// # Errors
/// What the engine says.
pub fn outside_hours(
    tx: &mut Tx<'_>,
    span: Span,
    hours: (i64, i64),
    closed: &[Date],
    least: i64,
    page: Page,
) -> Result<(i64, Vec<Line>), DbError> {
    let number = |day: &Date| (At::midnight(*day).micros() + JAPAN_MICROS) / DAY_MICROS;
    let closed: Vec<i64> = closed.iter().map(number).collect();
    let (until, since) = (hours.0 * MINUTE_MICROS, hours.1 * MINUTE_MICROS);
    let rest = [closed.to_value(), until.to_value(), since.to_value(), least.to_value()];
    let count = sql!(
        "SELECT COUNT(*) FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'change', 'batch', 'export', 'refused')
            AND (((at + 32400000000) / 86400000000) IN INTS($4)
                 OR (at + 32400000000) % 86400000000 < $5 OR (at + 32400000000) % 86400000000 >= $6)
            AND person_count >= $7"
    );
    let given: Vec<Value> = span.ids().into_iter().chain(rest.clone()).collect();
    let total = tx.one(count, &given, |r| r.take::<i64>())?;
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'change', 'batch', 'export', 'refused')
            AND (((at + 32400000000) / 86400000000) IN INTS($6)
                 OR (at + 32400000000) % 86400000000 < $7 OR (at + 32400000000) % 86400000000 >= $8)
            AND person_count >= $9
          ORDER BY id DESC LIMIT $4 OFFSET $5"
    ));
    let given: Vec<Value> = of_page(span, page).into_iter().chain(rest).collect();
    Ok((total, tx.all(find, &given, Line::read)?))
}

/// The ids of all rows that name a person, in their order: from the index, and from the rows of the last seconds,
/// which are not in it yet.
///
/// # Errors
/// What the engine says.
pub fn about(tx: &mut Tx<'_>, person: PersonId, span: Span) -> Result<Vec<i64>, DbError> {
    let [first, last] = span.ids();
    let index = sql!(
        "SELECT access_id FROM access_person
          WHERE municipality_id = $1 AND person_id = $2 AND access_id >= $3 AND access_id < $4"
    );
    let mut ids: BTreeSet<i64> =
        tx.all(index, &[person.to_value(), first, last], |r| r.take())?.into_iter().collect();
    let tail = unsealed(tx, span)?;
    ids.extend(tail.into_iter().filter(|look| look.persons.contains(&person)).map(|look| look.id.get()));
    Ok(ids.into_iter().collect())
}

/// A look at persons, for counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub id: AccessId,
    pub account: AccountId,
    pub at: At,
    pub persons: Vec<PersonId>,
}

fn look(row: &mut Row) -> Result<Look, DbError> {
    let (id, account, at) = (row.take()?, row.take()?, row.take()?);
    Ok(Look { id, account, at, persons: persons_of(&row.take::<Vec<u8>>()?).collect() })
}

/// Rows that are not in the index of persons yet. Asked for by their own small index alone: with the range beside it,
/// an engine may walk the whole period instead.
fn unsealed(tx: &mut Tx<'_>, span: Span) -> Result<Vec<Look>, DbError> {
    let find = sql!(
        "SELECT id, account_id, at, persons FROM access
          WHERE municipality_id = $1 AND leaf_no IS NULL ORDER BY id"
    );
    let (first, last) = (AccessId::first_at(span.from), AccessId::first_at(span.to));
    let mut waiting = tx.all(find, params![], look)?;
    waiting.retain(|look| (first..last).contains(&look.id));
    Ok(waiting)
}

/// The looks of an account at some persons.
///
/// # Errors
/// What the engine says.
pub fn looks_at(
    tx: &mut Tx<'_>,
    account: AccountId,
    persons: &[PersonId],
    span: Span,
) -> Result<Vec<(AccessId, PersonId)>, DbError> {
    let find = sql!(
        "SELECT p.access_id, p.person_id FROM access_person AS p
           JOIN access AS a ON a.municipality_id = $1 AND a.id = p.access_id
          WHERE p.municipality_id = $1 AND p.person_id IN INTS($2) AND p.access_id >= $3 AND p.access_id < $4
            AND a.account_id = $5"
    );
    let [first, last] = span.ids();
    let given = [persons.to_vec().to_value(), first, last, account.to_value()];
    let mut found: BTreeSet<(AccessId, PersonId)> =
        tx.all(find, &given, |r| Ok((r.take()?, r.take()?)))?.into_iter().collect();
    for look in unsealed(tx, span)?.into_iter().filter(|look| look.account == account) {
        let seen = look.persons.into_iter().filter(|person| persons.contains(person));
        found.extend(seen.map(|person| (look.id, person)));
    }
    Ok(found.into_iter().collect())
}

/// The next looks of staff at persons, at most `most`, in their order. The last one's id leads to the next slice.
///
/// # Errors
/// What the engine says.
pub fn looks(tx: &mut Tx<'_>, after: Option<AccessId>, span: Span, most: i64) -> Result<Vec<Look>, DbError> {
    let slice = sql!(
        "SELECT id, account_id, at, persons FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id <> 0 AND person_count > 0
            AND COALESCE(operation, 'inquiry') IN ('inquiry', 'print', 'export')
          ORDER BY id LIMIT $4"
    );
    let [first, last] = span.ids();
    let first = after.map_or(first, |id| (id.get() + 1).to_value());
    tx.all(slice, &[first, last, most.to_value()], look)
}

/// The accounts that were refused at least so often on one day, with the day and how often; the latest day first.
///
/// # Errors
/// What the engine says.
pub fn refused_often(
    tx: &mut Tx<'_>,
    span: Span,
    least: i64,
) -> Result<Vec<(AccountId, Date, i64)>, DbError> {
    let find = sql!(
        "SELECT account_id, (at + 32400000000) / 86400000000 AS day, COUNT(*) AS count FROM access
          WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND operation = 'refused'
          GROUP BY account_id, (at + 32400000000) / 86400000000 HAVING COUNT(*) >= $4
          ORDER BY day DESC, account_id"
    );
    let [first, last] = span.ids();
    tx.all(find, &[first, last, least.to_value()], |r| {
        let (account, day, count) = (r.take()?, r.take::<i64>()?, r.take()?);
        Ok((account, At::from_micros(day * DAY_MICROS - JAPAN_MICROS).date(), count))
    })
}

/// Sign-ins and failures of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIns {
    pub account: AccountId,
    pub done: i64,
    pub failed: i64,
    pub last_at: Option<At>,
}

/// Of each account that tried, the most failures first (ID別のサインイン).
///
/// # Errors
/// What the engine says.
pub fn sign_ins(tx: &mut Tx<'_>, span: Span) -> Result<Vec<SignIns>, DbError> {
    let find = sql!(
        "SELECT account_id,
                CAST(SUM(CASE WHEN operation = 'sign_in' THEN 1 ELSE 0 END) AS BIGINT) AS done,
                CAST(SUM(CASE WHEN operation = 'sign_in_failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed,
                MAX(CASE WHEN operation = 'sign_in' THEN at END)
           FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3
            AND operation IN ('sign_in', 'sign_in_failed')
          GROUP BY account_id ORDER BY failed DESC, done DESC, account_id"
    );
    tx.all(find, &span.ids(), |r| {
        Ok(SignIns { account: r.take()?, done: r.take()?, failed: r.take()?, last_at: r.take()? })
    })
}

/// What one account did while it had a break-glass right, in its order. In the instant of the end the mark decides.
///
/// # Errors
/// What the engine says.
pub fn marked(tx: &mut Tx<'_>, account: AccountId, span: Span) -> Result<Vec<Line>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND account_id = $4 ORDER BY id"
    ));
    let [first, last] = Span { to: span.to.plus_seconds(1), ..span }.ids();
    let mut lines = tx.all(find, &[first, last, account.to_value()], Line::read)?;
    lines.retain(|line| line.at < span.to || (line.at == span.to && line.purpose.starts_with(MARKED)));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_without_ids() {
        for (path, expected) in [
            ("/residents/0000000000001", "/residents/…"),
            ("/households/0000000000001/certificate", "/households/…/certificate"),
            ("act resident.search", "act resident.search"),
            ("", ""),
        ] {
            assert_eq!(without_ids(path), expected);
        }
    }
}
