//! An issue after the act: numbers, paper, disposal; and the log of a day.
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{At, Date, wareki};
use identity::Action::{Change, Create};
use identity::Purpose;
use maud::{Markup, html};
use register::Resident;
use serde::Deserialize;
use web::{Desk, PageError, View};

use super::asked::{CAPACITIES, FORMS, RawRequest};
use super::disposal::{Disposal, NotDisposed, dispose as dispose_copy};
use super::ledger::{Copy, Issue, Line};
use super::settings::identity_documents;
use super::{IssueId, electronic, ledger};
use crate::{CERTIFICATE, PART};

struct Opened {
    issue: Issue,
    copies: Vec<Copy>,
    residents: Vec<Resident>,
}

async fn opened(desk: &Desk, id: IssueId) -> Result<Opened, PageError> {
    let found = desk.look(Purpose("交付簿の照会"), move |looking| {
        let Some((issue, copies)) = ledger::find(looking.tx(), id)? else { return Ok(None) };
        let persons = ledger::persons(looking.tx(), id)?;
        let residents = register::present(looking, &persons)?;
        Ok::<_, db::DbError>(Some(Opened { issue, copies, residents }))
    });
    found.await?.ok_or(PageError::NotFound)
}

pub(crate) async fn show(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    let opened = opened(&desk, id).await?;
    Ok(page(&desk, &opened, &ui::Input::default()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawDisposal {
    copy: i64,
    how: String,
    reason: String,
}

pub(crate) async fn dispose(
    desk: Desk,
    Path(id): Path<String>,
    Form(raw): Form<RawDisposal>,
) -> Result<Response, PageError> {
    let id: IssueId = id.parse().map_err(|_| PageError::NotFound)?;
    let how = Disposal::of(&raw.how).ok_or(PageError::NotFound)?;
    let (caller, reason) = (desk.caller(), raw.reason.clone());
    let done = desk
        .site
        .inside()
        .write(caller.actor.municipality, move |tx| dispose_copy(tx, &caller, id, raw.copy, how, &reason));
    match done.await {
        Ok(()) | Err(NotDisposed::Already) => Ok(Redirect::to(&format!("/copies/{id}")).into_response()),
        Err(NotDisposed::Absent) => Err(PageError::NotFound),
        Err(NotDisposed::Db(error)) => Err(error.into()),
        Err(wrong @ NotDisposed::Reason) => {
            let opened = opened(&desk, id).await?;
            let page = page(&desk, &opened, &ui::Input::wrong(raw.reason, wrong.to_string()));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn page(desk: &Desk, opened: &Opened, reason: &ui::Input) -> Markup {
    let heading = "住民票の写しを発行しました";
    let id = opened.issue.id;
    let valid = opened.copies.iter().any(Copy::is_valid);
    let view = View { title: heading, part: PART, has_errors: reason.error.is_some(), ..View::default() };
    desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! {
                @if valid && desk.may(Create, CERTIFICATE) {
                    (ui::key_link(&format!("/copies/{id}/paper"), "用紙を開く（PDF）", "Alt P"))
                }
            },
            filter: html! { (ui::error_summary(&ui::errors(&[("reason", reason)]))) },
            list: html! {
                (ui::panel("発行番号", numbers(desk, &opened.copies)))
                (ui::panel("交付の記録", ui::summary_list(&facts(&opened.issue, &opened.residents))))
                (electronic::panel(desk, &opened.issue, &opened.copies))
                @if valid && desk.may(Change, CERTIFICATE) { (disposal_form(desk, id, &opened.copies, reason)) }
                p { (ui::link(&format!("/households/{}", opened.issue.household), "世帯に戻る")) "　"
                    (ui::link("/copies", "きょうの交付簿")) "　" (ui::link("/till", "レジ")) }
            },
            ..Default::default()
        })
    })
}

fn numbers(desk: &Desk, copies: &[Copy]) -> Markup {
    let columns = ["発行番号", "確認コード", "状態"].map(|label| ui::Column { label, ..Default::default() });
    let rows: Vec<ui::Row> = copies
        .iter()
        .map(|copy| ui::Row {
            cells: vec![
                html! { strong { (copy.number(&desk.site.city().name).to_string()) } },
                ui::number(&copy.code),
                html! {
                    @match copy.state.as_str() { "valid" => "有効", "cancelled" => "取消", _ => "廃棄" }
                    @if let Some(reason) = &copy.reason { "　" (reason) }
                    @if let Some(by) = &copy.disposed_by { "（" (by) "）" }
                },
            ],
            selected: false,
        })
        .collect();
    ui::table(ui::Table { caption: "発行番号", columns: &columns, rows: &rows, ..Default::default() })
}

fn title<'a>(pairs: &'a [(&'a str, &'a str)], key: &str) -> &'a str {
    pairs.iter().find(|(known, _)| *known == key).map_or("", |(_, title)| *title)
}

fn facts<'a>(issue: &Issue, residents: &[Resident]) -> Vec<ui::Fact<'a>> {
    let raw: RawRequest = serde_json::from_str(&issue.request).unwrap_or_default();
    let documents = identity_documents(issue.issued_at.date());
    let shown = documents.iter().filter(|one| raw.identity.iter().any(|key| key == one.key));
    let shown: Vec<&str> = shown.map(|one| one.title).collect();
    let names: Vec<String> = residents.iter().map(|one| one.name.whole()).collect();
    let (hour, minute) = issue.issued_at.hour_minute();
    let when = format!("{}　{hour}時{minute:02}分", wareki(issue.issued_at.date()));
    let fee = if issue.official_use { "公用（無料）".to_owned() } else { format!("{}円", issue.fee) };
    let fact = |label, value: String| ui::Fact { label, value: html! { (value) }, act: None };
    let mut facts = vec![
        fact("対象", names.join("、")),
        fact("様式", title(&FORMS, &raw.form).to_owned()),
        fact(
            "表示した項目",
            if issue.items.is_empty() {
                "なし（すべて省略）".to_owned()
            } else {
                issue.items.clone()
            },
        ),
        fact("請求者", format!("{}（{}）", raw.name, title(&CAPACITIES, &raw.capacity))),
        fact("使いみち", raw.purpose.clone()),
        fact("本人確認", shown.join("、")),
        fact("手数料", fee),
        fact("発行", format!("{when}　{}　{}", issue.section, issue.account_name)),
    ];
    if !raw.agent.is_empty() {
        facts.push(fact("代理人", raw.agent.clone()));
    }
    if !raw.evidence.is_empty() {
        facts.push(fact("確かめた書類", raw.evidence));
    }
    facts
}

fn disposal_form(desk: &Desk, id: IssueId, copies: &[Copy], reason: &ui::Input) -> Markup {
    let action = format!("/copies/{id}/disposal");
    let values: Vec<(String, String)> = copies
        .iter()
        .filter(|copy| copy.is_valid())
        .map(|copy| (copy.no.to_string(), copy.number(&desk.site.city().name).to_string()))
        .collect();
    let choices: Vec<ui::Choice<'_>> =
        values.iter().map(|(value, label)| ui::Choice { value, label, hint: None }).collect();
    let first = values.first().map_or("", |(value, _)| value.as_str());
    let how = [
        ui::Choice { value: "cancelled", label: "取消（返してもらった）", hint: None },
        ui::Choice { value: "destroyed", label: "廃棄（書き損じ、印刷の失敗）", hint: None },
    ];
    ui::panel(
        "用紙を取り消す",
        ui::form(
            ui::Form {
                action: &action,
                csrf: desk.csrf(),
                label: Some("用紙を取り消す"),
                ..Default::default()
            },
            html! {
                (ui::select_field(ui::SelectField {
                    name: "copy", label: "発行番号", input: &ui::Input::of(first), choices: &choices, ..Default::default()
                }))
                (ui::radio_group(ui::RadioGroup {
                    name: "how", legend: "どうするか", input: &ui::Input::of("cancelled"), choices: &how, inline: true,
                    ..Default::default()
                }))
                (ui::text_field(ui::TextField { name: "reason", label: "理由", input: reason, width: 24, ..Default::default() }))
                p { "番号は使ったままになり、手数料はきょうのレジから戻ります。" }
                p { (ui::button(ui::Button { kind: ui::Kind::Outline, label: "取り消す", ..Default::default() })) }
            },
        ),
    )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Day {
    on: String,
}

pub(crate) async fn day(desk: Desk, Query(day): Query<Day>) -> Result<Markup, PageError> {
    let today = desk.site.inside().clock().today();
    let on: Date = day.on.parse().unwrap_or(today);
    let lines = desk.site.inside().read(desk.site.city().id, move |tx| ledger::of_day(tx, on));
    let lines = lines.await.map_err(|e: db::DbError| PageError::from(e))?;
    Ok(list(&desk, on, &lines))
}

fn list(desk: &Desk, on: Date, lines: &[Line]) -> Markup {
    let heading = format!("交付簿　{}", wareki(on));
    let column = |label, width| ui::Column { label, width, sort: None };
    let columns = [
        column("時刻", ui::Width::Age),
        column("番号", ui::Width::Number),
        column("項目", ui::Width::Address),
        column("通数", ui::Width::Figure),
        column("手数料（円）", ui::Width::Figure),
        column("発行した人", ui::Width::Name),
    ];
    let rows: Vec<ui::Row> = lines
        .iter()
        .map(|line| {
            let (hour, minute) = At::from_micros(line.at).hour_minute();
            ui::Row {
                cells: vec![
                    html! { (hour) ":" (format!("{minute:02}")) },
                    ui::link(
                        &format!("/copies/{}", line.issue),
                        &format!("{} {:03}", line.terminal, line.first_serial),
                    ),
                    html! { (title(&FORMS, &line.form)) "　" (line.items)
                    @if line.disposed > 0 { "　取消・廃棄 " (line.disposed) "通" } },
                    html! { (line.copies) },
                    html! { @if line.official_use { "公用" } @else { (line.fee) } },
                    html! { (line.by) },
                ],
                selected: false,
            }
        })
        .collect();
    let view = View { title: &heading, part: PART, ..View::default() };
    desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &heading,
            acts: html! { (ui::link("/till", "レジを締める")) },
            list: ui::table(ui::Table {
                caption: "交付簿",
                columns: &columns,
                rows: &rows,
                empty: "この日の発行はまだありません",
                keys: true,
            }),
            ..Default::default()
        })
    })
}
