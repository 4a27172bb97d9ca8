//! The report of one year: its form, what it says, and the round that confirms it.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::wareki_short;
use db::{DbError, Tx};
use identity::Action::Create;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::list_page::refused;
use crate::measure_page::{input, summary};
use crate::refusal::Refusal;
use crate::register::{self, Measure, Plan, year_text};
use crate::report::{self, RawReport, Report, STEPS, Stage, hindrance, is_own, newest, reports};
use crate::{PART, REPORT};

type Of = (String, String, i64);
type Wrong = Vec<(&'static str, String)>;

/// Last parts of the addresses, in the order of the steps.
const WAYS: [&str; 4] = ["section", "office", "committee", "mayor"];

fn named((plan, code, year): (String, String, String)) -> Result<Of, PageError> {
    Ok((plan, code, year.parse().map_err(|_| PageError::NotFound)?))
}

pub(crate) async fn show(desk: Desk, Path(of): Path<(String, String, String)>) -> Result<Markup, PageError> {
    page(&desk, named(of)?, None, &[]).await
}

async fn page(
    desk: &Desk,
    (plan, code, year): Of,
    typed: Option<&RawReport>,
    wrong: &[(&'static str, String)],
) -> Result<Markup, PageError> {
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        let Some((plan, measure)) = register::find(tx, &plan, &code)? else {
            return Ok::<Option<(Plan, Measure, Vec<Report>)>, DbError>(None);
        };
        let reports = reports(tx, &plan.id, Some(&measure.code))?;
        Ok(Some((plan, measure, reports)))
    });
    let (plan, measure, reports) = read.await?.ok_or(PageError::NotFound)?;
    if !(plan.first_year..=plan.last_year).contains(&year) {
        return Err(PageError::NotFound);
    }
    let way = format!("/plan/{}/{}", plan.id, measure.code);
    let report = newest(&reports, year);
    let heading = format!("{} {}の報告", measure.name, year_text(year));
    let waits = report.is_some_and(|one| matches!(one.stage(), Stage::Waits(_)));
    let list = html! {
        @if let Some(report) = report {
            (facts(report))
            h2 { "確認と承認" }
            (steps(report))
            (decide(desk, &measure, report, &format!("{way}/reports/{year}"), wrong))
        } @else {
            p { "この年度の報告はまだありません。" }
        }
        @if !waits && desk.may(Create, REPORT) && is_own(&desk.caller(), &measure) {
            (form(desk, &format!("{way}/reports/{year}"), report, typed, wrong))
        }
    };
    let view = View { title: &heading, part: PART, has_errors: !wrong.is_empty(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &heading,
            acts: ui::back_link(&way, "施策に戻る"),
            filter: summary(wrong),
            list,
            detail: None,
            pages: html! {},
        })
    }))
}

fn facts(report: &Report) -> Markup {
    let fact = |label, value| ui::Fact { label, value, act: None };
    let count = |value: Option<i64>, unit: &str| {
        html! {
            @if let Some(value) = value { (ui::chart::grouped(value)) (unit) } @else { "わかりません" }
        }
    };
    ui::summary_list(&[
        fact("状態", ui::tag(ui::Tag::Plain, &report.stage_text())),
        fact("実施した内容", html! { (report.done) }),
        fact("成果", html! { (report.result) }),
        fact("今後の取り組み", html! { (report.next_step) }),
        fact("費用", count(Some(report.cost), "円")),
        fact("減った時間", count(report.hours, "時間")),
        fact("利用者", count(report.users, "人")),
        fact("1人あたりの費用", count(report.yen_per_user(), "円")),
        fact("1時間あたりの費用", count(report.yen_per_hour(), "円")),
        fact(
            "報告",
            html! { (report.section) " " (wareki_short(report.at.date())) " 第" (report.version) "版" },
        ),
    ])
}

/// Each step with what became of it: words, not colours.
fn steps(report: &Report) -> Markup {
    let waits = match report.stage() {
        Stage::Waits(step) => Some(step),
        Stage::Returned | Stage::Approved => None,
    };
    html! {
        ol {
            @for (i, (who, _)) in STEPS.iter().enumerate() {
                li {
                    (who) "　"
                    @match report.decisions.get(i) {
                        Some(decision) => {
                            (if decision.approved { "確かめました" } else { "差し戻しました" })
                            "（" (decision.section) " " (wareki_short(decision.at.date())) "）"
                            @if !decision.note.is_empty() { "　" (decision.note) }
                        },
                        None if waits == Some(i) => (ui::tag(ui::Tag::Plain, "確認待ち")),
                        None => "まだ",
                    }
                }
            }
        }
    }
}

fn decide(
    desk: &Desk,
    measure: &Measure,
    report: &Report,
    way: &str,
    wrong: &[(&'static str, String)],
) -> Markup {
    let Stage::Waits(step) = report.stage() else { return html! {} };
    match hindrance(&desk.caller(), measure, report) {
        Some(Refusal::Rule(sentence)) => return html! { p { (sentence) "。" } },
        Some(_) => return html! {},
        None => {}
    }
    let action = format!("{way}/{}", WAYS[step]);
    let frame =
        ui::Form { action: &action, csrf: desk.csrf(), label: Some("確認と承認"), ..Default::default() };
    let button = |label, value, kind| ui::Button {
        kind,
        label,
        name: Some("decision"),
        value: Some(value),
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            (ui::text_field(ui::TextField {
                name: "note", label: "ひとこと", hint: Some("差し戻すときは理由"), input: &input("", "note", wrong),
                ..Default::default()
            }))
            (ui::submit_row(ui::SubmitRow {
                main: button("確かめて進める", "approve", ui::Kind::Filled),
                second: Some(button("差し戻す", "return", ui::Kind::Outline)),
                ..Default::default()
            }))
        },
    )
}

fn form(
    desk: &Desk,
    way: &str,
    before: Option<&Report>,
    typed: Option<&RawReport>,
    wrong: &[(&'static str, String)],
) -> Markup {
    let figure = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    let raw = typed.cloned().unwrap_or_else(|| {
        before.map_or_else(RawReport::default, |one| RawReport {
            done: one.done.clone(),
            result: one.result.clone(),
            next_step: one.next_step.clone(),
            cost: one.cost.to_string(),
            hours: figure(one.hours),
            users: figure(one.users),
        })
    });
    let field = |name, label, text: &str, width, hint| {
        ui::text_field(ui::TextField {
            name,
            label,
            hint,
            input: &input(text, name, wrong),
            width,
            ..Default::default()
        })
    };
    let frame =
        ui::Form { action: way, csrf: desk.csrf(), label: Some("年次報告"), ..Default::default() };
    html! {
        h2 { @if before.is_some() { "報告を出し直す" } @else { "報告する" } }
        (ui::form(frame, html! {
            (field("done", "実施した内容", &raw.done, 0, None))
            (field("result", "成果", &raw.result, 0, None))
            (field("next_step", "今後の取り組み", &raw.next_step, 0, None))
            (field("cost", "費用（円）", &raw.cost, 12, Some("例：1,200,000")))
            (field("hours", "減った時間", &raw.hours, 8, Some("わからないときは空けておけます")))
            (field("users", "利用者（人）", &raw.users, 8, Some("わからないときは空けておけます")))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "報告を出す", ..Default::default() }, ..Default::default()
            }))
        }))
    }
}

pub(crate) async fn sent(
    desk: Desk,
    Path(of): Path<(String, String, String)>,
    Form(raw): Form<RawReport>,
) -> Result<Response, PageError> {
    let of = named(of)?;
    let (caller, typed, named) = (desk.caller(), raw.clone(), of.clone());
    let act =
        move |tx: &mut Tx<'_>| report::report(tx, &caller, (&named.0, &named.1, named.2), &raw).map(drop);
    let done = desk.site.inside().write(desk.site.city().id, act).await;
    answer(&desk, of, done, Some(&typed)).await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawDecision {
    decision: String,
    note: String,
}

/// The address names the step whose right the guard asked for; the report must wait for that very step.
pub(crate) async fn review_sent(
    desk: Desk,
    Path(of): Path<(String, String, String)>,
    Form(raw): Form<RawDecision>,
) -> Result<Response, PageError> {
    let of = named(of)?;
    let step = WAYS.iter().position(|way| desk.path.ends_with(way)).ok_or(PageError::NotFound)?;
    let (caller, named) = (desk.caller(), of.clone());
    let act = move |tx: &mut Tx<'_>| {
        let of = (named.0.as_str(), named.1.as_str(), named.2);
        let found = reports(tx, of.0, Some(of.1))?;
        match newest(&found, of.2).map(Report::stage) {
            Some(Stage::Waits(waits)) if waits == step => {
                report::review(tx, &caller, of, (raw.decision == "approve", &raw.note))
            }
            // Somebody else was faster: the page shows what became of it.
            _ => Ok(()),
        }
    };
    let done = desk.site.inside().write(desk.site.city().id, act).await;
    answer(&desk, of, done, None).await
}

async fn answer(
    desk: &Desk,
    of: Of,
    done: Result<(), Refusal>,
    typed: Option<&RawReport>,
) -> Result<Response, PageError> {
    let wrong: Wrong = match done {
        Ok(()) => {
            let way = format!("/plan/{}/{}/reports/{}", of.0, of.1, of.2);
            return Ok(Redirect::to(&way).into_response());
        }
        Err(Refusal::Fields(wrong)) => wrong,
        Err(Refusal::Rule(sentence)) => vec![("done", sentence.to_owned())],
        Err(refusal) => return Err(refused(refusal)),
    };
    let page = page(desk, of, typed, &wrong).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
