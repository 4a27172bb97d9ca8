//! 人口統計 for staff: a counted day, its towns, counting and publishing.
use axum::extract::{Form, Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Date, wareki, wareki_short};
use db::{DbError, Tx};
use identity::Action::{Approve, Create};
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::count::{self, Count, Day};
use crate::figures::{Place, TownRow, town_name};
use crate::refusal::Refusal;
use crate::{PART, STATISTICS, overview, tables};

pub(crate) const HERE: &str = "/statistics";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    on: String,
}

impl Asked {
    pub(crate) fn day(&self) -> Result<Option<Date>, PageError> {
        if self.on.is_empty() {
            return Ok(None);
        }
        self.on.parse().map(Some).map_err(|_| PageError::NotFound)
    }
}

pub(crate) async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let on = asked.day()?;
    let read = desk.site.inside().read(desk.site.city().id, move |tx| {
        Ok::<(Option<Count>, Vec<Day>), DbError>((count::chosen(tx, on, false)?, count::days(tx)?))
    });
    let (count, days) = read.await?;
    if on.is_some() && count.is_none() {
        return Err(PageError::NotFound);
    }
    let city = desk.site.city();
    let heading =
        count.as_ref().map_or_else(|| PART.to_owned(), |count| format!("{}の人口", wareki(count.day.as_of)));
    let list = html! {
        @if let Some(count) = &count {
            (overview::head(&count.figures))
            (overview::city_pyramid(city, count, &format!("{HERE}/ages.csv?on={}", count.day.as_of)))
            (overview::single_years(count, &format!("{HERE}/ages.csv?on={}", count.day.as_of)))
            (overview::course(&days))
            h2 { "町ごとの人口" }
            p { (ui::link(&format!("{HERE}/towns.csv?on={}", count.day.as_of), "町ごとの年齢別人口のCSV")) }
            (overview::towns(city, count, Some(&format!("{HERE}/towns"))))
        } @else {
            (ui::empty_state("まだ数えていません。数えると、ここに並びます", None))
        }
    };
    let filter = html! { (act(&desk, count.as_ref())) (others(&days, count.as_ref())) };
    Ok(page(&desk, &heading, filter, list))
}

fn page(desk: &Desk, heading: &str, filter: Markup, list: Markup) -> Markup {
    let acts = html! { (ui::link("/public/statistics", "公開ページ")) };
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage { frame, heading, acts, filter, list, detail: None, pages: html! {} })
    })
}

/// What may be done with the day that is shown.
fn act(desk: &Desk, count: Option<&Count>) -> Markup {
    let today = desk.site.inside().clock().today();
    let is_today = count.is_some_and(|count| count.day.as_of == today);
    let published = count.and_then(|count| count.day.published_at);
    let frame = |action| ui::Form { action, csrf: desk.csrf(), ..Default::default() };
    let hidden = |on: Date| html! { input type="hidden" name="on" value=(on); };
    let row = |label, kind| {
        ui::submit_row(ui::SubmitRow {
            main: ui::Button { label, kind, ..Default::default() },
            ..Default::default()
        })
    };
    html! {
        @if let Some(at) = published {
            p { (ui::tag(ui::Tag::Plain, "公開中")) " " (wareki_short(at.date())) "から。公開した数は変わりません。" }
        } @else if let Some(count) = count {
            p { (ui::tag(ui::Tag::Plain, "未公開")) " 数えた時刻 " (clock(count.day.counted_at)) }
        }
        @if desk.may(Create, STATISTICS) && !(is_today && published.is_some()) {
            (ui::form(frame("/statistics/counts"), html! { (hidden(today)) (row("きょうの人口を数える", ui::Kind::Outline)) }))
        }
        @if let Some(count) = count {
            @if published.is_none() && desk.may(Approve, STATISTICS) {
                (ui::form(frame("/statistics/publications"), html! {
                    (hidden(count.day.as_of)) (row("この日の数を公開する", ui::Kind::Filled))
                }))
            }
        }
    }
}

fn clock(at: base::At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{} {hour}:{minute:02}", wareki_short(at.date()))
}

/// Other counted days.
fn others(days: &[Day], shown: Option<&Count>) -> Markup {
    let others: Vec<&Day> =
        days.iter().filter(|day| shown.is_none_or(|count| count.day.as_of != day.as_of)).collect();
    html! {
        @if !others.is_empty() {
            details {
                summary { "ほかの日" }
                ul {
                    @for day in others {
                        li {
                            (ui::link(&format!("{HERE}?on={}", day.as_of), &wareki(day.as_of)))
                            @if day.published_at.is_some() { " " (ui::tag(ui::Tag::Plain, "公開中")) }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) async fn town(
    desk: Desk,
    Path(town): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let on = asked.day()?;
    let read = move |tx: &mut Tx<'_>| count::chosen(tx, on, false);
    let count = desk.site.inside().read(desk.site.city().id, read).await?;
    let Some(count) = count else {
        return Ok(page(&desk, "町の人口", html! {}, ui::empty_state("まだ数えていません", None)));
    };
    let city = desk.site.city();
    let towns = count.figures.towns(count.smallest);
    // A town that tells nothing and one that is not there are answered alike.
    let found = towns.iter().find(|row| row.place == Place::Town(town) && row.men.is_some());
    let list = match found {
        Some(row) => town_figures(&town_name(city.id, town), count.day.as_of, row),
        None => ui::empty_state("この町の数は表示しません", None),
    };
    let heading = if found.is_some() {
        format!("{}の人口", town_name(city.id, town))
    } else {
        "町の人口".to_owned()
    };
    let back = ui::back_link(&format!("{HERE}?on={}", count.day.as_of), "市の人口に戻る");
    Ok(page(&desk, &heading, back, list))
}

fn town_figures(name: &str, on: Date, row: &TownRow) -> Markup {
    let fact = |label, figure: Option<i64>, unit| ui::Fact {
        label,
        value: html! { (ui::chart::grouped(figure.unwrap_or(0))) (unit) },
        act: None,
    };
    html! {
        (ui::summary_list(&[
            fact("人口", row.total(), "人"),
            fact("男", row.men, "人"),
            fact("女", row.women, "人"),
            fact("世帯", row.households, "世帯"),
        ]))
        (overview::town_pyramid(name, on, row))
    }
}

/// A file of the day that is asked for; before anything is counted it names its columns alone.
async fn csv(
    desk: &Desk,
    asked: &Asked,
    name: &str,
    write: impl Fn(Option<&Count>) -> String,
) -> Result<Response, PageError> {
    let on = asked.day()?;
    let read = move |tx: &mut Tx<'_>| count::chosen(tx, on, false);
    let count = desk.site.inside().read(desk.site.city().id, read).await?;
    let day = count.as_ref().map(|count| format!("-{}", count.day.as_of)).unwrap_or_default();
    let file = format!("attachment; filename=\"{name}{day}.csv\"");
    let head = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, file)];
    Ok((head, write(count.as_ref())).into_response())
}

pub(crate) async fn ages_csv(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    csv(&desk, &asked, "ages", tables::ages).await
}

pub(crate) async fn towns_csv(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let city = desk.site.city().clone();
    csv(&desk, &asked, "population", |count| tables::population(&city, count)).await
}

pub(crate) async fn counted(desk: Desk, Form(asked): Form<Asked>) -> Result<Redirect, PageError> {
    let on = asked.day()?.ok_or(PageError::NotFound)?;
    let day = match count::count(&desk.site, Some(desk.caller()), on).await {
        Ok(day) => day.as_of,
        // A page that was open before somebody published the day, or before there was a resident.
        Err(Refusal::Rule(_)) => return Ok(Redirect::to(HERE)),
        Err(refusal) => return Err(refusal.into()),
    };
    Ok(Redirect::to(&format!("{HERE}?on={day}")))
}

pub(crate) async fn published(desk: Desk, Form(asked): Form<Asked>) -> Result<Redirect, PageError> {
    let on = asked.day()?.ok_or(PageError::NotFound)?;
    let caller = desk.caller();
    let act = move |tx: &mut Tx<'_>| -> Result<(), Refusal> {
        count::publish(tx, caller.actor.account, on)?;
        Ok(count::note(tx, &caller, "人口統計の公開", &on.to_string())?)
    };
    desk.site.inside().write(desk.site.city().id, act).await?;
    Ok(Redirect::to(&format!("{HERE}?on={on}")))
}
