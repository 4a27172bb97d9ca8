//! Keeping 公共施設 and 避難所: what stands there, and taking over a table.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::{DbError, Tx};
use identity::Action::Change;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::keep::{self, Standing};
use crate::record::{KEPT, Kept, Wrong, columns, kept};
use crate::refusal::Refusal;
use crate::{OPEN_DATA, OPEN_PART};

pub(crate) const HERE: &str = "/open-data";

/// What somebody pasted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pasted {
    source: String,
    table: String,
}

pub(crate) async fn list(desk: Desk) -> Result<Markup, PageError> {
    let read = desk.site.inside().read(desk.site.city().id, |tx| {
        KEPT.iter().map(|set| Ok((set, keep::standing(tx, set)?))).collect::<Result<Vec<_>, DbError>>()
    });
    let rows: Vec<ui::Row> = read.await?.into_iter().map(row).collect();
    let list =
        ui::table(ui::Table { caption: OPEN_PART, columns: &COLUMNS, rows: &rows, empty: "", keys: true });
    Ok(page(&desk, OPEN_PART, html! {}, list, false))
}

const COLUMNS: [ui::Column<'static>; 4] = [
    ui::Column { label: "データ", width: ui::Width::Name, sort: None },
    ui::Column { label: "件数", width: ui::Width::Figure, sort: None },
    ui::Column { label: "更新", width: ui::Width::Date, sort: None },
    ui::Column { label: "出典", width: ui::Width::Address, sort: None },
];

fn row((set, standing): (&Kept, Option<Standing>)) -> ui::Row {
    let name = ui::link(&format!("{HERE}/{}", set.key), set.title);
    let cells = match standing {
        None => vec![name, html! { "—" }, html! { "—" }, html! { "まだ取り込まれていません" }],
        Some(standing) => vec![
            html! { (name) @if standing.sample { " " (ui::tag(ui::Tag::Plain, "見本")) } },
            html! { (standing.records) },
            ui::wareki(standing.changed_at.date()),
            html! { (standing.source) },
        ],
    };
    ui::Row { cells, selected: false }
}

fn page(desk: &Desk, heading: &str, filter: Markup, list: Markup, has_errors: bool) -> Markup {
    let acts = html! { (ui::link("/public/open-data", "公開ページ")) };
    desk.framed(View { title: heading, part: OPEN_PART, has_errors, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage { frame, heading, acts, filter, list, detail: None, pages: html! {} })
    })
}

pub(crate) async fn show(desk: Desk, Path(key): Path<String>) -> Result<Markup, PageError> {
    let set = kept(&key).ok_or(PageError::NotFound)?;
    one(&desk, set, &Pasted::default(), &[]).await
}

async fn one(desk: &Desk, set: &'static Kept, pasted: &Pasted, wrong: &[Wrong]) -> Result<Markup, PageError> {
    let read = move |tx: &mut Tx<'_>| Ok::<_, DbError>((keep::standing(tx, set)?, keep::records(tx, set)?));
    let (standing, records) = desk.site.inside().read(desk.site.city().id, read).await?;
    let filter = html! { (ui::back_link(HERE, "オープンデータに戻る")) (mistakes(wrong)) };
    let list = html! {
        @if desk.may(Change, OPEN_DATA) { (form(desk, set, pasted)) }
        h2 { "いまのデータ" }
        @match standing {
            None => (ui::empty_state("まだ取り込まれていません", None)),
            Some(standing) => {
                p {
                    (standing.records) "件　更新 " (ui::wareki(standing.changed_at.date()))
                    @if standing.sample { " " (ui::tag(ui::Tag::Plain, "見本")) }
                    @if !standing.source.is_empty() { "　出典：" (standing.source) }
                }
                (table(set, &records))
            }
        }
        details {
            summary { "列の名前" }
            ul { @for column in columns(set) { li { (column.name) @if column.must { "（必須）" } } } }
        }
    };
    Ok(page(desk, set.title, filter, list, !wrong.is_empty()))
}

const SHORT: [ui::Column<'static>; 3] = [
    ui::Column { label: "番号", width: ui::Width::Age, sort: None },
    ui::Column { label: "名称", width: ui::Width::Name, sort: None },
    ui::Column { label: "住所", width: ui::Width::Address, sort: None },
];

fn table(set: &Kept, records: &[Vec<String>]) -> Markup {
    let columns = columns(set);
    let places: Vec<usize> = ["NO", "名称", "住所"]
        .iter()
        .filter_map(|name| columns.iter().position(|column| column.name == *name))
        .collect();
    let cell = |record: &Vec<String>, at: usize| html! { (record.get(at).map_or("", String::as_str)) };
    let rows: Vec<ui::Row> = records
        .iter()
        .map(|record| ui::Row { cells: places.iter().map(|at| cell(record, *at)).collect(), selected: false })
        .collect();
    ui::table(ui::Table { caption: set.title, columns: &SHORT, rows: &rows, empty: "", keys: true })
}

fn form(desk: &Desk, set: &Kept, pasted: &Pasted) -> Markup {
    let action = format!("{HERE}/{}", set.key);
    let frame =
        ui::Form { action: &action, csrf: desk.csrf(), label: Some("表の取込み"), ..Default::default() };
    let source = ui::Input { text: pasted.source.clone(), ..Default::default() };
    html! {
        h2 { "表を取り込む" }
        p { "CSVの中身、または表計算の表を見出しの行ごと写して貼ります。いまのデータは、この表に置きかわります。" }
        (ui::form(frame, html! {
            div.fd-field {
                label.fd-field__label for="table" { "表" }
                textarea.fd-input #table name="table" rows="8" spellcheck="false" { (pasted.table) }
            }
            (ui::text_field(ui::TextField {
                name: "source", label: "出典", hint: Some("市が作ったデータなら空けておけます"), input: &source,
                ..Default::default()
            }))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "確かめて取り込む", ..Default::default() }, ..Default::default()
            }))
        }))
    }
}

const WRONG: [ui::Column<'static>; 4] = [
    ui::Column { label: "行", width: ui::Width::Age, sort: None },
    ui::Column { label: "列", width: ui::Width::Name, sort: None },
    ui::Column { label: "値", width: ui::Width::Kana, sort: None },
    ui::Column { label: "直しかた", width: ui::Width::Address, sort: None },
];

fn mistakes(wrong: &[Wrong]) -> Markup {
    if wrong.is_empty() {
        return html! {};
    }
    let row = |one: &Wrong| {
        let cells =
            vec![html! { (one.row) }, html! { (one.column) }, html! { (one.value) }, html! { (one.message) }];
        ui::Row { cells, selected: false }
    };
    let rows: Vec<ui::Row> = wrong.iter().map(row).collect();
    let heading = format!("確かめるところが{}つあります。何も変わっていません", wrong.len());
    ui::notice(ui::Notice {
        tone: ui::Tone::Error,
        heading: &heading,
        body: ui::table(ui::Table {
            caption: "直すところ",
            columns: &WRONG,
            rows: &rows,
            empty: "",
            keys: false,
        }),
    })
}

pub(crate) async fn sent(
    desk: Desk,
    Path(key): Path<String>,
    Form(pasted): Form<Pasted>,
) -> Result<Response, PageError> {
    let set = kept(&key).ok_or(PageError::NotFound)?;
    let (caller, city, typed) = (desk.caller(), desk.site.city().clone(), pasted.clone());
    let act = move |tx: &mut Tx<'_>| keep::import(tx, &caller, &city, set, &typed.source, &typed.table);
    match desk.site.inside().write_bulk(desk.site.city().id, act).await {
        Ok(_) => Ok(Redirect::to(&format!("{HERE}/{key}")).into_response()),
        Err(Refusal::Records(wrong)) => {
            let page = one(&desk, set, &pasted, &wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
