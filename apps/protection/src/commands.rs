//! The officer's commands for `fujidana act`: the same functions as the pages. No answer holds an address.
use db::{DbError, Tx};
use identity::Action::{Approve, Change, Create, Read};
use identity::{Caller, Purpose};
use register::{
    Channel, Found, LockAct, LockLevel, LockRefusal, NewLock, NewRelease, PROTECTION, Protection,
    ProtectionId, ProtectionRefusal, REFUSED, RELEASE_MINUTES, RawProtection,
};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::LOCK;
use crate::attempt_page::{found, since};
use crate::deed::person;
use crate::list_page::is_matched;

macro_rules! command {
    ($name:literal, $title:literal, $need:expr, $input:ty, $run:path) => {
        Command {
            name: $name,
            title: $title,
            need: $need,
            schema: || schema_for!($input),
            run: |call| Box::pin($run(call)) as Answer,
        }
    };
}

pub(crate) const COMMANDS: &[Command] = &[
    command!("protection.file", "支援措置の申出を受け付ける", (Create, PROTECTION), RawProtection, file),
    command!(
        "protection.forwarded",
        "転送された支援措置を受け付ける",
        (Create, PROTECTION),
        RawProtection,
        forwarded
    ),
    command!("protection.extend", "支援措置を1年延長する", (Change, PROTECTION), One, extend),
    command!("protection.confirm", "仮支援措置を支援措置にする", (Change, PROTECTION), One, confirm),
    command!("protection.forward", "ほかの市町村への転送を記録する", (Change, PROTECTION), Forward, forward),
    command!("protection.link", "申出の人を住民票の人と確かめる", (Change, PROTECTION), Link, link),
    command!("protection.end", "支援措置を終了する", (Change, PROTECTION), End, end),
    command!("protection.release", "1回だけ解除する", (Approve, PROTECTION), Release, release),
    command!("protection.list", "支援措置の一覧を見る", (Read, PROTECTION), Listed, list),
    command!("protection.attempts", "試みの一覧を見る", (Read, PROTECTION), Since, attempts),
    command!("lock.put", "抑止を設定する", (Change, LOCK), Put, put),
    command!("lock.end", "抑止を終了する", (Change, LOCK), EndLock, end_lock),
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct One {
    protection: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Forward {
    protection: String,
    /// 転送先の市町村.
    to: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    protection: String,
    /// 宛名番号 or id.
    person: String,
    /// Position of the party, from 0 (the applicant); without it the person is somebody else (別人).
    position: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct End {
    protection: String,
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Release {
    protection: String,
    /// 宛名番号 or id.
    person: String,
    /// Key of the document, for example resident_copy.
    document: String,
    /// The counter when nothing is said.
    channel: Option<Channel>,
    requester: String,
    reason: String,
    /// 10 when nothing is said, at most 60.
    minutes: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// The measures that a person has ended.
    #[serde(default)]
    ended: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Since {
    /// How many days back; 31 when nothing is said.
    #[serde(default)]
    days: i64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Put {
    /// 宛名番号 or id of a person.
    person: Option<String>,
    household: Option<String>,
    act: LockAct,
    level: LockLevel,
    /// Today when nothing is said.
    from: Option<String>,
    to: Option<String>,
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EndLock {
    lock: String,
    reason: String,
}

fn parse<K>(text: &str) -> Result<base::Id<K>, Refused> {
    text.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))
}

fn rule(message: String, detail: Value) -> Refused {
    Refused::Rule { message, detail }
}

fn refused(refusal: ProtectionRefusal) -> Refused {
    let message = refusal.to_string();
    match refusal {
        ProtectionRefusal::Db(error) => Refused::Db(error),
        ProtectionRefusal::NotYours => Refused::Forbidden,
        ProtectionRefusal::Wrong(wrong) => rule(message, json!(wrong)),
        _ => rule(message, Value::Null),
    }
}

fn not_locked(refusal: LockRefusal) -> Refused {
    match refusal {
        LockRefusal::Db(error) => Refused::Db(error),
        other => rule(other.to_string(), Value::Null),
    }
}

/// Runs an act in a transaction of its own.
async fn act<T: Send + 'static>(
    call: &Call,
    act: impl Fn(&mut Tx<'_>, &Caller) -> Result<T, ProtectionRefusal> + Send + 'static,
) -> Result<T, Refused> {
    let caller = call.caller();
    let done = call.site.inside().write(caller.actor.municipality, move |tx| act(tx, &caller));
    done.await.map_err(refused)
}

async fn file(call: Call) -> Result<Value, Refused> {
    let raw: RawProtection = call.read()?;
    let id = act(&call, move |tx, by| register::file_protection(tx, by, &raw)).await?;
    Ok(json!({ "protection": id }))
}

async fn forwarded(call: Call) -> Result<Value, Refused> {
    let raw: RawProtection = call.read()?;
    if raw.forwarded_from.trim().is_empty() {
        return Err(Refused::Input("forwarded_from に転送元の市町村を入れてください".to_owned()));
    }
    let id = act(&call, move |tx, by| register::file_protection(tx, by, &raw)).await?;
    Ok(json!({ "protection": id }))
}

async fn extend(call: Call) -> Result<Value, Refused> {
    let id: ProtectionId = parse(&call.read::<One>()?.protection)?;
    let end = act(&call, move |tx, by| register::extend_protection(tx, by, id)).await?;
    Ok(json!({ "ends_on": end.to_string() }))
}

async fn confirm(call: Call) -> Result<Value, Refused> {
    let id: ProtectionId = parse(&call.read::<One>()?.protection)?;
    act(&call, move |tx, by| register::confirm_protection(tx, by, id)).await?;
    Ok(json!({ "state": "in_force" }))
}

async fn forward(call: Call) -> Result<Value, Refused> {
    let input: Forward = call.read()?;
    let id: ProtectionId = parse(&input.protection)?;
    act(&call, move |tx, by| register::forward_protection(tx, by, id, &input.to)).await?;
    Ok(json!({ "forwarded": true }))
}

async fn link(call: Call) -> Result<Value, Refused> {
    let input: Link = call.read()?;
    let id: ProtectionId = parse(&input.protection)?;
    act(&call, move |tx, by| {
        let person = person(tx, &input.person)?;
        register::link_protection(tx, by, id, input.position, person)
    })
    .await?;
    Ok(json!({ "linked": true }))
}

async fn end(call: Call) -> Result<Value, Refused> {
    let input: End = call.read()?;
    let id: ProtectionId = parse(&input.protection)?;
    act(&call, move |tx, by| register::end_protection(tx, by, id, &input.reason)).await?;
    Ok(json!({ "state": "ended" }))
}

async fn release(call: Call) -> Result<Value, Refused> {
    let input: Release = call.read()?;
    let protection: ProtectionId = parse(&input.protection)?;
    let until = act(&call, move |tx, by| {
        let new = NewRelease {
            protection,
            person: person(tx, &input.person)?,
            document: input.document.clone(),
            channel: input.channel.unwrap_or(Channel::Counter),
            requester: input.requester.clone(),
            reason: input.reason.clone(),
            minutes: input.minutes.unwrap_or(RELEASE_MINUTES),
        };
        register::release(tx, by, &new)
    })
    .await?;
    Ok(json!({ "until": until.to_string() }))
}

fn shut() -> Refused {
    rule(REFUSED.to_owned(), Value::Null)
}

async fn list(call: Call) -> Result<Value, Refused> {
    let input: Listed = call.read()?;
    let found = call
        .look(Purpose("支援措置の一覧"), move |looking| register::protections(looking, input.ended));
    let measures: Found<Vec<Protection>> = found.await.map_err(|e: DbError| Refused::Db(e))?;
    let today = call.site.inside().clock().today();
    let rows: Vec<Value> = measures
        .open()
        .ok_or_else(shut)?
        .iter()
        .map(|one| {
            json!({
                "protection": one.id,
                "applicant": one.applicant().map(|party| party.told.name()),
                "persons": one.shielded(),
                "state": one.state,
                "standing": one.standing(today),
                "starts_on": one.starts_on.to_string(),
                "ends_on": one.ends_on.to_string(),
                "forwarded_from": one.forwarded_from,
                "forwarded_to": one.forwarded_to,
                "matched": is_matched(one),
                "notice": register::due(one, today).map(|due| due.title()),
            })
        })
        .collect();
    Ok(json!({ "rows": rows }))
}

async fn attempts(call: Call) -> Result<Value, Refused> {
    let input: Since = call.read()?;
    let since = since(call.site.inside().clock().now(), input.days);
    let read = call.look(Purpose("試みの一覧"), move |looking| found(looking, since));
    let (attempts, residents) = read.await.map_err(|e: DbError| Refused::Db(e))?.open().ok_or_else(shut)?;
    let rows: Vec<Value> = attempts
        .iter()
        .map(|one| {
            let named = residents.iter().filter(|resident| one.persons.contains(&resident.person));
            json!({
                "at": one.at.to_string(),
                "by": one.by,
                "office": one.section,
                "what": one.what,
                "remark": one.remark,
                "path": one.path,
                "persons": one.persons,
                "names": named.map(|resident| resident.name.whole()).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({ "rows": rows }))
}

async fn put(call: Call) -> Result<Value, Refused> {
    let input: Put = call.read()?;
    let household = input.household.as_deref().map(parse).transpose()?;
    let today = call.site.inside().clock().today();
    let day = |text: Option<&str>| {
        let read = text.map(|text| base::parse_date(text, today)).transpose();
        read.map_err(|doubt| Refused::Input(doubt.to_string()))
    };
    let (from, to) = (day(input.from.as_deref())?.unwrap_or(today), day(input.to.as_deref())?);
    let caller = call.caller();
    let done = call.site.inside().write(caller.actor.municipality, move |tx| {
        let who = match &input.person {
            Some(typed) => Some(person(tx, typed).map_err(|_| LockRefusal::Nobody)?),
            None => None,
        };
        let reason = input.reason.clone();
        let lock = NewLock { person: who, household, act: input.act, level: input.level, from, to, reason };
        register::put_lock(tx, &caller, &lock)
    });
    Ok(json!({ "lock": done.await.map_err(not_locked)? }))
}

async fn end_lock(call: Call) -> Result<Value, Refused> {
    let input: EndLock = call.read()?;
    let id = parse(&input.lock)?;
    let caller = call.caller();
    let done = call
        .site
        .inside()
        .write(caller.actor.municipality, move |tx| register::end_lock(tx, &caller, id, &input.reason));
    done.await.map_err(not_locked)?;
    Ok(json!({ "ended": true }))
}
