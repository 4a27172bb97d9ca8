//! Rows of the operation log (操作ログ), as reports show them: without a person's name, number or typed words.
use std::collections::{BTreeSet, HashMap};

use base::{At, Id, PersonId};
use db::{DbError, Filter, Row, ToValue, Tx, Value, params, sql};
use identity::{AccountId, Operation};
use serde_json::{Value as Json, json};

use crate::period::Period;

/// One row of the operation log.
pub(crate) enum AccessKind {}
pub(crate) type AccessId = Id<AccessKind>;

/// Rows of one page.
pub(crate) const PAGE: i64 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
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
pub(crate) use columns;

impl Line {
    pub(crate) fn read(row: &mut Row) -> Result<Self, DbError> {
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

    pub(crate) fn operation_title(&self) -> &'static str {
        self.operation.map_or("そのほか", Operation::title)
    }

    pub(crate) fn json(&self, names: &Names) -> Json {
        json!({
            "id": self.id,
            "at": moment_with_seconds(self.at),
            "clerk": names.clerk(self.account),
            "section": names.section(&self.section),
            "terminal": self.terminal,
            "operation": self.operation_title(),
            "purpose": self.purpose,
            "path": self.path,
            "persons": self.persons,
            "others": (self.persons - 1).max(0),
            "withheld": self.withheld,
            "number_touched": self.number_touched,
        })
    }
}

/// 「/residents/…」.
fn without_ids(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.parse::<AccessId>().is_ok() { "…" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// `2026-11-24 09:14:05` in Japan.
pub(crate) fn moment_with_seconds(at: At) -> String {
    format!("{at}:{:02}", at.micros().div_euclid(1_000_000).rem_euclid(60))
}

/// Rows by their ids, the latest first.
pub(crate) fn by_ids(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Line>, DbError> {
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id IN INTS($2) ORDER BY id DESC"
    ));
    tx.all(find, params![ids.to_vec()], Line::read)
}

/// A page of the rows of a period that pass `filter`, the latest first, and how many there are.
pub(crate) fn in_period(
    tx: &mut Tx<'_>,
    period: &Period,
    filter: &Filter,
    page: i64,
) -> Result<(i64, Vec<Line>), DbError> {
    let count = sql!(
        "SELECT COUNT(*) FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND {filter}"
    );
    let total = tx.select(count, &period.ids(), filter, |r| r.take::<i64>())?[0];
    let find = sql!(concat!(
        "SELECT ",
        columns!(),
        " FROM access WHERE municipality_id = $1 AND id >= $2 AND id < $3 AND {filter}
           ORDER BY id DESC LIMIT $4 OFFSET $5"
    ));
    Ok((total, tx.select(find, &of_page(period, page), filter, Line::read)?))
}

/// The parameters of a statement over a page of a period.
pub(crate) fn of_page(period: &Period, page: i64) -> Vec<Value> {
    let [first, last] = period.ids();
    vec![first, last, PAGE.to_value(), (page * PAGE).to_value()]
}

/// The ids of all rows of a period that name a person, in no order: from the index, and from the rows of the last
/// seconds, which are not in it yet.
pub(crate) fn about(tx: &mut Tx<'_>, person: PersonId, period: &Period) -> Result<Vec<i64>, DbError> {
    let [first, last] = period.ids();
    let index = sql!(
        "SELECT access_id FROM access_person
          WHERE municipality_id = $1 AND person_id = $2 AND access_id >= $3 AND access_id < $4"
    );
    let mut ids: BTreeSet<i64> =
        tx.all(index, &[person.to_value(), first, last], |r| r.take())?.into_iter().collect();
    let tail = unsealed(tx, period)?;
    ids.extend(tail.into_iter().filter(|(_, _, seen)| seen.contains(&person)).map(|(id, _, _)| id));
    Ok(ids.into_iter().collect())
}

/// Rows that are not sealed yet: id, account, persons.
pub(crate) fn unsealed(
    tx: &mut Tx<'_>,
    period: &Period,
) -> Result<Vec<(i64, AccountId, Vec<PersonId>)>, DbError> {
    let find = sql!(
        "SELECT id, account_id, persons FROM access
          WHERE municipality_id = $1 AND leaf_no IS NULL AND id >= $2 AND id < $3 ORDER BY id"
    );
    tx.all(find, &period.ids(), |r| Ok((r.take()?, r.take()?, persons(&r.take::<Vec<u8>>()?))))
}

/// The persons of a row, from its column.
pub(crate) fn persons(bytes: &[u8]) -> Vec<PersonId> {
    bytes.as_chunks::<8>().0.iter().map(|id| PersonId::new(i64::from_be_bytes(*id))).collect()
}

/// What accounts and sections are called.
#[derive(Debug, Default)]
pub(crate) struct Names {
    accounts: HashMap<AccountId, String>,
    sections: HashMap<String, String>,
}

impl Names {
    pub(crate) fn of_lines(tx: &mut Tx<'_>, lines: &[Line]) -> Result<Self, DbError> {
        let codes: BTreeSet<String> = lines.iter().map(|line| line.section.clone()).collect();
        let find = sql!("SELECT code, name FROM section WHERE municipality_id = $1 AND code IN TEXTS($2)");
        let codes: Vec<String> = codes.into_iter().collect();
        let sections = tx.all(find, params![codes], |r| Ok((r.take()?, r.take()?)))?;
        let names = Self::of(tx, lines.iter().map(|line| line.account))?;
        Ok(Self { sections: sections.into_iter().collect(), ..names })
    }

    pub(crate) fn of(tx: &mut Tx<'_>, accounts: impl Iterator<Item = AccountId>) -> Result<Self, DbError> {
        let ids: Vec<AccountId> = accounts.collect::<BTreeSet<_>>().into_iter().collect();
        let find = sql!("SELECT id, display_name FROM account WHERE municipality_id = $1 AND id IN INTS($2)");
        let accounts = tx.all(find, params![ids], |r| Ok((r.take()?, r.take()?)))?;
        Ok(Self { accounts: accounts.into_iter().collect(), sections: HashMap::new() })
    }

    /// With the names of `other` besides.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.accounts.extend(other.accounts);
        self.sections.extend(other.sections);
        self
    }

    /// 氏名 of the clerk.
    pub(crate) fn clerk(&self, account: AccountId) -> &str {
        let known = self.accounts.get(&account).map(String::as_str);
        known.unwrap_or(if account.get() == 0 { "（職員ではありません）" } else { "（不明）" })
    }

    /// The section's name now, or its code.
    pub(crate) fn section<'a>(&'a self, code: &'a str) -> &'a str {
        match (self.sections.get(code), code) {
            (Some(name), _) => name,
            (None, "system") => "—",
            (None, code) => code,
        }
    }
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

    #[test]
    fn a_moment_tells_seconds() {
        assert_eq!(moment_with_seconds(At::from_micros(0)), "1970-01-01 09:00:00");
        assert_eq!(moment_with_seconds(At::from_micros(61_999_999)), "1970-01-01 09:01:01");
    }
}
