//! 住民をさがす: one box, a dense list.
use axum::extract::Query;
use db::DbError;
use identity::Purpose;
use maud::{Markup, html};
use register::{Hits, PAGE, Resident};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::{PART, draft, person};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    page: i64,
}

pub(crate) async fn search(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let today = desk.site.inside().clock().today();
    let page = asked.page.clamp(1, 2000);
    let Some(query) = register::Query::parse(&asked.q, desk.site.city().id, today) else {
        return Ok(list(&desk, &asked.q, None, page, today));
    };
    let typed = asked.q.clone();
    let hits = desk
        .look(Purpose("住民の検索"), move |looking| register::search(looking, &typed, &query, page - 1))
        .await?;
    let (actor, typed) = (desk.actor().clone(), asked.q.clone());
    let at = desk.site.inside().clock().now();
    desk.site
        .inside()
        .write(actor.municipality, move |tx| draft::remember_search(tx, &actor, &typed, at))
        .await
        .map_err(|e: DbError| PageError::from(e))?;
    Ok(list(&desk, &asked.q, Some(&hits), page, today))
}

const COLUMNS: [ui::Column<'static>; 7] = [
    ui::Column { label: "氏名", width: ui::Width::Name, sort: None },
    ui::Column { label: "フリガナ", width: ui::Width::Kana, sort: None },
    ui::Column { label: "生年月日", width: ui::Width::Date, sort: None },
    ui::Column { label: "年齢", width: ui::Width::Age, sort: None },
    ui::Column { label: "性別", width: ui::Width::Sex, sort: None },
    ui::Column { label: "住所", width: ui::Width::Address, sort: None },
    ui::Column { label: "宛名番号", width: ui::Width::Number, sort: None },
];

fn list(desk: &Desk, typed: &str, hits: Option<&Hits>, page: i64, today: base::Date) -> Markup {
    let rows: Vec<ui::Row> = hits.map(|hits| rows(hits, today)).unwrap_or_default();
    let total = hits.map_or(0, |hits| hits.total);
    // Rows that are only marked are not counted, and beside them a count would be wrong.
    let is_counted = hits.is_some() && (total > 0 || rows.is_empty());
    let found = if is_counted { format!("{total}人") } else { String::new() };
    let empty = match hits {
        Some(_) => format!("「{typed}」に合う人はいません。よみの一部でもさがせます"),
        None => "氏名・よみ・生年月日・宛名番号でさがせます。例：ヤマタ、山田 昭和40年3月2日".to_owned(),
    };
    let prefix = web_query(typed);
    desk.framed(View { title: "住民をさがす", part: PART, search: typed, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: "住民をさがす",
            acts: html! {},
            filter: ui::filter_bar(ui::FilterBar {
                action: "/residents",
                body: html! {
                    label for="q" { "氏名・よみ・生年月日・番号" }
                    input.fd-input #q type="text" name="q" value=(typed) autocomplete="off" spellcheck="false" data-width="24";
                },
                found: &found,
                label: "住民の検索",
            }),
            list: ui::table(ui::Table {
                caption: "見つかった人",
                columns: &COLUMNS,
                rows: &rows,
                empty: &empty,
                keys: true,
            }),
            detail: None,
            pages: html! {
                @if total > 0 {
                    (ui::pagination(ui::Pagination {
                        page: u32::try_from(page).unwrap_or(1),
                        page_size: u32::try_from(PAGE).unwrap_or(50),
                        total: u32::try_from(total).unwrap_or(u32::MAX),
                        unit: "人",
                        href_prefix: &prefix,
                    }))
                }
            },
        })
    })
}

fn web_query(typed: &str) -> String {
    let query = serde_urlencoded::to_string([("q", typed)]).unwrap_or_default();
    format!("/residents?{query}&page=")
}

/// The rows, and behind them the records that the responsible person handles: a name and nothing else.
fn rows(hits: &Hits, today: base::Date) -> Vec<ui::Row> {
    let marked = hits.marked.iter().map(|name| {
        let mut cells = vec![ui::name(&name.family, &name.given)];
        cells.resize_with(COLUMNS.len() - 1, || html! {});
        cells[5] = html! { "窓口責任者へ" };
        cells.push(html! {});
        ui::Row { cells, selected: false }
    });
    hits.rows.iter().map(|resident| row(hits, resident, today)).chain(marked).collect()
}

fn row(hits: &Hits, resident: &Resident, today: base::Date) -> ui::Row {
    let path = person::path(resident);
    let cells = vec![
        ui::name_link(&path, &resident.name.family, &resident.name.given),
        ui::kana(&resident.name.whole_kana()),
        person::birth(resident),
        html! { (person::age(resident, today)) },
        html! { (resident.sex) },
        html! {
            (person::address(resident))
            @if hits.shielded.contains(&resident.person) { br; (ui::tag(ui::Tag::Warn, "支援措置")) }
            @if hits.locked.contains(&resident.person) { br; (ui::tag(ui::Tag::Warn, "抑止あり")) }
        },
        ui::number(&resident.person_no.to_string()),
    ];
    ui::Row { cells, selected: false }
}
