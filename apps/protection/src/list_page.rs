//! The measures: where each stands, what is due, and who tried lately.
use axum::extract::Query;
use base::{Date, wareki_short};
use db::DbError;
use identity::Purpose;
use maud::{Markup, html};
use register::{Due, Found, Protection};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::PART;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// 「ended」: the measures that a person has ended.
    state: String,
}

/// Names and what is due; the measures themselves are opened one by one.
const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "申出者", width: ui::Width::Name, sort: None },
    ui::Column { label: "状態", width: ui::Width::Address, sort: None },
    ui::Column { label: "はじまり", width: ui::Width::Date, sort: None },
    ui::Column { label: "おわり", width: ui::Width::Date, sort: None },
    ui::Column { label: "併せて", width: ui::Width::State, sort: None },
    ui::Column { label: "お知らせ", width: ui::Width::Kana, sort: None },
];

pub(crate) fn opened<T>(found: Found<T>) -> Result<T, PageError> {
    match found {
        Found::Open(value) => Ok(value),
        Found::Absent => Err(PageError::NotFound),
        Found::Refused => Err(PageError::Shut),
    }
}

pub(crate) async fn list(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let ended = asked.state == "ended";
    let found =
        desk.look(Purpose("支援措置の一覧"), move |looking| register::protections(looking, ended));
    let measures = opened(found.await.map_err(|e: DbError| PageError::from(e))?)?;
    let today = desk.site.inside().clock().today();
    let rows: Vec<ui::Row> = measures.iter().map(|one| row(one, register::due(one, today), today)).collect();
    let heading = if ended { "終了した支援措置" } else { "支援措置" };
    Ok(table(&desk, heading, &rows, "支援措置はいまありません"))
}

/// The letters that are due: a month before the end, and after it.
pub(crate) async fn notices(desk: Desk) -> Result<Markup, PageError> {
    let today = desk.site.inside().clock().today();
    let found = desk.look(Purpose("支援措置の期間のお知らせ"), move |looking| {
        register::lapse_notices(looking, today)
    });
    let due = opened(found.await.map_err(|e: DbError| PageError::from(e))?)?;
    let rows: Vec<ui::Row> = due.iter().map(|(one, why)| row(one, Some(*why), today)).collect();
    Ok(table(&desk, "期間のお知らせ", &rows, "いま知らせることはありません"))
}

fn table(desk: &Desk, heading: &str, rows: &[ui::Row], empty: &str) -> Markup {
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! {
                p.fd-acts {
                    (ui::link("/protections/new", "申出を入力する"))
                    (ui::link("/protections", "いまの支援措置"))
                    (ui::link("/protections/notices", "期間のお知らせ"))
                    (ui::link("/protections/attempts", "試みの一覧"))
                    (ui::link("/protections?state=ended", "終了したもの"))
                }
            },
            filter: html! {},
            list: ui::table(ui::Table { caption: heading, columns: &COLUMNS, rows, empty, keys: true }),
            detail: None,
            pages: html! {},
        })
    })
}

fn row(measure: &Protection, due: Option<Due>, today: Date) -> ui::Row {
    let path = format!("/protections/{}", measure.id);
    let told = measure.applicant().map(|party| &party.told);
    let (family, given) = match told {
        Some(told) if !told.family.is_empty() || !told.given.is_empty() => {
            (told.family.as_str(), told.given.as_str())
        }
        Some(told) => (told.family_kana.as_str(), told.given_kana.as_str()),
        None => ("", ""),
    };
    let joined = measure.parties.iter().filter(|party| party.part == register::Part::Joined).count();
    let cells = vec![
        ui::name_link(&path, family, given),
        html! {
            (measure.standing(today))
            @if !measure.forwarded_from.is_empty() { br; (measure.forwarded_from) "から転送" }
        },
        html! { (wareki_short(measure.starts_on)) },
        html! { (wareki_short(measure.ends_on)) },
        html! { (joined) "人" },
        html! {
            @if let Some(due) = due { (ui::tag(ui::Tag::Warn, due.title())) br; }
            @if !is_matched(measure) { (ui::tag(ui::Tag::Warn, "人の確認がまだです")) }
        },
    ];
    ui::Row { cells, selected: false }
}

/// Everybody whom it names is a person of the register; until then the block goes by name and birth date.
pub(crate) fn is_matched(measure: &Protection) -> bool {
    let mut named = measure.parties.iter().filter(|party| party.part != register::Part::Other);
    named.all(|party| party.person.is_some())
}
