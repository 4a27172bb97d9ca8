//! Ways around: all of them links.
use maud::{Markup, html};

pub fn back_link(href: &str, label: &str) -> Markup {
    html! { a.fd-back href=(href) { span aria-hidden="true" { "‹ " } (label) } }
}

#[derive(Debug, Clone, Copy)]
pub struct Crumb<'a> {
    pub label: &'a str,
    /// `None` is the page itself.
    pub href: Option<&'a str>,
}

pub fn breadcrumb(crumbs: &[Crumb]) -> Markup {
    html! {
        nav.fd-breadcrumb aria-label="現在位置" {
            ol {
                @for crumb in crumbs {
                    li {
                        @match crumb.href {
                            Some(href) => a href=(href) { (crumb.label) },
                            None => span aria-current="page" { (crumb.label) },
                        }
                    }
                }
            }
        }
    }
}

/// One step of a wizard; `href` for steps that can be visited again.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub label: &'a str,
    pub href: Option<&'a str>,
}

/// `current` counts from 0; earlier steps are done.
pub fn step_list(steps: &[Step], current: usize) -> Markup {
    html! {
        nav.fd-steps aria-label="手順" {
            ol {
                @for (i, step) in steps.iter().enumerate() {
                    @let state = match i.cmp(&current) {
                        std::cmp::Ordering::Less => "done",
                        std::cmp::Ordering::Equal => "current",
                        std::cmp::Ordering::Greater => "coming",
                    };
                    li.fd-steps__item data-state=(state) aria-current=[(i == current).then_some("step")] {
                        span.fd-steps__no { (i + 1) }
                        @match step.href {
                            Some(href) if i != current => a href=(href) { (step.label) },
                            _ => span { (step.label) },
                        }
                        @if i < current { span.fd-hidden { "（済み）" } }
                    }
                }
            }
        }
    }
}

/// 「1–50 / 238人」 and the pages around the current one.
#[derive(Debug, Clone, Copy)]
pub struct Pagination<'a> {
    /// Counts from 1.
    pub page: u32,
    pub page_size: u32,
    pub total: u32,
    /// 人, 件 …
    pub unit: &'a str,
    /// Address up to the page number, e.g. `/residents?q=ヤマタ&page=`.
    pub href_prefix: &'a str,
}

pub fn pagination(p: Pagination) -> Markup {
    let pages = p.total.div_ceil(p.page_size.max(1)).max(1);
    let first = (p.page.saturating_sub(1)) * p.page_size + 1;
    let last = (p.page * p.page_size).min(p.total);
    let shown = |n: u32| n == 1 || n == pages || n.abs_diff(p.page) <= 2;
    let to = |n: u32| format!("{}{n}", p.href_prefix);
    html! {
        nav.fd-pagination aria-label="ページ" {
            @if p.total > 0 { p.fd-pagination__range { (first) "–" (last) " / " (p.total) (p.unit) } }
            @if pages > 1 {
                ul {
                    @if p.page > 1 { li { a rel="prev" href=(to(p.page - 1)) { "前" } } }
                    @for n in (1..=pages).filter(|n| shown(*n)) {
                        @if n > 1 && !shown(n - 1) { li aria-hidden="true" { "…" } }
                        li {
                            a href=(to(n)) aria-current=[(n == p.page).then_some("page")] {
                                (n) span.fd-hidden { "ページ" }
                            }
                        }
                    }
                    @if p.page < pages { li { a rel="next" href=(to(p.page + 1)) { "次" } } }
                }
            }
        }
    }
}

/// One waiting thing in the queue of a desk.
#[derive(Debug, Clone, Default)]
pub struct QueueItem<'a> {
    pub href: &'a str,
    /// `ui::name(…)`
    pub name: Markup,
    /// 「転入 4人」
    pub what: &'a str,
    /// 「9:14」
    pub when: &'a str,
    pub state: &'a str,
    pub current: bool,
}

pub fn queue(heading: &str, count: &str, items: &[QueueItem], empty: &str) -> Markup {
    html! {
        div.fd-queue {
            div.fd-queue__head { h2 { (heading) } span { (count) } }
            @if items.is_empty() { (crate::empty_state(empty, None)) }
            ol {
                @for item in items {
                    li.fd-queue__item {
                        a href=(item.href) aria-current=[item.current.then_some("true")] {
                            (item.name)
                            span.fd-queue__when { (item.when) }
                            span.fd-queue__what { (item.what) }
                            span.fd-queue__state { (item.state) }
                        }
                    }
                }
            }
        }
    }
}

/// Neighbours of the record in the queue.
pub(crate) fn neighbours(previous: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if previous.is_some() || next.is_some() {
            nav.fd-neighbours aria-label="前後の記録" {
                @if let Some(href) = previous {
                    a rel="prev" href=(href) aria-keyshortcuts="Alt+K" { "前 " (crate::kbd("Alt K")) }
                }
                @if let Some(href) = next {
                    a rel="next" href=(href) aria-keyshortcuts="Alt+J" { "次 " (crate::kbd("Alt J")) }
                }
            }
        }
    }
}

/// A titled part of a column.
pub fn panel(heading: &str, body: Markup) -> Markup {
    html! { section.fd-panel { h2 { (heading) } (body) } }
}
