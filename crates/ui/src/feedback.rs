//! What the page answers: errors, facts about the whole page, and emptiness.
use crate::Input;
use maud::{Markup, html};

/// One error and the id of the control it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorItem {
    pub id: String,
    pub message: String,
}

/// Collects the errors of a page in page order: `errors(&[("birth", &fields.birth), …])`.
pub fn errors(fields: &[(&str, &Input)]) -> Vec<ErrorItem> {
    let with_error = fields.iter().filter_map(|(id, input)| Some((id, input.error.clone()?)));
    with_error.map(|(id, message)| ErrorItem { id: (*id).to_owned(), message }).collect()
}

/// Stands above the h1 after a 422; the script focuses it, `role=alert` tells it. Nothing when all is well.
pub fn error_summary(items: &[ErrorItem]) -> Markup {
    html! {
        @if !items.is_empty() {
            div.fd-errors role="alert" tabindex="-1" data-focus {
                h2.fd-errors__title { "確かめるところが" (crate::text::things(items.len())) "あります" }
                ul { @for item in items { li { a href={ "#" (item.id) } { (item.message) } } } }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Info,
    Ok,
    Warn,
    Error,
}

impl Tone {
    fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Info => ("info", "お知らせ"),
            Self::Ok => ("ok", "済み"),
            Self::Warn => ("warn", "注意"),
            Self::Error => ("error", "エラー"),
        }
    }
}

/// A fact about the whole page.
#[derive(Debug, Clone, Default)]
pub struct Notice<'a> {
    pub tone: Tone,
    pub heading: &'a str,
    pub body: Markup,
}

pub fn notice(n: Notice) -> Markup {
    let (mark, word) = n.tone.mark();
    html! {
        section.fd-notice data-tone=(mark) aria-label=(n.heading) {
            h2.fd-notice__heading { span.fd-notice__word { (word) } (n.heading) }
            div.fd-notice__body { (n.body) }
        }
    }
}

/// 「きょうの受付はまだありません」 and, if there is one, the act that fills the place.
pub fn empty_state(sentence: &str, act: Option<(&str, &str, Option<&str>)>) -> Markup {
    html! {
        div.fd-empty {
            p { (sentence) }
            @if let Some((href, label, keys)) = act {
                p.fd-key-link { (crate::link(href, label)) @if let Some(keys) = keys { (crate::kbd(keys)) } }
            }
        }
    }
}
