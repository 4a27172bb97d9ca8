//! The head of a record and the page before an act.
use crate::alert::{AlertStrip, alert_strip};
use maud::{Markup, html};

/// Name first. The strip stands in every record, so that its presence tells nothing.
#[derive(Debug, Clone, Default)]
pub struct RecordHeader<'a> {
    /// `ui::name(…)`; becomes the h1.
    pub name: Markup,
    pub kana: &'a str,
    /// 生年月日, 性別, 宛名番号 …, each already formatted.
    pub facts: &'a [Markup],
    /// 転入, 転居 …: the event's name in words [STD 2.3.1].
    pub event: Option<&'a str>,
    /// 下書き, 仮登録, 本登録 …
    pub state: Option<&'a str>,
    /// 仮登録 has a dashed edge besides its word.
    pub provisional: bool,
    pub strip: AlertStrip<'a>,
}

pub fn record_header(r: RecordHeader) -> Markup {
    html! {
        header.fd-record data-provisional[r.provisional] {
            @if r.event.is_some() || r.state.is_some() {
                p.fd-record__event {
                    @if let Some(event) = r.event { strong { (event) } }
                    @if let Some(state) = r.state { (crate::tag(crate::Tag::Plain, state)) }
                }
            }
            h1.fd-record__name tabindex="-1" data-result { (r.name) (crate::kana(r.kana)) }
            ul.fd-record__facts { @for fact in r.facts { li { (fact) } } }
            (alert_strip(r.strip))
        }
    }
}

/// One answer on the check page.
#[derive(Debug, Clone, Default)]
pub struct Answer<'a> {
    pub question: &'a str,
    /// An empty answer prints 「回答なし」.
    pub answer: Markup,
    pub change: Option<&'a str>,
}

pub fn check_answers(answers: &[Answer]) -> Markup {
    html! {
        dl.fd-facts.fd-answers {
            @for answer in answers {
                div.fd-facts__row {
                    dt { (answer.question) }
                    dd { @if answer.answer.0.is_empty() { "回答なし" } @else { (answer.answer) } }
                    @if let Some(href) = answer.change {
                        dd.fd-facts__act { a.fd-link href=(href) { "変更" span.fd-hidden { "（" (answer.question) "）" } } }
                    }
                }
            }
        }
    }
}
