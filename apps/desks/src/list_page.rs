//! 机の仕事: what has reached the viewer's offices, the most urgent first.
use axum::extract::Query;
use base::{At, Date, HouseholdId, wareki, wareki_short};
use db::DbError;
use identity::Action::{Change, List};
use identity::{Looking, Purpose};
use maud::{Markup, html};
use register::{Heading, Shown};
use serde::Deserialize;
use web::{Desk, PageError, Submission, View};

use crate::PART;
use crate::office::{OFFICES, Office};
use crate::work_item::{self, Completion, Count, WorkItem};

const PAGE: i64 = 50;
/// From so many days before the last one the row warns.
const SOON: i32 = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// From 1.
    page: i64,
}

struct Line {
    item: WorkItem,
    done: Option<Completion>,
    home: Option<Heading>,
}

struct Found {
    counts: Vec<Count>,
    lines: Vec<Line>,
}

/// The list of all the viewer's offices: those where the viewer works, else those that the viewer may read.
pub(crate) async fn all(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let may = |action| -> Vec<&'static Office> {
        OFFICES.iter().filter(|office| desk.may(action, office.resource.key)).collect()
    };
    let own = may(Change);
    let offices = if own.is_empty() { may(List) } else { own };
    page(&desk, &asked, "机の仕事", "/desks", offices).await
}

pub(crate) async fn one(
    desk: Desk,
    Query(asked): Query<Asked>,
    office: &'static Office,
) -> Result<Markup, PageError> {
    let heading = format!("机の仕事　{}", office.name);
    page(&desk, &asked, &heading, office.path, vec![office]).await
}

async fn page(
    desk: &Desk,
    asked: &Asked,
    heading: &str,
    href: &str,
    offices: Vec<&'static Office>,
) -> Result<Markup, PageError> {
    let page = asked.page.clamp(1, 2000);
    let found = desk.look(Purpose("机の仕事"), move |looking| found(looking, &offices, page)).await?;
    Ok(markup(desk, &found, heading, href, page))
}

fn found(looking: &mut Looking<'_, '_>, offices: &[&Office], page: i64) -> Result<Found, DbError> {
    let counts = work_item::counts(looking.tx(), offices)?;
    let items = work_item::list(looking.tx(), offices, page - 1, PAGE)?;
    let households: Vec<HouseholdId> = items.iter().map(|(item, _)| item.household).collect();
    let homes = register::headings(looking, &households)?;
    let line = |(item, done): (WorkItem, Option<Completion>)| {
        let home = homes.get(&item.household).cloned();
        Line { item, done, home }
    };
    Ok(Found { counts, lines: items.into_iter().map(line).collect() })
}

const COLUMNS: [ui::Column<'static>; 5] = [
    ui::Column { label: "期限", width: ui::Width::Date, sort: None },
    ui::Column { label: "仕事", width: ui::Width::Address, sort: None },
    ui::Column { label: "世帯", width: ui::Width::Name, sort: None },
    ui::Column { label: "届いた", width: ui::Width::Date, sort: None },
    ui::Column { label: "済み", width: ui::Width::Date, sort: None },
];

fn markup(desk: &Desk, found: &Found, heading: &str, href: &str, page: i64) -> Markup {
    let today = desk.site.inside().clock().today();
    let all = href == "/desks";
    let rows: Vec<ui::Row> = found.lines.iter().map(|line| row(desk, line, today, all)).collect();
    let total: i64 = found.counts.iter().map(|count| count.all).sum();
    let open: i64 = found.counts.iter().map(|count| count.open).sum();
    let pages = format!("{href}?page=");
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { p role="status" { "残り" (open) "件" } },
            filter: if all && found.counts.len() > 1 {
                offices(&found.counts)
            } else {
                html! {}
            },
            list: ui::table(ui::Table {
                caption: heading,
                columns: &COLUMNS,
                rows: &rows,
                empty: "仕事はまだ届いていません。転入が本登録されると、ここに並びます",
                keys: true,
            }),
            detail: None,
            pages: ui::pagination(ui::Pagination {
                page: u32::try_from(page).unwrap_or(1),
                page_size: u32::try_from(PAGE).unwrap_or(50),
                total: u32::try_from(total).unwrap_or(u32::MAX),
                unit: "件",
                href_prefix: &pages,
            }),
        })
    })
}

/// The way into each office's own list, in the order of the board.
fn offices(counts: &[Count]) -> Markup {
    let of = |office: &Office| counts.iter().find(|count| count.office.key == office.key);
    html! {
        ul.fd-acts {
            @for count in OFFICES.iter().filter_map(of) {
                li { (ui::link(count.office.path, count.office.name)) " 残り" (count.open) "件" }
            }
        }
    }
}

fn row(desk: &Desk, line: &Line, today: Date, all: bool) -> ui::Row {
    let item = &line.item;
    let cells = vec![
        due(line, today),
        html! {
            @if all { (item.office.name) br; }
            (item.sentence)
            br; span.fd-kana { "根拠 " (item.source) }
        },
        html! {
            @if let Some(home) = &line.home {
                @if let Some(head) = &home.head { (ui::name(&head.family, &head.given)) br; }
                @match &home.place { Shown::Open(place) => (place.written("")), Shown::Withheld => (ui::withheld()) }
            }
        },
        // Every item comes from a move-in so far.
        html! { "市民課 " (when(item.recorded_at, today)) " 転入" },
        state(desk, line, today, all),
    ];
    ui::Row { cells, selected: false }
}

fn due(line: &Line, today: Date) -> Markup {
    let Some(due) = line.item.due else { return html! { "期限なし" } };
    html! {
        (wareki(due))
        @if line.done.is_none() {
            @let (edge, words) = left((due - today).get_days());
            br; (ui::tag(edge, &words))
        }
    }
}

/// 「あと10日」
fn left(days: i32) -> (ui::Tag, String) {
    match days {
        ..0 => (ui::Tag::Error, format!("{}日過ぎました", -days)),
        0 => (ui::Tag::Warn, "きょうまで".to_owned()),
        1..=SOON => (ui::Tag::Warn, format!("あと{days}日")),
        _ => (ui::Tag::Plain, format!("あと{days}日")),
    }
}

/// 「9:14」 today, 「R8.11.23 9:14」 on another day.
fn when(at: At, today: Date) -> String {
    let (hour, minute) = at.hour_minute();
    if at.date() == today {
        format!("{hour}:{minute:02}")
    } else {
        format!("{} {hour}:{minute:02}", wareki_short(at.date()))
    }
}

/// Who has done it and when, or the button for whom the right allows it.
fn state(desk: &Desk, line: &Line, today: Date, all: bool) -> Markup {
    let item = &line.item;
    if let Some(done) = &line.done {
        return html! { (ui::tag(ui::Tag::Plain, "済み")) br; (done.by) " " (when(done.at, today)) };
    }
    if !desk.may(Change, item.office.resource.key) {
        return html! { "まだ" };
    }
    let once = Submission::fresh();
    let action = format!("{}/{}/completion", item.office.path, item.event);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        submission_id: Some(once.as_str()),
        label: Some(&item.sentence),
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            @if all { input type="hidden" name="all" value="1"; }
            (ui::button(ui::Button { kind: ui::Kind::Outline, label: "済みにする", ..Default::default() }))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_left(days: i32, edge: ui::Tag, words: &str) {
        assert_eq!(left(days), (edge, words.to_owned()));
    }

    #[test]
    fn the_days_that_are_left_are_told_in_words() {
        check_left(10, ui::Tag::Plain, "あと10日");
        check_left(3, ui::Tag::Warn, "あと3日");
        check_left(0, ui::Tag::Warn, "きょうまで");
        check_left(-2, ui::Tag::Error, "2日過ぎました");
    }

    #[test]
    fn only_another_day_is_named() {
        let at = At::from_micros(1_795_479_240_000_000);
        assert_eq!(when(at, base::day(2026, 11, 24)), "9:14");
        assert_eq!(when(at, base::day(2026, 11, 25)), "R8.11.24 9:14");
    }
}
