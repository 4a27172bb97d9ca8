//! The measures of a plan, filtered by state, office and words.
use axum::extract::Query;
use axum::response::Redirect;
use db::{DbError, Tx};
use identity::Action::Administer;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::catalogue::runs;
use crate::refusal::Refusal;
use crate::register::{self, Measure, Plan, Status};
use crate::report::{Report, newest, reports};
use crate::{PART, PLAN};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    plan: String,
    status: String,
    q: String,
}

impl Asked {
    fn fits(&self, measure: &Measure) -> bool {
        let now = measure.now();
        let status = match Status::parse(&self.status) {
            None => true,
            Some(Status::Merged) => !now.merged_into.is_empty(),
            Some(status) => status == now.status,
        };
        let words = self.q.split_whitespace();
        let text = [&measure.code, &measure.name, &measure.lead, &measure.related, &measure.aim];
        status && words.into_iter().all(|word| text.iter().any(|part| part.contains(word)))
    }
}

/// The plan that is asked for, else the newest.
pub(crate) fn chosen(plans: &[Plan], asked: &str) -> Option<Plan> {
    plans.iter().find(|plan| plan.id == asked).or(plans.first()).cloned()
}

type Known = (Vec<Plan>, Option<Plan>, Vec<Measure>, Vec<Report>);

pub(crate) async fn list(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let wanted = asked.plan.clone();
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        let plans = register::plans(tx)?;
        let Some(plan) = chosen(&plans, &wanted) else {
            return Ok::<Known, DbError>((plans, None, Vec::new(), Vec::new()));
        };
        let (measures, reports) = (register::list(tx, &plan.id)?, reports(tx, &plan.id, None)?);
        Ok((plans, Some(plan), measures, reports))
    });
    let (plans, plan, measures, reports) = read.await?;
    let Some(plan) = plan else { return Ok(page(&desk, PART, html! {}, html! {}, start(&desk))) };
    let shown: Vec<&Measure> = measures.iter().filter(|measure| asked.fits(measure)).collect();
    let rows: Vec<ui::Row> = shown.iter().map(|measure| row(&desk, &plan, measure, &reports)).collect();
    let list = ui::table(ui::Table {
        caption: "計画の施策",
        columns: &COLUMNS,
        rows: &rows,
        empty: "この条件に合う施策はありません",
        keys: true,
    });
    let acts = html! {
        @for other in plans.iter().filter(|one| one.id != plan.id) {
            (ui::link(&format!("/plan?plan={}", other.id), &other.title))
        }
        (ui::link("/plan/carry-over", "計画から計画への引継ぎ"))
        (ui::link("/public/plan", "公開ページ"))
    };
    let filter = html! { p { (counts(&measures)) } (filter_bar(&plan, &asked, shown.len())) };
    Ok(page(&desk, &plan.title, acts, filter, list))
}

fn page(desk: &Desk, heading: &str, acts: Markup, filter: Markup, list: Markup) -> Markup {
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage { frame, heading, acts, filter, list, detail: None, pages: html! {} })
    })
}

/// 「31の施策: 推進中 13、検討中 9 …」
pub(crate) fn counts(measures: &[Measure]) -> String {
    let count = |status: Status| measures.iter().filter(|one| one.now().status == status).count();
    let counted: Vec<String> = Status::ALL
        .iter()
        .map(|status| (status.title(), count(*status)))
        .filter(|(_, count)| *count > 0)
        .map(|(title, count)| format!("{title} {count}"))
        .collect();
    format!("{}の施策：{}", measures.len(), counted.join("、"))
}

fn filter_bar(plan: &Plan, asked: &Asked, found: usize) -> Markup {
    ui::filter_bar(ui::FilterBar {
        action: "/plan",
        body: html! {
            input type="hidden" name="plan" value=(plan.id);
            label for="status" { "進捗状況" }
            span.fd-select {
                select.fd-input #status name="status" {
                    option value="" { "すべて" }
                    @for status in Status::ALL {
                        option value=(status.key()) selected[asked.status == status.key()] { (status.title()) }
                    }
                }
            }
            label for="q" { "ことば・課" }
            input.fd-input #q type="text" name="q" value=(asked.q) autocomplete="off" data-width="12";
        },
        found: &format!("{found}件"),
        label: "施策をさがす",
    })
}

const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "番号", width: ui::Width::State, sort: None },
    ui::Column { label: "施策", width: ui::Width::Address, sort: None },
    ui::Column { label: "担当課", width: ui::Width::Kana, sort: None },
    ui::Column { label: "進捗状況", width: ui::Width::State, sort: None },
    ui::Column { label: "最新の報告", width: ui::Width::Name, sort: None },
    ui::Column { label: "ここで動くもの", width: ui::Width::Kana, sort: None },
];

fn row(desk: &Desk, plan: &Plan, measure: &Measure, reports: &[Report]) -> ui::Row {
    let own: Vec<Report> = reports.iter().filter(|one| one.code == measure.code).cloned().collect();
    let last = own.last().and_then(|last| newest(&own, last.year));
    let cells = vec![
        html! { (measure.code) },
        ui::link(&format!("/plan/{}/{}", plan.id, measure.code), &measure.name),
        html! { (measure.lead.replace(';', "、")) },
        state(measure),
        html! { @if let Some(last) = last { (register::year_text(last.year)) " " (last.stage_text()) } @else { "—" } },
        html! { @if plan.id == CURRENT { (running(desk, &measure.code)) } @else { "—" } },
    ];
    ui::Row { cells, selected: false }
}

/// The plan whose codes the apps carry.
pub(crate) const CURRENT: &str = "2019";

/// The app of a measure, if this viewer may open it, and how much of it runs.
pub(crate) fn running(desk: &Desk, code: &str) -> Markup {
    let app = desk.site.apps().iter().find(|app| app.measure == Some(code));
    let way = app.and_then(|app| app.menu.iter().find(|item| desk.may(item.need.0, item.need.1)));
    html! {
        @match way {
            Some(item) => (ui::link(item.href, runs(code).title())),
            None => (runs(code).title()),
        }
    }
}

pub(crate) fn state(measure: &Measure) -> Markup {
    let now = measure.now();
    html! {
        (ui::tag(ui::Tag::Plain, now.status.title()))
        @if !now.merged_into.is_empty() { " " (now.merged_into) "に統合" }
    }
}

fn start(desk: &Desk) -> Markup {
    html! {
        (ui::empty_state("計画はまだ取り込まれていません", None))
        @if desk.may(Administer, PLAN) {
            @let frame = ui::Form { action: "/plan/loading", csrf: desk.csrf(), ..Default::default() };
            (ui::form(frame, ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "公表された計画を取り込む", ..Default::default() }, ..Default::default()
            })))
        }
    }
}

pub(crate) async fn load(desk: Desk) -> Result<Redirect, PageError> {
    let caller = desk.caller();
    let act = move |tx: &mut Tx<'_>| -> Result<(), Refusal> {
        let new = register::load(tx, caller.actor.account)?;
        Ok(register::note(tx, &caller, "計画の取り込み", &format!("{new}"))?)
    };
    desk.site.inside().write(desk.site.city().id, act).await.map_err(refused)?;
    Ok(Redirect::to("/plan"))
}

/// The page of a refusal that no form can put right.
pub(crate) fn refused(refusal: Refusal) -> PageError {
    match refusal {
        Refusal::Db(error) => error.into(),
        Refusal::Unknown => PageError::NotFound,
        Refusal::Forbidden | Refusal::Rule(_) | Refusal::Fields(_) => PageError::Forbidden,
    }
}
