//! From figures to places on the picture, in whole pixels.
use maud::{Markup, html};

use super::Value;

/// Room for the figures of the axis.
pub(super) const LEFT: i64 = 72;
pub(super) const TOP: i64 = 24;
/// Height of the part that holds the figures.
pub(super) const TALL: i64 = 144;
/// Room for the labels.
pub(super) const BOTTOM: i64 = 32;
pub(super) const HEIGHT: i64 = TOP + TALL + BOTTOM;
/// Lines of the grid, zero not counted.
const LINES: i64 = 4;

/// Values of the axis: from `low` to `high` by `step`; zero is always on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) step: i64,
}

impl Scale {
    pub(super) fn over(values: impl Iterator<Item = i64>) -> Self {
        let (low, high) = values.fold((0, 0), |(low, high), value| (value.min(low), value.max(high)));
        let step = step(high.saturating_sub(low));
        let up = |value: i64| (value.saturating_add(step - 1)).div_euclid(step) * step;
        let (low, high) = (-up(-low), up(high));
        Self { low, high: if low == high { low + step } else { high }, step }
    }

    /// Pixels from the foot of a part of `length` pixels.
    pub(super) fn rise(self, value: i64, length: i64) -> i64 {
        let whole = i128::from(self.high) - i128::from(self.low);
        let part = (i128::from(value) - i128::from(self.low)) * i128::from(length);
        // Half a pixel up: nothing is drawn too small by rounding.
        i64::try_from((2 * part + whole).div_euclid(2 * whole)).unwrap_or(length)
    }

    /// From the top of the picture.
    pub(super) fn y(self, value: i64) -> i64 {
        TOP + TALL - self.rise(value, TALL)
    }

    pub(super) fn ticks(self) -> impl Iterator<Item = i64> {
        let count = (self.high - self.low) / self.step;
        (0..=count).map(move |n| self.low + n * self.step)
    }

    /// The grid from `LEFT` to `right` with its figures.
    pub(super) fn grid(self, right: i64) -> Markup {
        html! {
            @for tick in self.ticks() {
                @let y = self.y(tick);
                line.fd-chart__grid data-zero[tick == 0] x1=(LEFT) y1=(y) x2=(right) y2=(y) {}
                text.fd-chart__text x=(LEFT - 8) y=(y + 5) text-anchor="end" { (short(tick)) }
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that at most [`LINES`] lines are needed.
fn step(range: i64) -> i64 {
    let mut power: i64 = 1;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if range <= step.saturating_mul(LINES) {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// 「1,234」, negative 「△1,234」.
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "△" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// 「1,200万」 where nothing is lost by it.
pub(super) fn short(value: i64) -> String {
    const MAN: i64 = 10_000;
    const OKU: i64 = MAN * MAN;
    match value {
        0 => "0".to_owned(),
        _ if value % OKU == 0 => format!("{}億", grouped(value / OKU)),
        _ if value % MAN == 0 => format!("{}万", grouped(value / MAN)),
        _ => grouped(value),
    }
}

/// Pixels of a text of 14 px: figures are a little over half as wide as kanji.
pub(super) fn wide(text: &str) -> i64 {
    text.chars().map(|letter| if letter.is_ascii() { 8 } else { 14 }).sum()
}

/// Where the labels stand: so many pixels for each, and every `every`th is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slots {
    pub(super) wide: i64,
    pub(super) every: usize,
    pub(super) right: i64,
}

impl Slots {
    /// A few labels get the room they need; of many some are left out.
    pub(super) fn over(labels: &[&str], least: i64) -> Self {
        const FEW: usize = 12;
        let need = labels.iter().map(|label| wide(label)).max().unwrap_or(0) + 8;
        let wide = if labels.len() <= FEW { least.max(need) } else { least };
        let every = usize::try_from((need + wide - 1) / wide).unwrap_or(1);
        Self { wide, every, right: LEFT + wide * i64::try_from(labels.len()).unwrap_or(0) }
    }

    pub(super) fn middle(self, label: usize) -> i64 {
        LEFT + self.wide * i64::try_from(label).unwrap_or(0) + self.wide / 2
    }

    pub(super) fn labels(self, labels: &[&str]) -> Markup {
        html! {
            @for (i, label) in labels.iter().enumerate().filter(|(i, _)| i % self.every == 0) {
                text.fd-chart__text x=(self.middle(i)) y=(TOP + TALL + 22) text-anchor="middle" { (label) }
            }
        }
    }
}

/// The places whose figure is written: the highest and the last that are known.
pub(super) fn told(values: &[Value]) -> Vec<usize> {
    let known: Vec<(usize, i64)> =
        values.iter().enumerate().filter_map(|(i, value)| Some((i, value.known()?))).collect();
    let highest = known.iter().rev().max_by_key(|(_, value)| *value);
    let mut told: Vec<usize> = highest.into_iter().chain(known.last()).map(|(i, _)| *i).collect();
    told.dedup();
    told
}
