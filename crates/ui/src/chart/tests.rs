//! What a chart owes: true lengths, gaps that are gaps, words for those who do not see it, nothing inline.
use super::scale::{Scale, Slots, grouped, short, told};
use super::*;

#[track_caller]
fn check(markup: &Markup, holds: &[&str], lacks: &[&str]) {
    let text = &markup.0;
    for part in holds {
        assert!(text.contains(part), "missing {part}\nin {text}");
    }
    for part in lacks.iter().chain(&["style", "<script"]) {
        assert!(!text.contains(part), "must not hold {part}\nin {text}");
    }
}

const YEARS: &[&str] = &["R1", "R2", "R3"];

fn chart<'a>(series: &'a [Series<'a>]) -> Chart<'a> {
    Chart {
        id: "cost",
        finding: "費用は<R2>に最も多くかかりました",
        unit: "円",
        axis: "年度",
        labels: YEARS,
        series,
        csv: Some("/x.csv"),
    }
}

#[test]
fn the_axis_holds_zero_and_round_steps() {
    for (values, low, high, step) in [
        (&[0][..], 0, 1, 1),
        (&[3, 4], 0, 4, 1),
        (&[1_234_567], 0, 1_500_000, 500_000),
        (&[-30, 100], -50, 100, 50),
        (&[-7], -8, 0, 2),
        (&[], 0, 1, 1),
    ] {
        assert_eq!(Scale::over(values.iter().copied()), Scale { low, high, step }, "{values:?}");
    }
    let huge = Scale::over([i64::MAX / 4].into_iter());
    assert!(huge.ticks().count() <= 5);
}

#[test]
fn lengths_are_true() {
    let scale = Scale { low: 0, high: 200, step: 50 };
    for (value, length) in [(0, 0), (50, 36), (100, 72), (200, 144), (1, 1)] {
        assert_eq!(scale.rise(value, 144), length, "{value}");
    }
}

#[test]
fn figures_are_written_as_on_paper() {
    for (value, long, brief) in [
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1,000", "1,000"),
        (-1_234_567, "△1,234,567", "△1,234,567"),
        (12_000_000, "12,000,000", "1,200万"),
        (300_000_000, "300,000,000", "3億"),
    ] {
        assert_eq!((grouped(value).as_str(), short(value).as_str()), (long, brief));
    }
}

#[test]
fn the_highest_and_the_last_are_told() {
    let of = |values: &[Option<i64>]| told(&values.iter().map(|v| Value::from(*v)).collect::<Vec<_>>());
    assert_eq!(of(&[Some(1), Some(3), Some(2)]), [1, 2]);
    assert_eq!(of(&[Some(1), Some(3), None]), [1]);
    assert_eq!(of(&[None]), [] as [usize; 0]);
}

#[test]
fn labels_have_room_or_are_left_out() {
    assert_eq!(Slots::over(&["令和元年度"; 5], 40).every, 1);
    assert_eq!(Slots::over(&["令和元年度"; 40], 40).every, 2);
}

#[test]
fn a_gap_is_a_gap_and_few_are_hatched() {
    let values = [Value::Known(100), Value::Missing, Value::Suppressed];
    let one = [Series { label: "費用", values: &values }];
    let holds = [
        "role=\"img\"",
        "<title>費用は&lt;R2&gt;に最も多くかかりました</title>",
        "<figcaption",
        "<td>—</td>",
        "<td>x</td>",
        "少数のため表示しません",
        "href=\"/x.csv\"",
        "class=\"fd-chart__untold\"",
    ];
    let drawn = bars(chart(&one));
    check(&drawn, &holds, &["fd-chart__legend"]);
    assert_eq!(drawn.0.matches("class=\"fd-chart__bar\"").count(), 1);
    // A line breaks where a figure is missing.
    let values = [Value::Known(1), Value::Missing, Value::Known(2)];
    let drawn = line(chart(&[Series { label: "費用", values: &values }]));
    assert_eq!(drawn.0.matches("<polyline").count(), 2);
}

#[test]
fn series_are_told_apart_without_colour() {
    let (a, b) = ([1.into(), 2.into(), 3.into()], [3.into(), 2.into(), 1.into()]);
    let two = [Series { label: "人件費", values: &a }, Series { label: "委託", values: &b }];
    check(&stacked(chart(&two)), &["fd-chart__legend", "fill=\"url(#cost-hatch-2)\"", "人件費", "委託"], &[]);
    check(&line(chart(&two)), &["stroke-dasharray=\"8 4\"", ">委託</text>"], &["fd-chart__legend"]);
}

#[test]
fn a_pyramid_names_both_sides_and_keeps_the_youngest_at_the_foot() {
    let bands = [
        PyramidBand { label: "0–4", left: 10.into(), right: 8.into() },
        PyramidBand { label: "5–9", left: Value::Suppressed, right: 20.into() },
    ];
    let drawn = pyramid(Pyramid {
        id: "p",
        finding: "5–9歳の女が最も多い",
        unit: "人",
        axis: "年齢",
        left: "男",
        right: "女",
        bands: &bands,
        csv: None,
    });
    check(&drawn, &["男", "女", "<th scope=\"row\">0–4</th><td>10</td><td>8</td>", "fd-chart__untold"], &[]);
    let text = drawn.0;
    assert!(text.find(">5–9</text>") < text.find(">0–4</text>"));
}

#[test]
fn twelve_bars_are_light() {
    let values: Vec<Value> = (1..=12).map(Value::from).collect();
    let labels = ["4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月", "1月", "2月", "3月"];
    let series = [Series { label: "件数", values: &values }];
    let drawn = bars(Chart { labels: &labels, ..chart(&series) });
    let svg = drawn.0.split("<svg").nth(1).and_then(|rest| rest.split("</svg>").next()).expect("an svg");
    assert!(svg.len() <= 5_000, "{} bytes", svg.len());
}
