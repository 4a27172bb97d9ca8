//! 装置のようす: every check with its state in a word, the copies, and the newest drills.
use axum::response::Redirect;
use backup::{DrillReport, ZoneReport};
use identity::Action::Read;
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use web::health::{Check, Health, State, look_at};
use web::{Answer, Call, Command, Desk, PageError, Refused, View};

use crate::INSTALLATION;

pub(crate) const PATH: &str = "/health";
const HEADING: &str = "装置のようす";

pub(crate) async fn show(desk: Desk) -> Result<Markup, PageError> {
    let health = look_at(&desk.site).await?;
    Ok(markup(&desk, &health))
}

/// 「いま訓練する」: the running program takes it up; asked twice, it drills once.
pub(crate) async fn drill(desk: Desk) -> Redirect {
    if let Some(watch) = desk.site.watch() {
        watch.drill_now.notify_one();
    }
    Redirect::to(PATH)
}

const CHECKS: [ui::Column<'static>; 3] = [
    ui::Column { label: "見たもの", width: ui::Width::Name, sort: None },
    ui::Column { label: "いま", width: ui::Width::State, sort: None },
    ui::Column { label: "くわしく", width: ui::Width::Address, sort: None },
];

const COPIES: [ui::Column<'static>; 5] = [
    ui::Column { label: "区画", width: ui::Width::Name, sort: None },
    ui::Column { label: "最後に届いた", width: ui::Width::Date, sort: None },
    ui::Column { label: "全体をとった", width: ui::Width::Date, sort: None },
    ui::Column { label: "待っている変更", width: ui::Width::Date, sort: None },
    ui::Column { label: "理由", width: ui::Width::Address, sort: None },
];

const DRILLS: [ui::Column<'static>; 4] = [
    ui::Column { label: "訓練した時", width: ui::Width::Date, sort: None },
    ui::Column { label: "結果", width: ui::Width::State, sort: None },
    ui::Column { label: "かかった時間", width: ui::Width::Figure, sort: None },
    ui::Column { label: "くわしく", width: ui::Width::Address, sort: None },
];

fn markup(desk: &Desk, health: &Health) -> Markup {
    let checks: Vec<ui::Row> = health.checks.iter().map(check_row).collect();
    let copies: Vec<ui::Row> = health.copies.iter().map(copy_row).collect();
    let drills: Vec<ui::Row> = health.drills.iter().map(drill_row).collect();
    let table =
        |caption, columns, rows, empty| ui::table(ui::Table { caption, columns, rows, empty, keys: false });
    desk.framed(View { title: HEADING, part: "クラウド・BCP", ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: HEADING,
            acts: html! { p role="status" { (whole(health.state())) } },
            filter: html! {},
            list: html! {
                (table("見たもの", &CHECKS[..], &checks[..], "見るものがありません"))
                h2 { "控え" }
                p { (at_risk(desk, &health.copies)) }
                (table("控え", &COPIES[..], &copies[..], "控えをとっていません"))
                h2 { "復元訓練" }
                p { "控えから別の場所に戻し、すべての表の行数と監査の記録を、もとと比べます。" }
                (table("復元訓練", &DRILLS[..], &drills[..], "まだ訓練していません"))
                @if desk.site.watch().is_some_and(|watch| watch.copies.is_some()) {
                    (ui::form(ui::Form { action: "/health/drill", csrf: desk.csrf(), ..Default::default() }, html! {
                        (ui::button(ui::Button { label: "いま訓練する", ..Default::default() }))
                    }))
                }
            },
            detail: None,
            pages: html! {},
        })
    })
}

/// One sentence for who looks for a second.
fn whole(state: State) -> Markup {
    match state {
        State::Bad => ui::tag(ui::Tag::Error, "すぐに手を打つところがあります"),
        State::Attention => ui::tag(ui::Tag::Warn, "気をつけるところがあります"),
        State::Good | State::Absent => ui::tag(ui::Tag::Plain, "変わりありません"),
    }
}

/// Says plainly what the loss of this machine would cost.
fn at_risk(desk: &Desk, copies: &[ZoneReport]) -> String {
    match (desk.site.watch().and_then(|watch| watch.copies.as_ref()), copies.is_empty()) {
        (Some(running), false) => {
            format!("この装置を失うと、{}の変更が消えます。", running.at_risk())
        }
        _ => "この装置を失うと、すべてが消えます。".to_owned(),
    }
}

fn word(state: State) -> Markup {
    match state {
        State::Bad => ui::tag(ui::Tag::Error, "✕ 手を打つ"),
        State::Attention => ui::tag(ui::Tag::Warn, "▲ 気をつける"),
        State::Good => ui::tag(ui::Tag::Plain, "○ よい"),
        State::Absent => ui::tag(ui::Tag::Plain, "－ なし"),
    }
}

fn check_row(check: &Check) -> ui::Row {
    ui::Row {
        cells: vec![html! { (check.label) }, word(check.state), html! { (check.told) }],
        selected: false,
    }
}

fn copy_row(copy: &ZoneReport) -> ui::Row {
    let zone = match copy.source {
        "inside" => "庁内",
        "portal" => "市民向け",
        _ => "全体（PostgreSQL）",
    };
    let at = |at: Option<base::At>| at.map_or_else(|| "—".to_owned(), |at| at.to_string());
    let waiting = match copy.waiting {
        None => html! { "ありません" },
        Some(waiting) => {
            let text = format!("{}秒前から（{} KB）", waiting.as_secs(), copy.waiting_bytes >> 10);
            if copy.alarm {
                ui::tag(ui::Tag::Error, &format!("✕ {text}"))
            } else {
                html! { (text) }
            }
        }
    };
    let cells = vec![
        html! { (zone) },
        html! { (at(copy.confirmed_at)) },
        html! { (at(copy.whole_at)) },
        waiting,
        html! { (copy.trouble.as_deref().unwrap_or_default()) },
    ];
    ui::Row { cells, selected: false }
}

fn drill_row(drill: &DrillReport) -> ui::Row {
    let passed = if drill.passed {
        ui::tag(ui::Tag::Plain, "○ 戻せました")
    } else {
        ui::tag(ui::Tag::Error, "✕ 失敗")
    };
    let took = drill.ended_at.micros_since(drill.started_at);
    let cells = vec![
        html! { (drill.started_at.to_string()) },
        passed,
        html! { (ui::ms(took)) },
        html! { (drill.told) },
    ];
    ui::Row { cells, selected: false }
}

pub(crate) const COMMAND: Command = Command {
    name: "installation.health",
    title: "装置のようすを見る",
    need: (Read, INSTALLATION),
    schema: || schema_for!(Nothing),
    run: |call| Box::pin(command(call)) as Answer,
};

/// No input.
#[derive(JsonSchema)]
struct Nothing {}

async fn command(call: Call) -> Result<Value, Refused> {
    let health = look_at(&call.site).await?;
    let checks: Vec<Value> = health
        .checks
        .iter()
        .map(|check| json!({ "key": check.key, "state": check.state.word(), "told": check.told }))
        .collect();
    Ok(json!({ "state": health.state().word(), "checks": checks }))
}
