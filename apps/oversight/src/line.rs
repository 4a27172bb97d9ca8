//! Rows of the operation log (操作ログ), as the audit office shows them: without a person's name, number or typed words.
use std::collections::HashMap;

use base::At;
use db::{DbError, Tx};
use identity::log::{Line, Page};
use identity::{AccountId, Operation, account_names, section_names};
use serde_json::{Value as Json, json};

/// Rows of one page.
pub(crate) const PAGE: i64 = 50;

/// The page with this number, from 0.
pub(crate) fn page(number: i64) -> Page {
    Page { number, size: PAGE }
}

pub(crate) fn operation_title(line: &Line) -> &'static str {
    line.operation.map_or("そのほか", Operation::title)
}

pub(crate) fn json_of(line: &Line, names: &Names) -> Json {
    json!({
        "id": line.id,
        "at": moment_with_seconds(line.at),
        "clerk": names.clerk(line.account),
        "section": names.section(&line.section),
        "terminal": line.terminal,
        "operation": operation_title(line),
        "purpose": line.purpose,
        "path": line.path,
        "persons": line.persons,
        "others": (line.persons - 1).max(0),
        "withheld": line.withheld,
        "number_touched": line.number_touched,
    })
}

/// `2026-11-24 09:14:05` in Japan.
pub(crate) fn moment_with_seconds(at: At) -> String {
    format!("{at}:{:02}", at.micros().div_euclid(1_000_000).rem_euclid(60))
}

/// What accounts and sections are called.
#[derive(Debug, Default)]
pub(crate) struct Names {
    accounts: HashMap<AccountId, String>,
    sections: HashMap<String, String>,
}

impl Names {
    pub(crate) fn of_lines(tx: &mut Tx<'_>, lines: &[Line]) -> Result<Self, DbError> {
        let sections = section_names(tx, lines.iter().map(|line| line.section.as_str()))?;
        Ok(Self { sections, ..Self::of(tx, lines.iter().map(|line| line.account))? })
    }

    pub(crate) fn of(tx: &mut Tx<'_>, accounts: impl Iterator<Item = AccountId>) -> Result<Self, DbError> {
        Ok(Self { accounts: account_names(tx, accounts)?, sections: HashMap::new() })
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
    fn a_moment_tells_seconds() {
        assert_eq!(moment_with_seconds(At::from_micros(0)), "1970-01-01 09:00:00");
        assert_eq!(moment_with_seconds(At::from_micros(61_999_999)), "1970-01-01 09:01:01");
    }
}
