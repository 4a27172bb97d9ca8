//! 交付簿: the rows of an issue, each written once; a copy changes its state once, when it is disposed of.
use std::collections::HashMap;

use base::{At, Date, HouseholdId};
use db::{DbError, Row, Tx, params, sql};
use identity::Caller;
use paper::{IssueNumber, VerificationCode};
use register::Paper;
use serde_json::Value;

use super::IssueId;
use super::asked::Request;
use super::settings::Place;

/// What a request becomes, ready to be written.
pub(crate) struct NewIssue<'a> {
    pub id: IssueId,
    pub paper: &'a Paper,
    pub request: &'a Request,
    pub place: &'a Place,
    pub sheets: &'a [Value],
    pub fee: i64,
    /// One for each copy.
    pub codes: &'a [VerificationCode],
}

/// Draws the numbers and writes log and copies. Gives the first serial.
///
/// # Errors
/// What the engine says.
pub(crate) fn write(tx: &mut Tx<'_>, caller: &Caller, new: &NewIssue<'_>) -> Result<i64, DbError> {
    let (at, paper, request, place) = (new.paper.at, new.paper, new.request, new.place);
    let on = at.date();
    let asked = json_text(&request.raw)?;
    let sheets = json_text(&new.sheets)?;
    let household = paper.residents.first().and_then(|one| one.home.open()).map(|home| home.household);
    let household = household.unwrap_or(HouseholdId::new(0));
    let insert = sql!(
        "INSERT INTO issue (municipality_id, id, document, form, issued_at, issued_on, account_id, account_name, section,
                            terminal, printer, household_id, items, request, official_use, released, fee_yen, sheets)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
    );
    let actor = &caller.actor;
    let row = params![
        new.id,
        paper.document.key,
        request.raw.form,
        at,
        on,
        actor.account,
        actor.name,
        actor.section.name,
        place.terminal,
        place.printer,
        household,
        request.items(),
        asked,
        request.raw.official_use,
        paper.released,
        new.fee,
        sheets
    ];
    tx.run(insert, row)?;
    let person = sql!("INSERT INTO issue_person (municipality_id, person_id, issue_id) VALUES ($1, $2, $3)");
    tx.many(person, paper.residents.iter().map(|one| params![one.person, new.id].to_vec()).collect())?;
    let count = i64::try_from(new.codes.len()).expect("copies of one request are few");
    let first = draw(tx, on, place, count)?;
    let copy = sql!(
        "INSERT INTO issue_copy (municipality_id, issue_id, copy_no, sheet_no, issued_on, terminal, printer, day_no, code,
                                 state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'valid')"
    );
    let of_each = i64::try_from(new.sheets.len()).expect("sheets of one request are few").max(1);
    let rows = (0..).zip(new.codes).map(|(no, code): (i64, _)| {
        let (copy_no, sheet_no, serial) = (no + 1, no % of_each, first + no);
        params![new.id, copy_no, sheet_no, on, place.terminal, place.printer, serial, code.to_string()]
            .to_vec()
    });
    tx.many(copy, rows.collect())?;
    Ok(first)
}

fn json_text(value: &impl serde::Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Unusable(format!("issue: {error}")))
}

/// `count` serials of the day at this printer, without a gap. The first of them.
fn draw(tx: &mut Tx<'_>, on: Date, place: &Place, count: i64) -> Result<i64, DbError> {
    let find = sql!(
        "SELECT next_no FROM issue_serial
          WHERE municipality_id = $1 AND issued_on = $2 AND terminal = $3 AND printer = $4"
    );
    let next = tx.opt(find, params![on, place.terminal, place.printer], |r| r.take::<i64>())?.unwrap_or(1);
    let keep = sql!(
        "INSERT INTO issue_serial (municipality_id, issued_on, terminal, printer, next_no)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (municipality_id, issued_on, terminal, printer)
         DO UPDATE SET next_no = excluded.next_no"
    );
    tx.run(keep, params![on, place.terminal, place.printer, next + count])?;
    Ok(next)
}

/// An issue as the log has it.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub id: IssueId,
    pub issued_at: At,
    pub account: identity::AccountId,
    pub account_name: String,
    pub section: String,
    pub household: HouseholdId,
    pub items: String,
    pub request: String,
    pub official_use: bool,
    pub released: bool,
    pub fee: i64,
    pub sheets: String,
}

/// A copy with its own number.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub no: i64,
    pub sheet: i64,
    pub on: Date,
    pub terminal: String,
    pub printer: String,
    pub serial: i64,
    pub code: String,
    pub state: String,
    pub reason: Option<String>,
    pub disposed_by: Option<String>,
}

impl Copy {
    fn read(row: &mut Row) -> Result<Self, DbError> {
        Ok(Self {
            no: row.take()?,
            sheet: row.take()?,
            on: row.take()?,
            terminal: row.take()?,
            printer: row.take()?,
            serial: row.take()?,
            code: row.take()?,
            state: row.take()?,
            reason: row.take()?,
            disposed_by: row.take()?,
        })
    }
    pub fn is_valid(&self) -> bool {
        self.state == "valid"
    }
    pub fn number(&self, city: &str) -> IssueNumber {
        IssueNumber {
            on: self.on,
            city: city.to_owned(),
            terminal: self.terminal.clone(),
            printer: self.printer.clone(),
            serial: u32::try_from(self.serial).unwrap_or(u32::MAX),
        }
    }
}

/// # Errors
/// What the engine says.
pub(crate) fn find(tx: &mut Tx<'_>, id: IssueId) -> Result<Option<(Issue, Vec<Copy>)>, DbError> {
    let find = sql!(
        "SELECT id, issued_at, account_id, account_name, section, household_id, items, request, official_use, released,
                fee_yen, sheets
           FROM issue WHERE municipality_id = $1 AND id = $2"
    );
    let issue = tx.opt(find, params![id], |r| {
        Ok(Issue {
            id: r.take()?,
            issued_at: r.take()?,
            account: r.take()?,
            account_name: r.take()?,
            section: r.take()?,
            household: r.take()?,
            items: r.take()?,
            request: r.take()?,
            official_use: r.take()?,
            released: r.take()?,
            fee: r.take()?,
            sheets: r.take()?,
        })
    })?;
    let Some(issue) = issue else { return Ok(None) };
    let copies = sql!(
        "SELECT copy_no, sheet_no, issued_on, terminal, printer, day_no, code, state, disposal_reason, disposed_by
           FROM issue_copy WHERE municipality_id = $1 AND issue_id = $2 ORDER BY copy_no"
    );
    let copies = tx.all(copies, params![id], Copy::read)?;
    Ok(Some((issue, copies)))
}

/// A line of the day's log: no names, as the list shows persons to nobody.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Line {
    pub issue: IssueId,
    pub at: i64,
    pub form: String,
    pub items: String,
    pub by: String,
    pub terminal: String,
    pub fee: i64,
    pub official_use: bool,
    pub first_serial: i64,
    pub copies: i64,
    pub disposed: i64,
}

/// The day's issues, the latest first.
///
/// # Errors
/// What the engine says.
pub(crate) fn of_day(tx: &mut Tx<'_>, on: Date) -> Result<Vec<Line>, DbError> {
    let find = sql!(
        "SELECT id, issued_at, form, items, account_name, terminal, fee_yen, official_use FROM issue
          WHERE municipality_id = $1 AND issued_on = $2 ORDER BY id DESC LIMIT 500"
    );
    let mut lines = tx.all(find, params![on], |r| {
        Ok(Line {
            issue: r.take()?,
            at: r.take::<At>()?.micros(),
            form: r.take()?,
            items: r.take()?,
            by: r.take()?,
            terminal: r.take()?,
            fee: r.take()?,
            official_use: r.take()?,
            first_serial: 0,
            copies: 0,
            disposed: 0,
        })
    })?;
    let ids: Vec<IssueId> = lines.iter().map(|line| line.issue).collect();
    let copies = sql!(
        "SELECT issue_id, MIN(day_no), COUNT(*), CAST(SUM(CASE WHEN state = 'valid' THEN 0 ELSE 1 END) AS BIGINT)
           FROM issue_copy WHERE municipality_id = $1 AND issue_id IN INTS($2) GROUP BY issue_id"
    );
    let counts: Vec<(IssueId, i64, i64, i64)> =
        tx.all(copies, params![ids], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))?;
    let counts: HashMap<IssueId, _> =
        counts.into_iter().map(|(id, first, copies, disposed)| (id, (first, copies, disposed))).collect();
    for line in &mut lines {
        if let Some(counted) = counts.get(&line.issue) {
            (line.first_serial, line.copies, line.disposed) = *counted;
        }
    }
    Ok(lines)
}

/// The persons of an issue.
///
/// # Errors
/// What the engine says.
pub(crate) fn persons(tx: &mut Tx<'_>, id: IssueId) -> Result<Vec<base::PersonId>, DbError> {
    let find = sql!(
        "SELECT person_id FROM issue_person WHERE municipality_id = $1 AND issue_id = $2 ORDER BY person_id"
    );
    tx.all(find, params![id], |r| r.take())
}

/// What anybody may know of a paper that is held in the hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Genuine {
    pub on: Date,
    pub serial: i64,
    pub valid: bool,
}

/// # Errors
/// What the engine says.
pub(crate) fn genuine(tx: &mut Tx<'_>, code: VerificationCode) -> Result<Option<Genuine>, DbError> {
    let find =
        sql!("SELECT issued_on, day_no, state FROM issue_copy WHERE municipality_id = $1 AND code = $2");
    tx.opt(find, params![code.to_string()], |r| {
        Ok(Genuine { on: r.take()?, serial: r.take()?, valid: r.take::<String>()? == "valid" })
    })
}
