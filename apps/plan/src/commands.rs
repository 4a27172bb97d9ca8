//! The plan's commands for `fujidana act`: the same functions as the pages.
use db::{DbError, Tx};
use identity::Action::{Administer, Approve, Change, Create, List};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::refusal::Refusal;
use crate::register::{self, Measure, RawStatus};
use crate::report::{self, RawReport, Report, newest};
use crate::{PLAN, REPORT, VIEW};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "plan.load",
        title: "公表された2つの計画を取り込む",
        need: (Administer, PLAN),
        schema: || schema_for!(Nothing),
        run: |call| Box::pin(load(call)) as Answer,
    },
    Command {
        name: "plan.list",
        title: "計画の施策を見る",
        need: (List, VIEW),
        schema: || schema_for!(Asked),
        run: |call| Box::pin(list(call)) as Answer,
    },
    Command {
        name: "plan.status",
        title: "施策の進捗状況を理由と日付をつけて変える",
        need: (Change, PLAN),
        schema: || schema_for!(Status),
        run: |call| Box::pin(status(call)) as Answer,
    },
    Command {
        name: "plan.schedule",
        title: "施策の年次計画を書く",
        need: (Change, PLAN),
        schema: || schema_for!(Scheduled),
        run: |call| Box::pin(schedule(call)) as Answer,
    },
    Command {
        name: "plan.carry",
        title: "施策を次の計画の施策に引き継ぐ",
        need: (Change, PLAN),
        schema: || schema_for!(Carried),
        run: |call| Box::pin(carry(call)) as Answer,
    },
    Command {
        name: "plan.report",
        title: "担当課の施策の年次報告を出す",
        need: (Create, REPORT),
        schema: || schema_for!(Reported),
        run: |call| Box::pin(send_report(call)) as Answer,
    },
    // Which step it is decides which right it needs; whoever may see the plan may ask.
    Command {
        name: "plan.review",
        title: "年次報告を承認するか差し戻す",
        need: (Approve, VIEW),
        schema: || schema_for!(Reviewed),
        run: |call| Box::pin(review(call)) as Answer,
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The year the plan begins in: 2014, 2019.
    plan: String,
}

#[derive(Deserialize, JsonSchema)]
struct Status {
    plan: String,
    code: String,
    #[serde(flatten)]
    change: RawStatus,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Scheduled {
    plan: String,
    code: String,
    year: i64,
    content: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Carried {
    plan: String,
    code: String,
    to_plan: String,
    to_code: String,
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
struct Reported {
    plan: String,
    code: String,
    year: i64,
    #[serde(flatten)]
    report: RawReport,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reviewed {
    plan: String,
    code: String,
    year: i64,
    /// false: sent back, with a note.
    approve: bool,
    #[serde(default)]
    note: String,
}

async fn load(call: Call) -> Result<Value, Refused> {
    let Nothing {} = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| -> Result<u64, Refusal> {
        let new = register::load(tx, caller.actor.account)?;
        register::note(tx, &caller, "計画の取り込み", &format!("{new}"))?;
        Ok(new)
    };
    let new = call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({ "measures": new }))
}

async fn list(call: Call) -> Result<Value, Refused> {
    let Asked { plan } = call.read()?;
    let read = call.site.inside().read(call.site.city().id, move |tx| {
        Ok::<_, DbError>((register::list(tx, &plan)?, report::reports(tx, &plan, None)?))
    });
    let (measures, reports) = read.await?;
    let rows: Vec<Value> = measures.iter().map(|measure| measure_json(measure, &reports)).collect();
    Ok(json!({ "rows": rows }))
}

fn measure_json(measure: &Measure, reports: &[Report]) -> Value {
    let own: Vec<Report> = reports.iter().filter(|one| one.code == measure.code).cloned().collect();
    let mut years: Vec<i64> = own.iter().map(|one| one.year).collect();
    years.dedup();
    let reports: Vec<Value> = years.iter().filter_map(|year| newest(&own, *year)).map(report_json).collect();
    let now = measure.now();
    json!({
        "code": measure.code, "name": measure.name, "policy": measure.policy,
        "offices": measure.offices().collect::<Vec<_>>(), "status": now.status.key(), "merged_into": now.merged_into,
        "reason": now.reason, "decided_on": now.on.to_string(), "reports": reports,
    })
}

fn report_json(report: &Report) -> Value {
    json!({
        "year": report.year, "version": report.version, "cost": report.cost, "hours": report.hours,
        "users": report.users, "yen_per_user": report.yen_per_user(), "yen_per_hour": report.yen_per_hour(),
        "stage": report.stage_text(),
    })
}

async fn status(call: Call) -> Result<Value, Refused> {
    let Status { plan, code, change } = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| register::set_status(tx, &caller, (&plan, &code), &change);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn schedule(call: Call) -> Result<Value, Refused> {
    let Scheduled { plan, code, year, content } = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| register::set_schedule(tx, &caller, (&plan, &code), (year, &content));
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn carry(call: Call) -> Result<Value, Refused> {
    let Carried { plan, code, to_plan, to_code, reason } = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| -> Result<(), Refusal> {
        if reason.trim().is_empty() {
            return Err(Refusal::Fields(vec![("reason", "引き継ぐ理由を入力してください".to_owned())]));
        }
        for (plan, code) in [(&plan, &code), (&to_plan, &to_code)] {
            register::find(tx, plan, code)?.ok_or(Refusal::Unknown)?;
        }
        register::carry(tx, (&plan, &code), (&to_plan, &to_code), reason.trim())?;
        register::note(tx, &caller, "計画の引継ぎ", &format!("{plan} {code} {to_plan} {to_code}"))?;
        Ok(())
    };
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn send_report(call: Call) -> Result<Value, Refused> {
    let Reported { plan, code, year, report: raw } = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| report::report(tx, &caller, (&plan, &code, year), &raw);
    let version = call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({ "version": version }))
}

async fn review(call: Call) -> Result<Value, Refused> {
    let Reviewed { plan, code, year, approve, note } = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| report::review(tx, &caller, (&plan, &code, year), (approve, &note));
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}
