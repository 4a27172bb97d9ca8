//! Verbs: buttons, links, forms and the row that ends a form.
use maud::{Markup, html};

/// How strongly a button speaks. One `Filled` a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Filled,
    Outline,
    Text,
}

impl Kind {
    fn mark(self) -> &'static str {
        match self {
            Self::Filled => "solid-fill",
            Self::Outline => "outline",
            Self::Text => "text",
        }
    }
}

/// A submit button. `name`/`value` tell the handler which button it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Button<'a> {
    pub kind: Kind,
    pub label: &'a str,
    pub name: Option<&'a str>,
    pub value: Option<&'a str>,
    /// Key shown beside the label, e.g. 「Ctrl Enter」.
    pub keys: Option<&'a str>,
    /// Sends to another address than the form's own.
    pub action: Option<&'a str>,
}

pub fn button(b: Button) -> Markup {
    let shortcut = b.keys.map(aria_keys);
    html! {
        button.dads-button type="submit" data-type=(b.kind.mark()) name=[b.name] value=[b.value]
            formaction=[b.action] aria-keyshortcuts=[shortcut] data-main[b.kind == Kind::Filled] {
            span.dads-button__label { (b.label) }
            @if let Some(keys) = b.keys { (kbd(keys)) }
        }
    }
}

/// 「Ctrl Enter」 as shown → `Control+Enter` as `aria-keyshortcuts` wants it.
fn aria_keys(shown: &str) -> String {
    shown
        .split_whitespace()
        .map(|key| if key == "Ctrl" { "Control" } else { key })
        .collect::<Vec<_>>()
        .join("+")
}

/// A key or chord: 「Alt J」 → two caps.
pub fn kbd(keys: &str) -> Markup {
    html! { span.fd-kbd aria-hidden="true" { @for key in keys.split_whitespace() { kbd { (key) } } } }
}

pub fn link(href: &str, label: &str) -> Markup {
    html! { a.fd-link href=(href) { (label) } }
}

/// A way on that has a key: the cap stands beside the words, e.g. 「転入届を入力する」 `Alt N`.
pub fn key_link(href: &str, label: &str, keys: &str) -> Markup {
    html! { span.fd-key-link { a.fd-link href=(href) aria-keyshortcuts=(aria_keys(keys)) { (label) } (kbd(keys)) } }
}

/// A form. Without `csrf` it is a GET form (a search), otherwise a POST.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<'a> {
    pub action: &'a str,
    /// Token bound to the session; empty for a GET form.
    pub csrf: &'a str,
    /// One-time number that makes a second press harmless.
    pub submission_id: Option<&'a str>,
    /// Row version for optimistic locking.
    pub version: Option<i64>,
    pub id: Option<&'a str>,
    /// Name of the form for screen readers, when a page has several.
    pub label: Option<&'a str>,
    /// Where the script saves drafts on leaving a field (POST of the whole form).
    pub draft: Option<&'a str>,
    /// Enter goes to the next field instead of sending (setting of the desk).
    pub enter_moves: bool,
}

pub fn form(f: Form, body: Markup) -> Markup {
    let method = if f.csrf.is_empty() { "get" } else { "post" };
    html! {
        form.fd-form action=(f.action) method=(method) id=[f.id] aria-label=[f.label] novalidate
            accept-charset="utf-8" data-draft=[f.draft] data-enter-moves[f.enter_moves] {
            @if !f.csrf.is_empty() { input type="hidden" name="csrf" value=(f.csrf); }
            @if let Some(id) = f.submission_id { input type="hidden" name="submission_id" value=(id); }
            @if let Some(version) = f.version { input type="hidden" name="version" value=(version); }
            (body)
        }
    }
}

/// The end of a form: the main act, a second one, the way out as a link, and when the draft was saved.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubmitRow<'a> {
    pub main: Button<'a>,
    pub second: Option<Button<'a>>,
    /// (href, words), e.g. (`/residents`, 「やめて一覧に戻る」).
    pub leave: Option<(&'a str, &'a str)>,
    /// 「9:14」; prints 「下書きを保存しました 9:14」.
    pub draft_saved_at: Option<&'a str>,
}

pub fn submit_row(row: SubmitRow) -> Markup {
    html! {
        div.fd-submit {
            (button(row.main))
            @if let Some(second) = row.second { (button(second)) }
            @if let Some((href, words)) = row.leave { (link(href, words)) }
            p.fd-submit__draft role="status" data-draft-status {
                @if let Some(at) = row.draft_saved_at { "下書きを保存しました " (at) }
            }
        }
    }
}
