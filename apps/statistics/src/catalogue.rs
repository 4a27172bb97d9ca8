//! The city's catalogue of open data: what there is, and each as a file with its age and fingerprint.
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{At, Date};
use db::{DbError, Tx};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use web::Site;

use crate::count::{self, Day};
use crate::keep;
use crate::record::KEPT;

/// クリエイティブ・コモンズ 表示 4.0 国際: what the recommended data sets are given under.
pub(crate) const LICENCE: (&str, &str) = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/deed.ja");

/// One data set of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub key: &'static str,
    pub title: String,
    pub about: String,
    pub keywords: Vec<&'static str>,
    pub source: String,
    pub changed_at: At,
    /// Name and words of each file, the newest first.
    pub files: Vec<(String, String)>,
}

/// What is public now; a data set that nobody has filled is not there.
pub(crate) fn entries(tx: &mut Tx<'_>, sample: bool) -> Result<Vec<Entry>, DbError> {
    let mut entries = Vec::new();
    let mark = |sample: bool| if sample { "（見本）" } else { "" };
    let published: Vec<Day> = count::days(tx)?.into_iter().filter(|day| day.published_at.is_some()).collect();
    if let Some(changed_at) = published.iter().filter_map(|day| day.published_at).max() {
        let files = published.iter().map(|day| (population_file(day.as_of), base::wareki(day.as_of)));
        entries.push(Entry {
            key: "population",
            title: format!("地域・年齢別人口{}", mark(sample)),
            about: "住民基本台帳による町ごとの男女別・年齢5歳階級別の人口と世帯数。少数の値は表示しません"
                .to_owned(),
            keywords: vec!["人口", "世帯", "統計"],
            source: String::new(),
            changed_at,
            files: files.collect(),
        });
    }
    for set in &KEPT {
        let Some(standing) = keep::standing(tx, set)? else { continue };
        entries.push(Entry {
            key: set.key,
            title: format!("{}{}", set.title, mark(standing.sample)),
            about: format!("{}。{}件", set.about, standing.records),
            keywords: set.keywords.to_vec(),
            source: standing.source,
            changed_at: standing.changed_at,
            files: vec![(format!("{}.csv", set.key), "全件".to_owned())],
        });
    }
    Ok(entries)
}

/// 「population-2026-11-30.csv」.
pub(crate) fn population_file(on: Date) -> String {
    format!("population-{on}.csv")
}

/// The catalogue in the vocabulary of the web (W3C DCAT 3) as JSON-LD.
pub(crate) fn dcat(site: &Site, entries: &[Entry]) -> Value {
    let (city, origin) = (site.city(), &site.reach().origin);
    let here = format!("{origin}/public/open-data");
    let publisher = json!({ "@type": "foaf:Organization", "foaf:name": city.name });
    let dataset = |entry: &Entry| {
        let distribution = |(name, words): &(String, String)| {
            let way = format!("{here}/{name}");
            json!({
                "@id": way, "@type": "dcat:Distribution", "dct:title": words, "dcat:downloadURL": { "@id": way },
                "dcat:accessURL": { "@id": here },
                "dcat:mediaType": { "@id": "https://www.iana.org/assignments/media-types/text/csv" },
                "dct:license": { "@id": LICENCE.1 },
            })
        };
        json!({
            "@id": format!("{here}#{}", entry.key), "@type": "dcat:Dataset",
            "dct:identifier": format!("{}-{}", city.id, entry.key), "dct:title": entry.title,
            "dct:description": entry.about, "dcat:keyword": entry.keywords, "dct:publisher": publisher,
            "dct:language": "ja", "dct:license": { "@id": LICENCE.1 },
            "dct:modified": { "@type": "xsd:dateTime", "@value": iso(entry.changed_at) },
            "dct:source": (!entry.source.is_empty()).then_some(&entry.source),
            "dcat:distribution": entry.files.iter().map(distribution).collect::<Vec<_>>(),
        })
    };
    let changed = entries.iter().map(|entry| entry.changed_at).max();
    json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": here, "@type": "dcat:Catalog", "dct:title": format!("{}オープンデータ", city.name),
        "dct:publisher": publisher, "dct:language": "ja", "dct:license": { "@id": LICENCE.1 },
        "dct:modified": changed.map(|at| json!({ "@type": "xsd:dateTime", "@value": iso(at) })),
        "dcat:dataset": entries.iter().map(dataset).collect::<Vec<_>>(),
    })
}

fn iso(at: At) -> String {
    stamp(at).to_string()
}

/// To the second: a header of HTTP knows nothing finer.
fn stamp(at: At) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.micros().div_euclid(1_000_000)).expect("an instant of the store")
}

/// Answers a file, or that the asker has it already (304).
pub(crate) fn file(asked: &HeaderMap, kind: &'static str, changed_at: At, body: String) -> Response {
    let fingerprint: String =
        Sha256::digest(body.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let (etag, modified) =
        (format!("\"{fingerprint}\""), stamp(changed_at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let head = [
        (CONTENT_TYPE, kind.to_owned()),
        (ETAG, etag.clone()),
        (LAST_MODIFIED, modified),
        // May be kept, and is asked for again: what was corrected is seen at once.
        (CACHE_CONTROL, "public, no-cache".to_owned()),
    ];
    if has_already(asked, &etag, changed_at) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, body).into_response()
}

/// RFC 9110 13.2.2: the fingerprint decides where one is given, else the day.
fn has_already(asked: &HeaderMap, etag: &str, changed_at: At) -> bool {
    if let Some(known) = asked.get(IF_NONE_MATCH) {
        let known = known.to_str().unwrap_or_default();
        return known
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == etag || one == "*");
    }
    let since = asked.get(IF_MODIFIED_SINCE).and_then(|since| since.to_str().ok());
    let since = since.and_then(|since| jiff::fmt::rfc2822::parse(since).ok());
    since.is_some_and(|since| stamp(changed_at) <= since.timestamp())
}
