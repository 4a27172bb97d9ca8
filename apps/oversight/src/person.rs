//! Who looked at somebody (閲覧された人ごとの記録), and the file that proves it.
use base::{Date, PersonId};
use db::DbError;
use identity::log::Line;
use identity::{Looking, log};
use register::Resident;
use serde_json::Value;

use crate::line::Names;
use crate::period::Period;
use crate::refusal::Refusal;

/// Persons of one list of a name.
const CANDIDATES: i64 = 50;

/// The persons of a typed id, 宛名番号, name or reading. The audit office finds everybody, also who is shielded by a
/// 支援措置; its pages show nobody's address, so that the shielded do not stand out.
pub(crate) fn find(looking: &mut Looking<'_, '_>, typed: &str) -> Result<Vec<Resident>, DbError> {
    looking.note(typed);
    let ids = register::ids_of_text(looking.tx(), typed, CANDIDATES)?;
    register::present(looking, &ids)
}

/// What the log knows of a person in a period.
#[derive(Debug)]
pub(crate) struct PersonLog {
    pub resident: Resident,
    /// The ids of all rows.
    pub ids: Vec<i64>,
    /// Those of the page.
    pub lines: Vec<Line>,
    pub names: Names,
}

/// The rows about a person: reading them is a look at the person as well.
pub(crate) fn person_log(
    looking: &mut Looking<'_, '_>,
    person: PersonId,
    period: &Period,
    (page, size): (i64, i64),
) -> Result<PersonLog, Refusal> {
    let resident = register::present(looking, &[person])?.pop().ok_or(Refusal::Unknown)?;
    looking.note(&format!("{}～{}", period.from, period.to));
    let ids = log::about(looking.tx(), person, period.span())?;
    let latest_first = ids.iter().rev().copied();
    let of_page: Vec<i64> = latest_first
        .skip(usize::try_from(page * size).unwrap_or(usize::MAX))
        .take(usize::try_from(size).unwrap_or_default())
        .collect();
    let lines = log::by_ids(looking.tx(), &of_page)?;
    let names = Names::of_lines(looking.tx(), &lines)?;
    Ok(PersonLog { resident, ids, lines, names })
}

/// A file that an outsider can check.
#[derive(Debug)]
pub(crate) struct Proof {
    /// JSON Lines.
    pub lines: Vec<Value>,
    pub records: usize,
    /// Rows of the last hour that no signed checkpoint covers yet.
    pub left_out: usize,
}

/// The rows about a person with their proofs, for `tools/verify-log`.
pub(crate) fn proof(
    looking: &mut Looking<'_, '_>,
    city: &str,
    person: PersonId,
    period: &Period,
) -> Result<Proof, Refusal> {
    register::present(looking, &[person])?.pop().ok_or(Refusal::Unknown)?;
    looking.note(&format!("{}～{} 証明つきのファイル", period.from, period.to));
    let ids = log::about(looking.tx(), person, period.span())?;
    let Some(key) = audit::stored_keys(looking.tx())?.into_iter().next() else {
        return Err(Refusal::of("まだ署名した記録がありません。1時間に一度署名するので、そのあとで作れます"));
    };
    let records: Vec<(&audit::Source, i64)> = ids.iter().map(|id| (&identity::AUDITED, *id)).collect();
    let (lines, left_out) = audit::proof_file(looking.tx(), city, &key, &records)?;
    Ok(Proof { lines, records: ids.len() - left_out, left_out })
}

/// The name of the downloaded file.
pub(crate) fn file_name(person: PersonId, today: Date) -> String {
    format!("log-{person}-{today}.jsonl")
}
