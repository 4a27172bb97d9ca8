//! A report as a page and as a command.
use axum::extract::{Path, Query};
use identity::Action::List;
use identity::Purpose;
use identity::log::SignIns;
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;
use web::{Answer, Call, Command, Desk, PageError, Refused};

use crate::LOG;
use crate::layout::{Listing, cells, line_table, listed, moment, pages, period_bar, person, refusal};
use crate::line::Names;
use crate::period::Period;
use crate::report::{Found, Report, Rows, make};
use crate::unusual::Often;

const PURPOSE: Purpose = Purpose("監査の報告");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    from: String,
    to: String,
    page: i64,
}

pub(crate) async fn report(
    desk: Desk,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let report = Report::of_key(&key).ok_or(PageError::NotFound)?;
    let today = desk.site.inside().clock().today();
    let page = asked.page.clamp(1, 2000);
    let (period, wrong) = match Period::read(&asked.from, &asked.to, today) {
        Ok(period) => (period, None),
        Err(refusal) => (Period::last_month(today), Some(refusal.sentence()?)),
    };
    let found = desk.look(PURPOSE, move |looking| make(looking, report, period, page - 1)).await?;
    Ok(markup(&desk, &found, page, wrong.as_deref()))
}

fn markup(desk: &Desk, found: &Found, page: i64, wrong: Option<&str>) -> Markup {
    let action = format!("/oversight/reports/{}", found.report.key());
    let count = format!("{}件", found.total);
    let unknown = unknown(found);
    let listing = Listing {
        heading: found.report.title(),
        acts: ui::back_link("/oversight", "監査に戻る"),
        filter: html! {
            (refusal(wrong))
            p { (found.report.rule(&found.settings)) "。" }
            @if let Some(sentence) = unknown {
                (ui::notice(ui::Notice { tone: ui::Tone::Warn, heading: &sentence, body: html! {} }))
            }
            (period_bar(&action, &found.period, &count))
        },
        list: list(found),
        pages: pages(found.total, page, &format!("{action}?{}&page=", found.period.query()), "件"),
    };
    listed(desk, listing)
}

/// Holidays that are not known are said to be so.
fn unknown(found: &Found) -> Option<String> {
    let (first, last) = (found.unknown_days.first()?, found.unknown_days.last()?);
    Some(format!(
        "{}年から{}年までの祝日は表にないので、平日の祝日は入っていません",
        first.year(),
        last.year()
    ))
}

const NOTHING: &str = "この期間にはありません";

fn list(found: &Found) -> Markup {
    let caption = found.report.title();
    match &found.rows {
        Rows::Lines(lines) => line_table(caption, lines, &found.names, NOTHING),
        Rows::Often(rows) => often_table(caption, rows, &found.names),
        Rows::SignIns(rows) => sign_in_table(caption, rows, &found.names),
        Rows::Near(looks) => {
            let mut columns = vec![
                ui::Column { label: "見た人", width: ui::Width::Name, sort: None },
                ui::Column { label: "間柄", width: ui::Width::State, sort: None },
            ];
            columns.extend(crate::layout::COLUMNS);
            let row = |look: &crate::kin::NearLook| {
                let mut all = vec![person(&look.resident), ui::tag(ui::Tag::Plain, look.nearness.title())];
                all.extend(cells(&look.line, &found.names));
                ui::Row { cells: all, selected: false }
            };
            let rows: Vec<ui::Row> = looks.iter().map(row).collect();
            ui::table(ui::Table { caption, columns: &columns, rows: &rows, empty: NOTHING, keys: true })
        }
    }
}

pub(crate) fn often_table(caption: &str, rows: &[Often], names: &Names) -> Markup {
    let columns = [
        ui::Column { label: "日", width: ui::Width::Date, sort: None },
        ui::Column { label: "職員", width: ui::Width::Name, sort: None },
        ui::Column { label: "1日の数", width: ui::Width::Figure, sort: None },
        ui::Column { label: "60分の最多", width: ui::Width::Figure, sort: None },
    ];
    let row = |one: &Often| {
        let in_hour = one.in_hour.map_or_else(|| "—".to_owned(), |most| most.to_string());
        let cells = vec![
            ui::wareki(one.day),
            html! { (names.clerk(one.account)) },
            html! { (one.count) },
            html! { (in_hour) },
        ];
        ui::Row { cells, selected: false }
    };
    let rows: Vec<ui::Row> = rows.iter().map(row).collect();
    ui::table(ui::Table { caption, columns: &columns, rows: &rows, empty: NOTHING, keys: false })
}

fn sign_in_table(caption: &str, rows: &[SignIns], names: &Names) -> Markup {
    let columns = [
        ui::Column { label: "職員", width: ui::Width::Name, sort: None },
        ui::Column { label: "サインイン", width: ui::Width::Figure, sort: None },
        ui::Column { label: "失敗", width: ui::Width::Figure, sort: None },
        ui::Column { label: "最後のサインイン", width: ui::Width::Date, sort: None },
    ];
    let row = |one: &SignIns| {
        let last = one.last_at.map_or_else(|| "—".to_owned(), moment);
        let cells = vec![
            html! { (names.clerk(one.account)) },
            html! { (one.done) },
            html! { (one.failed) },
            html! { (last) },
        ];
        ui::Row { cells, selected: false }
    };
    let rows: Vec<ui::Row> = rows.iter().map(row).collect();
    ui::table(ui::Table { caption, columns: &columns, rows: &rows, empty: NOTHING, keys: false })
}

/// One report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    report: Report,
    /// Days, in any form; both empty: last month.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// From 1, 50 rows each.
    #[serde(default)]
    page: i64,
}

pub(crate) const COMMAND: Command = Command {
    name: "oversight.report",
    title: "操作ログの報告を見る",
    need: (List, LOG),
    schema: || schema_for!(Question),
    run: |call| Box::pin(command(call)) as Answer,
};

async fn command(call: Call) -> Result<Value, Refused> {
    let question: Question = call.read()?;
    let period = Period::read(&question.from, &question.to, call.site.inside().clock().today())?;
    let page = question.page.max(1) - 1;
    let found = call.look(PURPOSE, move |looking| make(looking, question.report, period, page)).await?;
    Ok(found.json())
}
