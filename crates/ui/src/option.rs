//! Choices: up to seven as radios, more as a select.
use crate::Input;
use crate::field::{Frame, described_by, error_line, framed, required_mark};
use maud::{Markup, html};

#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    pub value: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
}

/// `input.text` is the chosen value; nothing is chosen while it is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct RadioGroup<'a> {
    pub name: &'a str,
    pub legend: &'a str,
    pub hint: Option<&'a str>,
    pub input: &'a Input,
    pub choices: &'a [Choice<'a>],
    pub required: bool,
    /// Choices beside each other (short words: 男 女).
    pub inline: bool,
}

/// The first radio carries the id `name`, so that the error summary can lead to it.
pub fn radio_group(g: RadioGroup) -> Markup {
    let error = g.input.error.as_deref();
    let described = described_by(g.name, error.is_some(), g.hint.is_some(), None);
    html! {
        fieldset.fd-field.fd-options data-inline[g.inline] data-error[error.is_some()] aria-describedby=[described] {
            legend.fd-field__label { (g.legend) (required_mark(g.required)) }
            @if let Some(hint) = g.hint { p.fd-field__hint id={ (g.name) "-hint" } { (hint) } }
            (error_line(g.name, error))
            div.fd-options__list {
                @for (i, choice) in g.choices.iter().enumerate() {
                    @let id = if i == 0 { g.name.to_owned() } else { format!("{}-{i}", g.name) };
                    div.fd-option {
                        input type="radio" id=(id) name=(g.name) value=(choice.value)
                            checked[choice.value == g.input.text];
                        label for=(id) {
                            (choice.label)
                            @if let Some(hint) = choice.hint { span.fd-option__hint { (hint) } }
                        }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct SelectField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub input: &'a Input,
    pub choices: &'a [Choice<'a>],
    pub required: bool,
    /// The line that stands for "nothing chosen yet"; `None` when a choice is always made.
    pub placeholder: Option<&'a str>,
}

pub fn select_field(f: SelectField) -> Markup {
    let error = f.input.error.as_deref();
    let described = described_by(f.name, error.is_some(), f.hint.is_some(), None);
    let frame =
        Frame { id: f.name, label: f.label, hint: f.hint, required: f.required, error, after: html! {} };
    framed(
        frame,
        html! {
            span.fd-select {
                select.fd-input id=(f.name) name=(f.name) aria-describedby=[described]
                    aria-invalid=[error.map(|_| "true")] autocomplete="off" {
                    @if let Some(words) = f.placeholder { option value="" { (words) } }
                    @for choice in f.choices {
                        option value=(choice.value) selected[choice.value == f.input.text] { (choice.label) }
                    }
                }
            }
        },
    )
}
