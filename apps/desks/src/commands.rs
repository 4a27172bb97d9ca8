//! The desks' commands for `fujidana act`: the same functions as the pages.
use db::DbError;
use identity::Action::{self, Administer, Change, Create, List};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::office::{OFFICES, Office, by_key};
use crate::paper;
use crate::work_item::{self, Completion, WorkItem};
use crate::{PAPER, TROUBLE, WORK_ITEM};

/// Rows of one answer.
const PAGE: i64 = 200;

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "desks.list",
        title: "課に届いた仕事を見る",
        need: (List, WORK_ITEM),
        schema: || schema_for!(Asked),
        run: |call| Box::pin(list(call)) as Answer,
    },
    Command {
        name: "desks.complete",
        title: "届いた仕事を済みにする",
        need: (Change, WORK_ITEM),
        schema: || schema_for!(Done),
        run: |call| Box::pin(complete(call)) as Answer,
    },
    Command {
        name: "paper.issue",
        title: "課の証明書を出す",
        need: (Create, PAPER),
        schema: || schema_for!(paper::Asked),
        run: |call| Box::pin(issue(call)) as Answer,
    },
    Command {
        name: "followers.troubles",
        title: "届いていない課を見る",
        need: (Administer, TROUBLE),
        schema: || schema_for!(Nothing),
        run: |call| Box::pin(troubles(call)) as Answer,
    },
    Command {
        name: "followers.retry",
        title: "届いていない課にいま届ける",
        need: (Administer, TROUBLE),
        schema: || schema_for!(Retry),
        run: |call| Box::pin(retry(call)) as Answer,
    },
    Command {
        name: "followers.replay",
        title: "課の表を最初から読み直す",
        need: (Administer, TROUBLE),
        schema: || schema_for!(Replay),
        run: |call| Box::pin(replay(call)) as Answer,
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Key of the office: tax, health_insurance, pension, late_elderly, child_allowance, school, health,
    /// election, environment.
    office: String,
    /// From 1.
    #[serde(default)]
    page: i64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Done {
    /// Key of the office.
    office: String,
    /// Id of the event that brought the work.
    event: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Retry {
    /// Name of the follower, for example desks.tax.
    follower: String,
    event: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// Name of the follower, for example desks.tax.
    follower: String,
}

/// The office of a call, if the caller may act there.
fn office(call: &Call, key: &str, action: Action) -> Result<&'static Office, Refused> {
    let Some(office) = by_key(key) else {
        let keys: Vec<&str> = OFFICES.iter().map(|office| office.key).collect();
        return Err(Refused::Input(format!("{key} という課はありません。あるのは {} です", keys.join("、"))));
    };
    if call.site.policy().allows(&call.actor, action, office.resource.key) {
        Ok(office)
    } else {
        Err(Refused::Forbidden)
    }
}

/// No name and no address is told, so this is no look at a person.
async fn list(call: Call) -> Result<Value, Refused> {
    let asked: Asked = call.read()?;
    let office = office(&call, &asked.office, List)?;
    let page = asked.page.clamp(1, 2000) - 1;
    let read = call.site.inside().read(call.actor.municipality, move |tx| {
        let counts = work_item::counts(tx, &[office])?;
        Ok::<_, DbError>((counts, work_item::list(tx, &[office], page, PAGE)?))
    });
    let (counts, items) = read.await?;
    let (total, open) = counts.first().map_or((0, 0), |count| (count.all, count.open));
    let rows: Vec<Value> = items.iter().map(|(item, done)| told(item, done.as_ref())).collect();
    Ok(json!({ "office": office.name, "total": total, "open": open, "rows": rows }))
}

fn told(item: &WorkItem, done: Option<&Completion>) -> Value {
    json!({
        "event": item.event,
        "household": item.household,
        "sentence": item.sentence,
        "source": item.source,
        "persons": item.persons,
        "due_on": item.due.map(|day| day.to_string()),
        "told_at": item.recorded_at.to_string(),
        "done_by": done.map(|done| done.by.as_str()),
        "done_at": done.map(|done| done.at.to_string()),
    })
}

async fn complete(call: Call) -> Result<Value, Refused> {
    let input: Done = call.read()?;
    let office = office(&call, &input.office, Change)?;
    let event = input.event.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))?;
    let (actor, at) = (call.actor.clone(), call.site.inside().clock().now());
    let done = call
        .site
        .inside()
        .write(actor.municipality, move |tx| work_item::complete(tx, office, event, &actor, at));
    let done: Result<Option<Completion>, DbError> = done.await;
    match done? {
        Some(done) => Ok(json!({ "done_by": done.by, "done_at": done.at.to_string() })),
        None => Err(Refused::Rule {
            message: format!("{}にこの仕事は届いていません", office.name),
            detail: Value::Null,
        }),
    }
}

async fn issue(call: Call) -> Result<Value, Refused> {
    let asked: paper::Asked = call.read()?;
    let (one, persons) = asked.understand().map_err(|wrong| {
        let told: Vec<Value> =
            wrong.iter().map(|(field, message)| json!({ "field": field, "message": message })).collect();
        Refused::Rule {
            message: format!("確かめるところが{}つあります", told.len()), detail: json!(told)
        }
    })?;
    office(&call, one.office, Change)?;
    let made = paper::issue(&call.site, call.caller(), asked, one, persons).await?;
    let made = made.map_err(|refused| Refused::Rule { message: refused.to_string(), detail: Value::Null })?;
    let rows: Vec<Value> = made
        .residents
        .iter()
        .map(|one| json!({ "name": one.name.whole(), "address": one.address().to_string() }))
        .collect();
    Ok(json!({ "document": made.document.title, "residents": rows, "text": one.sample }))
}

async fn troubles(call: Call) -> Result<Value, Refused> {
    call.read::<Nothing>()?;
    let found = call.site.inside().read(call.actor.municipality, events::troubles);
    let found: Result<Vec<events::Trouble>, DbError> = found.await;
    let rows: Vec<Value> = found?
        .iter()
        .map(|trouble| {
            json!({
                "follower": trouble.follower,
                "event": trouble.event,
                "kind": trouble.kind,
                "attempts": trouble.attempts,
                "recorded_at": trouble.recorded_at.to_string(),
                "again_at": trouble.again_at.map(|at| at.to_string()),
                "trouble": trouble.trouble,
            })
        })
        .collect();
    Ok(json!({ "rows": rows }))
}

async fn retry(call: Call) -> Result<Value, Refused> {
    let input: Retry = call.read()?;
    let event = input.event.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))?;
    let done = call
        .site
        .inside()
        .write(call.actor.municipality, move |tx| events::retry(tx, &input.follower, event));
    let found: Result<bool, DbError> = done.await;
    Ok(json!({ "retried": found? }))
}

async fn replay(call: Call) -> Result<Value, Refused> {
    let input: Replay = call.read()?;
    let Some(follow_up) = call.site.follow_up(&input.follower) else {
        return Err(Refused::Input(format!("{} という課の表はありません", input.follower)));
    };
    let done = call.site.inside().write(call.actor.municipality, move |tx| events::replay(tx, follow_up));
    let begun: Result<(), DbError> = done.await;
    begun?;
    Ok(json!({ "begun": follow_up.name }))
}
