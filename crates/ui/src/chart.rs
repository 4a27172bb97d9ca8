//! Charts as our own SVG (screens §12): a page needs classes for dark, print and forced colours, and the content
//! policy drops `style=`. Every chart is a `figure` whose caption is the finding in one sentence, and the same
//! figures stand in a table below it.
//!
//! Drawn in its natural size, so that its letters are 14 px; what is wider than a phone scrolls within its frame.
mod bars;
mod line;
mod pyramid;
mod scale;

use maud::{Markup, html};

pub use bars::{bars, stacked};
pub use line::line;
pub use pyramid::{Pyramid, PyramidBand, pyramid};

pub use scale::grouped;

/// One figure of a chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Value {
    Known(i64),
    /// Not there: a gap, never zero.
    #[default]
    Missing,
    /// Too few to be told (少数): hatched.
    Suppressed,
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Known(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Missing, Self::Known)
    }
}

impl Value {
    fn known(self) -> Option<i64> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Suppressed => None,
        }
    }

    /// As the table prints it.
    fn text(self) -> String {
        match self {
            Self::Known(value) => grouped(value),
            Self::Missing => "—".to_owned(),
            Self::Suppressed => "x".to_owned(),
        }
    }
}

/// One series; its values stand in the order of the chart's labels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Series<'a> {
    pub label: &'a str,
    pub values: &'a [Value],
}

/// What [`bars`], [`stacked`] and [`line`] draw. Four series at most: more cannot be told apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chart<'a> {
    /// Unique within the page: hatches are found by it.
    pub id: &'a str,
    /// What the figures say, in one sentence.
    pub finding: &'a str,
    /// 円, 時間, 人 …
    pub unit: &'a str,
    /// What the labels are: 年度, 町 …
    pub axis: &'a str,
    pub labels: &'a [&'a str],
    pub series: &'a [Series<'a>],
    /// Address of the same figures as CSV.
    pub csv: Option<&'a str>,
}

/// Series that a chart tells apart.
const MOST_SERIES: usize = 4;
/// A phone shows so much without scrolling.
const PHONE: i64 = 328;

/// The frame of every chart.
struct Figure<'a> {
    id: &'a str,
    finding: &'a str,
    unit: &'a str,
    width: i64,
    height: i64,
    drawing: Markup,
    legend: Markup,
    table: Markup,
    suppressed: bool,
    csv: Option<&'a str>,
}

fn figure(f: Figure) -> Markup {
    let scrolls = (f.width > PHONE).then_some("0");
    html! {
        figure.fd-chart {
            figcaption.fd-chart__finding { (f.finding) }
            p.fd-chart__unit { "単位 " (f.unit) }
            (f.legend)
            div.fd-chart__frame tabindex=[scrolls] role=[scrolls.map(|_| "group")]
                aria-label=[scrolls.map(|_| f.finding)] {
                svg.fd-chart__drawing role="img" viewBox={ "0 0 " (f.width) " " (f.height) } width=(f.width)
                    height=(f.height) {
                    title { (f.finding) }
                    desc { "同じ数字の表が図の下にあります。" }
                    defs { @for series in 1..=MOST_SERIES { (hatch(f.id, series)) } }
                    (f.drawing)
                }
            }
            @if f.suppressed { p.fd-chart__note { "斜線は、少数のため表示しません。" } }
            details.fd-chart__details {
                summary { "表で見る" }
                (f.table)
                @if let Some(href) = f.csv { p { (crate::link(href, "CSVで受けとる")) } }
            }
        }
    }
}

/// Series 2 to 4 are told apart without colour; number 1 is for what is not told.
fn hatch(id: &str, series: usize) -> Markup {
    let (turn, gap, stroke) = match series {
        1 => (45, 5, "1"),
        2 => (45, 6, "3"),
        3 => (135, 5, "2"),
        _ => (90, 4, "2"),
    };
    html! {
        pattern id={ (id) "-hatch-" (series) } width=(gap) height=(gap) patternUnits="userSpaceOnUse"
            patternTransform={ "rotate(" (turn) ")" } {
            line.fd-chart__hatch data-series=(series) x1="0" y1="0" x2="0" y2=(gap) stroke-width=(stroke) {}
        }
    }
}

/// A filled shape of a series: the first is plain, the others are hatched in their colour.
fn bar(id: &str, series: usize, x: i64, y: i64, width: i64, height: i64) -> Markup {
    let fill = (series > 0).then(|| format!("url(#{id}-hatch-{})", series + 1));
    html! {
        rect.fd-chart__bar data-series=(series + 1) x=(x) y=(y) width=(width) height=(height) rx="2" fill=[fill] {}
    }
}

/// Where a figure is not told.
fn untold(id: &str, x: i64, y: i64, width: i64, height: i64) -> Markup {
    html! {
        rect.fd-chart__untold x=(x) y=(y) width=(width) height=(height) fill={ "url(#" (id) "-hatch-1)" } {}
    }
}

/// Which pattern is which series; one series needs none.
fn legend(id: &str, labels: &[&str]) -> Markup {
    html! {
        @if labels.len() > 1 {
            ul.fd-chart__legend {
                @for (i, label) in labels.iter().enumerate() {
                    li { svg.fd-chart__swatch width="16" height="16" aria-hidden="true" { (bar(id, i, 1, 1, 14, 14)) } (label) }
                }
            }
        }
    }
}

fn figures(chart: &Chart) -> Markup {
    html! {
        table.fd-chart__figures {
            caption.fd-hidden { (chart.finding) "（単位 " (chart.unit) "）" }
            thead {
                tr {
                    th scope="col" { (chart.axis) }
                    @for series in chart.series { th scope="col" { (series.label) } }
                }
            }
            tbody {
                @for (i, label) in chart.labels.iter().enumerate() {
                    tr {
                        th scope="row" { (label) }
                        @for series in chart.series {
                            td { (series.values.get(i).copied().unwrap_or_default().text()) }
                        }
                    }
                }
            }
        }
    }
}

impl Chart<'_> {
    fn is_suppressed(&self) -> bool {
        self.series.iter().any(|series| series.values.contains(&Value::Suppressed))
    }

    fn at(&self, series: usize, label: usize) -> Value {
        self.series[series].values.get(label).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
