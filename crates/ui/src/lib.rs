//! The design language as functions that return markup: one accent, a calm desk, names first.
//!
//! Knows no domain and no HTTP. Every component is one function whose argument is a struct of plain
//! fields, so that a call reads like the screen it draws. maud escapes every text; nothing here prints
//! `style=` or an inline script, because the content security policy drops both.
mod action;
mod address;
mod alert;
pub mod assets;
mod band;
pub mod chart;
mod date;
mod desk;
mod facts;
mod feedback;
mod field;
mod followers;
mod mark;
mod nav;
mod option;
mod page;
mod person;
mod record;
mod table;
mod text;

pub use action::{Button, Form, Kind, SubmitRow, button, form, kbd, key_link, link, submit_row};
pub use address::{AddressChoice, AddressField, address_field};
pub use alert::{Alert, AlertAnswer, AlertItem, AlertStrip, alert_item, alert_strip};
pub use band::{Band, env_band};
pub use date::{DateField, date_field};
pub use desk::{
    Command, DeskFrame, DeskPage, ListPage, MenuItem, UserMenu, WizardPage, desk_page, list_page, wizard_page,
};
pub use facts::{Fact, Member, Moment, household_list, summary_list, timeline};
pub use feedback::{ErrorItem, Notice, Tone, empty_state, error_summary, errors, notice};
pub use field::{CodeField, SecretField, TextField, code_field, secret_field, text_field};
pub use followers::{
    Follower, FollowerState, Followers, follower_count, follower_row, follower_status, followers,
};
pub use mark::{mark, wordmark};
pub use nav::{
    Crumb, Pagination, QueueItem, Step, back_link, breadcrumb, pagination, panel, queue, step_list,
};
pub use option::{Choice, RadioGroup, SelectField, radio_group, select_field};
pub use page::{
    ErrorPage, Page, PrintPage, PublicPage, SignInPage, error_page, print_page, public_page, sign_in_page,
};
pub use person::{KanaField, KanaState, NameFields, kana_field, name_fields};
pub use record::{Answer, RecordHeader, check_answers, record_header};
pub use table::{Cell, Column, Direction, FilterBar, Row, Sort, Table, Width, filter_bar, table};
pub use text::{Tag, kana, ms, name, name_link, number, stat, tag, wareki, withheld};

pub use maud::{Markup, PreEscaped, Render, html};

/// A field as it must be shown again: the text exactly as typed, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    pub text: String,
    pub error: Option<String>,
}

static EMPTY: Input = Input { text: String::new(), error: None };

/// Lets an argument struct with an `&Input` be completed by `..Default::default()`.
impl Default for &Input {
    fn default() -> Self {
        &EMPTY
    }
}

impl Input {
    /// A value that has no error (prefilled, or read from the register).
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), error: None }
    }

    /// A value that was refused, with the sentence that says how to put it right.
    pub fn wrong(text: impl Into<String>, error: impl Into<String>) -> Self {
        Self { text: text.into(), error: Some(error.into()) }
    }
}

#[cfg(test)]
mod tests;
