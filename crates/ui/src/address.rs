//! The address box (screens §6): one box for the town, then 番地 and 方書.
//!
//! Without script the button 「この町をさがす」 sends the form with `{name}_find=1`, and the page comes
//! back with radios `{name}_code`. With script the same box is a combobox over
//! `GET /address/complete?q=…&scope=…`, which answers JSON
//! `[{"code": "102090012000", "label": "中栗須", "kana": "ナカクリス", "note": "375-0015 群馬県藤岡市"}, …]`.
use crate::Input;
use crate::field::{described_by, error_line, required_mark};
use maud::{Markup, html};

/// A town that fits what was typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddressChoice<'a> {
    pub code: &'a str,
    pub label: &'a str,
    pub kana: &'a str,
    /// Postal code, prefecture, municipality.
    pub note: &'a str,
}

/// Fields sent: `{name}` (town as typed), `{name}_code`, `{name}_lot`, `{name}_building`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddressField<'a> {
    pub name: &'a str,
    pub legend: &'a str,
    pub hint: Option<&'a str>,
    pub town: &'a Input,
    /// Code of the chosen town, empty while none is chosen.
    pub code: &'a str,
    pub lot: &'a Input,
    pub building: &'a Input,
    /// Whole address and how far it is known: 「藤岡市中栗須123番地 — 番地まで確かめました」.
    pub echo: Option<&'a str>,
    /// Result of 「この町をさがす」, offered as radios.
    pub choices: &'a [AddressChoice<'a>],
    /// `city` (towns of this municipality) or `nation` (all postal towns).
    pub scope: &'a str,
    pub required: bool,
}

pub fn address_field(f: AddressField) -> Markup {
    let wrong = f.town.error.is_some() || f.lot.error.is_some() || f.building.error.is_some();
    html! {
        fieldset.fd-field.fd-address data-error[wrong] data-scope=(f.scope) {
            legend.fd-field__label { (f.legend) (required_mark(f.required)) }
            @if let Some(hint) = f.hint { p.fd-field__hint id={ (f.name) "-hint" } { (hint) } }
            div.fd-address__parts {
                (town(&f))
                (part(&format!("{}_lot", f.name), "番地", f.lot, 8))
                (part(&format!("{}_building", f.name), "方書（建物・部屋）", f.building, 12))
            }
            (choices(&f))
            output.fd-echo id={ (f.name) "-echo" } role="status" { (f.echo.unwrap_or_default()) }
        }
    }
}

fn town(f: &AddressField) -> Markup {
    let described = described_by(f.name, f.town.error.is_some(), f.hint.is_some(), None);
    let list = format!("{}-list", f.name);
    html! {
        div.fd-address__part.fd-combo data-address=(f.name) {
            label.fd-names__label for=(f.name) { "町" }
            (error_line(f.name, f.town.error.as_deref()))
            div.fd-combo__row {
                input.fd-input type="text" id=(f.name) name=(f.name) value=(f.town.text) autocomplete="off"
                    spellcheck="false" data-width="12" data-list=(list) aria-describedby=[described]
                    aria-invalid=[f.town.error.as_ref().map(|_| "true")];
                button.dads-button type="submit" data-type="outline" name={ (f.name) "_find" } value="1" { "この町をさがす" }
            }
            // While radios are offered they carry the code themselves.
            @if f.choices.is_empty() {
                input type="hidden" name={ (f.name) "_code" } value=(f.code) data-code;
            }
            ul.fd-combo__list id=(list) role="listbox" aria-label="町の候補" hidden {}
        }
    }
}

fn part(id: &str, label: &str, input: &Input, width: u8) -> Markup {
    let described = described_by(id, input.error.is_some(), false, None);
    html! {
        div.fd-address__part {
            label.fd-names__label for=(id) { (label) }
            (error_line(id, input.error.as_deref()))
            input.fd-input type="text" id=(id) name=(id) value=(input.text) autocomplete="off" spellcheck="false"
                data-width=(width) aria-describedby=[described]
                aria-invalid=[input.error.as_ref().map(|_| "true")];
        }
    }
}

fn choices(f: &AddressField) -> Markup {
    html! {
        @if !f.choices.is_empty() {
            fieldset.fd-doubt {
                legend { "町の候補" }
                @for (i, choice) in f.choices.iter().enumerate() {
                    @let id = format!("{}-choice-{i}", f.name);
                    div.fd-option {
                        input type="radio" id=(id) name={ (f.name) "_code" } value=(choice.code)
                            checked[choice.code == f.code];
                        label for=(id) {
                            (choice.label) span.fd-option__hint { (choice.kana) "　" (choice.note) }
                        }
                    }
                }
            }
        }
    }
}
