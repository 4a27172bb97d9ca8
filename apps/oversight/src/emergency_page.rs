//! 緊急時の権限: asking, approving, ending.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::At;
use db::DbError;
use identity::Action::{Approve, Create};
use identity::break_glass::{Ask, MOST_MINUTES};
use identity::{AccountId, BreakGlass, BreakGlassId, BreakGlassState};
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, Submission};

use crate::BREAK_GLASS;
use crate::emergency::{approve, ask, end, lately, offered};
use crate::layout::{Listing, listed, main_act, moment, refusal};
use crate::line::Names;
use crate::refusal::Refusal;
use crate::review_page::role_title;

const PATH: &str = "/break-glass";
const DAYS: i64 = 30;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    role: String,
    reason: String,
    minutes: String,
}

pub(crate) async fn show(desk: Desk) -> Result<Markup, PageError> {
    page(&desk, &Sent::default(), None).await
}

async fn page(desk: &Desk, sent: &Sent, wrong: Option<&str>) -> Result<Markup, PageError> {
    let (own, all) = (desk.actor().account, desk.may(Approve, BREAK_GLASS));
    let found: Result<(Vec<BreakGlass>, Names), DbError> = desk
        .site
        .inside()
        .read(desk.site.city().id, move |tx| {
            let mut uses = lately(tx, DAYS)?;
            uses.retain(|one| all || one.account == own);
            let names = Names::of(tx, uses.iter().flat_map(concerned))?;
            Ok((uses, names))
        })
        .await;
    let (uses, names) = found?;
    let now = desk.site.inside().clock().now();
    let rows: Vec<ui::Row> = uses.iter().map(|one| row(desk, one, &names, now)).collect();
    Ok(listed(
        desk,
        Listing {
            heading: "緊急時の権限",
            acts: html! {},
            filter: html! {
                (refusal(wrong))
                p {
                    "災害などで担当の職員が来られないとき、ほかの役割を" (MOST_MINUTES)
                    "分まで使えます。別の職員の承認が要り、その間の操作はすべて記録され、監査委員事務局が確かめます。"
                }
                @if desk.may(Create, BREAK_GLASS) { (form(desk, sent)) }
            },
            list: ui::table(ui::Table {
                caption: "申請と使用",
                columns: &COLUMNS,
                rows: &rows,
                empty: "この30日間にはありません",
                keys: false,
            }),
            pages: html! {},
        },
    ))
}

/// Everybody whose name stands in a row.
pub(crate) fn concerned(one: &BreakGlass) -> impl Iterator<Item = AccountId> + use<> {
    [Some(one.account), one.approved_by, one.acknowledged_by].into_iter().flatten()
}

const COLUMNS: [ui::Column<'static>; 7] = [
    ui::Column { label: "申請", width: ui::Width::Date, sort: None },
    ui::Column { label: "職員", width: ui::Width::Name, sort: None },
    ui::Column { label: "役割", width: ui::Width::Number, sort: None },
    ui::Column { label: "理由", width: ui::Width::Address, sort: None },
    ui::Column { label: "承認", width: ui::Width::Name, sort: None },
    ui::Column { label: "終わり", width: ui::Width::Date, sort: None },
    ui::Column { label: "いま", width: ui::Width::Name, sort: None },
];

fn row(desk: &Desk, one: &BreakGlass, names: &Names, now: At) -> ui::Row {
    let state = one.state(now);
    let own = one.account == desk.actor().account;
    let may_approve = desk.may(Approve, BREAK_GLASS);
    let cells = vec![
        html! { (moment(one.asked_at)) },
        html! { (names.clerk(one.account)) },
        html! { (role_title(&desk.site, &one.role)) "　" (one.minutes) "分" },
        html! { (one.reason) },
        html! { @if let Some(by) = one.approved_by { (names.clerk(by)) } },
        html! { @if let Some(end) = one.ends_at { (moment(end)) } },
        html! {
            (ui::tag(ui::Tag::Plain, state.title()))
            @if state == BreakGlassState::Waiting && may_approve && !own {
                (act(desk, one.id, "approval", "承認する"))
            }
            @if matches!(state, BreakGlassState::Waiting | BreakGlassState::Running) && (own || may_approve) {
                (act(desk, one.id, "end", "終える"))
            }
        },
    ];
    ui::Row { cells, selected: false }
}

fn act(desk: &Desk, id: BreakGlassId, what: &str, label: &str) -> Markup {
    let action = format!("{PATH}/{id}/{what}");
    let frame = ui::Form { action: &action, csrf: desk.csrf(), label: Some(label), ..Default::default() };
    ui::form(frame, ui::button(ui::Button { kind: ui::Kind::Outline, label, ..Default::default() }))
}

fn form(desk: &Desk, sent: &Sent) -> Markup {
    let once = Submission::fresh();
    let frame = ui::Form {
        action: PATH,
        csrf: desk.csrf(),
        submission_id: Some(once.as_str()),
        label: Some("緊急時の権限の申請"),
        ..Default::default()
    };
    let roles = offered(desk.site.policy());
    let choices: Vec<ui::Choice> =
        roles.iter().map(|role| ui::Choice { value: role.key, label: role.title, hint: None }).collect();
    ui::form(
        frame,
        html! {
            (ui::select_field(ui::SelectField {
                name: "role", label: "使う役割", choices: &choices, placeholder: Some("選んでください"),
                input: &ui::Input::of(sent.role.as_str()), ..Default::default()
            }))
            (ui::text_field(ui::TextField {
                name: "reason", label: "何が起きたか", hint: Some("例：停電で市民課の職員が来られず、避難所の名簿が要る"),
                input: &ui::Input::of(sent.reason.as_str()), ..Default::default()
            }))
            (ui::text_field(ui::TextField {
                name: "minutes", label: "時間（分）", inputmode: Some("numeric"), width: 4,
                input: &ui::Input::of(sent.minutes.as_str()), ..Default::default()
            }))
            (main_act("申請する"))
        },
    )
}

pub(crate) async fn ask_sent(desk: Desk, Form(sent): Form<Sent>) -> Result<Response, PageError> {
    let minutes = base::half_width(&sent.minutes).trim().parse().unwrap_or(0);
    let asked = Ask { role: sent.role.clone(), reason: sent.reason.clone(), minutes };
    let caller = desk.caller();
    // A second press finds the first ask open, and is told so: it makes nothing twice.
    let act = move |tx: &mut db::Tx<'_>| ask(tx, &caller, &asked).map(drop);
    let done = desk.site.inside().write(desk.site.city().id, act).await;
    answered(&desk, &sent, done).await
}

pub(crate) async fn approval_sent(desk: Desk, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: BreakGlassId = id.parse().map_err(|_| PageError::NotFound)?;
    let caller = desk.caller();
    let act = move |tx: &mut db::Tx<'_>| approve(tx, &caller, id);
    let done = desk.site.inside().write(desk.site.city().id, act).await;
    answered(&desk, &Sent::default(), done).await
}

pub(crate) async fn end_sent(desk: Desk, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: BreakGlassId = id.parse().map_err(|_| PageError::NotFound)?;
    let (caller, may_approve) = (desk.caller(), desk.may(Approve, BREAK_GLASS));
    let act = move |tx: &mut db::Tx<'_>| end(tx, &caller, id, may_approve);
    let done = desk.site.inside().write(desk.site.city().id, act).await;
    answered(&desk, &Sent::default(), done).await
}

async fn answered(desk: &Desk, sent: &Sent, done: Result<(), Refusal>) -> Result<Response, PageError> {
    match done {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(refusal) => {
            let sentence = refusal.sentence()?;
            let page = page(desk, sent, Some(&sentence)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
