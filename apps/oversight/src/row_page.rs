//! One row of the log, whole: with the persons, the path and the typed conditions.
use axum::extract::Path;
use identity::log::{AccessId, Details, Line};
use identity::{Looking, Purpose, log};
use maud::{Markup, html};
use register::Resident;
use web::{Desk, PageError};

use crate::layout::{Listing, listed, moment, person};
use crate::line::{Names, operation_title};
use crate::refusal::Refusal;

const PURPOSE: Purpose = Purpose("操作の記録の確認");
/// Names of one page.
const SHOWN: usize = 200;

struct Whole {
    line: Line,
    names: Names,
    path: String,
    conditions: String,
    residents: Vec<Resident>,
}

pub(crate) async fn row(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: AccessId = id.parse().map_err(|_| PageError::NotFound)?;
    match desk.look(PURPOSE, move |looking| whole(looking, id)).await {
        Ok(whole) => Ok(markup(&desk, &whole)),
        Err(Refusal::Db(error)) => Err(error.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

fn whole(looking: &mut Looking<'_, '_>, id: AccessId) -> Result<Whole, Refusal> {
    let line = log::by_ids(looking.tx(), &[id.get()])?.pop().ok_or(Refusal::Unknown)?;
    let names = Names::of_lines(looking.tx(), std::slice::from_ref(&line))?;
    let Details { path, conditions, mut persons } =
        log::details(looking.tx(), id)?.ok_or(Refusal::Unknown)?;
    persons.truncate(SHOWN);
    let residents = register::present(looking, &persons)?;
    looking.note(&id.to_string());
    Ok(Whole { line, names, path, conditions, residents })
}

fn markup(desk: &Desk, whole: &Whole) -> Markup {
    let Whole { line, names, path, conditions, residents } = whole;
    let fact = |label, value| ui::Fact { label, value, act: None };
    let facts = [
        fact("日時", html! { (moment(line.at)) }),
        fact("職員", html! { (names.clerk(line.account)) "（" (names.section(&line.section)) "）" }),
        fact("端末", html! { (line.terminal) }),
        fact("操作", html! { (operation_title(line)) }),
        fact("目的", html! { (line.purpose) }),
        fact("画面・命令", html! { (path) }),
        fact("条件", html! { (conditions) }),
        fact("見た人", html! { (line.persons) "人（うち住所を伏せた人 " (line.withheld) "人）" }),
        fact("番号", ui::number(&line.id.to_string())),
    ];
    let columns = [
        ui::Column { label: "氏名", width: ui::Width::Name, sort: None },
        ui::Column { label: "フリガナ", width: ui::Width::Address, sort: None },
    ];
    let rows: Vec<ui::Row> = residents
        .iter()
        .map(|one| ui::Row { cells: vec![person(one), ui::kana(&one.name.whole_kana())], selected: false })
        .collect();
    listed(
        desk,
        Listing {
            heading: "操作の記録",
            acts: ui::back_link("/oversight", "監査に戻る"),
            filter: ui::summary_list(&facts),
            list: ui::table(ui::Table {
                caption: "見た人",
                columns: &columns,
                rows: &rows,
                empty: "人を見た操作ではありません",
                keys: true,
            }),
            pages: html! {},
        },
    )
}
