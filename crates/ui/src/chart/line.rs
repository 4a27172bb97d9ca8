//! Lines over time: an end label instead of a legend, a gap where nothing is known.
use maud::{Markup, html};

use super::scale::{HEIGHT, Scale, Slots, grouped, told, wide};
use super::{Chart, Figure, Series, figure, figures};

const SLOT: i64 = 48;

/// One line a series.
///
/// # Panics
/// With more series than can be told apart (four).
pub fn line(chart: Chart) -> Markup {
    assert!(chart.series.len() <= super::MOST_SERIES, "{}: {} series", chart.id, chart.series.len());
    let slots = Slots::over(chart.labels, SLOT);
    let values = chart.series.iter().flat_map(|series| series.values).filter_map(|value| value.known());
    let scale = Scale::over(values);
    let named = chart.series.len() > 1;
    let room = chart.series.iter().map(|series| wide(series.label)).max().filter(|_| named).unwrap_or(0);
    let ends = end_heights(&chart, scale);
    let drawing = html! {
        (scale.grid(slots.right))
        @for (s, series) in chart.series.iter().enumerate() {
            @for run in runs(series, chart.labels.len()) { (stroke(&run, s, scale, slots)) }
            @for i in told(series.values) {
                @if let Some(value) = chart.at(s, i).known() {
                    text.fd-chart__value x=(slots.middle(i)) y=(scale.y(value) - 8) text-anchor="middle" {
                        (grouped(value))
                    }
                }
            }
            @if let Some(y) = ends[s].filter(|_| named) {
                text.fd-chart__text data-series=(s + 1) x=(slots.right) y=(y + 5) { (series.label) }
            }
        }
        (slots.labels(chart.labels))
    };
    figure(Figure {
        id: chart.id,
        finding: chart.finding,
        unit: chart.unit,
        width: slots.right + room + 8,
        height: HEIGHT,
        drawing,
        legend: html! {},
        table: figures(&chart),
        suppressed: false,
        csv: chart.csv,
    })
}

/// Known figures that follow each other without a gap.
fn runs(series: &Series, labels: usize) -> Vec<Vec<(usize, i64)>> {
    let mut runs: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for (i, value) in series.values.iter().take(labels).enumerate() {
        match (value.known(), runs.last_mut()) {
            (Some(value), Some(run)) => run.push((i, value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn stroke(run: &[(usize, i64)], series: usize, scale: Scale, slots: Slots) -> Markup {
    let places = run.iter().map(|(i, value)| format!("{},{}", slots.middle(*i), scale.y(*value)));
    let points = places.collect::<Vec<_>>().join(" ");
    let dash = ["", "8 4", "2 4", "10 3 2 3"][series];
    html! {
        polyline.fd-chart__line data-series=(series + 1) points=(points)
            stroke-dasharray=[(!dash.is_empty()).then_some(dash)] {}
        @for (i, value) in run {
            circle.fd-chart__dot data-series=(series + 1) cx=(slots.middle(*i)) cy=(scale.y(*value)) r="3" {}
        }
    }
}

/// Where the names at the ends stand: at the last known figure, pushed down where two would cover each other.
fn end_heights(chart: &Chart, scale: Scale) -> Vec<Option<i64>> {
    const APART: i64 = 16;
    let last = |series: &Series| series.values.iter().rev().find_map(|value| value.known());
    let mut ends: Vec<Option<i64>> =
        chart.series.iter().map(|series| last(series).map(|value| scale.y(value))).collect();
    let mut order: Vec<usize> = (0..ends.len()).filter(|i| ends[*i].is_some()).collect();
    order.sort_by_key(|i| ends[*i]);
    let mut free = i64::MIN;
    for i in order {
        ends[i] = ends[i].map(|y| y.max(free));
        free = ends[i].map_or(free, |y| y + APART);
    }
    ends
}
