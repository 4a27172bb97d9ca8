//! Bands above the header (screens §10): where you are, told by pattern and word, never by accent.
use maud::{Markup, html};

/// One band. The order of the variants is the order of display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// 訓練
    Drill,
    /// 模擬: an outside party is simulated.
    Simulated,
    /// 見本: the people are invented.
    Sample,
    /// 準備環境
    Staging,
    /// 縮退: some followers are stopped, the desk goes on.
    Degraded,
}

impl Band {
    fn mark(self) -> &'static str {
        match self {
            Self::Drill => "drill",
            Self::Simulated => "simulated",
            Self::Sample => "sample",
            Self::Staging => "staging",
            Self::Degraded => "degraded",
        }
    }

    /// The word in 【】 of the title, of printed heads and of PDFs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drill => "訓練",
            Self::Simulated => "模擬",
            Self::Sample => "見本",
            Self::Staging => "準備環境",
            Self::Degraded => "縮退",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Drill => "訓練 — 本物の災害ではありません",
            Self::Simulated => "模擬 — 模擬の相手につないでいます",
            Self::Sample => "見本 — 架空の市民です",
            Self::Staging => "準備環境 — 本番ではありません",
            Self::Degraded => "一部の課が止まっています。受付はできます",
        }
    }
}

/// At most two bands, then 「ほか1」; nothing at all in ordinary operation.
pub fn env_band(bands: &[Band]) -> Markup {
    let bands = in_order(bands);
    let more = bands.len().saturating_sub(2);
    html! {
        @if !bands.is_empty() {
            div.fd-bands role="status" aria-label="この環境について" {
                @for band in bands.iter().take(2) {
                    p.fd-band data-kind=(band.mark()) { span { (band.sentence()) } }
                }
                @if more > 0 { p.fd-band data-kind="more" { span { "ほか" (more) } } }
            }
        }
    }
}

/// 【見本】 before the title, in the order of the bands.
pub(crate) fn title_prefix(bands: &[Band]) -> String {
    in_order(bands).iter().map(|band| format!("【{}】", band.word())).collect()
}

fn in_order(bands: &[Band]) -> Vec<Band> {
    let mut bands = bands.to_vec();
    bands.sort_unstable();
    bands.dedup();
    bands
}
