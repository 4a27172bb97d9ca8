//! The charts of the gallery: invented figures.
use ui::chart::{Chart, Pyramid, PyramidBand, Series, Value, bars, line, pyramid, stacked};
use ui::{Markup, Page, PublicPage, html};

const YEARS: &[&str] = &["令和元年", "令和2年", "令和3年", "令和4年", "令和5年"];

fn chart<'a>(id: &'a str, finding: &'a str, unit: &'a str, series: &'a [Series<'a>]) -> Chart<'a> {
    Chart { id, finding, unit, axis: "年度", labels: YEARS, series, csv: Some("/figures.csv") }
}

pub fn charts(page: Page) -> Markup {
    let cost: Vec<Value> = [1_200_000, 900_000, 2_400_000, 800_000, 650_000].map(Value::Known).to_vec();
    let (staff, bought) = (
        [400_000, 300_000, 300_000, 200_000, 150_000].map(Value::Known),
        [
            Value::Known(800_000),
            Value::Known(600_000),
            Value::Suppressed,
            Value::Missing,
            Value::Known(500_000),
        ],
    );
    let hours = [Value::Known(120), Value::Known(180), Value::Missing, Value::Known(310), Value::Known(295)];
    let names: Vec<String> = (0..18).map(|band| format!("{}–{}", band * 5, band * 5 + 4)).collect();
    let bands: Vec<PyramidBand> = (0i64..)
        .zip(&names)
        .map(|(band, name)| PyramidBand {
            label: name,
            left: Value::Known(900 + 120 * band - 9 * band * band),
            right: if band == 17 {
                Value::Suppressed
            } else {
                Value::Known(880 + 130 * band - 8 * band * band)
            },
        })
        .collect();
    ui::public_page(PublicPage {
        page,
        main: html! {
            h1 { "図" }
            (bars(chart("cost", "費用は令和3年度に最も多くかかりました", "円", &[Series { label: "費用", values: &cost }])))
            (stacked(chart("parts", "外への支払いが費用の多くを占めます", "円", &[
                Series { label: "人件費", values: &staff }, Series { label: "委託料", values: &bought },
            ])))
            (line(chart("hours", "減った時間は令和4年度に最も多くなりました", "時間", &[
                Series { label: "時間", values: &hours },
            ])))
            (pyramid(Pyramid {
                id: "ages", finding: "30歳代が最も多く住んでいます", unit: "人", axis: "年齢", left: "男", right: "女",
                bands: &bands, csv: None,
            }))
        },
        footer: html! { p { "見本の数字です" } },
        names: false,
    })
}
