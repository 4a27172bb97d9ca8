//! Output: nobody formats by hand.
use maud::{Markup, html};

/// A person's name in the letters of the register; `None` for the given name of a one-box name.
pub fn name(family: &str, given: &str) -> Markup {
    html! { span.fd-name data-copy={ (family) "　" (given) } { (family) @if !given.is_empty() { "　" (given) } } }
}

/// The whole name is the link.
pub fn name_link(href: &str, family: &str, given: &str) -> Markup {
    html! { a.fd-name-link href=(href) { (name(family, given)) } }
}

pub fn kana(text: &str) -> Markup {
    html! { span.fd-kana lang="ja-Kana" { (text) } }
}

/// A date in 和暦, with the plain date for machines and for copying.
pub fn wareki(date: base::Date) -> Markup {
    html! { time.fd-date datetime=(date) { (base::wareki(date)) } }
}

/// 宛名番号, 世帯番号: figures in line, copied whole.
pub fn number(text: &str) -> Markup {
    html! { span.fd-number { (text) } }
}

/// What this viewer may not see: the same letters for every reason (screens §9).
pub fn withheld() -> Markup {
    html! { span.fd-withheld { "——（市民課へ照会）" } }
}

/// Edge of a tag; the word carries the meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tag {
    #[default]
    Plain,
    Warn,
    Error,
}

/// 下書き, 仮登録, 本登録 …
pub fn tag(edge: Tag, word: &str) -> Markup {
    let mark = match edge {
        Tag::Plain => "plain",
        Tag::Warn => "warn",
        Tag::Error => "error",
    };
    html! { span.fd-tag data-edge=(mark) { (word) } }
}

/// Counting in Japanese: 「9つ」, and from ten on the bare figure.
pub(crate) fn things(count: usize) -> String {
    if count < 10 { format!("{count}つ") } else { count.to_string() }
}

/// A measured duration: 「9 ms」, 「1 ms未満」, 「12秒」.
pub fn ms(micros: i64) -> String {
    match micros {
        ..1_000 => "1 ms未満".to_owned(),
        1_000..10_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}秒", micros / 1_000_000),
    }
}

/// A figure that leads to its list: what, how many, as of when.
pub fn stat(href: &str, label: &str, value: &str, as_of: &str) -> Markup {
    html! {
        a.fd-stat href=(href) {
            span.fd-stat__label { (label) }
            span.fd-stat__value { (value) }
            span.fd-stat__as-of { (as_of) }
        }
    }
}
