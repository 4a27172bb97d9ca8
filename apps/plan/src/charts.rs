//! What a measure cost and saved, year by year.
use maud::{Markup, html};
use ui::chart::{Chart, Series, Value, bars, line};

use crate::register::{Plan, year_text};
use crate::report::Report;

/// Two charts over the years of the plan for the measure `code`; `of` finds the report that counts in a year.
pub(crate) fn charts<'a>(plan: &Plan, code: &str, of: impl Fn(i64) -> Option<&'a Report>) -> Markup {
    let years: Vec<i64> = (plan.first_year..=plan.last_year).collect();
    let found: Vec<Option<&Report>> = years.iter().map(|year| of(*year)).collect();
    if found.iter().all(Option::is_none) {
        return html! { p { "年次報告はまだありません。" } };
    }
    let names: Vec<String> = years.iter().map(|year| year_text(*year)).collect();
    let labels: Vec<&str> = names.iter().map(|name| name.trim_end_matches('度')).collect();
    let values = |pick: fn(&Report) -> Option<i64>| -> Vec<Value> {
        found.iter().map(|report| report.and_then(pick).into()).collect()
    };
    let (cost, hours) = (values(|one| Some(one.cost)), values(|one| one.hours));
    let (cost_id, hours_id) = (format!("cost-{}-{code}", plan.id), format!("hours-{}-{code}", plan.id));
    let (total, saved): (i64, i64) = (
        found.iter().flatten().map(|one| one.cost).sum(),
        found.iter().flatten().filter_map(|one| one.hours).sum(),
    );
    let (spent, spared) = (
        format!("費用は、報告のある年度を合わせて{}です", base::Yen(total)),
        format!("減った時間は、報告のある年度を合わせて{saved}時間です"),
    );
    let chart = Chart {
        id: &cost_id,
        finding: &spent,
        unit: "円",
        axis: "年度",
        labels: &labels,
        series: &[],
        csv: None,
    };
    html! {
        (bars(Chart { series: &[Series { label: "費用", values: &cost }], ..chart }))
        @if hours.iter().any(|value| matches!(value, Value::Known(_))) {
            (line(Chart {
                id: &hours_id, finding: &spared, unit: "時間",
                series: &[Series { label: "減った時間", values: &hours }], ..chart
            }))
        }
    }
}
