//! The plans of the city, their measures, states, yearly schedule, and what goes on in the next plan.
use std::collections::HashMap;

use base::{At, Date, FiscalYear, Id, day, parse_date};
use db::{DbError, Tx, params, sql};
use identity::{Caller, Entry, Operation, record};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalogue::{former, measures};
use crate::refusal::Refusal;

enum StatusKind {}

/// 進捗状況.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ongoing,
    UnderStudy,
    Achieved,
    Abolished,
    Merged,
    New,
}

impl Status {
    pub(crate) const ALL: [Self; 6] =
        [Self::Ongoing, Self::UnderStudy, Self::Achieved, Self::Abolished, Self::Merged, Self::New];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Ongoing => "ongoing",
            Self::UnderStudy => "under_study",
            Self::Achieved => "achieved",
            Self::Abolished => "abolished",
            Self::Merged => "merged",
            Self::New => "new",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ongoing => "推進中",
            Self::UnderStudy => "検討中",
            Self::Achieved => "達成済み",
            Self::Abolished => "廃止",
            Self::Merged => "統合",
            Self::New => "新規",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == text || one.title() == text)
    }
}

/// A plan (計画).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) first_year: i64,
    pub(crate) last_year: i64,
}

/// One change of a measure's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) status: Status,
    pub(crate) merged_into: String,
    pub(crate) reason: String,
    pub(crate) on: Date,
}

/// A measure as the city keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) code: String,
    pub(crate) policy: String,
    pub(crate) name: String,
    pub(crate) lead: String,
    pub(crate) related: String,
    pub(crate) aim: String,
    /// The newest first; never empty.
    pub(crate) changes: Vec<Change>,
}

impl Measure {
    pub(crate) fn now(&self) -> &Change {
        &self.changes[0]
    }
    /// Numbers in order: 3-1-10 comes after 3-1-9.
    fn place(&self) -> Vec<u32> {
        self.code.split('-').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
    }
    pub(crate) fn offices(&self) -> impl Iterator<Item = &str> {
        self.lead.split(';').chain(self.related.split(';')).filter(|name| !name.is_empty())
    }
}

/// Writes a row of the log about an act of the plan's register; nobody's record is touched.
pub(crate) fn note(tx: &mut Tx<'_>, caller: &Caller, purpose: &str, conditions: &str) -> Result<(), DbError> {
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    let entry = Entry::new(&caller.actor, Operation::Change, purpose);
    record(tx, &Entry { path, terminal: &caller.terminal, conditions: Some(conditions), ..entry })
}

/// Takes the two published plans over (計画の取り込み); a second time changes nothing. Gives the measures that are new.
pub fn load(tx: &mut Tx<'_>, account: identity::AccountId) -> Result<u64, DbError> {
    let now = tx.started_at();
    let plan = sql!(
        "INSERT INTO plan (municipality_id, plan_id, title, first_year, last_year, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (municipality_id, plan_id) DO NOTHING"
    );
    for (id, title, first, last) in
        [("2014", "第2次情報化推進計画", 2014_i64, 2018_i64), ("2019", "第3次情報化推進計画", 2019, 2023)]
    {
        tx.run(plan, params![id, title, first, last, now])?;
    }
    let mut new = 0;
    for one in former() {
        let row = [one.code, one.policy, one.name, "", "", one.note];
        let reason = if one.note.is_empty() { "計画期間の終わりの検証" } else { one.note };
        if add(tx, "2014", row)? {
            new += 1;
            let status = Status::parse(one.state).expect("a test reads every table");
            let change = Change {
                status,
                merged_into: one.merged_into.to_owned(),
                reason: reason.to_owned(),
                on: day(2019, 3, 31),
            };
            put(tx, ("2014", one.code), &change, account)?;
        }
        if !one.carried_to.is_empty() {
            let reason = if one.merged_into.is_empty() { "継続" } else { "統合して継続" };
            carry(tx, ("2014", one.code), ("2019", one.carried_to), reason)?;
        }
    }
    for one in measures() {
        if add(tx, "2019", [one.code, one.policy, one.name, one.lead, one.related, one.aim])? {
            new += 1;
            let status = Status::parse(one.state).expect("a test reads every table");
            let (reason, on) = ("計画の策定".to_owned(), day(2019, 4, 1));
            put(tx, ("2019", one.code), &Change { status, merged_into: String::new(), reason, on }, account)?;
        }
    }
    Ok(new)
}

fn add(tx: &mut Tx<'_>, plan: &str, row: [&str; 6]) -> Result<bool, DbError> {
    let insert = sql!(
        "INSERT INTO plan_measure (municipality_id, plan_id, code, policy, name, lead, related, aim)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (municipality_id, plan_id, code) DO NOTHING"
    );
    let [code, policy, name, lead, related, aim] = row;
    Ok(tx.run(insert, params![plan, code, policy, name, lead, related, aim])? > 0)
}

fn put(
    tx: &mut Tx<'_>,
    (plan, code): (&str, &str),
    change: &Change,
    account: identity::AccountId,
) -> Result<(), DbError> {
    let (id, now): (Id<StatusKind>, At) = (tx.new_id(), tx.started_at());
    let insert = sql!(
        "INSERT INTO plan_status (municipality_id, plan_id, code, id, status, merged_into, reason, decided_on, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let Change { status, merged_into, reason, on } = change;
    let row = params![plan, code, id, status.key(), merged_into.as_str(), reason.as_str(), *on, account, now];
    tx.run(insert, row).map(drop)
}

pub(crate) fn carry(
    tx: &mut Tx<'_>,
    (plan, code): (&str, &str),
    (to_plan, to_code): (&str, &str),
    reason: &str,
) -> Result<(), DbError> {
    let insert = sql!(
        "INSERT INTO plan_carry (municipality_id, plan_id, code, to_plan, to_code, reason) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (municipality_id, plan_id, code, to_plan, to_code) DO UPDATE SET reason = excluded.reason"
    );
    tx.run(insert, params![plan, code, to_plan, to_code, reason]).map(drop)
}

/// The newest first.
pub(crate) fn plans(tx: &mut Tx<'_>) -> Result<Vec<Plan>, DbError> {
    let find = sql!(
        "SELECT plan_id, title, first_year, last_year FROM plan WHERE municipality_id = $1 AND plan_id >= $2
          ORDER BY plan_id DESC"
    );
    tx.all(find, params![""], |r| {
        Ok(Plan { id: r.take()?, title: r.take()?, first_year: r.take()?, last_year: r.take()? })
    })
}

/// In the order of their codes.
pub(crate) fn list(tx: &mut Tx<'_>, plan: &str) -> Result<Vec<Measure>, DbError> {
    let find = sql!(
        "SELECT code, policy, name, lead, related, aim FROM plan_measure WHERE municipality_id = $1 AND plan_id = $2"
    );
    let mut measures = tx.all(find, params![plan], |r| {
        Ok(Measure {
            code: r.take()?,
            policy: r.take()?,
            name: r.take()?,
            lead: r.take()?,
            related: r.take()?,
            aim: r.take()?,
            changes: Vec::new(),
        })
    })?;
    let find = sql!(
        "SELECT code, status, merged_into, reason, decided_on FROM plan_status
          WHERE municipality_id = $1 AND plan_id = $2 ORDER BY code, id DESC"
    );
    let changes = tx.all(find, params![plan], |r| {
        let (code, status): (String, String) = (r.take()?, r.take()?);
        let status =
            Status::parse(&status).ok_or_else(|| DbError::Unusable(format!("plan_status {status}")))?;
        Ok((code, Change { status, merged_into: r.take()?, reason: r.take()?, on: r.take()? }))
    })?;
    let mut of: HashMap<String, Vec<Change>> = HashMap::new();
    for (code, change) in changes {
        of.entry(code).or_default().push(change);
    }
    for measure in &mut measures {
        measure.changes = of.remove(&measure.code).unwrap_or_default();
    }
    measures.retain(|measure| !measure.changes.is_empty());
    measures.sort_by_key(Measure::place);
    Ok(measures)
}

/// A measure with its plan.
pub(crate) fn find(tx: &mut Tx<'_>, plan: &str, code: &str) -> Result<Option<(Plan, Measure)>, DbError> {
    let Some(plan) = plans(tx)?.into_iter().find(|one| one.id == plan) else { return Ok(None) };
    let measure = list(tx, &plan.id)?.into_iter().find(|one| one.code == code);
    Ok(measure.map(|measure| (plan, measure)))
}

/// A change of state as it was typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RawStatus {
    /// ongoing, under_study, achieved, abolished, merged, new.
    pub status: String,
    /// With merged: the code of the measure of the same plan.
    pub merged_into: String,
    pub reason: String,
    pub decided_on: String,
}

/// 進捗状況の変更: every change needs reason and date.
pub(crate) fn set_status(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (plan, code): (&str, &str),
    raw: &RawStatus,
) -> Result<(), Refusal> {
    let today = tx.started_at().date();
    let (_, measure) = find(tx, plan, code)?.ok_or(Refusal::Unknown)?;
    let others = list(tx, plan)?;
    let mut wrong: Vec<(&'static str, String)> = Vec::new();
    let status = Status::parse(raw.status.trim());
    if status.is_none() {
        wrong.push(("status", "進捗状況を選んでください".to_owned()));
    }
    let into = raw.merged_into.trim();
    let merged = status == Some(Status::Merged);
    if merged && !others.iter().any(|one| one.code == into && one.code != measure.code) {
        wrong.push(("merged_into", "統合先の施策の番号を、同じ計画から入力してください".to_owned()));
    }
    if raw.reason.trim().is_empty() {
        wrong.push(("reason", "変える理由を入力してください".to_owned()));
    }
    let on = match parse_date(&raw.decided_on, today) {
        Ok(on) if on <= today => Some(on),
        Ok(_) => {
            wrong.push(("decided_on", "決めた日は今日までの日付です".to_owned()));
            None
        }
        Err(doubt) => {
            wrong.push(("decided_on", doubt.to_string()));
            None
        }
    };
    let (Some(status), Some(on), true) = (status, on, wrong.is_empty()) else {
        return Err(Refusal::Fields(wrong));
    };
    let merged_into = if merged { into.to_owned() } else { String::new() };
    let change = Change { status, merged_into, reason: raw.reason.trim().to_owned(), on };
    put(tx, (plan, code), &change, caller.actor.account)?;
    note(tx, caller, "計画の進捗状況の変更", &format!("{plan} {code} {}", status.key()))?;
    Ok(())
}

/// 年次計画 of a measure, by year.
pub(crate) fn schedule(tx: &mut Tx<'_>, plan: &str, code: &str) -> Result<HashMap<i64, String>, DbError> {
    let find = sql!(
        "SELECT fiscal_year, content FROM plan_schedule WHERE municipality_id = $1 AND plan_id = $2 AND code = $3"
    );
    Ok(tx.all(find, params![plan, code], |r| Ok((r.take()?, r.take()?)))?.into_iter().collect())
}

pub(crate) fn set_schedule(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (plan, code): (&str, &str),
    (year, content): (i64, &str),
) -> Result<(), Refusal> {
    let (found, _) = find(tx, plan, code)?.ok_or(Refusal::Unknown)?;
    if !(found.first_year..=found.last_year).contains(&year) {
        return Err(Refusal::Rule("その年度は計画の期間にありません"));
    }
    let set = sql!(
        "INSERT INTO plan_schedule (municipality_id, plan_id, code, fiscal_year, content) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (municipality_id, plan_id, code, fiscal_year) DO UPDATE SET content = excluded.content"
    );
    tx.run(set, params![plan, code, year, content.trim()])?;
    note(tx, caller, "計画の年次計画の変更", &format!("{plan} {code} {year}"))?;
    Ok(())
}

/// (code, plan and code that go on with it, reason).
pub(crate) fn carried(tx: &mut Tx<'_>, plan: &str) -> Result<Vec<(String, String, String, String)>, DbError> {
    let find = sql!(
        "SELECT code, to_plan, to_code, reason FROM plan_carry WHERE municipality_id = $1 AND plan_id = $2
          ORDER BY code, to_plan, to_code"
    );
    tx.all(find, params![plan], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))
}

/// 「令和元年度」.
pub(crate) fn year_text(year: i64) -> String {
    i32::try_from(year).map_or_else(|_| year.to_string(), |year| FiscalYear(year).to_string())
}
