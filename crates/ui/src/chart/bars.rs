//! Bars beside each other, and upon each other.
use maud::{Markup, html};

use super::scale::{HEIGHT, LEFT, Scale, Slots, grouped, told};
use super::{Chart, Figure, Value, bar, figure, figures, legend, untold};

/// A bar of one series.
const BAR: i64 = 28;
const GAP: i64 = 12;
/// Height of the sign for what is not told.
const SIGN: i64 = 16;

/// Bars from zero; several series stand beside each other.
///
/// # Panics
/// With more series than can be told apart (four).
pub fn bars(chart: Chart) -> Markup {
    ensure_few(&chart);
    let count = i64::try_from(chart.series.len()).unwrap_or(1).max(1);
    let one = (BAR / count).max(14);
    let slots = Slots::over(chart.labels, one * count + GAP);
    let values = chart.series.iter().flat_map(|series| series.values).filter_map(|value| value.known());
    let scale = Scale::over(values);
    let drawing = html! {
        (scale.grid(slots.right))
        @for (s, series) in chart.series.iter().enumerate() {
            @let told = told(series.values);
            @for i in 0..chart.labels.len() {
                @let x = slots.middle(i) - one * count / 2 + one * i64::try_from(s).unwrap_or(0);
                (one_bar(&chart, scale, (s, i), (x, one), told.contains(&i)))
            }
        }
        (slots.labels(chart.labels))
    };
    framed(&chart, slots, drawing)
}

fn one_bar(chart: &Chart, scale: Scale, at: (usize, usize), (x, wide): (i64, i64), told: bool) -> Markup {
    let zero = scale.y(0);
    let (series, label) = at;
    match chart.at(series, label) {
        Value::Missing => html! {},
        Value::Suppressed => untold(chart.id, x, zero - SIGN, wide, SIGN),
        Value::Known(value) => {
            let y = scale.y(value);
            html! {
                (bar(chart.id, series, x, y.min(zero), wide, (zero - y).abs()))
                @if told {
                    @let above = if value < 0 { y + 16 } else { y - 6 };
                    text.fd-chart__value x=(x + wide / 2) y=(above) text-anchor="middle" { (grouped(value)) }
                }
            }
        }
    }
}

/// Parts of a whole upon each other; negative parts have no place here and count as zero.
///
/// # Panics
/// With more series than can be told apart (four).
pub fn stacked(chart: Chart) -> Markup {
    ensure_few(&chart);
    let slots = Slots::over(chart.labels, BAR + GAP);
    let part = |series: usize, label: usize| chart.at(series, label).known().unwrap_or(0).max(0);
    let totals: Vec<Value> = (0..chart.labels.len())
        .map(|label| {
            let any = (0..chart.series.len()).any(|series| chart.at(series, label).known().is_some());
            let total = (0..chart.series.len()).map(|series| part(series, label)).sum::<i64>();
            any.then_some(total).into()
        })
        .collect();
    let scale = Scale::over(totals.iter().filter_map(|total| total.known()));
    let told = told(&totals);
    let drawing = html! {
        (scale.grid(slots.right))
        @for (i, total) in totals.iter().enumerate() {
            @let x = slots.middle(i) - BAR / 2;
            @for series in 0..chart.series.len() {
                @let below = (0..series).map(|one| part(one, i)).sum::<i64>();
                @let (foot, head) = (scale.y(below), scale.y(below + part(series, i)));
                @if foot > head { (bar(chart.id, series, x, head, BAR, foot - head)) }
                @if chart.at(series, i) == Value::Suppressed { (untold(chart.id, x, foot - SIGN, BAR, SIGN)) }
            }
            @if let Some(total) = total.known().filter(|_| told.contains(&i)) {
                text.fd-chart__value x=(x + BAR / 2) y=(scale.y(total) - 6) text-anchor="middle" { (grouped(total)) }
            }
        }
        (slots.labels(chart.labels))
    };
    framed(&chart, slots, drawing)
}

fn framed(chart: &Chart, slots: Slots, drawing: Markup) -> Markup {
    let labels: Vec<&str> = chart.series.iter().map(|series| series.label).collect();
    figure(Figure {
        id: chart.id,
        finding: chart.finding,
        unit: chart.unit,
        // Half of the last figure may stand over the last bar's edge.
        width: (slots.right + GAP).max(LEFT + 4 * (BAR + GAP)),
        height: HEIGHT,
        drawing,
        legend: legend(chart.id, &labels),
        table: figures(chart),
        suppressed: chart.is_suppressed(),
        csv: chart.csv,
    })
}

fn ensure_few(chart: &Chart) {
    assert!(chart.series.len() <= super::MOST_SERIES, "{}: {} series", chart.id, chart.series.len());
}
