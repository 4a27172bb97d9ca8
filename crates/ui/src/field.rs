//! Text fields. Every field: label, hint, error, control; `aria-describedby` is the error first, then
//! the hint. There is no `required`, no `maxlength` and no trimming: the handler judges, the box keeps.
use crate::Input;
use maud::{Markup, html};

/// The label, hint and error around one control.
pub(crate) struct Frame<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) required: bool,
    pub(crate) error: Option<&'a str>,
    /// What follows the control (an echo, a button).
    pub(crate) after: Markup,
}

pub(crate) fn framed(f: Frame, control: Markup) -> Markup {
    html! {
        div.fd-field data-error[f.error.is_some()] {
            label.fd-field__label for=(f.id) { (f.label) (required_mark(f.required)) }
            @if let Some(hint) = f.hint { p.fd-field__hint id={ (f.id) "-hint" } { (hint) } }
            (error_line(f.id, f.error))
            div.fd-field__control { (control) (f.after) }
        }
    }
}

pub(crate) fn required_mark(required: bool) -> Markup {
    html! { @if required { span.fd-field__required { "※必須" } } }
}

pub(crate) fn error_line(id: &str, error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error {
            p.fd-field__error id={ (id) "-error" } { span.fd-hidden { "エラー：" } (error) }
        }
    }
}

/// Error id then hint id then `extra`, or nothing.
pub(crate) fn described_by(id: &str, error: bool, hint: bool, extra: Option<&str>) -> Option<String> {
    let mut ids = Vec::new();
    if error {
        ids.push(format!("{id}-error"));
    }
    if hint {
        ids.push(format!("{id}-hint"));
    }
    ids.extend(extra.map(str::to_owned));
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// One line of free text. The id of the control is its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub input: &'a Input,
    /// 「※必須」; only where required and optional fields mix.
    pub required: bool,
    /// 「住民票から」: where the text came from, when it was not typed here.
    pub prefilled: Option<&'a str>,
    pub read_only: bool,
    pub autocomplete: Option<&'a str>,
    /// `numeric`, `tel`, `email`.
    pub inputmode: Option<&'a str>,
    /// Width in full letters: 4, 8, 12 or 24; anything else is the whole line.
    pub width: u8,
    /// What an empty box means, told inside it: 「1人目と同じ」.
    pub empty_means: Option<&'a str>,
    pub autofocus: bool,
}

pub fn text_field(f: TextField) -> Markup {
    let error = f.input.error.as_deref();
    let described = described_by(f.name, error.is_some(), f.hint.is_some(), None);
    let after = html! { @if let Some(from) = f.prefilled { span.fd-field__from { (from) } } };
    let frame = Frame { id: f.name, label: f.label, hint: f.hint, required: f.required, error, after };
    framed(
        frame,
        html! {
            input.fd-input type="text" id=(f.name) name=(f.name) value=(f.input.text) data-width=(f.width)
                autocomplete=(f.autocomplete.unwrap_or("off")) inputmode=[f.inputmode] spellcheck="false"
                placeholder=[f.empty_means]
                aria-describedby=[described] aria-invalid=[error.map(|_| "true")]
                readonly[f.read_only] autofocus[f.autofocus];
        },
    )
}

/// A password. What was typed is never printed back.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecretField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub error: Option<&'a str>,
    /// A new password (`new-password`) rather than the current one.
    pub new: bool,
}

pub fn secret_field(f: SecretField) -> Markup {
    let described = described_by(f.name, f.error.is_some(), f.hint.is_some(), None);
    let after = html! {
        // The script takes `hidden` away: without it the button could do nothing.
        button.dads-button type="button" data-type="text" data-reveal=(f.name) aria-pressed="false" hidden { "表示する" }
    };
    let frame = Frame { id: f.name, label: f.label, hint: f.hint, required: false, error: f.error, after };
    framed(
        frame,
        html! {
            input.fd-input type="password" id=(f.name) name=(f.name) data-width="24"
                autocomplete=(if f.new { "new-password" } else { "current-password" })
                aria-describedby=[described] aria-invalid=[f.error.map(|_| "true")];
        },
    )
}

/// Six digits of a one-time code; pasted spaces are for the handler to drop.
#[derive(Debug, Clone, Copy, Default)]
pub struct CodeField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub error: Option<&'a str>,
}

pub fn code_field(f: CodeField) -> Markup {
    let described = described_by(f.name, f.error.is_some(), f.hint.is_some(), None);
    let frame =
        Frame { id: f.name, label: f.label, hint: f.hint, required: false, error: f.error, after: html! {} };
    framed(
        frame,
        html! {
            input.fd-input.fd-input--code type="text" id=(f.name) name=(f.name) inputmode="numeric"
                autocomplete="one-time-code" spellcheck="false" autofocus
                aria-describedby=[described] aria-invalid=[f.error.map(|_| "true")];
        },
    )
}
