//! The figures of a day as both pages show them, staff's and everybody's.
use base::Sex::{Female, Male};
use base::{Date, wareki};
use maud::{Markup, html};
use ui::chart::{Chart, Pyramid, PyramidBand, Series, Value, grouped, line, pyramid};
use web::City;

use crate::count::{Count, Day};
use crate::figures::{CITY_BANDS, Figures, Place, TOWN_BANDS, Told, TownRow, band_labels};
use crate::tables::UNTOLD;

/// Head figures: 人口, 男, 女, 世帯, and the three great ages of the population statistics.
pub(crate) fn head(figures: &Figures) -> Markup {
    let total = figures.total();
    let share = |persons: i64| {
        // Tenths of a percent, rounded half up, without a float.
        let tenths = if total == 0 { 0 } else { (persons * 2000 + total) / (2 * total) };
        format!("{}.{}%", tenths / 10, tenths % 10)
    };
    let persons = |number: i64| html! { (grouped(number)) "人" };
    let fact = |label, value| ui::Fact { label, value, act: None };
    let age = |from, to| {
        let number = figures.between(from, to);
        html! { (grouped(number)) "人（" (share(number)) "）" }
    };
    ui::summary_list(&[
        fact("人口", persons(total)),
        fact("男", persons(figures.of_sex(Male))),
        fact("女", persons(figures.of_sex(Female))),
        fact("世帯", html! { (grouped(figures.households_total())) "世帯" }),
        fact("0〜14歳", age(0, 14)),
        fact("15〜64歳", age(15, 64)),
        fact("65歳以上", age(65, i64::MAX)),
    ])
}

/// The city by sex and five years of age.
pub(crate) fn city_pyramid(city: &City, count: &Count, csv: &str) -> Markup {
    let (men, women) = (count.figures.bands(Male, CITY_BANDS), count.figures.bands(Female, CITY_BANDS));
    let labels = band_labels(CITY_BANDS);
    let most = men.iter().zip(&women).map(|(men, women)| men + women).enumerate().max_by_key(|(_, sum)| *sum);
    let (band, sum) = most.unwrap_or_default();
    let finding = format!(
        "{}の{}でいちばん多いのは{}歳の{}人です",
        wareki(count.day.as_of),
        city.name,
        labels[band],
        grouped(sum)
    );
    let bands: Vec<PyramidBand> = labels
        .iter()
        .zip(men.iter().zip(&women))
        .map(|(label, (men, women))| PyramidBand {
            label,
            left: Value::Known(*men),
            right: Value::Known(*women),
        })
        .collect();
    let unknown = count.figures.of_age(Male, -1) + count.figures.of_age(Female, -1);
    html! {
        (pyramid(Pyramid {
            id: "ages", finding: &finding, unit: "人", axis: "年齢", left: "男", right: "女", bands: &bands, csv: Some(csv),
        }))
        @if unknown > 0 { p { "このほかに年齢不詳の人が" (unknown) "人います。" } }
    }
}

/// The city by single years of age.
pub(crate) fn single_years(count: &Count, csv: &str) -> Markup {
    let figures = &count.figures;
    html! {
        details {
            summary { "1歳ごとの人口" }
            table.fd-chart__figures {
                caption.fd-hidden { "1歳ごとの人口" }
                thead { tr { @for column in ["年齢", "男", "女", "計"] { th scope="col" { (column) } } } }
                tbody {
                    @for age in 0..=figures.oldest() {
                        @let (men, women) = (figures.of_age(Male, age), figures.of_age(Female, age));
                        tr {
                            th scope="row" { (age) }
                            td { (grouped(men)) } td { (grouped(women)) } td { (grouped(men + women)) }
                        }
                    }
                }
            }
            p { (ui::link(csv, "CSVで受けとる")) }
        }
    }
}

/// A town by sex and five years of age; what is small is not told.
pub(crate) fn town_pyramid(name: &str, on: Date, town: &TownRow) -> Markup {
    let finding = format!("{}の{}の男女と年齢です", wareki(on), name);
    let labels = band_labels(TOWN_BANDS);
    let value = |told: Option<&Told>| match told {
        Some(Some(number)) => Value::Known(*number),
        _ => Value::Suppressed,
    };
    let bands: Vec<PyramidBand> = labels
        .iter()
        .enumerate()
        .map(|(at, label)| PyramidBand {
            label,
            left: value(town.bands[0].get(at)),
            right: value(town.bands[1].get(at)),
        })
        .collect();
    pyramid(Pyramid {
        id: "ages",
        finding: &finding,
        unit: "人",
        axis: "年齢",
        left: "男",
        right: "女",
        bands: &bands,
        csv: None,
    })
}

/// How the number of residents went, over the counted month ends and published days.
pub(crate) fn course(days: &[Day]) -> Markup {
    if days.len() < 2 {
        return html! {};
    }
    let days: Vec<&Day> = days.iter().take(13).rev().collect();
    let names: Vec<String> =
        days.iter().map(|day| format!("{}/{}", day.as_of.month(), day.as_of.day())).collect();
    let labels: Vec<&str> = names.iter().map(String::as_str).collect();
    let values: Vec<Value> = days.iter().map(|day| Value::Known(day.persons)).collect();
    let (first, last) = (days[0], days[days.len() - 1]);
    let change = last.persons - first.persons;
    let word = if change < 0 { "減りました" } else { "増えました" };
    let finding = format!("{}から{}人{word}", wareki(first.as_of), grouped(change.abs()));
    line(Chart {
        id: "course",
        finding: &finding,
        unit: "人",
        axis: "月日",
        labels: &labels,
        series: &[Series { label: "人口", values: &values }],
        csv: None,
    })
}

/// The towns in the narrow table of the charts, which fits a phone and public pages, too. `way` leads to a town's own page.
pub(crate) fn towns(city: &City, count: &Count, way: Option<&str>) -> Markup {
    let towns = count.figures.towns(count.smallest);
    html! {
        table.fd-chart__figures {
            caption.fd-hidden { "町ごとの人口と世帯" }
            thead { tr { @for column in ["町", "人口", "男", "女", "世帯"] { th scope="col" { (column) } } } }
            tbody {
                @for town in &towns {
                    tr {
                        th scope="row" { (place(city, count, town, way)) }
                        @for figure in [town.total(), town.men, town.women, town.households] {
                            td { (figure.map_or_else(|| UNTOLD.to_owned(), grouped)) }
                        }
                    }
                }
            }
        }
        @if towns.iter().any(|town| town.men.is_none()) {
            p { (UNTOLD) "は少数のため表示しません。その町は、最後の行に合わせて入っています。" }
        }
    }
}

fn place(city: &City, count: &Count, town: &TownRow, way: Option<&str>) -> Markup {
    let name = town.name(city.id);
    match (way, town.place) {
        (Some(way), Place::Town(number)) if town.men.is_some() => {
            ui::link(&format!("{way}/{number}?on={}", count.day.as_of), &name)
        }
        _ => html! { (name) },
    }
}
