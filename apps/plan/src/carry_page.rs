//! 引継ぎ: which measure of the next plan goes on with which of the one before, and which are new.
use axum::extract::Query;
use db::DbError;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::PART;
use crate::list_page::state;
use crate::register::{self, Measure, Plan};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The plan that ended.
    plan: String,
}

type Carried = Vec<(String, String, String, String)>;
type Known = (Plan, Vec<Measure>, Plan, Vec<Measure>, Carried);

pub(crate) async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        let mut plans = register::plans(tx)?;
        plans.reverse();
        let at = plans.iter().position(|plan| plan.id == asked.plan).unwrap_or(plans.len().saturating_sub(2));
        let (Some(from), Some(to)) = (plans.get(at), plans.get(at + 1)) else {
            return Ok::<Option<Known>, DbError>(None);
        };
        let measures = (register::list(tx, &from.id)?, register::list(tx, &to.id)?);
        let carried = register::carried(tx, &from.id)?;
        Ok(Some((from.clone(), measures.0, to.clone(), measures.1, carried)))
    });
    let (from, old, to, new, carried) = read.await?.ok_or(PageError::NotFound)?;
    let columns = [
        ui::Column { label: &from.title, width: ui::Width::Address, sort: None },
        ui::Column { label: "検証の結果", width: ui::Width::Kana, sort: None },
        ui::Column { label: "引継ぎ", width: ui::Width::Date, sort: None },
        ui::Column { label: &to.title, width: ui::Width::Address, sort: None },
    ];
    let rows: Vec<ui::Row> = old.iter().map(|one| row(one, &from, &to, &new, &carried)).collect();
    let fresh: Vec<&Measure> =
        new.iter().filter(|one| !carried.iter().any(|(_, _, code, _)| *code == one.code)).collect();
    let heading = "計画から計画への引継ぎ";
    let list = html! {
        (ui::table(ui::Table { caption: heading, columns: &columns, rows: &rows, empty: "引継ぎはありません", keys: true }))
        h2 { "新しく加わった施策 " (fresh.len()) "件" }
        ul.fd-links { @for one in fresh { li { (one.code) " " (way(&to, one)) } } }
    };
    Ok(desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: ui::back_link("/plan", "計画に戻る"),
            filter: html! {},
            list,
            detail: None,
            pages: html! {},
        })
    }))
}

fn way(plan: &Plan, measure: &Measure) -> Markup {
    ui::link(&format!("/plan/{}/{}", plan.id, measure.code), &measure.name)
}

fn row(one: &Measure, from: &Plan, to: &Plan, new: &[Measure], carried: &Carried) -> ui::Row {
    let goes: Vec<_> =
        carried.iter().filter(|(code, plan, ..)| *code == one.code && *plan == to.id).collect();
    let reasons: Vec<&str> = goes.iter().map(|(.., reason)| reason.as_str()).collect();
    let cells = vec![
        html! { (one.code) " " (way(from, one)) },
        state(one),
        html! { @if reasons.is_empty() { "終了" } @else { (reasons.join("、")) } },
        html! {
            @for (_, _, code, _) in &goes {
                @if let Some(next) = new.iter().find(|next| next.code == *code) { div { (code) " " (way(to, next)) } }
            }
        },
    ];
    ui::Row { cells, selected: false }
}
