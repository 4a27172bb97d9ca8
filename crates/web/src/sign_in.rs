//! Sign-in: name and password, then six digits (screens.md §13).
use axum::extract::{Form, Query};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use identity::{Attempt, Refusal, session, totp};
use maud::{Markup, html};
use serde::Deserialize;

use crate::directory::way_in;
use crate::guard::{SESSION_COOKIE, cookie};
use crate::passkey::{Ceremony, ceremony, party};
use crate::reach::Client;
use crate::{Desk, Need, PageError, Routes, Site};

pub(crate) const PENDING_COOKIE: &str = "__Host-pending";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/sign-in", Need::Public, name_page)
        .post("/sign-in", Need::Public, name_sent)
        .get("/sign-in/code", Need::Public, code_page)
        .post("/sign-in/code", Need::Public, code_sent)
        .post("/sign-out", Need::SignedIn, sign_out)
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Onward {
    to: String,
}

impl Onward {
    pub(crate) fn to(path: &str) -> Self {
        Self { to: path.to_owned() }
    }

    /// A path of this site, never another site.
    pub(crate) fn path(&self) -> &str {
        // Browsers drop tabs and line ends from an address: 「/⇥/elsewhere」 would lead elsewhere.
        let is_plain = !self.to.contains(|c: char| c == '\\' || c.is_control());
        let own = self.to.starts_with('/') && !self.to.starts_with("//") && is_plain;
        if own { &self.to } else { "/desk" }
    }

    /// As a page's address carries it.
    pub(crate) fn query(&self) -> String {
        serde_urlencoded::to_string([("to", self.path())]).unwrap_or_default()
    }

    pub(crate) fn code_page(&self) -> String {
        if self.path() == "/desk" {
            return "/sign-in/code".to_owned();
        }
        format!("/sign-in/code?{}", self.query())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawName {
    name: String,
    password: String,
    to: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCode {
    code: String,
    to: String,
}

/// Until the portal has a front page of its own, the way in is the desk's.
pub(crate) async fn front() -> Redirect {
    Redirect::to("/desk")
}

async fn name_page(site: Site, Query(onward): Query<Onward>) -> Markup {
    name_markup(&site, &ui::Input::default(), &onward)
}

async fn name_sent(
    site: Site,
    Client(client): Client,
    Form(raw): Form<RawName>,
) -> Result<Response, PageError> {
    let attempt = Attempt { name: raw.name.clone(), password: raw.password, client };
    let onward = Onward { to: raw.to };
    let at = site.inside().clock().now();
    match session::begin(site.inside(), site.city().id, attempt, at).await {
        Ok(pending) => {
            let headers = AppendHeaders([(SET_COOKIE, set_cookie(PENDING_COOKIE, pending.cookie.reveal()))]);
            Ok((headers, Redirect::to(&onward.code_page())).into_response())
        }
        Err(refusal) => {
            let input = ui::Input::wrong(raw.name, told(refusal)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, name_markup(&site, &input, &onward)).into_response())
        }
    }
}

async fn code_page(site: Site, Query(onward): Query<Onward>) -> Markup {
    code_markup(&site, None, &onward)
}

async fn code_sent(site: Site, headers: HeaderMap, Form(raw): Form<RawCode>) -> Result<Response, PageError> {
    let onward = Onward { to: raw.to };
    let Some(pending) = cookie(&headers, PENDING_COOKIE) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let code: String = base::half_width(&raw.code).chars().filter(char::is_ascii_digit).collect();
    let at = site.inside().clock().now();
    match session::confirm(site.inside(), site.keys(), site.city().id, pending, &code, at).await {
        Ok(new) => {
            let headers = AppendHeaders([
                (SET_COOKIE, set_cookie(SESSION_COOKIE, new.token.reveal())),
                (SET_COOKIE, drop_cookie(PENDING_COOKIE)),
            ]);
            Ok((headers, Redirect::to(onward.path())).into_response())
        }
        Err(refusal) => {
            let page = code_markup(&site, Some(&told(refusal)?), &onward);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn sign_out(desk: Desk, headers: HeaderMap) -> Result<Response, PageError> {
    if let Some(token) = cookie(&headers, SESSION_COOKIE) {
        session::sign_out(desk.site.inside(), desk.actor(), token, &desk.terminal).await?;
    }
    // The browser forgets pages that it kept; the cookie goes by name, as others of this host are not ours.
    let headers = AppendHeaders([
        (SET_COOKIE, drop_cookie(SESSION_COOKIE)),
        (HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"".to_owned()),
    ]);
    Ok((headers, Redirect::to("/sign-in")).into_response())
}

pub(crate) fn told(refusal: Refusal) -> Result<String, PageError> {
    match refusal {
        Refusal::Store(error) => Err(error.into()),
        refusal @ (Refusal::Wrong | Refusal::Wait { .. }) => Ok(refusal.to_string()),
    }
}

pub(crate) fn set_cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

pub(crate) fn drop_cookie(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

pub(crate) fn shell(
    site: &Site,
    title: &str,
    has_errors: bool,
    main: Markup,
    aside: Option<Markup>,
) -> Markup {
    ui::sign_in_page(ui::SignInPage {
        page: ui::Page {
            title,
            part: "",
            city: &site.city().name,
            bands: site.bands(),
            has_errors,
            refresh: None,
        },
        main,
        aside,
    })
}

pub(crate) fn name_markup(site: &Site, name: &ui::Input, onward: &Onward) -> Markup {
    let main = html! {
        (ui::error_summary(&ui::errors(&[("name", name)])))
        h1 { "サインイン" }
        // No session yet, so no token: the guard refuses what another site sends.
        form.fd-form action="/sign-in" method="post" novalidate accept-charset="utf-8" {
            input type="hidden" name="to" value=(onward.path());
            (ui::text_field(ui::TextField {
                name: "name", label: "職員番号", input: name, autocomplete: Some("username"), autofocus: true,
                width: 24, ..Default::default()
            }))
            (ui::secret_field(ui::SecretField { name: "password", label: "パスワード", ..Default::default() }))
            (ui::button(ui::Button { label: "続ける", keys: Some("Ctrl Enter"), ..Default::default() }))
        }
        @if let Ok(party) = party(site) {
            (ceremony(&party, Ceremony {
                kind: "get", action: "/sign-in/passkey", csrf: "", onward: Some(onward),
                label: "パスキーでサインイン", fields: html! {}, strong: false,
            }))
        }
        (way_in(site, onward))
        p { (ui::link("/sign-in/setup", "設定コードをお持ちの方")) }
    };
    shell(site, "サインイン", name.error.is_some(), main, sample_list(site))
}

fn sample_list(site: &Site) -> Option<Markup> {
    site.is_sample().then(|| {
        html! {
            h2 { "見本のサインイン" }
            table.fd-table {
                thead { tr { th scope="col" { "職員番号" } th scope="col" { "パスワード" } th scope="col" { "できること" } } }
                tbody {
                    @for one in site.sample_sign_ins() {
                        tr { td { code { (one.name) } } td { code { (one.password) } } td { (one.section) "　" (one.does) } }
                    }
                }
            }
        }
    })
}

fn code_markup(site: &Site, error: Option<&str>, onward: &Onward) -> Markup {
    let items: Vec<ui::ErrorItem> = error
        .iter()
        .map(|message| ui::ErrorItem { id: "code".to_owned(), message: (*message).to_owned() })
        .collect();
    let main = html! {
        (ui::error_summary(&items))
        h1 { "確認コード" }
        form.fd-form action="/sign-in/code" method="post" novalidate accept-charset="utf-8" {
            input type="hidden" name="to" value=(onward.path());
            (ui::code_field(ui::CodeField {
                name: "code", label: "認証アプリの6桁", error, ..Default::default()
            }))
            (ui::button(ui::Button { label: "サインインする", keys: Some("Ctrl Enter"), ..Default::default() }))
            p { (ui::link("/sign-in", "職員番号からやり直す")) }
        }
    };
    shell(site, "確認コード", error.is_some(), main, sample_codes(site))
}

/// The sample city has no secrets: its codes stand beside its passwords.
pub(crate) fn sample_codes(site: &Site) -> Option<Markup> {
    let at = site.inside().clock().now();
    site.is_sample().then(|| {
        html! {
            h2 { "見本の確認コード" }
            table.fd-table {
                thead { tr { th scope="col" { "職員番号" } th scope="col" { "いまのコード" } } }
                tbody {
                    @for one in site.sample_sign_ins() {
                        tr { td { code { (one.name) } } td { code { (totp::code(&totp::sample_secret(one.name), totp::step_at(at))) } } }
                    }
                }
            }
        }
    })
}
