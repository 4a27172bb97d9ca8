//! The commands for `fujidana act`: the same functions as the pages.
use base::Date;
use db::{DbError, Tx};
use identity::Action::{Administer, Approve, Change, Create, List};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Refused};

use crate::count::{self, Day};
use crate::figures::{CITY_BANDS, Figures, TownRow, band_labels};
use crate::record::kept;
use crate::refusal::Refusal;
use crate::{OPEN_DATA, STATISTICS, catalogue, keep, threshold};

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "statistics.count",
        title: "ある日の人口を数える",
        need: (Create, STATISTICS),
        schema: || schema_for!(On),
        run: |call| Box::pin(count_day(call)) as Answer,
    },
    Command {
        name: "statistics.show",
        title: "数えた日の人口を見る",
        need: (List, STATISTICS),
        schema: || schema_for!(On),
        run: |call| Box::pin(show(call)) as Answer,
    },
    Command {
        name: "statistics.publish",
        title: "数えた日の人口を公開する",
        need: (Approve, STATISTICS),
        schema: || schema_for!(On),
        run: |call| Box::pin(publish(call)) as Answer,
    },
    Command {
        name: "statistics.threshold",
        title: "町ごとの数を表示しない下限を、ある日から変える",
        need: (Administer, STATISTICS),
        schema: || schema_for!(Threshold),
        run: |call| Box::pin(set_threshold(call)) as Answer,
    },
    Command {
        name: "open_data.import",
        title: "公共施設か避難所の表を取り込む",
        need: (Change, OPEN_DATA),
        schema: || schema_for!(Import),
        run: |call| Box::pin(import(call)) as Answer,
    },
    Command {
        name: "open_data.list",
        title: "公開しているデータの目録を見る",
        need: (List, OPEN_DATA),
        schema: || schema_for!(Nothing),
        run: |call| Box::pin(list(call)) as Answer,
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct On {
    /// 調査年月日, `2026-11-30`; to count: today, to show: the newest, where it is left out.
    #[serde(default)]
    on: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Threshold {
    from: String,
    /// Smaller figures are not told.
    smallest_shown: i64,
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Import {
    /// `facilities` or `shelters`.
    dataset: String,
    /// The file's text, its columns named in the first row.
    csv: String,
    /// 出典, where the city did not make the data.
    #[serde(default)]
    source: String,
}

fn day_of(text: &str) -> Result<Date, Refused> {
    text.parse().map_err(|_| Refused::Input(format!("{text}: 日付は 2026-11-30 のように書きます")))
}

fn told(day: &Day) -> Value {
    json!({
        "on": day.as_of.to_string(), "persons": day.persons, "households": day.households,
        "published": day.published_at.is_some(),
    })
}

async fn count_day(call: Call) -> Result<Value, Refused> {
    let On { on } = call.read()?;
    let on = on.map(|on| day_of(&on)).transpose()?.unwrap_or_else(|| call.site.inside().clock().today());
    let day = count::count(&call.site, Some(call.caller()), on).await?;
    Ok(told(&day))
}

async fn show(call: Call) -> Result<Value, Refused> {
    let On { on } = call.read()?;
    let on = on.map(|on| day_of(&on)).transpose()?;
    let read = move |tx: &mut Tx<'_>| count::chosen(tx, on, false);
    let city = call.site.city().id;
    let count = call.site.inside().read(city, read).await?.ok_or(Refusal::Unknown)?;
    let figures = &count.figures;
    let mut shown = told(&count.day);
    shown["men"] = figures.of_sex(base::Sex::Male).into();
    shown["women"] = figures.of_sex(base::Sex::Female).into();
    shown["bands"] = bands(figures);
    shown["smallest_shown"] = count.smallest.into();
    let town = |row: &TownRow| {
        json!({
            "name": row.name(city), "persons": row.total(), "men": row.men, "women": row.women,
            "households": row.households,
        })
    };
    shown["towns"] = figures.towns(count.smallest).iter().map(town).collect();
    Ok(shown)
}

fn bands(figures: &Figures) -> Value {
    let (men, women) =
        (figures.bands(base::Sex::Male, CITY_BANDS), figures.bands(base::Sex::Female, CITY_BANDS));
    let one =
        |((label, men), women): ((String, i64), i64)| json!({ "ages": label, "men": men, "women": women });
    band_labels(CITY_BANDS).into_iter().zip(men).zip(women).map(one).collect()
}

async fn publish(call: Call) -> Result<Value, Refused> {
    let On { on } = call.read()?;
    let on = day_of(&on.ok_or_else(|| Refused::Input("on: 公開する日を書きます".to_owned()))?)?;
    let caller = call.caller();
    let act = move |tx: &mut Tx<'_>| -> Result<(), Refusal> {
        count::publish(tx, caller.actor.account, on)?;
        Ok(count::note(tx, &caller, "人口統計の公開", &on.to_string())?)
    };
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn set_threshold(call: Call) -> Result<Value, Refused> {
    let Threshold { from, smallest_shown, reason } = call.read()?;
    let (from, caller) = (day_of(&from)?, call.caller());
    let act = move |tx: &mut Tx<'_>| threshold::set(tx, &caller, from, smallest_shown, &reason);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

async fn import(call: Call) -> Result<Value, Refused> {
    let Import { dataset, csv, source } = call.read()?;
    let set =
        kept(&dataset).ok_or_else(|| Refused::Input("dataset: facilities か shelters です".to_owned()))?;
    let (caller, city) = (call.caller(), call.site.city().clone());
    let act = move |tx: &mut Tx<'_>| keep::import(tx, &caller, &city, set, &source, &csv);
    let records = call.site.inside().write_bulk(call.site.city().id, act).await?;
    Ok(json!({ "records": records }))
}

async fn list(call: Call) -> Result<Value, Refused> {
    let Nothing {} = call.read()?;
    let sample = call.site.is_sample();
    let read = move |tx: &mut Tx<'_>| catalogue::entries(tx, sample);
    let entries = call
        .site
        .inside()
        .read(call.site.city().id, read)
        .await
        .map_err(|error: DbError| Refused::Db(error))?;
    Ok(catalogue::dcat(&call.site, &entries))
}
