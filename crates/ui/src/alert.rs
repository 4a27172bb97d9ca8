//! Legal alerts [STD 11.1]: each is answered in words and the answer is recorded; none is an OK.
use crate::Input;
use crate::option::Choice;
use maud::{Markup, html};

/// One line of the strip.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alert<'a> {
    pub sentence: &'a str,
    pub href: Option<&'a str>,
}

/// Stands on every record in the same size, with none or with five.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertStrip<'a> {
    pub alerts: &'a [Alert<'a>],
}

pub fn alert_strip(s: AlertStrip) -> Markup {
    html! {
        @if s.alerts.is_empty() {
            p.fd-strip { span.fd-strip__head { "注意 0" } }
        } @else {
            details.fd-strip data-alerts {
                summary.fd-strip__head aria-keyshortcuts="Alt+A" { "注意 " (s.alerts.len()) (crate::kbd("Alt A")) }
                ul {
                    @for alert in s.alerts {
                        li {
                            @match alert.href {
                                Some(href) => (crate::link(href, alert.sentence)),
                                None => (alert.sentence),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An answer that was given: what, who, when.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertAnswer<'a> {
    pub answer: &'a str,
    pub who: &'a str,
    pub when: &'a str,
}

/// An alert that stops the act until it is answered. Radios are named `name`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertItem<'a> {
    pub name: &'a str,
    /// 「同じ氏名・性別・生年月日の人が除票にいます。再転入ですか」
    pub sentence: &'a str,
    pub reason: &'a str,
    /// Law and article, folded away.
    pub law: Option<&'a str>,
    pub choices: &'a [Choice<'a>],
    pub input: &'a Input,
    pub answered: Option<AlertAnswer<'a>>,
}

pub fn alert_item(item: AlertItem) -> Markup {
    let state = if item.answered.is_some() { "answered" } else { "open" };
    let error = item.input.error.as_deref();
    html! {
        fieldset.fd-alert data-state=(state) data-error[error.is_some()]
            aria-describedby=[crate::field::described_by(item.name, error.is_some(), true, None)] {
            legend.fd-alert__sentence { span.fd-alert__word { "注意" } (item.sentence) }
            p.fd-alert__reason id={ (item.name) "-hint" } { (item.reason) }
            @if let Some(law) = item.law { details.fd-alert__law { summary { "根拠" } p { (law) } } }
            (crate::field::error_line(item.name, error))
            @match item.answered {
                Some(given) => p.fd-alert__answer { "答え：" (given.answer) "（" (given.who) " " (given.when) "）" },
                None => (radios(&item)),
            }
        }
    }
}

fn radios(item: &AlertItem) -> Markup {
    html! {
        div.fd-options__list {
            @for (i, choice) in item.choices.iter().enumerate() {
                @let id = if i == 0 { item.name.to_owned() } else { format!("{}-{i}", item.name) };
                div.fd-option {
                    input type="radio" id=(id) name=(item.name) value=(choice.value)
                        checked[choice.value == item.input.text];
                    label for=(id) { (choice.label) }
                }
            }
        }
    }
}
