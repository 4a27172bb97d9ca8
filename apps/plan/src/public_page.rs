//! The plan for everybody: no sign-in, no script, nobody's name; reports that went through every step alone.
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use db::DbError;
use maud::{Markup, html};
use web::{PageError, Site};

use crate::charts::charts;
use crate::list_page::{counts, state};
use crate::register::{self, Measure, Plan, year_text};
use crate::report::{Report, approved, reports};

struct Known {
    plan: Plan,
    measures: Vec<Measure>,
    reports: Vec<Report>,
}

impl Known {
    fn of(&self, code: &str) -> Vec<Report> {
        self.reports.iter().filter(|one| one.code == code).cloned().collect()
    }
}

/// Every plan, the newest first.
async fn known(site: &Site) -> Result<Vec<Known>, DbError> {
    let read = site.inside().read(site.city().id, |tx| {
        let plans = register::plans(tx)?.into_iter();
        plans
            .map(|plan| {
                let (measures, reports) = (register::list(tx, &plan.id)?, reports(tx, &plan.id, None)?);
                Ok::<Known, DbError>(Known { plan, measures, reports })
            })
            .collect::<Result<Vec<Known>, DbError>>()
    });
    read.await
}

pub(crate) async fn show(site: Site) -> Result<Markup, PageError> {
    let known = known(&site).await?;
    let main = html! {
        h1 { "情報化推進計画の進みぐあい" }
        @if known.is_empty() { p { "公開している計画はまだありません。" } }
        @else { p { (ui::link("/public/plan.csv", "表をCSVで受けとる")) } }
        @for one in &known { (plan(one)) }
    };
    let city = site.city();
    Ok(ui::public_page(ui::PublicPage {
        page: ui::Page {
            title: "情報化推進計画の進みぐあい",
            city: &city.name,
            bands: site.bands(),
            ..Default::default()
        },
        main,
        footer: html! { p { (city.name) "　総務課" } },
        names: false,
    }))
}

fn plan(known: &Known) -> Markup {
    let plan = &known.plan;
    html! {
        h2 { (plan.title) }
        p { (year_text(plan.first_year)) "から" (year_text(plan.last_year)) "まで。" (counts(&known.measures)) "。" }
        @for measure in &known.measures {
            @let own = known.of(&measure.code);
            details {
                summary { (measure.code) " " (measure.name) " " (state(measure)) }
                @if !measure.aim.is_empty() { p { (measure.aim) } }
                @if !measure.lead.is_empty() { p { "担当 " (measure.offices().collect::<Vec<_>>().join("、")) } }
                p { (measure.now().reason) "（" (ui::wareki(measure.now().on)) "）" }
                (results(plan, &measure.code, &own))
            }
        }
    }
}

fn results(plan: &Plan, code: &str, own: &[Report]) -> Markup {
    let years = plan.first_year..=plan.last_year;
    let found: Vec<&Report> = years.filter_map(|year| approved(own, year)).collect();
    html! {
        @for report in &found {
            h3 { (year_text(report.year)) }
            p { (report.done) }
            @if !report.result.is_empty() { p { (report.result) } }
        }
        @if !found.is_empty() {
            (charts(plan, code, |year| approved(own, year)))
        }
    }
}

pub(crate) async fn csv(site: Site) -> Result<Response, PageError> {
    let mut out = String::from(
        "\u{feff}計画,番号,施策,担当課,進捗状況,統合先,理由,決めた日,年度,費用（円）,減った時間,利用者,1人あたり（円）\r\n",
    );
    for one in known(&site).await? {
        for measure in &one.measures {
            let (own, now) = (one.of(&measure.code), measure.now());
            let on = now.on.to_string();
            let head = [
                one.plan.title.as_str(),
                &measure.code,
                &measure.name,
                &measure.lead,
                now.status.title(),
                &now.merged_into,
                &now.reason,
                &on,
            ]
            .map(cell)
            .join(",");
            let found: Vec<&Report> =
                (one.plan.first_year..=one.plan.last_year).filter_map(|year| approved(&own, year)).collect();
            if found.is_empty() {
                out.push_str(&format!("{head},,,,,\r\n"));
            }
            for report in found {
                let figure = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
                let (hours, users) = (figure(report.hours), figure(report.users));
                let (year, cost, unit) = (report.year, report.cost, figure(report.yen_per_user()));
                out.push_str(&format!("{head},{year},{cost},{hours},{users},{unit}\r\n"));
            }
        }
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"plan.csv\""),
    ];
    Ok((headers, out).into_response())
}

/// A cell of a CSV file; nothing in it is a formula for a spreadsheet.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
