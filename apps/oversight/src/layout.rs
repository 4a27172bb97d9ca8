//! What the pages of the audit office have in common.
use base::{At, wareki_short};
use identity::log::Line;
use maud::{Markup, html};
use register::Resident;
use web::{Desk, View};

use crate::line::{Names, PAGE, operation_title};
use crate::period::Period;

pub(crate) const PART: &str = "監査";

/// A list with its question above it.
#[derive(Default)]
pub(crate) struct Listing<'a> {
    pub heading: &'a str,
    pub acts: Markup,
    pub filter: Markup,
    pub list: Markup,
    pub pages: Markup,
}

pub(crate) fn listed(desk: &Desk, listing: Listing<'_>) -> Markup {
    let Listing { heading, acts, filter, list, pages } = listing;
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage { frame, heading, acts, filter, list, detail: None, pages })
    })
}

/// The question every report asks.
pub(crate) fn period_bar(action: &str, period: &Period, found: &str) -> Markup {
    ui::filter_bar(ui::FilterBar {
        action,
        body: html! {
            label for="from" { "はじめの日" }
            input.fd-input #from type="text" name="from" value=(wareki_short(period.from)) autocomplete="off" data-width="8";
            label for="to" { "おわりの日" }
            input.fd-input #to type="text" name="to" value=(wareki_short(period.to)) autocomplete="off" data-width="8";
        },
        found,
        label: "期間",
    })
}

pub(crate) fn pages(total: i64, page: i64, href_prefix: &str, unit: &str) -> Markup {
    html! {
        @if total > 0 {
            (ui::pagination(ui::Pagination {
                page: u32::try_from(page).unwrap_or(1),
                page_size: u32::try_from(PAGE).unwrap_or(50),
                total: u32::try_from(total).unwrap_or(u32::MAX),
                unit,
                href_prefix,
            }))
        }
    }
}

/// The one act of a form.
pub(crate) fn main_act(label: &str) -> Markup {
    let main = ui::Button { label, ..Default::default() };
    ui::submit_row(ui::SubmitRow { main, ..Default::default() })
}

pub(crate) fn refusal(sentence: Option<&str>) -> Markup {
    html! {
        @if let Some(sentence) = sentence {
            (ui::notice(ui::Notice { tone: ui::Tone::Error, heading: sentence, body: html! {} }))
        }
    }
}

/// 「R8.11.24 9:14」.
pub(crate) fn moment(at: At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{} {hour}:{minute:02}", wareki_short(at.date()))
}

pub(crate) const COLUMNS: [ui::Column<'static>; 8] = [
    ui::Column { label: "日時", width: ui::Width::Date, sort: None },
    ui::Column { label: "職員", width: ui::Width::Name, sort: None },
    ui::Column { label: "課", width: ui::Width::Number, sort: None },
    ui::Column { label: "端末", width: ui::Width::Number, sort: None },
    ui::Column { label: "操作", width: ui::Width::State, sort: None },
    ui::Column { label: "目的", width: ui::Width::Kana, sort: None },
    ui::Column { label: "画面・命令", width: ui::Width::Address, sort: None },
    ui::Column { label: "人数", width: ui::Width::Figure, sort: None },
];

/// The cells of a row of the log; its moment leads to the whole row.
pub(crate) fn cells(line: &Line, names: &Names) -> Vec<Markup> {
    vec![
        ui::link(&format!("/oversight/rows/{}", line.id), &moment(line.at)),
        html! { (names.clerk(line.account)) },
        html! { (names.section(&line.section)) },
        html! { (line.terminal) },
        html! {
            (operation_title(line))
            @if line.number_touched { " " (ui::tag(ui::Tag::Warn, "番号")) }
        },
        html! { (line.purpose) },
        html! { (line.path) },
        html! { (line.persons) },
    ]
}

pub(crate) fn line_table(caption: &str, lines: &[Line], names: &Names, empty: &str) -> Markup {
    let rows: Vec<ui::Row> =
        lines.iter().map(|line| ui::Row { cells: cells(line, names), selected: false }).collect();
    ui::table(ui::Table { caption, columns: &COLUMNS, rows: &rows, empty, keys: true })
}

/// A person as the audit office names one: never with an address.
pub(crate) fn person(resident: &Resident) -> Markup {
    let path = format!("/oversight/persons/{}", resident.person);
    html! { (ui::name_link(&path, &resident.name.family, &resident.name.given)) }
}
