//! The one date box of the desk (screens §6): any form goes in, the meaning stands beside it.
use crate::Input;
use crate::field::{Frame, described_by, framed};
use crate::option::Choice;
use maud::{Markup, html};

/// The script asks `GET /echo/date?text=…&birth=1` and gets JSON
/// `{"text": "昭和40年3月2日（火）", "state": "understood" | "doubtful" | "error", "choices": ["昭和40年3月2日", …]}`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub input: &'a Input,
    /// What the server understood, e.g. 「令和8年11月23日（月）」.
    pub echo: Option<&'a str>,
    /// A birth date: the echo tells the age as well.
    pub birth: bool,
    pub required: bool,
    /// Eras or days that fit a doubtful text, none preselected; sent as `{name}_choice`.
    pub choices: &'a [Choice<'a>],
}

pub fn date_field(f: DateField) -> Markup {
    let error = f.input.error.as_deref();
    let echo_id = format!("{}-echo", f.name);
    let described = described_by(f.name, error.is_some(), f.hint.is_some(), Some(&echo_id));
    let after = html! {
        output.fd-echo id=(echo_id) for=(f.name) role="status" { (f.echo.unwrap_or_default()) }
        @if !f.choices.is_empty() {
            fieldset.fd-doubt {
                legend.fd-hidden { (f.label) "の候補" }
                @for (i, choice) in f.choices.iter().enumerate() {
                    @let id = format!("{}-choice-{i}", f.name);
                    div.fd-option {
                        input type="radio" id=(id) name={ (f.name) "_choice" } value=(choice.value);
                        label for=(id) { (choice.label) }
                    }
                }
            }
        }
    };
    let frame = Frame { id: f.name, label: f.label, hint: f.hint, required: f.required, error, after };
    framed(
        frame,
        html! {
            input.fd-input.fd-input--date type="text" id=(f.name) name=(f.name) value=(f.input.text)
                autocomplete="off" spellcheck="false" aria-describedby=[described]
                aria-invalid=[error.map(|_| "true")] data-echo="date" data-birth[f.birth];
        },
    )
}
