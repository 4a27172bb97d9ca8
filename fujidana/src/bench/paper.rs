//! Papers: one certificate after another, letters in one file, and what a headless browser takes for a page.
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use paper::{Template, Typesetter};
use paper_typst::Press;
use serde_json::{Value, json};

use super::{Line, Scratch, ms, p95};

const CERTIFICATE: &str = "residents/jumin-hyo";
const COPIES: usize = 100;
const LETTERS: usize = 500;
/// Starts of the browser.
const PRINTS: usize = 5;

/// A letter of one page for a window envelope, with a QR code.
static LETTER: Template = Template {
    name: "bench/letter",
    title: "お知らせ",
    source: include_str!("letter.typ"),
    sample: || letter(0),
    archive: false,
};

pub fn run() -> Result<Vec<Line>> {
    let press = Press::new(paper::TEMPLATES.iter().chain([&LETTER]), None);
    let known = press.templates();
    let certificate = known.iter().find(|one| one.name == CERTIFICATE).context("no 住民票の写し")?;
    let mut data = (certificate.sample)();
    press.render(CERTIFICATE, &data)?;
    let mut taken = Vec::with_capacity(COPIES);
    for copy in 0..COPIES {
        data["issue_number"] = json!(format!("20261124 藤岡市 本庁1 プリンタ001 {copy:03}"));
        let started = Instant::now();
        press.render(CERTIFICATE, &data)?;
        taken.push(micros(started));
    }
    let certificate = p95(taken);
    let letters: Vec<Value> = (0..LETTERS).map(letter).collect();
    let started = Instant::now();
    let file = press.render_all(LETTER.name, &letters)?;
    let rate = LETTERS as f64 / started.elapsed().as_secs_f64();
    Ok(vec![
        Line {
            what: "certificate PDF (two pages, PDF/A-1b), warm, p95".to_owned(),
            bar: "≤ 100 ms",
            measured: ms(certificate),
            holds: Some(certificate <= 100_000),
        },
        Line {
            what: format!("letters in one file of {} pages", file.pages),
            bar: "≥ 100/s",
            measured: format!("{rate:.0}/s"),
            holds: Some(rate >= 100.0),
        },
        browser()?,
    ])
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn letter(number: usize) -> Value {
    let code =
        paper::Qr::of(&format!("https://fujidana.example/letters/{number:06}")).expect("a short address");
    json!({
        "address": {
            "postal_code": "3750024",
            "lines": [format!("群馬県藤岡市藤岡{}番地", number + 1)],
            "name": format!("見本 {}郎", number + 1),
            "honorific": "様",
            "note": null,
        },
        "number": number,
        "qr": code,
    })
}

/// The peer: headless Chromium prints one page of text.
fn browser() -> Result<Line> {
    let what = "… peer: headless Chromium prints one page, p95".to_owned();
    let scratch = Scratch::new("paper")?;
    let (page, out) = (scratch.0.join("page.html"), scratch.0.join("page.pdf"));
    let text = "藤岡市からのお知らせです。".repeat(20);
    std::fs::write(&page, format!("<!doctype html><meta charset=utf-8><h1>お知らせ</h1><p>{text}</p>"))?;
    let mut taken = Vec::with_capacity(PRINTS);
    for _ in 0..PRINTS {
        let started = Instant::now();
        let printed = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"])
            .arg(format!("--print-to-pdf={}", out.display()))
            .arg(format!("file://{}", page.display()))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status();
        if !printed.is_ok_and(|status| status.success()) {
            let measured = "skipped: chromium does not run here".to_owned();
            return Ok(Line { what, bar: "–", measured, holds: None });
        }
        taken.push(micros(started));
    }
    Ok(Line { what, bar: "–", measured: ms(p95(taken)), holds: None })
}
