//! Letters for `fujidana act`.
use identity::Action::{Create, Read};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use super::batch::{self, NotMade, RawBatch};
use super::run::advance;
use super::{BatchId, LETTERS};

pub(crate) const MAKE: Command = Command {
    name: "letters.make",
    title: "お知らせの手紙をまとめて作りはじめる",
    need: (Create, LETTERS),
    schema: || schema_for!(RawBatch),
    run: |call| Box::pin(make(call)) as Answer,
};
pub(crate) const RUN: Command = Command {
    name: "letters.run",
    title: "お知らせの手紙を終わりまで作る（途中からつづける）",
    need: (Create, LETTERS),
    schema: || schema_for!(Which),
    run: |call| Box::pin(run(call)) as Answer,
};
pub(crate) const SHOW: Command = Command {
    name: "letters.show",
    title: "お知らせの手紙がどこまでできたかを見る",
    need: (Read, LETTERS),
    schema: || schema_for!(Which),
    run: |call| Box::pin(show(call)) as Answer,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    batch: String,
}

fn batch_id(text: &str) -> Result<BatchId, Refused> {
    text.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))
}

async fn make(call: Call) -> Result<Value, Refused> {
    let raw: RawBatch = call.read()?;
    let whom = raw.understand().map_err(|wrong| {
        let detail =
            wrong.iter().map(|(field, message)| json!({ "field": field, "message": message })).collect();
        Refused::Rule { message: "直すところがあります".to_owned(), detail: Value::Array(detail) }
    })?;
    let actor = call.actor.clone();
    let made =
        call.site.inside().write(actor.municipality, move |tx| batch::make(tx, &actor, &raw, &whom)).await;
    match made {
        Ok(id) => Ok(json!({ "batch": id })),
        Err(NotMade::Db(error)) => Err(Refused::Db(error)),
        Err(other) => Err(Refused::Rule { message: other.to_string(), detail: Value::Null }),
    }
}

async fn run(call: Call) -> Result<Value, Refused> {
    let input: Which = call.read()?;
    let id = batch_id(&input.batch)?;
    while advance(&call.site, id).await? {}
    told(&call, id).await
}

async fn show(call: Call) -> Result<Value, Refused> {
    let input: Which = call.read()?;
    told(&call, batch_id(&input.batch)?).await
}

/// Who may not know of 支援措置 is told nothing of those who are left out.
async fn told(call: &Call, id: BatchId) -> Result<Value, Refused> {
    let found = call.site.inside().read(call.site.city().id, move |tx| {
        let Some(batch) = batch::find(tx, id)? else { return Ok(None) };
        Ok::<_, db::DbError>(Some((batch, batch::progress(tx, id)?, batch::parts(tx, id)?)))
    });
    let Some((batch, progress, parts)) = found.await? else {
        return Err(Refused::Rule {
            message: "そのお知らせはありません".to_owned(), detail: Value::Null
        });
    };
    let mut answer = json!({
        "batch": batch,
        "waiting": progress.waiting,
        "set": progress.set,
        "failed": progress.failed,
        "parts": parts,
    });
    if call.site.policy().allows(&call.actor, Read, register::PROTECTION) {
        answer["left_out"] = json!(progress.shut);
    }
    Ok(answer)
}
