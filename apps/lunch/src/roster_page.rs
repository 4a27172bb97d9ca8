//! 給食の名簿: who eats where from when, newest first.
use axum::extract::Query;
use base::{FiscalYear, PersonId, wareki};
use identity::Action::List;
use identity::{Looking, Purpose};
use maud::{Markup, html};
use register::{Resident, Shown};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused, View};

use crate::pupil::{Pupil, grade_in, list};

const PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Asked {
    /// From 1.
    page: i64,
}

/// A pupil with the name that the register holds now.
struct Line {
    pupil: Pupil,
    resident: Resident,
}

/// The pupils of this fiscal year: those who entered at most eight years ago.
fn present(
    looking: &mut Looking<'_, '_>,
    year: FiscalYear,
    page: i64,
) -> Result<(i64, Vec<Line>), db::DbError> {
    let (total, pupils) = list(looking.tx(), (FiscalYear(year.0 - 8), year), page, PAGE)?;
    let ids: Vec<PersonId> = pupils.iter().map(|pupil| pupil.person).collect();
    let mut residents = register::present(looking, &ids)?;
    let lines = pupils
        .into_iter()
        .filter_map(|pupil| {
            let at = residents.iter().position(|resident| resident.person == pupil.person)?;
            Some(Line { pupil, resident: residents.swap_remove(at) })
        })
        .collect();
    Ok((total, lines))
}

pub(crate) async fn roster(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let page = asked.page.clamp(1, 2000);
    let year = FiscalYear::of(desk.site.inside().clock().today());
    let (total, lines) =
        desk.look(Purpose("給食の名簿"), move |looking| present(looking, year, page - 1)).await?;
    Ok(markup(&desk, total, page, &lines, year))
}

const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "氏名", width: ui::Width::Name, sort: None },
    ui::Column { label: "フリガナ", width: ui::Width::Kana, sort: None },
    ui::Column { label: "学年", width: ui::Width::State, sort: None },
    ui::Column { label: "名簿に入った日", width: ui::Width::Date, sort: None },
    ui::Column { label: "住所", width: ui::Width::Address, sort: None },
    ui::Column { label: "確認", width: ui::Width::State, sort: None },
];

fn markup(desk: &Desk, total: i64, page: i64, lines: &[Line], year: FiscalYear) -> Markup {
    let rows: Vec<ui::Row> = lines.iter().map(|line| row(line, year)).collect();
    let found = format!("{total}人");
    let heading = format!("給食の名簿　{year}");
    desk.framed(View { title: &heading, part: "学校給食", ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &heading,
            acts: html! { p role="status" { (found) } },
            filter: html! {},
            list: ui::table(ui::Table {
                caption: "給食の名簿",
                columns: &COLUMNS,
                rows: &rows,
                empty: "名簿はまだ空です。住民票に児童・生徒が入ると、ここに並びます",
                keys: true,
            }),
            detail: None,
            pages: ui::pagination(ui::Pagination {
                page: u32::try_from(page).unwrap_or(1),
                page_size: u32::try_from(PAGE).unwrap_or(50),
                total: u32::try_from(total).unwrap_or(u32::MAX),
                unit: "人",
                href_prefix: "/lunch?page=",
            }),
        })
    })
}

fn grade(line: &Line, year: FiscalYear) -> String {
    grade_in(line.pupil.entry, year).map_or_else(String::new, |grade| grade.to_string())
}

fn row(line: &Line, year: FiscalYear) -> ui::Row {
    let resident = &line.resident;
    let cells = vec![
        ui::name(&resident.name.family, &resident.name.given),
        ui::kana(&resident.name.whole_kana()),
        html! { (grade(line, year)) },
        html! { (wareki(line.pupil.since)) },
        html! { @match resident.address() { Shown::Open(address) => (address), Shown::Withheld => (ui::withheld()) } },
        html! { @if line.pupil.needs_check { (ui::tag(ui::Tag::Warn, "要確認")) } },
    ];
    ui::Row { cells, selected: false }
}

pub(crate) const COMMAND: Command = Command {
    name: "lunch.roster",
    title: "給食の名簿を見る",
    need: (List, crate::ROSTER),
    schema: || schema_for!(Asked),
    run: |call| Box::pin(command(call)) as Answer,
};

async fn command(call: Call) -> Result<Value, Refused> {
    let asked: Asked = call.read()?;
    let year = FiscalYear::of(call.site.inside().clock().today());
    let (total, lines) = call
        .look(Purpose("給食の名簿"), move |looking| present(looking, year, (asked.page - 1).max(0)))
        .await?;
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "person": line.resident.person,
                "name": line.resident.name.whole(),
                "grade": grade(line, year),
                "since": line.pupil.since.to_string(),
                "needs_check": line.pupil.needs_check,
            })
        })
        .collect();
    Ok(json!({ "total": total, "rows": rows }))
}
