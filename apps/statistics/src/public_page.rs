//! 人口のようす for everybody: published days alone, no sign-in, no script.
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use base::wareki;
use db::{DbError, Tx};
use maud::{Markup, html};
use web::{PageError, Site};

use crate::count::{self, Count, Day};
use crate::open_page::public;
use crate::page::Asked;
use crate::{catalogue, overview, tables};

pub(crate) async fn show(site: Site, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let on = asked.day()?;
    let read = site.inside().read(site.city().id, move |tx| {
        let days: Vec<Day> = count::days(tx)?.into_iter().filter(|day| day.published_at.is_some()).collect();
        Ok::<(Option<Count>, Vec<Day>), DbError>((count::chosen(tx, on, true)?, days))
    });
    let (count, days) = read.await?;
    if on.is_some() && count.is_none() {
        return Err(PageError::NotFound);
    }
    let city = site.city();
    let main = html! {
        h1 { (city.name) "の人口" }
        @match &count {
            None => p { "公開している人口はまだありません。" },
            Some(count) => {
                p { (wareki(count.day.as_of)) "現在、住民基本台帳による。" }
                (overview::head(&count.figures))
                (overview::city_pyramid(city, count, &format!("/public/statistics/ages.csv?on={}", count.day.as_of)))
                (overview::single_years(count, &format!("/public/statistics/ages.csv?on={}", count.day.as_of)))
                (overview::course(&days))
                h2 { "町ごとの人口" }
                p {
                    (ui::link(&format!("/public/open-data/{}", catalogue::population_file(count.day.as_of)),
                        "町ごとの年齢別人口のCSV"))
                }
                (overview::towns(city, count, None))
                @if days.len() > 1 {
                    h2 { "ほかの日" }
                    ul {
                        @for day in days.iter().filter(|day| day.as_of != count.day.as_of) {
                            li { (ui::link(&format!("/public/statistics?on={}", day.as_of), &wareki(day.as_of))) }
                        }
                    }
                }
            }
        }
        p { (ui::link("/public/open-data", "オープンデータ")) }
    };
    Ok(public(&site, "人口のようす", main))
}

pub(crate) async fn ages_csv(
    site: Site,
    Query(asked): Query<Asked>,
    known: HeaderMap,
) -> Result<Response, PageError> {
    let on = asked.day()?;
    let read = move |tx: &mut Tx<'_>| count::chosen(tx, on, true);
    let count = site.inside().read(site.city().id, read).await?.ok_or(PageError::NotFound)?;
    let changed = count.day.published_at.expect("only published days are asked for");
    Ok(catalogue::file(&known, "text/csv; charset=utf-8", changed, tables::ages(Some(&count))))
}
