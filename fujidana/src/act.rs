//! `fujidana act`: one JSON command a line in, one JSON answer a line out.
//!
//! `{"command": "resident.search", "as": "shimin1", "input": {"q": "ヤマタ"}}` →
//! `{"ok": true, "command": …, "result": …}` or `{"ok": false, "command": …, "error": …, "detail": …}`.
use std::io::{BufRead, Write};

use anyhow::{Result, bail};
use base::Clock;
use db::DbError;
use identity::Actor;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Call, Command, Refused, Site};

use crate::arguments::Arguments;
use crate::installation::Installation;
use crate::{APPS, log_keeper, serve};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    command: String,
    #[serde(rename = "as")]
    by: Option<String>,
    #[serde(default = "no_input")]
    input: Value,
}

fn no_input() -> Value {
    json!({})
}

fn commands() -> impl Iterator<Item = &'static Command> {
    APPS.iter().flat_map(|app| app.commands)
}

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data", "database", "keys", "checkpoints", "as", "list"])?;
    if arguments.has("list") {
        return list();
    }
    let installation = Installation::open(arguments, &Clock::system())?;
    serve::runtime()?.block_on(async {
        let Some((city, sample)) = installation.city().await? else {
            bail!("まだ市がありません。見本の市は fujidana demo でつくれます");
        };
        let site = installation.site(city, sample).await?;
        let mut output = std::io::stdout().lock();
        for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = answer(&site, &line, number, arguments.text("as")).await;
            // What was recorded reaches every office before the answer, so the next line can rely on it.
            events::drain(site.inside(), site.follow_ups()).await?;
            writeln!(output, "{answer}")?;
            output.flush()?;
        }
        log_keeper::sign(&site, &installation.keys, &log_keeper::folder(arguments)).await
    })
}

fn list() -> Result<()> {
    let mut output = std::io::stdout().lock();
    for command in commands() {
        let (action, resource) = command.need;
        let line = json!({
            "command": command.name,
            "title": command.title,
            "needs": { "action": action.title(), "resource": resource },
            "schema": (command.schema)(),
        });
        writeln!(output, "{line}")?;
    }
    Ok(())
}

async fn answer(site: &Site, text: &str, number: usize, default_by: Option<&str>) -> Value {
    let line: Line = match serde_json::from_str(text) {
        Ok(line) => line,
        Err(error) => {
            return json!({ "ok": false, "line": number, "error": format!("JSON を読めません: {error}") });
        }
    };
    match act(site, &line, default_by).await {
        Ok(result) => json!({ "ok": true, "line": number, "command": line.command, "result": result }),
        Err(refused) => {
            let detail =
                if let Refused::Rule { detail, .. } = &refused { detail.clone() } else { Value::Null };
            let message = match &refused {
                Refused::Db(error) => format!("記録できませんでした: {error}"),
                other => other.to_string(),
            };
            json!({ "ok": false, "line": number, "command": line.command, "error": message, "detail": detail })
        }
    }
}

async fn act(site: &Site, line: &Line, default_by: Option<&str>) -> Result<Value, Refused> {
    let Some(command) = commands().find(|command| command.name == line.command) else {
        return Err(Refused::Input(format!(
            "{} という命令はありません（act --list で見られます）",
            line.command
        )));
    };
    let Some(by) = line.by.as_deref().or(default_by) else {
        return Err(Refused::Input("誰が行うかがありません。--as 職員番号 か \"as\" で書けます".to_owned()));
    };
    let Some(actor) = actor(site, by).await? else {
        return Err(Refused::Input(format!("職員番号 {by} の人はいません")));
    };
    if !site.policy().allows(&actor, command.need.0, command.need.1) {
        return Err(Refused::Forbidden);
    }
    let call = Call { site: site.clone(), actor, command: command.name, input: line.input.clone() };
    (command.run)(call).await
}

async fn actor(site: &Site, sign_in_name: &str) -> Result<Option<Actor>, DbError> {
    let (name, today) = (sign_in_name.to_owned(), site.inside().clock().today());
    let found = site.inside().read(site.city().id, move |tx| match identity::account_of(tx, &name)? {
        Some(account) => identity::actor_of(tx, account, today),
        None => Ok(None),
    });
    found.await
}
