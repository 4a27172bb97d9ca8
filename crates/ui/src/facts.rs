//! Reading: facts of a record, the members of a household, and what happened to them.
use maud::{Markup, html};

/// One fact. `value` is markup, so that names, dates and withheld values come from their own functions.
#[derive(Debug, Clone, Default)]
pub struct Fact<'a> {
    pub label: &'a str,
    pub value: Markup,
    /// (href, visible word), e.g. (`/…`, 「変更」); the label is said with it.
    pub act: Option<(&'a str, &'a str)>,
}

pub fn summary_list(facts: &[Fact]) -> Markup {
    html! {
        dl.fd-facts {
            @for fact in facts {
                div.fd-facts__row {
                    dt { (fact.label) }
                    dd { (fact.value) }
                    @if let Some((href, word)) = fact.act {
                        dd.fd-facts__act { a.fd-link href=(href) { (word) span.fd-hidden { "（" (fact.label) "）" } } }
                    }
                }
            }
        }
    }
}

/// A member of a household (世帯員).
#[derive(Debug, Clone, Default)]
pub struct Member<'a> {
    pub name: Markup,
    pub kana: &'a str,
    /// 続柄 as printed: 世帯主, 妻, 子 …
    pub relationship: &'a str,
    pub birth: Markup,
    /// 「61歳」
    pub age: &'a str,
    pub sex: &'a str,
    /// 仮登録, 転出予定 …; printed as tags.
    pub states: &'a [&'a str],
    /// The member whose record is open.
    pub current: bool,
}

pub fn household_list(members: &[Member]) -> Markup {
    html! {
        div.fd-household { ol {
            @for member in members {
                li.fd-household__member aria-current=[member.current.then_some("true")] {
                    span.fd-household__relationship { (member.relationship) }
                    span.fd-household__name { (member.name) (crate::kana(member.kana)) }
                    span.fd-household__birth { (member.birth) }
                    span.fd-household__age { (member.age) }
                    span.fd-household__sex { (member.sex) }
                    span.fd-household__states { @for state in member.states { (crate::tag(crate::Tag::Plain, state)) } }
                }
            }
        } }
    }
}

/// One line of a history.
#[derive(Debug, Clone, Default)]
pub struct Moment<'a> {
    pub when: Markup,
    /// 転入, 出生 …
    pub what: &'a str,
    pub detail: Markup,
    pub who: &'a str,
    pub href: Option<&'a str>,
}

/// Newest first, as given.
pub fn timeline(moments: &[Moment]) -> Markup {
    html! {
        ol.fd-timeline {
            @for moment in moments {
                li.fd-timeline__item {
                    p.fd-timeline__when { (moment.when) }
                    p.fd-timeline__what {
                        @match moment.href {
                            Some(href) => (crate::link(href, moment.what)),
                            None => (moment.what),
                        }
                    }
                    div.fd-timeline__detail { (moment.detail) }
                    p.fd-timeline__who { (moment.who) }
                }
            }
        }
    }
}
