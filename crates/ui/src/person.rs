//! Names and their readings. Letters are kept as typed: no trimming, no folding, no width.
use crate::Input;
use crate::field::{Frame, described_by, error_line, framed, required_mark};
use maud::{Markup, html};

/// 氏 and 名 in two boxes: `{name}_family` and `{name}_given`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NameFields<'a> {
    pub name: &'a str,
    /// 「氏名」
    pub legend: &'a str,
    pub family: &'a Input,
    pub given: &'a Input,
    pub required: bool,
    /// Public pages let the browser fill the name in; desks do not.
    pub autocomplete: bool,
    /// What an empty 氏 means, told inside the box: 「1人目と同じ」.
    pub empty_means: Option<&'a str>,
}

pub fn name_fields(f: NameFields) -> Markup {
    html! {
        fieldset.fd-field.fd-names data-error[f.family.error.is_some() || f.given.error.is_some()] {
            legend.fd-field__label { (f.legend) (required_mark(f.required)) }
            div.fd-names__pair {
                (name_box(&f, "family", "氏", f.family, f.empty_means))
                (name_box(&f, "given", "名", f.given, None))
            }
        }
    }
}

fn name_box(f: &NameFields, part: &str, label: &str, input: &Input, empty_means: Option<&str>) -> Markup {
    let id = format!("{}_{part}", f.name);
    let described = described_by(&id, input.error.is_some(), false, None);
    let complete = if f.autocomplete { format!("{part}-name") } else { "off".to_owned() };
    html! {
        div.fd-names__part {
            label.fd-names__label for=(id) { (label) }
            (error_line(&id, input.error.as_deref()))
            input.fd-input.fd-input--name type="text" id=(id) name=(id) value=(input.text) spellcheck="false"
                autocomplete=(complete) placeholder=[empty_means] aria-describedby=[described]
                aria-invalid=[input.error.as_ref().map(|_| "true")];
        }
    }
}

/// How sure a reading is. Sent as `{name}_state` in these words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KanaState {
    #[default]
    Typed,
    /// 「推定」: the input method's reading; stays so until the clerk leaves it with Enter or edits it.
    Proposed,
    Confirmed,
}

impl KanaState {
    pub fn code(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
        }
    }

    /// Anything unknown counts as typed by hand.
    pub fn of(code: &str) -> Self {
        match code {
            "proposed" => Self::Proposed,
            "confirmed" => Self::Confirmed,
            _ => Self::Typed,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct KanaField<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub input: &'a Input,
    pub state: KanaState,
    /// Id of the box whose reading is proposed here, e.g. `head_family`.
    pub reads: Option<&'a str>,
    /// What an empty box means, told inside it: 「1人目と同じ」.
    pub empty_means: Option<&'a str>,
    pub required: bool,
}

pub fn kana_field(f: KanaField) -> Markup {
    let error = f.input.error.as_deref();
    let note = format!("{}-note", f.name);
    let described = described_by(f.name, error.is_some(), f.hint.is_some(), Some(&note));
    let after = html! {
        input type="hidden" name={ (f.name) "_state" } value=(f.state.code()) data-kana-state=(f.name);
        span.fd-kana__note id=(note) { @if f.state == KanaState::Proposed { "推定" } }
    };
    let frame = Frame { id: f.name, label: f.label, hint: f.hint, required: f.required, error, after };
    framed(
        frame,
        html! {
            input.fd-input.fd-input--kana type="text" id=(f.name) name=(f.name) value=(f.input.text)
                autocomplete="off" spellcheck="false" lang="ja-Kana" data-state=(f.state.code())
                data-reads=[f.reads] placeholder=[f.empty_means] aria-describedby=[described] aria-invalid=[error.map(|_| "true")];
        },
    )
}
