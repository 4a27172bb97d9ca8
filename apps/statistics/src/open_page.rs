//! Open data for everybody: no sign-in, no script.
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use base::{At, Date};
use db::{DbError, Tx};
use maud::{Markup, html};
use web::{PageError, Site};

use crate::catalogue::{self, Entry, LICENCE};
use crate::record::kept;
use crate::{count, csv, keep, record, tables};

const CSV: &str = "text/csv; charset=utf-8";
const JSON_LD: &str = "application/ld+json";
/// Name of the catalogue among the files.
const CATALOGUE: &str = "catalog.jsonld";

async fn entries(site: &Site) -> Result<Vec<Entry>, DbError> {
    let sample = site.is_sample();
    site.inside().read(site.city().id, move |tx| catalogue::entries(tx, sample)).await
}

pub(crate) async fn show(site: Site) -> Result<Markup, PageError> {
    let entries = entries(&site).await?;
    let main = html! {
        h1 { "オープンデータ" }
        @if entries.is_empty() {
            p { "公開しているデータはまだありません。" }
        } @else {
            p { "だれでも、出典を書いて自由に使えます。" (ui::link(LICENCE.1, LICENCE.0)) }
            @for entry in &entries { (dataset(entry)) }
            p { (ui::link(&format!("/public/open-data/{CATALOGUE}"), "目録（DCAT）")) "　" (ui::link("/public/statistics", "人口のようす")) }
        }
    };
    Ok(public(&site, "オープンデータ", main))
}

/// The shell of the public pages here.
pub(crate) fn public(site: &Site, title: &str, main: Markup) -> Markup {
    let city = &site.city().name;
    ui::public_page(ui::PublicPage {
        page: ui::Page { title, city, bands: site.bands(), ..Default::default() },
        main,
        footer: html! { p { (city) "　総務課" } },
        names: false,
    })
}

fn dataset(entry: &Entry) -> Markup {
    let (newest, older) = entry.files.split_at(entry.files.len().min(1));
    html! {
        h2 id=(entry.key) { (entry.title) }
        p { (entry.about) "。" }
        @for (name, words) in newest { p { (download(name, words)) } }
        @if !older.is_empty() {
            details {
                summary { "これまでの" (older.len()) "件" }
                ul { @for (name, words) in older { li { (download(name, words)) } } }
            }
        }
        p { "更新 " (ui::wareki(entry.changed_at.date())) @if !entry.source.is_empty() { "　出典：" (entry.source) } }
    }
}

fn download(name: &str, words: &str) -> Markup {
    ui::link(&format!("/public/open-data/{name}"), &format!("{words}のCSV"))
}

/// A file of the catalogue, or the catalogue itself.
pub(crate) async fn file(
    site: Site,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, PageError> {
    if name == CATALOGUE {
        let entries = entries(&site).await?;
        let changed = entries.iter().map(|entry| entry.changed_at).max().unwrap_or(At::from_micros(0));
        let text = serde_json::to_string_pretty(&catalogue::dcat(&site, &entries)).expect("plain data");
        return Ok(catalogue::file(&asked, JSON_LD, changed, text));
    }
    let (name, city) =
        (name.strip_suffix(".csv").ok_or(PageError::NotFound)?.to_owned(), site.city().clone());
    let read = move |tx: &mut Tx<'_>| -> Result<Option<(At, String)>, DbError> {
        if let Some(set) = kept(&name) {
            let Some(standing) = keep::standing(tx, set)? else { return Ok(None) };
            let head = record::columns(set).into_iter().map(|column| column.name.to_owned()).collect();
            let rows: Vec<Vec<String>> = std::iter::once(head).chain(keep::records(tx, set)?).collect();
            return Ok(Some((standing.changed_at, csv::write(&rows))));
        }
        let on = match name.strip_prefix("population") {
            Some("") => None,
            Some(rest) => match rest.strip_prefix('-').and_then(|day| day.parse::<Date>().ok()) {
                Some(day) => Some(day),
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        let Some(count) = count::chosen(tx, on, true)? else { return Ok(None) };
        let changed = count.day.published_at.expect("only published days are asked for");
        Ok(Some((changed, tables::population(&city, Some(&count)))))
    };
    let found = site.inside().read(site.city().id, read).await?;
    let (changed, text) = found.ok_or(PageError::NotFound)?;
    Ok(catalogue::file(&asked, CSV, changed, text))
}
