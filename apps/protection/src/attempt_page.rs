//! 試みの一覧: who tried to get at what is shut, when, from which office.
use axum::extract::Query;
use base::{At, PersonId, wareki_short};
use db::DbError;
use identity::{Looking, Purpose};
use maud::{Markup, html};
use register::{Attempt, Found, Resident};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::PART;
use crate::list_page::opened;

/// Days that the page goes back unless told otherwise.
const DAYS: i64 = 31;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    days: i64,
}

const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "いつ", width: ui::Width::Date, sort: None },
    ui::Column { label: "だれが", width: ui::Width::Name, sort: None },
    ui::Column { label: "課", width: ui::Width::Kana, sort: None },
    ui::Column { label: "なにを", width: ui::Width::Kana, sort: None },
    ui::Column { label: "だれの", width: ui::Width::Name, sort: None },
    ui::Column { label: "くわしく", width: ui::Width::Address, sort: None },
];

/// Attempts, with those whom they were about.
pub(crate) type Tried = (Vec<Attempt>, Vec<Resident>);

/// The attempts since a moment.
pub(crate) fn found(looking: &mut Looking<'_, '_>, since: At) -> Result<Found<Tried>, DbError> {
    let attempts = match register::attempts(looking, since)? {
        Found::Open(attempts) => attempts,
        Found::Absent => return Ok(Found::Absent),
        Found::Refused => return Ok(Found::Refused),
    };
    let mut persons: Vec<PersonId> =
        attempts.iter().flat_map(|attempt| attempt.persons.iter().copied()).collect();
    persons.sort_unstable();
    persons.dedup();
    let residents = register::present(looking, &persons)?;
    Ok(Found::Open((attempts, residents)))
}

/// The first moment of the list.
pub(crate) fn since(now: At, days: i64) -> At {
    let days = if days < 1 { DAYS } else { days.min(3660) };
    now.plus_seconds(-days * 86_400)
}

pub(crate) async fn attempts(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let since = since(desk.site.inside().clock().now(), asked.days);
    let read = desk.look(Purpose("試みの一覧"), move |looking| found(looking, since));
    let (attempts, residents) = opened(read.await.map_err(|e: DbError| PageError::from(e))?)?;
    let rows: Vec<ui::Row> = attempts.iter().map(|attempt| row(attempt, &residents)).collect();
    let heading = "試みの一覧";
    Ok(desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { p.fd-acts { (ui::link("/protections", "支援措置の一覧")) } },
            filter: html! {},
            list: ui::table(ui::Table {
                caption: heading,
                columns: &COLUMNS,
                rows: &rows,
                empty: "止められた発行や照会はありません",
                keys: true,
            }),
            detail: None,
            pages: html! {},
        })
    }))
}

fn row(attempt: &Attempt, residents: &[Resident]) -> ui::Row {
    let (hour, minute) = attempt.at.hour_minute();
    let names: Vec<&Resident> =
        residents.iter().filter(|resident| attempt.persons.contains(&resident.person)).collect();
    let cells = vec![
        html! { (wareki_short(attempt.at.date())) " " (hour) ":" (format!("{minute:02}")) },
        html! { (attempt.by) },
        html! { (attempt.section) },
        html! { (attempt.what) },
        html! { @for one in names { (ui::name(&one.name.family, &one.name.given)) br; } },
        html! { @if !attempt.remark.is_empty() { (attempt.remark) br; } span.fd-kana { (attempt.path) "　" (attempt.terminal) } },
    ];
    ui::Row { cells, selected: false }
}
