//! 年次報告 of a measure and the round that confirms it: section → 総務課 → committee → mayor.
use base::{At, FiscalYear, Yen, half_width};
use db::{DbError, Tx, params, sql};
use identity::{AccountId, Action::Approve, Caller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalogue::section_of;
use crate::refusal::Refusal;
use crate::register::{Measure, find, note};
use crate::{COMMITTEE, MAYOR, OFFICE, REPORT};

/// The steps in order: who confirms, and the right for it.
pub(crate) const STEPS: [(&str, &str); 4] =
    [("担当課", REPORT), ("総務課", OFFICE), ("情報化推進委員会", COMMITTEE), ("市長", MAYOR)];

/// A report as it was typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RawReport {
    /// What was done (実施内容).
    pub done: String,
    /// 成果
    pub result: String,
    /// 今後の取り組み
    pub next_step: String,
    /// Yen.
    pub cost: String,
    /// Hours of work saved; empty: not known.
    pub hours: String,
    /// People who used it; empty: not known.
    pub users: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) step: i64,
    pub(crate) approved: bool,
    pub(crate) note: String,
    pub(crate) section: String,
    pub(crate) at: At,
}

/// One version of a year's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) code: String,
    pub(crate) year: i64,
    pub(crate) version: i64,
    pub(crate) done: String,
    pub(crate) result: String,
    pub(crate) next_step: String,
    pub(crate) cost: i64,
    pub(crate) hours: Option<i64>,
    pub(crate) users: Option<i64>,
    pub(crate) section: String,
    pub(crate) by: AccountId,
    pub(crate) at: At,
    /// In the order of the steps.
    pub(crate) decisions: Vec<Decision>,
}

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waits for this step.
    Waits(usize),
    Returned,
    Approved,
}

impl Report {
    pub(crate) fn stage(&self) -> Stage {
        match self.decisions.last() {
            Some(last) if !last.approved => Stage::Returned,
            _ if self.decisions.len() >= STEPS.len() => Stage::Approved,
            _ => Stage::Waits(self.decisions.len()),
        }
    }

    /// Calm words for the state.
    pub(crate) fn stage_text(&self) -> String {
        match self.stage() {
            Stage::Waits(step) => format!("{}の確認待ち", STEPS[step].0),
            Stage::Returned => "差戻し".to_owned(),
            Stage::Approved => "承認済み".to_owned(),
        }
    }

    /// 1人あたりの費用; of nobody there is none.
    pub(crate) fn yen_per_user(&self) -> Option<i64> {
        unit_cost(self.cost, self.users)
    }
    /// 減らした1時間あたりの費用.
    pub(crate) fn yen_per_hour(&self) -> Option<i64> {
        unit_cost(self.cost, self.hours)
    }
}

/// Rounded half up to whole yen.
fn unit_cost(cost: i64, count: Option<i64>) -> Option<i64> {
    let count = i128::from(count.filter(|count| *count > 0)?);
    i64::try_from((2 * i128::from(cost) + count).div_euclid(2 * count)).ok()
}

/// Every version of the plan's reports, by code, year and version; of one measure where it is named.
pub(crate) fn reports(tx: &mut Tx<'_>, plan: &str, code: Option<&str>) -> Result<Vec<Report>, DbError> {
    let find = sql!(
        "SELECT code, fiscal_year, version, done, result, next_step, cost_yen, hours_saved, users, section, reported_by, reported_at
           FROM plan_report WHERE municipality_id = $1 AND plan_id = $2 AND code >= $3 AND code <= $4
          ORDER BY code, fiscal_year, version"
    );
    let (first, last) = (code.unwrap_or(""), code.unwrap_or("~"));
    let mut reports = tx.all(find, params![plan, first, last], |r| {
        Ok(Report {
            code: r.take()?,
            year: r.take()?,
            version: r.take()?,
            done: r.take()?,
            result: r.take()?,
            next_step: r.take()?,
            cost: r.take()?,
            hours: r.take()?,
            users: r.take()?,
            section: r.take()?,
            by: r.take()?,
            at: r.take()?,
            decisions: Vec::new(),
        })
    })?;
    let find = sql!(
        "SELECT code, fiscal_year, version, step, approved, note, section, decided_at FROM plan_review
          WHERE municipality_id = $1 AND plan_id = $2 AND code >= $3 AND code <= $4 ORDER BY code, fiscal_year, version, step"
    );
    let decisions = tx.all(find, params![plan, first, last], |r| {
        let of: (String, i64, i64) = (r.take()?, r.take()?, r.take()?);
        let decision = Decision {
            step: r.take()?,
            approved: r.take()?,
            note: r.take()?,
            section: r.take()?,
            at: r.take()?,
        };
        Ok((of, decision))
    })?;
    for ((code, year, version), decision) in decisions {
        let report =
            reports.iter_mut().find(|one| (&one.code, one.year, one.version) == (&code, year, version));
        report.into_iter().for_each(|report| report.decisions.push(decision.clone()));
    }
    Ok(reports)
}

/// The newest version of a year.
pub(crate) fn newest(reports: &[Report], year: i64) -> Option<&Report> {
    reports.iter().rev().find(|report| report.year == year)
}

/// The newest version of a year that went through every step: what the public sees.
pub(crate) fn approved(reports: &[Report], year: i64) -> Option<&Report> {
    reports.iter().rev().find(|report| report.year == year && report.stage() == Stage::Approved)
}

/// A section reports and confirms its own measures alone.
pub(crate) fn is_own(caller: &Caller, measure: &Measure) -> bool {
    measure.offices().any(|office| section_of(office) == caller.actor.section.name)
}

/// 年次報告を出す: a new version that goes through every step.
pub(crate) fn report(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (plan, code, year): (&str, &str, i64),
    raw: &RawReport,
) -> Result<i64, Refusal> {
    let (found, measure) = find(tx, plan, code)?.ok_or(Refusal::Unknown)?;
    if !is_own(caller, &measure) {
        return Err(Refusal::Rule("この施策の報告は、施策の担当課が出します"));
    }
    let this_year = i64::from(FiscalYear::of(tx.started_at().date()).0);
    if !(found.first_year..=found.last_year).contains(&year) || year > this_year {
        return Err(Refusal::Rule("その年度は計画の期間にないか、まだ始まっていません"));
    }
    let reports = reports(tx, plan, Some(code))?;
    let before = newest(&reports, year);
    if before.is_some_and(|before| matches!(before.stage(), Stage::Waits(_))) {
        return Err(Refusal::Rule("この年度の報告は確認の途中です。差戻しか承認のあとに出し直せます"));
    }
    let (cost, hours, users) = understood(raw)?;
    let version = before.map_or(1, |before| before.version + 1);
    let insert = sql!(
        "INSERT INTO plan_report (municipality_id, plan_id, code, fiscal_year, version, done, result, next_step, cost_yen,
                                  hours_saved, users, section, reported_by, reported_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let (by, at) = (&caller.actor, tx.started_at());
    let (done, result, next) = (raw.done.trim(), raw.result.trim(), raw.next_step.trim());
    let row = params![
        plan,
        code,
        year,
        version,
        done,
        result,
        next,
        cost,
        hours,
        users,
        by.section.name,
        by.account,
        at
    ];
    tx.run(insert, row)?;
    note(tx, caller, "計画の年次報告", &format!("{plan} {code} {year}"))?;
    Ok(version)
}

type Figures = (i64, Option<i64>, Option<i64>);

fn understood(raw: &RawReport) -> Result<Figures, Refusal> {
    let mut wrong: Vec<(&'static str, String)> = Vec::new();
    if raw.done.trim().is_empty() {
        wrong.push(("done", "実施した内容を入力してください".to_owned()));
    }
    let cost = count(&raw.cost, "円");
    let (hours, users) = (count(&raw.hours, "時間"), count(&raw.users, "人"));
    if !matches!(cost, Ok(Some(_))) {
        wrong.push(("cost", "費用は0以上の数字です。かからなかった年度は0です".to_owned()));
    }
    if hours.is_err() {
        wrong.push(("hours", "時間は0以上の数字です。わからないときは空けておけます".to_owned()));
    }
    if users.is_err() {
        wrong.push(("users", "人数は0以上の数字です。わからないときは空けておけます".to_owned()));
    }
    match (cost, hours, users) {
        (Ok(Some(cost)), Ok(hours), Ok(users)) if wrong.is_empty() => Ok((cost, hours, users)),
        _ => Err(Refusal::Fields(wrong)),
    }
}

/// A whole number that is not negative, in any width, with commas and its unit; nothing is nothing.
fn count(text: &str, unit: &str) -> Result<Option<i64>, ()> {
    let plain = half_width(text);
    let plain = plain.trim();
    let plain = plain.strip_suffix(unit).unwrap_or(plain);
    if plain.is_empty() {
        return Ok(None);
    }
    Yen::parse(plain).map(|Yen(count)| Some(count)).filter(|count| *count >= Some(0)).ok_or(())
}

/// Why this caller cannot decide on the report's next step; `None` when she can.
pub(crate) fn hindrance(caller: &Caller, measure: &Measure, report: &Report) -> Option<Refusal> {
    let step = match report.stage() {
        Stage::Waits(step) => step,
        Stage::Returned => return Some(Refusal::Rule("この報告は差し戻されています")),
        Stage::Approved => return Some(Refusal::Rule("この報告は承認が済んでいます")),
    };
    if !caller.may(Approve, STEPS[step].1) || (step == 0 && !is_own(caller, measure)) {
        return Some(Refusal::Forbidden);
    }
    (caller.actor.account == report.by)
        .then_some(Refusal::Rule("報告した本人は承認できません。別の職員が確かめます"))
}

/// 確認・承認 or 差戻し of the next step.
pub(crate) fn review(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (plan, code, year): (&str, &str, i64),
    (approve, said): (bool, &str),
) -> Result<(), Refusal> {
    let (_, measure) = find(tx, plan, code)?.ok_or(Refusal::Unknown)?;
    let reports = reports(tx, plan, Some(code))?;
    let report = newest(&reports, year).ok_or(Refusal::Unknown)?;
    if let Some(refusal) = hindrance(caller, &measure, report) {
        return Err(refusal);
    }
    if !approve && said.trim().is_empty() {
        return Err(Refusal::Fields(vec![("note", "差し戻す理由を入力してください".to_owned())]));
    }
    let insert = sql!(
        "INSERT INTO plan_review (municipality_id, plan_id, code, fiscal_year, version, step, approved, note, section,
                                  decided_by, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let step = i64::try_from(report.decisions.len()).unwrap_or(i64::MAX);
    let (by, at) = (&caller.actor, tx.started_at());
    let row = params![
        plan,
        code,
        year,
        report.version,
        step,
        approve,
        said.trim(),
        by.section.name,
        by.account,
        at
    ];
    tx.run(insert, row)?;
    let purpose =
        if approve { "計画の年次報告の承認" } else { "計画の年次報告の差戻し" };
    note(tx, caller, purpose, &format!("{plan} {code} {year}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_costs_are_rounded_and_nobody_has_none() {
        for (cost, count, expect) in
            [(1000, Some(3), Some(333)), (1001, Some(2), Some(501)), (5, Some(0), None), (5, None, None)]
        {
            assert_eq!(unit_cost(cost, count), expect);
        }
    }

    #[test]
    fn figures_are_read_as_they_are_typed() {
        for (text, unit, expect) in [
            ("1,200,000円", "円", Ok(Some(1_200_000))),
            ("１２０ 時間", "時間", Ok(Some(120))),
            ("", "人", Ok(None)),
            ("△3", "円", Err(())),
            ("many", "人", Err(())),
        ] {
            assert_eq!(count(text, unit), expect, "{text}");
        }
    }
}
