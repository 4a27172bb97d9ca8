//! Issuing for `fujidana act`: the same functions as the pages.
use std::path::{Path, PathBuf};

use base::Date;
use identity::Action::{Administer, Approve, Change, Create, List};
use paper::IssueNumber;
use register::RESIDENT_COPY;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused, Submission};

use super::asked::RawRequest;
use super::disposal::{Disposal, NotDisposed, dispose};
use super::giving::{NotGiven, give};
use super::paper_file::{self, NotSet};
use super::settings::{self, Certifier, Place};
use super::{IssueId, TILL, ledger, till};
use crate::CERTIFICATE;

pub(crate) const ISSUE: Command = Command {
    name: "copy.issue",
    title: "住民票の写しを発行する（番号・手数料・PDF）",
    need: (Create, CERTIFICATE),
    schema: || schema_for!(Issue),
    run: |call| Box::pin(issue(call)) as Answer,
};
pub(crate) const PAPER: Command = Command {
    name: "copy.paper",
    title: "発行した住民票の写しの用紙を書き出す",
    need: (Create, CERTIFICATE),
    schema: || schema_for!(PaperOf),
    run: |call| Box::pin(paper(call)) as Answer,
};
pub(crate) const ELECTRONIC: Command = Command {
    name: "copy.electronic",
    title: "発行した住民票の写しの電子の証明書（PDFとJSON）を書き出す",
    need: (Create, CERTIFICATE),
    schema: || schema_for!(ElectronicOf),
    run: |call| Box::pin(electronic(call)) as Answer,
};
pub(crate) const DISPOSE: Command = Command {
    name: "copy.dispose",
    title: "発行した用紙を取り消す・廃棄する",
    need: (Change, CERTIFICATE),
    schema: || schema_for!(Dispose),
    run: |call| Box::pin(dispose_copy(call)) as Answer,
};
pub(crate) const LOG: Command = Command {
    name: "copy.log",
    title: "交付簿を見る",
    need: (List, CERTIFICATE),
    schema: || schema_for!(Day),
    run: |call| Box::pin(log(call)) as Answer,
};
pub(crate) const SET: Command = Command {
    name: "copy.set",
    title: "手数料・認証者・端末を決める",
    need: (Administer, CERTIFICATE),
    schema: || schema_for!(Settings),
    run: |call| Box::pin(set(call)) as Answer,
};
pub(crate) const SHOW_TILL: Command = Command {
    name: "till.show",
    title: "レジを見る",
    need: (List, TILL),
    schema: || schema_for!(Day),
    run: |call| Box::pin(show_till(call)) as Answer,
};
pub(crate) const CLOSE_TILL: Command = Command {
    name: "till.close",
    title: "レジを締める",
    need: (Approve, TILL),
    schema: || schema_for!(Close),
    run: |call| Box::pin(close_till(call)) as Answer,
};

/// The request, and where the PDF is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Issue {
    request: RawRequest,
    /// A file to be written.
    out: Option<PathBuf>,
    /// The same number gives out once.
    #[serde(default)]
    submission: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PaperOf {
    issue: String,
    out: PathBuf,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ElectronicOf {
    issue: String,
    /// The copy's number within the issue, from 1.
    copy: i64,
    /// `NAME.pdf`; the JSON is written beside it.
    out: PathBuf,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Dispose {
    issue: String,
    copy: i64,
    /// `cancelled` or `destroyed`.
    how: String,
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Day {
    /// Without it today.
    on: Option<String>,
    terminal: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Close {
    counted: i64,
    #[serde(default)]
    reason: String,
    on: Option<String>,
    terminal: Option<String>,
}

/// What is given is set; a day is `2026-11-24`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    fee: Option<Fee>,
    certifier: Option<NewCertifier>,
    terminal: Option<NewTerminal>,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fee {
    from: String,
    yen: i64,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCertifier {
    from: String,
    until: Option<String>,
    title: String,
    name: String,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTerminal {
    client: String,
    terminal: String,
    printer: String,
}

fn rule(error: &impl std::fmt::Display) -> Refused {
    Refused::Rule { message: error.to_string(), detail: Value::Null }
}

fn issue_id(text: &str) -> Result<IssueId, Refused> {
    text.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))
}

fn day(text: &str) -> Result<Date, Refused> {
    text.parse().map_err(|_| Refused::Input(format!("{text} は日付ではありません（例 2026-11-24）")))
}

async fn issue(call: Call) -> Result<Value, Refused> {
    let input: Issue = call.read()?;
    let today = call.site.inside().clock().today();
    let request = input.request.understand(today).map_err(|wrong| {
        let detail: Vec<Value> =
            wrong.iter().map(|(field, message)| json!({ "field": field, "message": message })).collect();
        Refused::Rule {
            message: "請求に直すところがあります".to_owned(), detail: Value::Array(detail)
        }
    })?;
    let submission = Submission::sent(&input.submission);
    let given =
        give(&call.site, &call.caller(), &request, &submission).await.map_err(|error| match error {
            NotGiven::Db(error) => Refused::Db(error),
            other => rule(&other),
        })?;
    let id = given.id().ok_or_else(|| rule(&"発行した記録が見つかりません"))?;
    let city = call.site.city().name.clone();
    let found = call.site.inside().read(call.site.city().id, move |tx| ledger::find(tx, id));
    let Some((issue, copies)) = found.await.map_err(Refused::Db)? else { return Err(rule(&NotSet::Absent)) };
    let told: Vec<Value> = copies
        .iter()
        .map(|copy| {
            let number: IssueNumber = copy.number(&city);
            json!({ "copy": copy.no, "number": number.to_string(), "code": copy.code, "state": copy.state })
        })
        .collect();
    let mut answer = json!({ "issue": id, "fee": issue.fee, "items": issue.items, "copies": told });
    if let Some(out) = input.out {
        answer["paper"] = written(&call, id, out).await?;
    }
    Ok(answer)
}

async fn written(call: &Call, id: IssueId, out: PathBuf) -> Result<Value, Refused> {
    let pdf = paper_file::set(&call.site, &call.caller(), id).await.map_err(not_set)?;
    write(&out, &pdf.bytes)?;
    Ok(json!({ "out": out, "pages": pdf.pages, "bytes": pdf.bytes.len() }))
}

fn not_set(error: NotSet) -> Refused {
    match error {
        NotSet::Db(error) => Refused::Db(error),
        other => rule(&other),
    }
}

fn write(out: &Path, content: &[u8]) -> Result<(), Refused> {
    std::fs::write(out, content)
        .map_err(|error| Refused::Input(format!("{} に書けません: {error}", out.display())))
}

async fn paper(call: Call) -> Result<Value, Refused> {
    let input: PaperOf = call.read()?;
    let id = issue_id(&input.issue)?;
    written(&call, id, input.out).await
}

async fn electronic(call: Call) -> Result<Value, Refused> {
    let input: ElectronicOf = call.read()?;
    let id = issue_id(&input.issue)?;
    if input.out.extension().is_none_or(|end| end != "pdf") {
        return Err(Refused::Input("out は .pdf で終わるファイルの名です".to_owned()));
    }
    let made = super::electronic::make(&call.site, &call.caller(), id, input.copy).await.map_err(not_set)?;
    let json = input.out.with_extension("json");
    write(&input.out, &made.pdf.bytes)?;
    write(&json, made.json.as_bytes())?;
    Ok(json!({ "pdf": input.out, "json": json }))
}

async fn dispose_copy(call: Call) -> Result<Value, Refused> {
    let input: Dispose = call.read()?;
    let id = issue_id(&input.issue)?;
    let how = Disposal::of(&input.how)
        .ok_or_else(|| Refused::Input("how は cancelled か destroyed です".to_owned()))?;
    let caller = call.caller();
    let done = call
        .site
        .inside()
        .write(call.site.city().id, move |tx| dispose(tx, &caller, id, input.copy, how, &input.reason));
    done.await.map_err(|error| match error {
        NotDisposed::Db(error) => Refused::Db(error),
        other => rule(&other),
    })?;
    Ok(json!({ "state": input.how }))
}

async fn log(call: Call) -> Result<Value, Refused> {
    let input: Day = call.read()?;
    let on = on(&call, input.on.as_deref())?;
    let lines = call.site.inside().read(call.site.city().id, move |tx| ledger::of_day(tx, on));
    Ok(json!({ "on": on.to_string(), "issues": lines.await.map_err(Refused::Db)? }))
}

fn on(call: &Call, given: Option<&str>) -> Result<Date, Refused> {
    given.map_or_else(|| Ok(call.site.inside().clock().today()), day)
}

/// 「本庁1」 of whoever names no other.
fn terminal(tx: &mut db::Tx<'_>, given: Option<&String>) -> Result<String, db::DbError> {
    match given {
        Some(terminal) => Ok(terminal.clone()),
        None => Ok(settings::place(tx, "")?.terminal),
    }
}

async fn show_till(call: Call) -> Result<Value, Refused> {
    let input: Day = call.read()?;
    let on = on(&call, input.on.as_deref())?;
    let read = call.site.inside().read(call.site.city().id, move |tx| {
        let terminal = terminal(tx, input.terminal.as_ref())?;
        let (open, closed) = (till::open(tx, on, &terminal)?, till::closings(tx, on, &terminal)?);
        Ok::<_, db::DbError>(json!({ "terminal": terminal, "open": open, "closings": closed }))
    });
    read.await.map_err(Refused::Db)
}

async fn close_till(call: Call) -> Result<Value, Refused> {
    let input: Close = call.read()?;
    let on = on(&call, input.on.as_deref())?;
    let by = call.actor.name.clone();
    let done = call.site.inside().write(call.site.city().id, move |tx| {
        let terminal = terminal(tx, input.terminal.as_ref())?;
        till::close(tx, &by, on, &terminal, input.counted, &input.reason)
    });
    match done.await {
        Ok(closing) => Ok(json!(closing)),
        Err(till::NotClosed::Db(error)) => Err(Refused::Db(error)),
        Err(other) => Err(rule(&other)),
    }
}

async fn set(call: Call) -> Result<Value, Refused> {
    let input: Settings = call.read()?;
    let fee = input.fee.map(|fee| Ok::<_, Refused>((day(&fee.from)?, fee.yen))).transpose()?;
    if fee.is_some_and(|(_, yen)| !(0..=100_000).contains(&yen)) {
        return Err(Refused::Input("yen は0から100000までです".to_owned()));
    }
    let certifier = match input.certifier {
        Some(new) => {
            let until = new.until.as_deref().map(day).transpose()?;
            Some((Certifier { title: new.title, name: new.name }, day(&new.from)?, until))
        }
        None => None,
    };
    let place = input.terminal;
    let done = call.site.inside().write(call.site.city().id, move |tx| {
        if let Some((from, yen)) = fee {
            settings::set_fee(tx, RESIDENT_COPY.key, from, yen)?;
        }
        if let Some((who, from, until)) = &certifier {
            settings::set_certifier(tx, who, *from, *until)?;
        }
        if let Some(new) = &place {
            let place = Place { terminal: new.terminal.clone(), printer: new.printer.clone() };
            settings::set_place(tx, &new.client, &place)?;
        }
        Ok::<_, db::DbError>(())
    });
    done.await.map_err(Refused::Db)?;
    Ok(json!({ "set": true }))
}
