//! The uses of break-glass rights for the auditor: each with everything that was done meanwhile.
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::At;
use db::DbError;
use identity::Action::{Approve, List};
use identity::break_glass::{self, asked_between};
use identity::log::{Line, Span};
use identity::{BreakGlass, BreakGlassId, BreakGlassState, Looking, Purpose, log};
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused};

use crate::LOG;
use crate::emergency::acknowledge;
use crate::emergency_page::concerned;
use crate::layout::{Listing, line_table, listed, main_act, moment, period_bar, refusal};
use crate::line::{Names, json_of, moment_with_seconds};
use crate::period::Period;
use crate::refusal::Refusal;
use crate::review_page::role_title;

const PURPOSE: Purpose = Purpose("緊急時の権限の使われ方の確認");

/// A use with the rows of the log between its approval and its end.
#[derive(Debug)]
pub(crate) struct Use {
    pub one: BreakGlass,
    pub lines: Vec<Line>,
    pub names: Names,
}

fn read(looking: &mut Looking<'_, '_>, one: BreakGlass) -> Result<Use, DbError> {
    let lines = match (one.approved_at, one.ends_at) {
        (Some(from), Some(to)) => log::marked(looking.tx(), one.account, Span { from, to })?,
        _ => Vec::new(),
    };
    let accounts = concerned(&one).chain(lines.iter().map(|line| line.account));
    let accounts = Names::of(looking.tx(), accounts)?;
    let names = Names::of_lines(looking.tx(), &lines)?.with(accounts);
    looking.note(&format!("緊急時の権限 {}", one.id));
    Ok(Use { one, lines, names })
}

fn uses(looking: &mut Looking<'_, '_>, period: &Period) -> Result<Vec<Use>, DbError> {
    let found = asked_between(looking.tx(), period.begin(), period.end())?;
    found.into_iter().map(|one| read(looking, one)).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    from: String,
    to: String,
}

pub(crate) async fn list(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let today = desk.site.inside().clock().today();
    let (period, wrong) = match Period::read(&asked.from, &asked.to, today) {
        Ok(period) => (period, None),
        Err(refusal) => (Period::last_month(today), Some(refusal.sentence()?)),
    };
    let found: Vec<Use> = desk.look::<_, DbError, _>(PURPOSE, move |looking| uses(looking, &period)).await?;
    let now = desk.site.inside().clock().now();
    let rows: Vec<ui::Row> = found.iter().map(|one| row(&desk, one, now)).collect();
    let count = format!("{}件", found.len());
    Ok(listed(
        &desk,
        Listing {
            heading: "緊急時の権限の使用",
            acts: ui::back_link("/oversight", "監査に戻る"),
            filter: html! {
                (refusal(wrong.as_deref()))
                (period_bar("/oversight/break-glass", &period, &count))
            },
            list: ui::table(ui::Table {
                caption: "緊急時の権限の使用",
                columns: &COLUMNS,
                rows: &rows,
                empty: "この期間にはありません",
                keys: true,
            }),
            pages: html! {},
        },
    ))
}

const COLUMNS: [ui::Column<'static>; 7] = [
    ui::Column { label: "申請", width: ui::Width::Date, sort: None },
    ui::Column { label: "職員", width: ui::Width::Name, sort: None },
    ui::Column { label: "役割", width: ui::Width::Number, sort: None },
    ui::Column { label: "理由", width: ui::Width::Address, sort: None },
    ui::Column { label: "承認", width: ui::Width::Name, sort: None },
    ui::Column { label: "操作", width: ui::Width::Figure, sort: None },
    ui::Column { label: "いま", width: ui::Width::State, sort: None },
];

fn row(desk: &Desk, used: &Use, now: At) -> ui::Row {
    let Use { one, lines, names } = used;
    let cells = vec![
        ui::link(&format!("/oversight/break-glass/{}", one.id), &moment(one.asked_at)),
        html! { (names.clerk(one.account)) },
        html! { (role_title(&desk.site, &one.role)) },
        html! { (one.reason) },
        html! { @if let Some(by) = one.approved_by { (names.clerk(by)) } },
        html! { (lines.len()) },
        html! { (one.state(now).title()) },
    ];
    ui::Row { cells, selected: false }
}

pub(crate) async fn show(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: BreakGlassId = id.parse().map_err(|_| PageError::NotFound)?;
    page(&desk, id, None).await
}

async fn page(desk: &Desk, id: BreakGlassId, wrong: Option<&str>) -> Result<Markup, PageError> {
    let found = desk.look::<Option<Use>, DbError, _>(PURPOSE, move |looking| {
        break_glass::find(looking.tx(), id)?.map(|one| read(looking, one)).transpose()
    });
    let used = found.await?.ok_or(PageError::NotFound)?;
    let state = used.one.state(desk.site.inside().clock().now());
    let facts = facts(desk, &used, state);
    let heading = format!("{}さんの緊急時の権限", used.names.clerk(used.one.account));
    let can_confirm = state == BreakGlassState::Over && desk.may(Approve, LOG);
    Ok(listed(
        desk,
        Listing {
            heading: &heading,
            acts: ui::back_link("/oversight/break-glass", "一覧に戻る"),
            filter: html! { (refusal(wrong)) (ui::summary_list(&facts)) },
            list: html! {
                (line_table("使用中の操作", &used.lines, &used.names, "使用中の操作はありません"))
                @if can_confirm { (form(desk, id)) }
            },
            pages: html! {},
        },
    ))
}

fn facts<'a>(desk: &Desk, used: &Use, state: BreakGlassState) -> Vec<ui::Fact<'a>> {
    let Use { one, names, .. } = used;
    let fact = |label, value| ui::Fact { label, value, act: None };
    vec![
        fact("役割", html! { (role_title(&desk.site, &one.role)) "　" (one.minutes) "分" }),
        fact("理由", html! { (one.reason) }),
        fact("申請", html! { (moment(one.asked_at)) }),
        fact(
            "承認",
            html! {
                @if let (Some(by), Some(at)) = (one.approved_by, one.approved_at) { (names.clerk(by)) "　" (moment(at)) }
            },
        ),
        fact("終わり", html! { @if let Some(at) = one.ends_at { (moment(at)) } }),
        fact("いま", html! { (state.title()) }),
        fact(
            "確認",
            html! {
                @if let (Some(by), Some(at)) = (one.acknowledged_by, one.acknowledged_at) {
                    (names.clerk(by)) "　" (moment(at)) "　" (one.finding.as_deref().unwrap_or_default())
                }
            },
        ),
    ]
}

fn form(desk: &Desk, id: BreakGlassId) -> Markup {
    let action = format!("/oversight/break-glass/{id}/acknowledgement");
    let frame =
        ui::Form {
            action: &action, csrf: desk.csrf(), label: Some("使われ方の確認"), ..Default::default()
        };
    ui::form(
        frame,
        html! {
            (ui::text_field(ui::TextField { name: "finding", label: "確かめたこと", ..Default::default() }))
            (main_act("確認した"))
        },
    )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    finding: String,
}

pub(crate) async fn acknowledgement_sent(
    desk: Desk,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageError> {
    let id: BreakGlassId = id.parse().map_err(|_| PageError::NotFound)?;
    let caller = desk.caller();
    let act = move |tx: &mut db::Tx<'_>| acknowledge(tx, &caller, id, &sent.finding);
    match desk.site.inside().write(desk.site.city().id, act).await {
        Ok(()) => Ok(Redirect::to(&format!("/oversight/break-glass/{id}")).into_response()),
        Err(refusal) => {
            let sentence = refusal.sentence()?;
            let page = page(&desk, id, Some(&sentence)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Which days.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

pub(crate) const LIST_COMMAND: Command = Command {
    name: "oversight.break_glass",
    title: "緊急時の権限の使用を見る",
    need: (List, LOG),
    schema: || schema_for!(Question),
    run: |call| Box::pin(list_command(call)) as Answer,
};

async fn list_command(call: Call) -> Result<Value, Refused> {
    let question: Question = call.read()?;
    let period = Period::read(&question.from, &question.to, call.site.inside().clock().today())?;
    let found: Vec<Use> = call.look::<_, DbError, _>(PURPOSE, move |looking| uses(looking, &period)).await?;
    let now = call.site.inside().clock().now();
    let rows: Vec<Value> = found
        .iter()
        .map(|Use { one, lines, names }| {
            json!({
                "use": one.id, "clerk": names.clerk(one.account), "role": one.role, "reason": one.reason,
                "minutes": one.minutes, "state": one.state(now).title(),
                "approved_by": one.approved_by.map(|by| names.clerk(by)),
                "from": one.approved_at.map(moment_with_seconds), "to": one.ends_at.map(moment_with_seconds),
                "acknowledged_by": one.acknowledged_by.map(|by| names.clerk(by)), "finding": one.finding,
                "rows": lines.iter().map(|line| json_of(line, names)).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({ "rows": rows }))
}

/// What the auditor found.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Finding {
    #[serde(rename = "use")]
    id: String,
    finding: String,
}

pub(crate) const ACKNOWLEDGE: Command = Command {
    name: "oversight.acknowledge",
    title: "緊急時の権限の使われ方を確認する",
    need: (Approve, LOG),
    schema: || schema_for!(Finding),
    run: |call| Box::pin(acknowledge_command(call)) as Answer,
};

async fn acknowledge_command(call: Call) -> Result<Value, Refused> {
    let input: Finding = call.read()?;
    let id: BreakGlassId = input.id.parse().map_err(|_| Refused::from(Refusal::Unknown))?;
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| acknowledge(tx, &caller, id, &input.finding);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}
