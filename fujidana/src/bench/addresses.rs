//! Addresses read a second of one core (CPU time), beside the npm package @geolonia/normalize-japanese-addresses (MIT) on the same
//! list, in the same run, with the same towns in its own format. Its data is normally fetched over the network; 番地
//! and coordinates are not part of the comparison (its level 3: the town).
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use address::{Level, Municipality, municipalities, parse_anywhere, places_of};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::desk::cpu_micros;
use super::{Line, Scratch};

const SAMPLES: &str = "../shared/data/residents/addresses_dev.csv";
const PACKAGE: &str = "@geolonia/normalize-japanese-addresses@3.1.3";
const LASTS: Duration = Duration::from_secs(3);
const BAR: f64 = 200.0;

pub fn run() -> Result<Vec<Line>> {
    let list = list();
    let mut towns = 0;
    for text in &list {
        towns += usize::from(parse_anywhere(text).level >= Level::Town);
    }
    let own = rate(&list)?;
    let ours = Line {
        what: format!(
            "addresses read a second of one core ({} addresses, town found in {towns})",
            list.len()
        ),
        bar: "≥ 200 × the npm package",
        measured: format!("{own:.0}/s"),
        holds: None,
    };
    Ok(vec![ours, hostile(), peer(&list, own)?])
}

/// The public sample, else an address in every municipality.
fn list() -> Vec<String> {
    if let Ok(text) = fs::read_to_string(SAMPLES) {
        return text.lines().skip(1).filter_map(|line| Some(line.split(',').next()?.to_owned())).collect();
    }
    let first = |one: &Municipality| Some(format!("{}{}1-2", one.whole(), places_of(one).first()?.name()));
    municipalities().iter().filter_map(first).collect()
}

/// A second of CPU, so that a busy machine does not change the comparison.
fn rate(list: &[String]) -> Result<f64> {
    let own = std::process::id();
    let begun = cpu_micros(own)?;
    let mut done = 0_u32;
    loop {
        for text in list {
            black_box(parse_anywhere(black_box(text)));
            done += 1;
        }
        let took = Duration::from_micros(cpu_micros(own)? - begun);
        if took >= LASTS {
            return Ok(f64::from(done) / took.as_secs_f64());
        }
    }
}

/// The slowest of some texts made to hurt: a megabyte of brackets, numerals, names.
fn hostile() -> Line {
    let parts = ["(", "一", "1-", "字", "大字", "京都市中京区", "\u{FFFD}", "ﾞ", "通上る", "ノ"];
    let heads = ["", "京都府京都市上京区", "群馬県藤岡市中栗須"];
    let mut slowest = Duration::ZERO;
    for text in heads.iter().flat_map(|head| parts.map(|part| format!("{head}{}", part.repeat(1 << 18)))) {
        let begun = Instant::now();
        black_box(parse_anywhere(&text));
        slowest = slowest.max(begun.elapsed());
    }
    Line {
        what: "… a megabyte of hostile text".to_owned(),
        bar: "≤ 100 ms",
        measured: super::ms(u64::try_from(slowest.as_micros()).unwrap_or(u64::MAX)),
        holds: Some(slowest <= Duration::from_millis(100)),
    }
}

fn peer(list: &[String], own: f64) -> Result<Line> {
    let what = format!("… of npm {PACKAGE} (MIT), our towns as its local data");
    let line =
        |measured: String, holds| Line { what: what.clone(), bar: "≤ 1/200 of ours", measured, holds };
    let installed = installation();
    if !installed.join("node_modules/@geolonia/normalize-japanese-addresses").exists() {
        let command = format!("npm install --prefix {} {PACKAGE}", installed.display());
        return Ok(line(format!("skipped: {command}"), None));
    }
    if !Command::new("node").arg("--version").output().is_ok_and(|node| node.status.success()) {
        return Ok(line("skipped: node is not here".to_owned(), None));
    }
    let scratch = Scratch::new("addresses")?;
    write_towns(&scratch.0)?;
    fs::write(scratch.0.join("list.json"), json!(list).to_string())?;
    let script = scratch.0.join("addresses.mjs");
    fs::write(&script, include_str!("addresses.mjs"))?;
    let output = Command::new("node").arg(script).arg(&scratch.0).arg(&installed).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let rate = answer["rate"].as_f64().context("the peer gives its rate")?;
    let times = own / rate;
    let measured = format!("{rate:.0}/s, town found in {} ({times:.0} ×)", answer["towns"]);
    Ok(line(measured, Some(times >= BAR)))
}

fn installation() -> PathBuf {
    let home = std::env::var("HOME").unwrap_or_default();
    Path::new(&home).join(".cache/fujidana/peer-addresses")
}

/// All towns of the country in the files of its version 3.
fn write_towns(folder: &Path) -> Result<()> {
    let mut prefectures: Vec<Value> = Vec::new();
    for one in municipalities() {
        if prefectures.last().is_none_or(|last| last["pref"] != one.prefecture) {
            let code = one.id.0 / 10_000 * 10_000;
            prefectures.push(json!({ "code": code, "pref": one.prefecture, "point": [0, 0], "cities": [] }));
        }
        let of_prefecture = prefectures.last_mut().and_then(|last| last["cities"].as_array_mut());
        of_prefecture.context("just made")?.push(city(one));
        let towns: Vec<Value> = places_of(one)
            .iter()
            .map(|place| {
                let mut town = json!({ "machiaza_id": "0000000", "point": [0, 0] });
                for (name, value) in
                    [("oaza_cho", place.oaza), ("chome", place.chome.as_str()), ("koaza", place.koaza)]
                {
                    if !value.is_empty() {
                        town[name] = json!(value);
                    }
                }
                town
            })
            .collect();
        let within = folder.join("ja").join(one.prefecture);
        fs::create_dir_all(&within)?;
        let towns = json!({ "meta": { "updated": 0 }, "data": towns });
        fs::write(within.join(format!("{}.json", one.name)), towns.to_string())?;
    }
    let all = json!({ "meta": { "updated": 0 }, "data": prefectures });
    Ok(fs::write(folder.join("ja.json"), all.to_string())?)
}

fn city(one: &Municipality) -> Value {
    let short = one.without_county();
    let county = one.name.strip_suffix(short).filter(|county| !county.is_empty());
    let parts = short.split_once('市').filter(|_| short.ends_with('区'));
    let (city, ward) =
        parts.map_or((short.to_owned(), None), |(city, ward)| (format!("{city}市"), Some(ward)));
    json!({ "code": one.id.0, "county": county, "city": city, "ward": ward, "point": [0, 0] })
}
