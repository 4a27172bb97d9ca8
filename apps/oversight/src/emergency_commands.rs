//! 緊急時の権限 by command, with the same rules as the pages. A command cannot show a second factor: whoever runs
//! `act` already holds the machine's store.
use identity::Action::{Approve, Create};
use identity::BreakGlassId;
use identity::break_glass::Ask;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::BREAK_GLASS;
use crate::emergency::{approve, ask, end};
use crate::refusal::Refusal;

/// An ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Key of a role.
    role: String,
    reason: String,
    /// From 1 to 60.
    minutes: i64,
}

/// A use by its id.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(rename = "use")]
    id: String,
}

impl Which {
    fn id(&self) -> Result<BreakGlassId, Refused> {
        self.id.parse().map_err(|_| Refusal::Unknown.into())
    }
}

pub(crate) const ASK: Command = Command {
    name: "break_glass.ask",
    title: "緊急時の権限を申請する",
    need: (Create, BREAK_GLASS),
    schema: || schema_for!(Input),
    run: |call| Box::pin(ask_command(call)) as Answer,
};

pub(crate) const APPROVE: Command = Command {
    name: "break_glass.approve",
    title: "緊急時の権限を承認する",
    need: (Approve, BREAK_GLASS),
    schema: || schema_for!(Which),
    run: |call| Box::pin(approve_command(call)) as Answer,
};

pub(crate) const END: Command = Command {
    name: "break_glass.end",
    title: "緊急時の権限を終える",
    need: (Create, BREAK_GLASS),
    schema: || schema_for!(Which),
    run: |call| Box::pin(end_command(call)) as Answer,
};

async fn ask_command(call: Call) -> Result<Value, Refused> {
    let Input { role, reason, minutes } = call.read()?;
    let (caller, asked) = (call.caller(), Ask { role, reason, minutes });
    let act = move |tx: &mut db::Tx<'_>| ask(tx, &caller, &asked);
    let id = call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({ "use": id }))
}

async fn approve_command(call: Call) -> Result<Value, Refused> {
    let id = call.read::<Which>()?.id()?;
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| approve(tx, &caller, id);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn end_command(call: Call) -> Result<Value, Refused> {
    let id = call.read::<Which>()?.id()?;
    let caller = call.caller();
    let may_approve = caller.may(Approve, BREAK_GLASS);
    let act = move |tx: &mut db::Tx<'_>| end(tx, &caller, id, may_approve);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}
