//! 人口ピラミッド: men to the left, women to the right, the youngest at the foot.
use maud::{Markup, html};

use super::scale::{Scale, short};
use super::{Figure, Value, bar, figure, legend, untold};

/// One band of ages.
#[derive(Debug, Clone, Copy, Default)]
pub struct PyramidBand<'a> {
    /// 「0–4」
    pub label: &'a str,
    pub left: Value,
    pub right: Value,
}

/// Bands of five years as a rule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pyramid<'a> {
    /// Unique within the page.
    pub id: &'a str,
    pub finding: &'a str,
    /// 人
    pub unit: &'a str,
    /// What the bands are: 年齢.
    pub axis: &'a str,
    /// 男
    pub left: &'a str,
    /// 女
    pub right: &'a str,
    /// The youngest first.
    pub bands: &'a [PyramidBand<'a>],
    pub csv: Option<&'a str>,
}

const WIDTH: i64 = 560;
/// The labels stand in the middle.
const MIDDLE: i64 = 64;
/// Room at the outer edges for half a figure of the axis.
const EDGE: i64 = 32;
const SIDE: i64 = (WIDTH - MIDDLE) / 2 - EDGE;
const ROW: i64 = 16;
const BAR: i64 = 13;
const HEAD: i64 = 24;
const FOOT: i64 = 32;
/// Length of the sign for what is not told.
const SIGN: i64 = 16;

pub fn pyramid(p: Pyramid) -> Markup {
    let known = p.bands.iter().flat_map(|band| [band.left, band.right]).filter_map(Value::known);
    let scale = Scale::over(known.map(|value| value.max(0)));
    let rows = i64::try_from(p.bands.len()).unwrap_or(0);
    let foot = HEAD + rows * ROW;
    let (left, right) = (EDGE + SIDE, EDGE + SIDE + MIDDLE);
    let drawing = html! {
        text.fd-chart__value x=(left) y="16" text-anchor="end" { (p.left) }
        text.fd-chart__value x=(right) y="16" { (p.right) }
        @for tick in scale.ticks() {
            @let length = scale.rise(tick, SIDE);
            @for x in [left - length, right + length] {
                line.fd-chart__grid data-zero[tick == 0] x1=(x) y1=(HEAD) x2=(x) y2=(foot) {}
                text.fd-chart__text x=(x) y=(foot + 20) text-anchor="middle" { (short(tick)) }
            }
        }
        @for (i, band) in p.bands.iter().rev().enumerate() {
            @let y = HEAD + ROW * i64::try_from(i).unwrap_or(0);
            (half(p.id, 0, band.left, scale, (left, -1), y))
            (half(p.id, 1, band.right, scale, (right, 1), y))
            text.fd-chart__text x=(left + MIDDLE / 2) y=(y + 12) text-anchor="middle" { (band.label) }
        }
    };
    let untold = p.bands.iter().any(|band| [band.left, band.right].contains(&Value::Suppressed));
    figure(Figure {
        id: p.id,
        finding: p.finding,
        unit: p.unit,
        width: WIDTH,
        height: foot + FOOT,
        drawing,
        legend: legend(p.id, &[p.left, p.right]),
        table: figures(&p),
        suppressed: untold,
        csv: p.csv,
    })
}

/// One bar; `way` is −1 to the left and 1 to the right of `from`.
fn half(id: &str, series: usize, value: Value, scale: Scale, (from, way): (i64, i64), y: i64) -> Markup {
    let at = |length: i64| if way < 0 { from - length } else { from };
    match value {
        Value::Missing => html! {},
        Value::Suppressed => untold(id, at(SIGN), y, SIGN, BAR),
        Value::Known(value) => {
            let length = scale.rise(value.max(0), SIDE);
            bar(id, series, at(length), y, length, BAR)
        }
    }
}

fn figures(p: &Pyramid) -> Markup {
    html! {
        table.fd-chart__figures {
            caption.fd-hidden { (p.finding) "（単位 " (p.unit) "）" }
            thead { tr { th scope="col" { (p.axis) } th scope="col" { (p.left) } th scope="col" { (p.right) } } }
            tbody {
                @for band in p.bands {
                    tr { th scope="row" { (band.label) } td { (band.left.text()) } td { (band.right.text()) } }
                }
            }
        }
    }
}
