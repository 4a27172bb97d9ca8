//! The document around every page, and the shells without a desk.
use crate::assets;
use crate::band::{Band, env_band, title_prefix};
use crate::mark::wordmark;
use maud::{DOCTYPE, Markup, html};

/// What every page tells about itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page<'a> {
    /// The h1 in words; `<title>` = 「h1 — part — 藤岡市」.
    pub title: &'a str,
    /// The part of the product: 住民情報, サインイン …
    pub part: &'a str,
    /// 藤岡市
    pub city: &'a str,
    pub bands: &'a [Band],
    /// The page shows errors: the title begins with 「エラー：」.
    pub has_errors: bool,
    /// Address that a browser without script loads after two seconds (the follower board, five times at most).
    pub refresh: Option<&'a str>,
}

/// Which style sheet, script and density a shell needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    Public { letters: bool },
    Desk,
}

pub(crate) fn document(page: &Page, zone: Zone, shell: &str, body: Markup) -> Markup {
    let (css, density, letters) = match zone {
        Zone::Public { letters } => ("public.css", "public", letters),
        Zone::Desk => ("desk.css", "desk", true),
    };
    html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="same-origin";
                title { (title(page)) }
                link rel="icon" href=(assets::url("favicon.svg")) type="image/svg+xml";
                @if zone == Zone::Desk {
                    @for font in ["text-400.woff2", "text-700.woff2", "names-400.woff2", "names-700.woff2"] {
                        @if let Some(url) = assets::known(font) {
                            link rel="preload" href=(url) as="font" type="font/woff2" crossorigin;
                        }
                    }
                }
                link rel="stylesheet" href=(assets::url(css));
                @if zone == Zone::Desk { script type="module" src=(assets::url("desk.js")) {} }
                @if let Some(url) = page.refresh {
                    noscript { meta http-equiv="refresh" content={ "2;url=" (url) }; }
                }
            }
            body data-density=(density) data-shell=(shell) {
                (env_band(page.bands))
                a.fd-skip href="#main" { "本文へ" }
                (body)
                @if letters {
                    // After the page: faces of rare letters must not hold back the first paint.
                    link rel="stylesheet" href=(assets::url("letters.css"));
                }
            }
        }
    }
}

fn title(page: &Page) -> String {
    let error = if page.has_errors { "エラー：" } else { "" };
    let parts = [page.title, page.part, page.city];
    let said = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" — ");
    format!("{error}{}{said}", title_prefix(page.bands))
}

/// A page for residents: one column of text.
#[derive(Debug, Clone, Default)]
pub struct PublicPage<'a> {
    pub page: Page<'a>,
    /// With its h1.
    pub main: Markup,
    pub footer: Markup,
    /// The page prints names of people: rare letters of the register are at hand.
    pub names: bool,
}

pub fn public_page(p: PublicPage) -> Markup {
    document(
        &p.page,
        Zone::Public { letters: p.names },
        "public",
        html! {
            header.fd-top { (wordmark(p.page.city, "/")) }
            main.fd-public #main { (p.main) }
            footer.fd-footer { (p.footer) }
        },
    )
}

/// Sign-in: a column of 400 px on the ground.
#[derive(Debug, Clone, Default)]
pub struct SignInPage<'a> {
    pub page: Page<'a>,
    /// Error summary, h1, form.
    pub main: Markup,
    /// The sample city lists its sign-ins here.
    pub aside: Option<Markup>,
}

pub fn sign_in_page(p: SignInPage) -> Markup {
    document(
        &p.page,
        Zone::Desk,
        "sign-in",
        html! {
            main.fd-sign-in #main {
                p.fd-sign-in__mark { (wordmark(p.page.city, "/")) }
                (p.main)
                @if let Some(aside) = p.aside { aside.fd-sign-in__aside aria-label="見本のサインイン" { (aside) } }
            }
        },
    )
}

/// What went wrong and who helps, never a code alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct ErrorPage<'a> {
    pub page: Page<'a>,
    /// 「お探しのページはありません」
    pub heading: &'a str,
    pub sentences: &'a [&'a str],
    /// Reference number to tell, 「8F3K」.
    pub reference: Option<&'a str>,
    /// (href, words) of the way on.
    pub way: Option<(&'a str, &'a str)>,
}

pub fn error_page(p: ErrorPage) -> Markup {
    document(
        &p.page,
        Zone::Desk,
        "error",
        html! {
            main.fd-sign-in #main {
                p.fd-sign-in__mark { (wordmark(p.page.city, "/")) }
                h1 { (p.heading) }
                @for sentence in p.sentences { p { (sentence) } }
                @if let Some(reference) = p.reference {
                    p { "番号 " strong.fd-number { (reference) } " をお知らせください" }
                }
                @if let Some((href, words)) = p.way { p { (crate::link(href, words)) } }
            }
        },
    )
}

/// A sheet of paper: A4 with 12 mm margins, on the screen as it will print.
#[derive(Debug, Clone, Default)]
pub struct PrintPage<'a> {
    pub page: Page<'a>,
    /// The h1 of the sheet: 住民票の写し.
    pub heading: &'a str,
    /// Office, as-of, purpose.
    pub head: &'a [&'a str],
    /// Usually `table.fd-paper` and paragraphs.
    pub body: Markup,
    /// User, time.
    pub foot: &'a [&'a str],
    /// Above the sheet on the screen only: back link, 「印刷する」.
    pub bar: Markup,
}

pub fn print_page(p: PrintPage) -> Markup {
    document(
        &p.page,
        Zone::Desk,
        "print",
        html! {
            header.fd-sheet-bar { (p.bar) }
            main.fd-sheet #main {
                @if !p.page.bands.is_empty() {
                    p.fd-sheet__band { @for band in p.page.bands { "【" (band.word()) "】" } }
                }
                header.fd-sheet__head {
                    h1 { (p.heading) }
                    @for line in p.head { p { (line) } }
                }
                (p.body)
                footer.fd-sheet__foot { @for line in p.foot { p { (line) } } }
            }
        },
    )
}
