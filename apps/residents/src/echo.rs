//! What the server understood of a box, told beside it while the clerk types.
use axum::Json;
use axum::extract::Query;
use base::{DateDoubt, PartialDate, age_on, parse_date, wareki, weekday};
use serde::Deserialize;
use serde_json::{Value, json};
use web::Desk;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    q: String,
    text: String,
    scope: String,
    birth: String,
}

/// Towns that answer what was typed.
pub(crate) async fn complete(desk: Desk, Query(typed): Query<Typed>) -> Json<Value> {
    let found = if typed.scope == "nation" {
        address::complete_nation(&typed.q, 8)
    } else {
        address::complete(desk.site.city().id, &typed.q, 8)
    };
    let nation = typed.scope == "nation";
    Json(found.iter().map(|one| suggestion(one, nation)).collect())
}

fn suggestion(one: &address::Suggestion, nation: bool) -> Value {
    let postal = one.postal_code.map(|code| code.to_string()).unwrap_or_default();
    let code = one.town.map(|town| format!("{:07}", town.number())).unwrap_or_default();
    let label = if nation { one.whole() } else { one.name.clone() };
    json!({ "code": code, "label": label, "kana": one.kana, "note": postal })
}

/// A date as understood: the day with its weekday, a birth date with the age.
pub(crate) async fn date(desk: Desk, Query(typed): Query<Typed>) -> Json<Value> {
    let today = desk.site.inside().clock().today();
    Json(if typed.birth.is_empty() { day(&typed.text, today) } else { birth(&typed.text, today) })
}

fn day(text: &str, today: base::Date) -> Value {
    match parse_date(text, today) {
        Ok(day) => {
            json!({ "state": "understood", "text": format!("{}（{}）", wareki(day), weekday(day)), "choices": [] })
        }
        Err(doubt) => doubtful(&doubt),
    }
}

fn birth(text: &str, today: base::Date) -> Value {
    match PartialDate::parse(text, today) {
        Ok(birth) => json!({ "state": "understood", "text": birth_text(&birth, today), "choices": [] }),
        Err(doubt) => doubtful(&doubt),
    }
}

/// 「昭和40年3月2日　61歳」
pub(crate) fn birth_text(birth: &PartialDate, today: base::Date) -> String {
    let age = age_on(birth.latest(), today);
    let check = if birth.is_exact() { "" } else { "・要確認" };
    format!("{}　{age}歳{check}", birth.text())
}

fn doubtful(doubt: &DateDoubt) -> Value {
    let choices: Vec<String> = match doubt {
        DateDoubt::WhichEra(days) => days.iter().map(|day| wareki(*day)).collect(),
        DateDoubt::OtherEra { understood } => vec![wareki(*understood)],
        DateDoubt::Empty | DateDoubt::Unreadable | DateDoubt::Impossible(_) => Vec::new(),
    };
    let state = match doubt {
        DateDoubt::Empty => return json!({ "state": "understood", "text": "", "choices": [] }),
        _ if choices.is_empty() => "error",
        _ => "doubtful",
    };
    json!({ "state": state, "text": doubt.to_string(), "choices": choices })
}
