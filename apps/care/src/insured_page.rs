//! 介護保険の被保険者: who is insured from when, newest first.
use axum::extract::Query;
use base::{PersonId, wareki};
use identity::Action::List;
use identity::{Looking, Purpose};
use maud::{Markup, html};
use register::{Resident, Shown};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused, View};

use crate::insured::{Insured, list};

const PAGE: i64 = 50;
const PURPOSE: Purpose = Purpose("介護保険の被保険者");

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Asked {
    /// From 1.
    page: i64,
}

impl Asked {
    fn page(&self) -> i64 {
        self.page.clamp(1, 2000)
    }
}

/// An insured person with the name that the register holds now.
struct Line {
    insured: Insured,
    resident: Resident,
}

fn present(looking: &mut Looking<'_, '_>, page: i64) -> Result<(i64, Vec<Line>), db::DbError> {
    let (total, insured) = list(looking.tx(), page - 1, PAGE)?;
    let ids: Vec<PersonId> = insured.iter().map(|one| one.person).collect();
    let mut residents = register::present(looking, &ids)?;
    let lines = insured
        .into_iter()
        .filter_map(|insured| {
            let at = residents.iter().position(|resident| resident.person == insured.person)?;
            Some(Line { insured, resident: residents.swap_remove(at) })
        })
        .collect();
    Ok((total, lines))
}

pub(crate) async fn insured(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let page = asked.page();
    let (total, lines) = desk.look(PURPOSE, move |looking| present(looking, page)).await?;
    Ok(markup(&desk, total, page, &lines))
}

const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "氏名", width: ui::Width::Name, sort: None },
    ui::Column { label: "フリガナ", width: ui::Width::Kana, sort: None },
    ui::Column { label: "生年月日", width: ui::Width::Date, sort: None },
    ui::Column { label: "資格取得日", width: ui::Width::Date, sort: None },
    ui::Column { label: "住所", width: ui::Width::Address, sort: None },
    ui::Column { label: "確認", width: ui::Width::State, sort: None },
];

fn markup(desk: &Desk, total: i64, page: i64, lines: &[Line]) -> Markup {
    let rows: Vec<ui::Row> = lines.iter().map(row).collect();
    let heading = "介護保険の第1号被保険者";
    desk.framed(View { title: heading, part: "介護保険", ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { p role="status" { (total) "人" } },
            filter: html! {},
            list: ui::table(ui::Table {
                caption: heading,
                columns: &COLUMNS,
                rows: &rows,
                empty: "被保険者はまだいません。住民票に65歳以上の人が入ると、ここに並びます",
                keys: true,
            }),
            detail: None,
            pages: ui::pagination(ui::Pagination {
                page: u32::try_from(page).unwrap_or(1),
                page_size: u32::try_from(PAGE).unwrap_or(50),
                total: u32::try_from(total).unwrap_or(u32::MAX),
                unit: "人",
                href_prefix: "/care?page=",
            }),
        })
    })
}

fn row(line: &Line) -> ui::Row {
    let resident = &line.resident;
    let birth = match resident.birth.as_exact() {
        Some(day) => ui::wareki(day),
        None => html! { (resident.birth.text()) },
    };
    let cells = vec![
        ui::name(&resident.name.family, &resident.name.given),
        ui::kana(&resident.name.whole_kana()),
        birth,
        html! { (wareki(line.insured.acquired_on)) },
        html! { @match resident.address() { Shown::Open(address) => (address), Shown::Withheld => (ui::withheld()) } },
        html! { @if line.insured.needs_check { (ui::tag(ui::Tag::Warn, "要確認")) } },
    ];
    ui::Row { cells, selected: false }
}

pub(crate) const COMMAND: Command = Command {
    name: "care.insured",
    title: "介護保険の被保険者を見る",
    need: (List, crate::INSURED),
    schema: || schema_for!(Asked),
    run: |call| Box::pin(command(call)) as Answer,
};

async fn command(call: Call) -> Result<Value, Refused> {
    let page = call.read::<Asked>()?.page();
    let (total, lines) = call.look(PURPOSE, move |looking| present(looking, page)).await?;
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "person": line.resident.person,
                "name": line.resident.name.whole(),
                "kana": line.resident.name.whole_kana(),
                "birth": line.resident.birth.text(),
                "acquired_on": line.insured.acquired_on.to_string(),
                "needs_check": line.insured.needs_check,
            })
        })
        .collect();
    Ok(json!({ "total": total, "rows": rows }))
}
