//! The desk's commands for `fujidana act`: the same functions as the pages.
use base::{HouseholdId, PersonId};
use identity::Action::{Approve, Change, Create, List, Read};
use identity::Purpose;
use register::{Found, MoveInId, REFUSED, RawMoveIn, Refusal, Resident, Subject};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::certificate::{self, Asked};
use crate::issue::acts;
use crate::letters;
use crate::{CERTIFICATE, MOVE_IN, RECORD, number_page};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "resident.search",
        title: "住民をさがす",
        need: (List, RECORD),
        schema: || schema_for!(Search),
        run: |call| Box::pin(search(call)) as Answer,
    },
    Command {
        name: "household.show",
        title: "世帯を開く",
        need: (Read, RECORD),
        schema: || schema_for!(Open),
        run: |call| Box::pin(show(call)) as Answer,
    },
    Command {
        name: "resident.history",
        title: "住民票の履歴を開く",
        need: (Read, RECORD),
        schema: || schema_for!(History),
        run: |call| Box::pin(history(call)) as Answer,
    },
    Command {
        name: "number.confirm",
        title: "個人番号を確認する",
        need: (Read, register::PERSONAL_NUMBER),
        schema: || schema_for!(number_page::Confirm),
        run: |call| Box::pin(number_page::confirm(call)) as Answer,
    },
    Command {
        name: "move_in.show",
        title: "転入届を開く",
        need: (Read, MOVE_IN),
        schema: || schema_for!(Notice),
        run: |call| Box::pin(show_notice(call)) as Answer,
    },
    Command {
        name: "certificate.issue",
        title: "住民票の写しを作る",
        need: (Read, CERTIFICATE),
        schema: || schema_for!(Copy),
        run: |call| Box::pin(copy(call)) as Answer,
    },
    acts::ISSUE,
    acts::PAPER,
    acts::ELECTRONIC,
    acts::DISPOSE,
    acts::LOG,
    acts::SET,
    acts::SHOW_TILL,
    acts::CLOSE_TILL,
    letters::acts::MAKE,
    letters::acts::RUN,
    letters::acts::SHOW,
    Command {
        name: "move_in.check",
        title: "転入届を確かめる（登録しない）",
        need: (Create, MOVE_IN),
        schema: || schema_for!(RawMoveIn),
        run: |call| Box::pin(check(call)) as Answer,
    },
    Command {
        name: "move_in.provisional",
        title: "転入を仮登録する",
        need: (Create, MOVE_IN),
        schema: || schema_for!(Provisional),
        run: |call| Box::pin(provisional(call)) as Answer,
    },
    Command {
        name: "move_in.final",
        title: "転入を本登録する",
        need: (Approve, MOVE_IN),
        schema: || schema_for!(Decide),
        run: |call| Box::pin(finalize(call)) as Answer,
    },
    Command {
        name: "move_in.discard",
        title: "仮登録の転入届を取りやめる",
        need: (Change, MOVE_IN),
        schema: || schema_for!(Decide),
        run: |call| Box::pin(discard(call)) as Answer,
    },
    Command {
        name: "move_in.followers",
        title: "転入がどの課に届いたかを見る",
        need: (Read, MOVE_IN),
        schema: || schema_for!(Notice),
        run: |call| Box::pin(followers(call)) as Answer,
    },
];

/// `q`: a reading, letters, a birth date or 宛名番号, as in the search box.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    q: String,
    /// From 1.
    #[serde(default)]
    page: i64,
}

/// One of the two.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Open {
    household: Option<String>,
    person: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct History {
    person: String,
}

/// One of household and person, and who asks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Copy {
    household: Option<String>,
    person: Option<String>,
    #[serde(default)]
    requester: String,
    #[serde(default)]
    relation: String,
    #[serde(default)]
    agent: String,
    /// The locks that ask for an answer are answered.
    #[serde(default)]
    acknowledged: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Provisional {
    notice: RawMoveIn,
    /// Codes of the alerts that were thought about.
    #[serde(default)]
    acknowledged: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Decide {
    notice: String,
    /// The version that was looked at; without it the present one.
    version: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Notice {
    notice: String,
}

fn parse<K>(text: &str) -> Result<base::Id<K>, Refused> {
    text.parse().map_err(|e: base::NotAnId| Refused::Input(e.to_string()))
}

fn refused(refusal: Refusal) -> Refused {
    let message = refusal.to_string();
    match refusal {
        Refusal::Db(error) => Refused::Db(error),
        Refusal::Wrong(wrong) => Refused::Rule { message, detail: json!(wrong) },
        Refusal::Unanswered(alerts) => Refused::Rule { message, detail: json!(alerts) },
        _ => Refused::Rule { message, detail: Value::Null },
    }
}

fn told(resident: &Resident) -> Value {
    json!({
        "person": resident.person,
        "person_no": resident.person_no,
        "household": resident.home.open().map(|home| home.household),
        "name": resident.name.whole(),
        "kana": resident.name.whole_kana(),
        "birth": resident.birth.text(),
        "birth_on": resident.birth.as_exact().map(|day| day.to_string()),
        "sex": resident.sex,
        "relationship": resident.relationship.as_str(),
        "address": resident.address().to_string(),
        "resident_since": resident.resident_since.to_string(),
        "version": resident.version_no,
    })
}

async fn search(call: Call) -> Result<Value, Refused> {
    let input: Search = call.read()?;
    let today = call.site.inside().clock().today();
    let Some(query) = register::Query::parse(&input.q, call.site.city().id, today) else {
        return Err(Refused::Input("q が空です".to_owned()));
    };
    let hits = call
        .look(Purpose("住民の検索"), move |looking| {
            register::search(looking, &input.q, &query, (input.page - 1).max(0))
        })
        .await?;
    let marked: Vec<Value> =
        hits.marked.iter().map(|name| json!({ "name": name.whole(), "mark": "窓口責任者へ" })).collect();
    Ok(json!({
        "total": hits.total,
        "rows": hits.rows.iter().map(told).collect::<Vec<_>>(),
        "marked": marked,
        "shielded": hits.shielded,
        "locked": hits.locked,
    }))
}

async fn show(call: Call) -> Result<Value, Refused> {
    let input: Open = call.read()?;
    let household: Option<HouseholdId> = input.household.as_deref().map(parse).transpose()?;
    let person: Option<PersonId> = input.person.as_deref().map(parse).transpose()?;
    let found = call
        .look(Purpose("住民票の照会"), move |looking| match (household, person) {
            (Some(household), _) => register::household_record(looking, household),
            (None, Some(person)) => register::household_of(looking, person),
            (None, None) => Ok::<_, db::DbError>(Found::Absent),
        })
        .await?;
    let household = opened(found, "この世帯は見つかりません")?;
    Ok(json!({
        "household": household.id,
        "household_no": household.household_no,
        "address": household.place.written(&call.site.city().name),
        "members": household.members.iter().map(told).collect::<Vec<_>>(),
    }))
}

fn opened<T>(found: Found<T>, absent: &str) -> Result<T, Refused> {
    let rule = |message: &str| Refused::Rule { message: message.to_owned(), detail: Value::Null };
    match found {
        Found::Open(value) => Ok(value),
        Found::Absent => Err(rule(absent)),
        Found::Refused => Err(rule(REFUSED)),
    }
}

async fn history(call: Call) -> Result<Value, Refused> {
    let person: PersonId = parse(&call.read::<History>()?.person)?;
    let found = call.look(Purpose("住民票の照会"), move |looking| register::versions(looking, person));
    let found = found.await.map_err(|e: db::DbError| Refused::Db(e))?;
    let versions = opened(found, "この人は見つかりません")?;
    let rows: Vec<Value> = versions
        .iter()
        .map(|version| {
            json!({
                "reason": version.reason,
                "effective_on": version.effective_on.to_string(),
                "recorded_by": version.recorded_by,
                "resident": told(&version.resident),
            })
        })
        .collect();
    Ok(json!({ "rows": rows }))
}

async fn show_notice(call: Call) -> Result<Value, Refused> {
    let id: MoveInId = parse(&call.read::<Notice>()?.notice)?;
    let found = call.look(Purpose("転入届の照会"), move |looking| register::notice(looking, id));
    let found = found.await.map_err(|e: db::DbError| Refused::Db(e))?;
    let notice = opened(found, "この届けは見つかりません")?;
    Ok(json!({
        "state": notice.state,
        "version": notice.version,
        "household": notice.household,
        "answers": notice.answers,
    }))
}

async fn copy(call: Call) -> Result<Value, Refused> {
    let input: Copy = call.read()?;
    let subject = match (&input.household, &input.person) {
        (_, Some(person)) => Subject::Person(parse(person)?),
        (Some(household), None) => Subject::Household(parse(household)?),
        (None, None) => return Err(Refused::Input("household か person を入れてください".to_owned())),
    };
    let acknowledged = if input.acknowledged { "1" } else { "" }.to_owned();
    let Copy { requester, relation, agent, .. } = input;
    let asked = Asked { person: String::new(), requester, relation, agent, acknowledged };
    let issued = certificate::issue(&call.site, call.caller(), asked.request(subject)).await?;
    let paper =
        issued.map_err(|refused| Refused::Rule { message: refused.to_string(), detail: Value::Null })?;
    Ok(json!({
        "document": paper.document.title,
        "household_no": paper.household_no,
        "residents": paper.residents.iter().map(told).collect::<Vec<_>>(),
    }))
}

async fn check(call: Call) -> Result<Value, Refused> {
    let raw: RawMoveIn = call.read()?;
    let (today, city) = (call.site.inside().clock().today(), call.site.city().id);
    match register::check(&raw, today, city) {
        Err(wrong) => Ok(json!({ "wrong": wrong })),
        Ok(move_in) => {
            let foresight = register::foresight(&move_in);
            let told: Vec<Value> = call
                .site
                .follow_ups()
                .iter()
                .filter(|f| f.kinds.contains(&foresight.kind))
                .map(|f| json!({ "office": f.office, "fact": (f.foresee)(f, &foresight) }))
                .collect();
            let alerts = call
                .site
                .inside()
                .read(city, move |tx| register::alerts(tx, &move_in))
                .await
                .map_err(Refused::Db)?;
            Ok(json!({ "wrong": [], "alerts": alerts, "followers": told }))
        }
    }
}

async fn provisional(call: Call) -> Result<Value, Refused> {
    let input: Provisional = call.read()?;
    let (actor, at) = (call.actor.clone(), call.site.inside().clock().now());
    let stored = call.site.inside().write(actor.municipality, move |tx| {
        register::provisional(tx, &actor, at, &input.notice, &input.acknowledged)
    });
    Ok(json!({ "notice": stored.await.map_err(refused)?, "version": 1 }))
}

async fn finalize(call: Call) -> Result<Value, Refused> {
    let input: Decide = call.read()?;
    let id: MoveInId = parse(&input.notice)?;
    let (actor, at) = (call.actor.clone(), call.site.inside().clock().now());
    let done = call.site.inside().write(actor.municipality, move |tx| {
        let version = version(tx, id, input.version)?;
        register::finalize(tx, &actor, at, id, version)
    });
    Ok(json!(done.await.map_err(refused)?))
}

async fn discard(call: Call) -> Result<Value, Refused> {
    let input: Decide = call.read()?;
    let id: MoveInId = parse(&input.notice)?;
    let (actor, at) = (call.actor.clone(), call.site.inside().clock().now());
    let done = call.site.inside().write(actor.municipality, move |tx| {
        let version = version(tx, id, input.version)?;
        register::discard(tx, &actor, at, id, version)
    });
    done.await.map_err(refused)?;
    Ok(json!({ "state": "discarded" }))
}

fn version(tx: &mut db::Tx<'_>, id: MoveInId, looked_at: Option<i64>) -> Result<i64, Refusal> {
    match looked_at {
        Some(version) => Ok(version),
        None => Ok(register::notice_head(tx, id)?.ok_or(Refusal::NotFound)?.version),
    }
}

async fn followers(call: Call) -> Result<Value, Refused> {
    let input: Notice = call.read()?;
    let id: MoveInId = parse(&input.notice)?;
    let board = call.site.inside().read(call.site.city().id, move |tx| {
        let event = register::notice_head(tx, id)?.ok_or(Refusal::NotFound)?.event;
        let Some(event) = event else { return Err(Refusal::WrongState("仮登録")) };
        Ok(events::board(tx, event)?)
    });
    let rows: Vec<Value> =
        board.await.map_err(refused)?.iter().map(|floret| floret_told(&call, floret)).collect();
    Ok(json!({ "followers": rows }))
}

fn floret_told(call: &Call, floret: &events::Floret) -> Value {
    let office = call.site.follow_up(&floret.follower).map_or("", |f| f.office);
    let (state, fact, path, micros) = match &floret.state {
        events::State::Waiting => ("waiting", None, None, None),
        events::State::Done { fact, path, micros } => ("done", Some(fact), Some(path), Some(*micros)),
        events::State::Late { trouble, .. } => ("late", Some(trouble), None, None),
        events::State::Stopped { trouble } => ("stopped", Some(trouble), None, None),
        events::State::NoConcern => ("no_concern", None, None, None),
    };
    json!({ "follower": floret.follower, "office": office, "state": state, "fact": fact, "path": path, "micros": micros })
}
