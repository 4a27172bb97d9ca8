//! A measure: its state with the history, the years of the plan beside each other, what it cost and saved.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::{DbError, Tx};
use identity::Action::Change;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;
use web::{Desk, PageError, View};

use crate::catalogue::capabilities;
use crate::charts::charts;
use crate::list_page::{CURRENT, refused, running, state};
use crate::refusal::Refusal;
use crate::register::{self, Measure, Plan, RawStatus, Status, year_text};
use crate::report::{Report, newest, reports};
use crate::{PART, PLAN};

type Known = (Plan, Measure, Vec<Report>, HashMap<i64, String>);

pub(crate) async fn show(
    desk: Desk,
    Path((plan, code)): Path<(String, String)>,
) -> Result<Markup, PageError> {
    page(&desk, (plan, code), &RawStatus::default(), &[]).await
}

async fn page(
    desk: &Desk,
    (plan, code): (String, String),
    typed: &RawStatus,
    wrong: &[(&'static str, String)],
) -> Result<Markup, PageError> {
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        let Some((plan, measure)) = register::find(tx, &plan, &code)? else {
            return Ok::<Option<Known>, DbError>(None);
        };
        let schedule = register::schedule(tx, &plan.id, &code)?;
        let reports = reports(tx, &plan.id, Some(&code))?;
        Ok(Some((plan, measure, reports, schedule)))
    });
    let (plan, measure, reports, schedule) = read.await?.ok_or(PageError::NotFound)?;
    let heading = format!("{} {}", measure.code, measure.name);
    let list = html! {
        h2 { "年度ごと" }
        (years(&plan, &measure, &reports, &schedule))
        h2 { "費用と効果" }
        (charts(&plan, &measure.code, |year| newest(&reports, year)))
        h2 { "進捗状況の変更" }
        (history(&measure))
        @if desk.may(Change, PLAN) {
            (status_form(desk, &plan, &measure, typed, wrong))
            (schedule_form(desk, &plan, &measure))
        }
    };
    let view = View { title: &heading, part: PART, has_errors: !wrong.is_empty(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &heading,
            acts: ui::back_link(&format!("/plan?plan={}", plan.id), "施策の一覧に戻る"),
            filter: html! { (summary(wrong)) (facts(desk, &plan, &measure)) },
            list,
            detail: None,
            pages: html! {},
        })
    }))
}

pub(crate) fn summary(wrong: &[(&'static str, String)]) -> Markup {
    let item =
        |(id, message): &(&str, String)| ui::ErrorItem { id: (*id).to_owned(), message: message.clone() };
    ui::error_summary(&wrong.iter().map(item).collect::<Vec<_>>())
}

/// The box as it was typed, with what is wrong with it.
pub(crate) fn input(text: &str, name: &str, wrong: &[(&'static str, String)]) -> ui::Input {
    let error = wrong.iter().find(|(field, _)| *field == name).map(|(_, message)| message.clone());
    ui::Input { text: text.to_owned(), error }
}

fn facts(desk: &Desk, plan: &Plan, measure: &Measure) -> Markup {
    let fact = |label, value| ui::Fact { label, value, act: None };
    let mut facts = vec![
        fact("基本施策", html! { (measure.policy) }),
        fact("担当課", html! { (measure.offices().collect::<Vec<_>>().join("、")) }),
        fact("内容", html! { (measure.aim) }),
        fact("進捗状況", state(measure)),
    ];
    facts.retain(|fact| !fact.value.0.is_empty());
    if plan.id == CURRENT {
        let list = capabilities(&measure.code);
        let shown = html! {
            (running(desk, &measure.code))
            ul { @for (sentence, shown) in list { li { (if shown { "● " } else { "○ " }) (sentence) } } }
        };
        facts.push(fact("ここで動くもの", shown));
    }
    ui::summary_list(&facts)
}

fn years(plan: &Plan, measure: &Measure, reports: &[Report], schedule: &HashMap<i64, String>) -> Markup {
    let all: Vec<i64> = (plan.first_year..=plan.last_year).collect();
    let names: Vec<String> = all.iter().map(|year| year_text(*year)).collect();
    let mut columns = vec![ui::Column { label: "項目", width: ui::Width::State, sort: None }];
    columns.extend(names.iter().map(|name| ui::Column {
        label: name,
        width: ui::Width::Address,
        sort: None,
    }));
    let line = |label: &str, cell: &dyn Fn(i64) -> Markup| ui::Row {
        cells: std::iter::once(html! { (label) }).chain(all.iter().map(|year| cell(*year))).collect(),
        selected: false,
    };
    let figure = |label, unit: &'static str, pick: fn(&Report) -> Option<i64>| {
        line(label, &|year| {
            let value = newest(reports, year).and_then(pick);
            html! { @if let Some(value) = value { (ui::chart::grouped(value)) (unit) } @else { "—" } }
        })
    };
    let way = |year: i64| format!("/plan/{}/{}/reports/{year}", plan.id, measure.code);
    let rows = [
        line("年次計画", &|year| html! { (schedule.get(&year).map_or("—", String::as_str)) }),
        line("報告", &|year| match newest(reports, year) {
            Some(report) => ui::link(&way(year), &report.stage_text()),
            None => ui::link(&way(year), "まだありません"),
        }),
        line("成果", &|year| html! { (newest(reports, year).map_or("—", |one| one.result.as_str())) }),
        figure("費用", "円", |one| Some(one.cost)),
        figure("減った時間", "時間", |one| one.hours),
        figure("利用者", "人", |one| one.users),
        figure("1人あたり", "円", Report::yen_per_user),
        figure("1時間あたり", "円", Report::yen_per_hour),
    ];
    ui::table(ui::Table { caption: "年度ごと", columns: &columns, rows: &rows, empty: "", keys: false })
}

fn history(measure: &Measure) -> Markup {
    let moments: Vec<ui::Moment> = measure
        .changes
        .iter()
        .map(|change| ui::Moment {
            when: ui::wareki(change.on),
            what: change.status.title(),
            detail: html! {
                (change.reason)
                @if !change.merged_into.is_empty() { "（" (change.merged_into) "に統合）" }
            },
            who: "",
            href: None,
        })
        .collect();
    ui::timeline(&moments)
}

fn status_form(
    desk: &Desk,
    plan: &Plan,
    measure: &Measure,
    typed: &RawStatus,
    wrong: &[(&'static str, String)],
) -> Markup {
    let action = format!("/plan/{}/{}/status", plan.id, measure.code);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        label: Some("進捗状況を変える"),
        ..Default::default()
    };
    let choices: Vec<ui::Choice> = Status::ALL
        .iter()
        .map(|one| ui::Choice { value: one.key(), label: one.title(), ..Default::default() })
        .collect();
    html! {
        h2 { "進捗状況を変える" }
        (ui::form(frame, html! {
            (ui::radio_group(ui::RadioGroup {
                name: "status", legend: "進捗状況", input: &input(&typed.status, "status", wrong), choices: &choices,
                inline: true, ..Default::default()
            }))
            (ui::text_field(ui::TextField {
                name: "merged_into", label: "統合先の番号", hint: Some("統合のときだけ。例：2-1-1"),
                input: &input(&typed.merged_into, "merged_into", wrong), width: 8, ..Default::default()
            }))
            (ui::text_field(ui::TextField {
                name: "reason", label: "理由", input: &input(&typed.reason, "reason", wrong), ..Default::default()
            }))
            (ui::date_field(ui::DateField {
                name: "decided_on", label: "決めた日", input: &input(&typed.decided_on, "decided_on", wrong),
                ..Default::default()
            }))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "進捗状況を変える", ..Default::default() }, ..Default::default()
            }))
        }))
    }
}

fn schedule_form(desk: &Desk, plan: &Plan, measure: &Measure) -> Markup {
    let action = format!("/plan/{}/{}/schedule", plan.id, measure.code);
    let frame =
        ui::Form {
            action: &action, csrf: desk.csrf(), label: Some("年次計画を書く"), ..Default::default()
        };
    let years: Vec<(String, String)> =
        (plan.first_year..=plan.last_year).map(|year| (year.to_string(), year_text(year))).collect();
    let choices: Vec<ui::Choice> =
        years.iter().map(|(value, label)| ui::Choice { value, label, ..Default::default() }).collect();
    html! {
        h2 { "年次計画を書く" }
        (ui::form(frame, html! {
            (ui::select_field(ui::SelectField {
                name: "year", label: "年度", choices: &choices, ..Default::default()
            }))
            (ui::text_field(ui::TextField { name: "content", label: "この年度に行うこと", ..Default::default() }))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { kind: ui::Kind::Outline, label: "年次計画を書く", ..Default::default() },
                ..Default::default()
            }))
        }))
    }
}

pub(crate) async fn status_sent(
    desk: Desk,
    Path((plan, code)): Path<(String, String)>,
    Form(raw): Form<RawStatus>,
) -> Result<Response, PageError> {
    let (caller, of, typed) = (desk.caller(), (plan.clone(), code.clone()), raw.clone());
    let act = move |tx: &mut Tx<'_>| register::set_status(tx, &caller, (&of.0, &of.1), &raw);
    match desk.site.inside().write(desk.site.city().id, act).await {
        Ok(()) => Ok(Redirect::to(&format!("/plan/{plan}/{code}")).into_response()),
        Err(Refusal::Fields(wrong)) => {
            let page = page(&desk, (plan, code), &typed, &wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(refusal) => Err(refused(refusal)),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawSchedule {
    year: String,
    content: String,
}

pub(crate) async fn schedule_sent(
    desk: Desk,
    Path((plan, code)): Path<(String, String)>,
    Form(raw): Form<RawSchedule>,
) -> Result<Redirect, PageError> {
    let way = format!("/plan/{plan}/{code}");
    let year: i64 = raw.year.parse().map_err(|_| PageError::NotFound)?;
    let caller = desk.caller();
    let act =
        move |tx: &mut Tx<'_>| register::set_schedule(tx, &caller, (&plan, &code), (year, &raw.content));
    desk.site.inside().write(desk.site.city().id, act).await.map_err(refused)?;
    Ok(Redirect::to(&way))
}
