//! The clerk's shells: desk, list and wizard share one header.
use crate::mark::wordmark;
use crate::nav::{Step, neighbours, step_list};
use crate::page::{Page, Zone, document};
use maud::{Markup, html};

/// A way into a part of the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct MenuItem<'a> {
    pub label: &'a str,
    pub href: &'a str,
    pub current: bool,
}

/// Who is at work. `csrf` is for the sign-out button.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserMenu<'a> {
    pub name: &'a str,
    /// 市民課
    pub section: &'a str,
    pub csrf: &'a str,
    /// Own pages: settings, own log.
    pub links: &'a [MenuItem<'a>],
}

/// One line of the palette. It opens a page; it never acts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Command<'a> {
    pub label: &'a str,
    pub href: &'a str,
    /// What else finds it: 「てんにゅう tennyu」.
    pub reading: &'a str,
    /// 「Alt N」; the script also binds it when it begins with Alt.
    pub keys: Option<&'a str>,
}

/// What all desk shells have in common.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeskFrame<'a> {
    pub page: Page<'a>,
    pub user: UserMenu<'a>,
    pub menu: &'a [MenuItem<'a>],
    /// Text in the search box; `None` for whom the register is not open.
    pub search: Option<&'a str>,
    pub commands: &'a [Command<'a>],
    /// Neighbours in the queue, for Alt+J and Alt+K.
    pub next: Option<&'a str>,
    pub previous: Option<&'a str>,
    /// Page of keys and help of this very screen (F1).
    pub help: Option<&'a str>,
}

fn frame(f: &DeskFrame, shell: &str, body: Markup) -> Markup {
    document(
        &f.page,
        Zone::Desk,
        shell,
        html! {
            (header(f))
            (body)
            (palette(f.commands))
            p.fd-print-only { "画面の印刷は Alt+P から行います" }
        },
    )
}

fn header(f: &DeskFrame) -> Markup {
    html! {
        header.fd-bar {
            (wordmark(f.page.city, "/"))
            @if let Some(search) = f.search {
                form.fd-bar__search action="/residents" method="get" role="search" {
                    label.fd-hidden for="search" { "住民をさがす" }
                    input.fd-input #search type="search" name="q" value=(search) autocomplete="off"
                        spellcheck="false" placeholder="氏名・よみ・生年月日・宛名番号" aria-keyshortcuts="/ Alt+/"
                        accesskey="/";
                    button.dads-button type="submit" data-type="outline" { "さがす" }
                }
            }
            a.fd-bar__palette href="/desk" data-palette aria-keyshortcuts="Control+K" {
                span.fd-hidden { "さがす・移動する" } (crate::kbd("Ctrl K"))
            }
            (user_menu(&f.user, f.help))
        }
        @if !f.menu.is_empty() {
            nav.fd-menu aria-label="メニュー" {
                ul { @for item in f.menu { li { (menu_link(item)) } } }
            }
        }
    }
}

fn menu_link(item: &MenuItem) -> Markup {
    html! { a href=(item.href) aria-current=[item.current.then_some("page")] { (item.label) } }
}

fn user_menu(user: &UserMenu, help: Option<&str>) -> Markup {
    html! {
        details.fd-user {
            summary { span.fd-user__section { (user.section) } span.fd-user__name { (user.name) } }
            div.fd-user__panel {
                ul {
                    @for item in user.links { li { (menu_link(item)) } }
                    @if let Some(help) = help { li { a href=(help) data-help { "キーと使い方" (crate::kbd("F1")) } } }
                }
                form action="/sign-out" method="post" {
                    input type="hidden" name="csrf" value=(user.csrf);
                    button.dads-button type="submit" data-type="text" { "サインアウトする" }
                }
            }
        }
    }
}

/// Closed and inert without script: the key cap in the header is then a link to the desk.
fn palette(commands: &[Command]) -> Markup {
    html! {
        dialog.fd-palette #palette aria-label="さがす・移動する" {
            input.fd-input type="text" role="combobox" aria-label="ことば" aria-expanded="true"
                aria-controls="palette-list" aria-autocomplete="list" autocomplete="off" spellcheck="false";
            ul #palette-list role="listbox" aria-label="候補" {
                @for (i, command) in commands.iter().enumerate() {
                    li role="option" id={ "palette-" (i) } aria-selected="false" data-href=(command.href)
                        data-match={ (command.label) " " (command.reading) } data-keys=[command.keys] {
                        span { (command.label) }
                        @if let Some(keys) = command.keys { (crate::kbd(keys)) }
                    }
                }
            }
        }
    }
}

/// Queue, record, context; the paper beside them where the screen is wide.
#[derive(Debug, Clone, Default)]
pub struct DeskPage<'a> {
    pub frame: DeskFrame<'a>,
    /// 「受付の列」
    pub queue: Markup,
    /// The record, with the page's h1.
    pub main: Markup,
    pub context: Markup,
    /// The sheet as it will print; seen from 1680 px.
    pub paper: Option<Markup>,
}

pub fn desk_page(p: DeskPage) -> Markup {
    frame(
        &p.frame,
        "desk",
        html! {
            nav.fd-tabs aria-label="列・記録・参考" {
                a href="#queue" { "列" } a href="#main" { "記録" } a href="#context" { "参考" }
            }
            div.fd-desk data-paper[p.paper.is_some()] {
                nav.fd-desk__queue #queue aria-label="列" tabindex="-1" { (p.queue) }
                main.fd-desk__main #main tabindex="-1" {
                    (neighbours(p.frame.previous, p.frame.next))
                    (p.main)
                }
                @if let Some(paper) = &p.paper { section.fd-desk__paper #paper aria-label="用紙" tabindex="-1" { (paper) } }
                aside.fd-desk__context #context aria-label="参考" tabindex="-1" { (p.context) }
            }
        },
    )
}

/// A list; from 1680 px the chosen record stands beside it.
#[derive(Debug, Clone, Default)]
pub struct ListPage<'a> {
    pub frame: DeskFrame<'a>,
    pub heading: &'a str,
    /// Verbs of the list: 「新しい届け」.
    pub acts: Markup,
    /// `filter_bar`, and a notice if there is one.
    pub filter: Markup,
    pub list: Markup,
    pub detail: Option<Markup>,
    pub pages: Markup,
}

pub fn list_page(p: ListPage) -> Markup {
    frame(
        &p.frame,
        "list",
        html! {
            div.fd-list data-detail[p.detail.is_some()] {
                main.fd-list__main #main tabindex="-1" {
                    div.fd-list__head { h1 { (p.heading) } div.fd-list__acts { (p.acts) } }
                    (p.filter)
                    (p.list)
                    (p.pages)
                }
                @if let Some(detail) = &p.detail { aside.fd-list__detail aria-label="選んだ人" { (detail) } }
            }
        },
    )
}

/// An event in steps, what the register says beside the form.
#[derive(Debug, Clone, Default)]
pub struct WizardPage<'a> {
    pub frame: DeskFrame<'a>,
    /// 転入届
    pub heading: &'a str,
    pub steps: &'a [Step<'a>],
    /// Counts from 0.
    pub current: usize,
    /// Error summary; stands above the h1.
    pub errors: Markup,
    /// The form itself.
    pub form: Markup,
    /// What the register says now.
    pub register: Markup,
    /// The buds of the followers; beside the register from 1680 px.
    pub preview: Option<Markup>,
}

pub fn wizard_page(p: WizardPage) -> Markup {
    frame(
        &p.frame,
        "wizard",
        html! {
            div.fd-wizard data-preview[p.preview.is_some()] {
                main.fd-wizard__main #main tabindex="-1" {
                    (p.errors)
                    h1 tabindex="-1" data-result { (p.heading) }
                    (step_list(p.steps, p.current))
                    (p.form)
                }
                aside.fd-wizard__register aria-label="いまの台帳" { (p.register) }
                @if let Some(preview) = &p.preview { aside.fd-wizard__preview aria-label="届く課" { (preview) } }
            }
        },
    )
}
