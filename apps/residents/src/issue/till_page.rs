//! レジの締め.
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{At, Date, half_width, wareki};
use identity::Action::Approve;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use super::TILL;
use super::settings::place;
use super::till::{Closing, NotClosed, Sum, close as close_till, closings, open};
use crate::PART;

struct Shown {
    terminal: String,
    on: Date,
    open: Vec<Sum>,
    closed: Vec<Closing>,
}

async fn shown(desk: &Desk) -> Result<Shown, PageError> {
    let (caller, on) = (desk.caller(), desk.site.inside().clock().today());
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        let terminal = place(tx, &caller.terminal)?.terminal;
        let (open, closed) = (open(tx, on, &terminal)?, closings(tx, on, &terminal)?);
        Ok::<_, db::DbError>(Shown { terminal, on, open, closed })
    });
    Ok(read.await?)
}

pub(crate) async fn show(desk: Desk) -> Result<Markup, PageError> {
    let shown = shown(&desk).await?;
    Ok(page(&desk, &shown, &ui::Input::default(), &ui::Input::default()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawClosing {
    counted: String,
    reason: String,
}

/// Yen as people type it: 「1,200円」.
pub(crate) fn yen(text: &str) -> Option<i64> {
    let plain: String =
        half_width(text).chars().filter(|letter| !matches!(letter, ',' | '円' | ' ')).collect();
    plain.parse().ok().filter(|yen| (-100_000_000..=100_000_000).contains(yen))
}

pub(crate) async fn close(desk: Desk, Form(raw): Form<RawClosing>) -> Result<Response, PageError> {
    let Some(counted) = yen(&raw.counted) else {
        let wrong = ui::Input::wrong(raw.counted, "数えた現金を円で入力してください");
        return again(&desk, wrong, ui::Input::of(raw.reason)).await;
    };
    let (caller, reason) = (desk.caller(), raw.reason.clone());
    let on = desk.site.inside().clock().today();
    let done = desk.site.inside().write(caller.actor.municipality, move |tx| {
        let terminal = place(tx, &caller.terminal)?.terminal;
        close_till(tx, &caller.actor.name, on, &terminal, counted, &reason)
    });
    match done.await {
        Ok(_) => Ok(Redirect::to("/till").into_response()),
        Err(NotClosed::Db(error)) => Err(error.into()),
        Err(wrong @ NotClosed::Difference { .. }) => {
            again(&desk, ui::Input::of(raw.counted), ui::Input::wrong(raw.reason, wrong.to_string())).await
        }
        Err(wrong @ NotClosed::Empty) => {
            again(&desk, ui::Input::wrong(raw.counted, wrong.to_string()), ui::Input::of(raw.reason)).await
        }
    }
}

async fn again(desk: &Desk, counted: ui::Input, reason: ui::Input) -> Result<Response, PageError> {
    let shown = shown(desk).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(desk, &shown, &counted, &reason)).into_response())
}

fn kind(code: &str) -> &'static str {
    match code {
        "fee" => "住民票の写し",
        "official" => "住民票の写し（公用）",
        "refund" => "取消・廃棄の返金",
        _ => "訂正",
    }
}

fn page(desk: &Desk, shown: &Shown, counted: &ui::Input, reason: &ui::Input) -> Markup {
    let heading = format!("レジの締め　{}　{}", shown.terminal, wareki(shown.on));
    let errors = ui::errors(&[("counted", counted), ("reason", reason)]);
    let view = View { title: &heading, part: PART, has_errors: !errors.is_empty(), ..View::default() };
    let expected: i64 = shown.open.iter().map(|sum| sum.yen).sum();
    desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &heading,
            filter: html! { (ui::error_summary(&errors)) },
            list: html! {
                (ui::panel("まだ締めていない分", sums(&shown.open, expected)))
                @if desk.may(Approve, TILL) && !shown.open.is_empty() { (closing_form(desk, counted, reason)) }
                (ui::panel("締めた記録", closed(&shown.closed)))
            },
            ..Default::default()
        })
    })
}

fn sums(open: &[Sum], expected: i64) -> Markup {
    let column = |label, width| ui::Column { label, width, sort: None };
    let columns = [
        column("種類", ui::Width::Address),
        column("通数", ui::Width::Figure),
        column("金額（円）", ui::Width::Figure),
    ];
    let mut rows: Vec<ui::Row> = open
        .iter()
        .map(|sum| ui::Row {
            cells: vec![html! { (kind(&sum.kind)) }, html! { (sum.copies) }, html! { (sum.yen) }],
            selected: false,
        })
        .collect();
    if !rows.is_empty() {
        let cells = vec![html! { strong { "計算した現金" } }, html! {}, html! { strong { (expected) } }];
        rows.push(ui::Row { cells, selected: false });
    }
    ui::table(ui::Table {
        caption: "まだ締めていない分",
        columns: &columns,
        rows: &rows,
        empty: "まだ締めていない分はありません",
        keys: false,
    })
}

fn closing_form(desk: &Desk, counted: &ui::Input, reason: &ui::Input) -> Markup {
    ui::panel(
        "締める",
        ui::form(
            ui::Form {
                action: "/till",
                csrf: desk.csrf(),
                label: Some("レジを締める"),
                ..Default::default()
            },
            html! {
                (ui::text_field(ui::TextField {
                    name: "counted", label: "数えた現金（円）", input: counted, inputmode: Some("numeric"), width: 8,
                    ..Default::default()
                }))
                (ui::text_field(ui::TextField {
                    name: "reason", label: "差があるときの理由", input: reason, width: 24, ..Default::default()
                }))
                p { "締めた分は変えられません。あとの発行と返金は、つぎの締めに入ります。" }
                (ui::submit_row(ui::SubmitRow {
                    main: ui::Button { label: "締める", keys: Some("Ctrl Enter"), ..Default::default() },
                    leave: Some(("/copies", "交付簿に戻る")), ..Default::default()
                }))
            },
        ),
    )
}

fn closed(closings: &[Closing]) -> Markup {
    let lines = closings.iter().map(|one| {
        let (hour, minute) = At::from_micros(one.at).hour_minute();
        let difference = one.counted - one.expected;
        (format!("{hour}:{minute:02}"), one, difference)
    });
    html! {
        @if closings.is_empty() { p { "きょうはまだ締めていません" } }
        ul {
            @for (when, one, difference) in lines {
                li {
                    (when) "　計算 " (one.expected) "円　現金 " (one.counted) "円"
                    @if difference != 0 { "　差 " (difference) "円（" (one.reason) "）" }
                    "　" (one.by)
                }
            }
        }
    }
}
