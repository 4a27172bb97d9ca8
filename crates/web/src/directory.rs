//! Signing in at the city's own directory (OpenID Connect), and the page where a person writes down whose account a
//! subject of the directory is.
use std::sync::Arc;

use axum::extract::{Form, Query};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use identity::external::{self, Arrived, Link};
use identity::{Action, Grant, Resource};
use maud::{Markup, html};
use oidc::{Answer, Asked, Directory, OidcError, Person};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::guard::{SESSION_COOKIE, cookie};
use crate::reach::Client;
use crate::sign_in::{Onward, PENDING_COOKIE, drop_cookie, set_cookie, shell};
use crate::{Desk, Need, PageError, Routes, Site, View};

const WAY_COOKIE: &str = "__Host-directory";
const LINKS: &str = "/accounts/links";
pub(crate) const ACCOUNT: &str = "account";

/// What this crate's own pages are about.
pub const RESOURCES: &[Resource] = &[Resource { key: ACCOUNT, title: "職員の利用者" }];
pub const GRANTS: &[Grant] = &[
    Grant { role: "operator", resource: ACCOUNT, actions: &[Action::Administer] },
    // Another office says yes to a set-up code, or the one who runs the machine could become anybody.
    Grant { role: "auditor", resource: ACCOUNT, actions: &[Action::Approve] },
];

pub(crate) fn routes(routes: Routes) -> Routes {
    let administer = Need::Fresh(Action::Administer, ACCOUNT);
    routes
        .get("/sign-in/directory", Need::Public, leave)
        .get("/sign-in/directory/back", Need::Public, back)
        .get(LINKS, administer, links)
        .post(LINKS, administer, link)
        .post("/accounts/links/removal", administer, unlink)
}

/// Whether this person sees the way to the links.
pub(crate) fn may_link(desk: &Desk) -> bool {
    desk.site.reach().directory.is_some() && desk.may(Action::Administer, ACCOUNT)
}

fn directory(site: &Site) -> Result<Arc<Directory>, PageError> {
    site.reach().directory.clone().ok_or(PageError::NotFound)
}

/// Questions that wait for the directory at once. When it is slow, strangers who ask for it must not take the threads
/// that passwords are checked on.
const AT_ONCE: usize = 8;
static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);

/// The directory is asked over the network: on a thread of its own, so that nobody waits behind it.
async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, OidcError> + Send + 'static,
) -> Result<T, OidcError> {
    let turn = RUNNING.try_acquire().map_err(|_| OidcError::Busy)?;
    let asked = move || {
        let answer = question();
        // The turn ends with the work: an asker who goes away must not let more questions run.
        drop(turn);
        answer
    };
    tokio::task::spawn_blocking(asked)
        .await
        .unwrap_or_else(|failed| Err(OidcError::Network(failed.to_string())))
}

async fn leave(
    site: Site,
    Client(client): Client,
    Query(onward): Query<Onward>,
) -> Result<Response, PageError> {
    let (directory, at) = (directory(&site)?, site.inside().clock().now());
    let cookie = external::begin(site.inside(), site.city().id, onward.path(), &client, at).await?;
    let asked = Asked::from_secret(cookie.reveal());
    match ask(move || directory.way(&asked, at)).await {
        Ok(way) => {
            let headers = AppendHeaders([(SET_COOKIE, set_cookie(WAY_COOKIE, cookie.reveal()))]);
            Ok((headers, Redirect::to(&way)).into_response())
        }
        Err(error) => Ok(failed(&site, &error)),
    }
}

async fn back(
    site: Site,
    Client(client): Client,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, PageError> {
    let (directory, at) = (directory(&site)?, site.inside().clock().now());
    let (store, city) = (site.inside(), site.city().id);
    let Some(way) = cookie(&headers, WAY_COOKIE).map(str::to_owned) else {
        return Ok(failed(&site, &OidcError::State));
    };
    let Some(onward) = external::end(store, city, &way, at).await? else {
        return Ok(failed(&site, &OidcError::State));
    };
    let issuer = directory.issuer().to_owned();
    let person = ask(move || directory.person(&answer, &Asked::from_secret(&way), at)).await;
    let Person { subject, strong } = match person {
        Ok(person) => person,
        Err(error) => return Ok(failed(&site, &error)),
    };
    let onward = Onward::to(&onward);
    let dropped = (SET_COOKIE, drop_cookie(WAY_COOKIE));
    Ok(match external::arrive(store, city, &issuer, &subject, strong, &client, at).await? {
        Arrived::SignedIn(new) => {
            let cookie = (SET_COOKIE, set_cookie(SESSION_COOKIE, new.token.reveal()));
            (AppendHeaders([cookie, dropped]), Redirect::to(onward.path())).into_response()
        }
        Arrived::Pending(pending) => {
            let cookie = (SET_COOKIE, set_cookie(PENDING_COOKIE, pending.cookie.reveal()));
            (AppendHeaders([cookie, dropped]), Redirect::to(&onward.code_page())).into_response()
        }
        Arrived::Unknown => {
            let page = unknown(&site, &subject);
            (StatusCode::FORBIDDEN, AppendHeaders([dropped]), page).into_response()
        }
    })
}

/// Why, the log says; the person needs a way on.
fn failed(site: &Site, error: &OidcError) -> Response {
    tracing::warn!(error = error.to_string(), "directory");
    let heading = "市のアカウントでサインインできませんでした";
    let main = html! {
        h1 { (heading) }
        p { "はじめからやり直すか、職員番号でサインインできます。続くときは総務課にお知らせください。" }
        p { (ui::link("/sign-in", "サインインに戻る")) }
    };
    (StatusCode::BAD_GATEWAY, shell(site, heading, false, main, None)).into_response()
}

fn unknown(site: &Site, subject: &str) -> Markup {
    let heading = "職員番号との対応づけが要ります";
    let main = html! {
        h1 { (heading) }
        p { "市のアカウントは確かめられました。あと一つ、総務課による職員番号との対応づけが要ります。" }
        p { "総務課に、この番号をお知らせください。" }
        p { strong.fd-number { (subject) } }
        p { (ui::link("/sign-in", "職員番号でサインインする")) }
    };
    shell(site, heading, false, main, None)
}

/// The way to the directory, on the sign-in page.
pub(crate) fn way_in(site: &Site, onward: &Onward) -> Markup {
    html! {
        @if site.reach().directory.is_some() {
            p { (ui::link(&format!("/sign-in/directory?{}", onward.query()), "市のアカウントでサインイン")) }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawLink {
    subject: String,
    name: String,
}

#[derive(Debug, Default)]
struct Fields {
    subject: ui::Input,
    name: ui::Input,
}

async fn links(desk: Desk) -> Result<Markup, PageError> {
    page(&desk, Fields::default()).await
}

async fn link(desk: Desk, Form(raw): Form<RawLink>) -> Result<Response, PageError> {
    let issuer = directory(&desk.site)?.issuer().to_owned();
    let subject = raw.subject.trim().to_owned();
    if subject.is_empty() || subject.chars().count() > 255 {
        let subject = ui::Input::wrong(raw.subject, "サインインの画面に出た番号を入力してください");
        return refused(&desk, Fields { subject, name: ui::Input::of(raw.name) }).await;
    }
    let (by, client, name) = (desk.actor().clone(), desk.terminal.clone(), raw.name.clone());
    let at = desk.site.inside().clock().now();
    let write = move |tx: &mut db::Tx<'_>| external::link(tx, &by, &issuer, &subject, &name, &client, at);
    if desk.site.inside().write(desk.site.city().id, write).await? {
        return Ok(Redirect::to(LINKS).into_response());
    }
    let name = ui::Input::wrong(raw.name, "この職員番号はありません。番号をお確かめください");
    refused(&desk, Fields { subject: ui::Input::of(raw.subject), name }).await
}

async fn refused(desk: &Desk, fields: Fields) -> Result<Response, PageError> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(desk, fields).await?).into_response())
}

async fn unlink(desk: Desk, Form(raw): Form<RawLink>) -> Result<Response, PageError> {
    let issuer = directory(&desk.site)?.issuer().to_owned();
    let (by, client) = (desk.actor().clone(), desk.terminal.clone());
    let write = move |tx: &mut db::Tx<'_>| external::unlink(tx, &by, &issuer, &raw.subject, &client);
    if desk.site.inside().write(desk.site.city().id, write).await? {
        Ok(Redirect::to(LINKS).into_response())
    } else {
        Err(PageError::NotFound)
    }
}

async fn page(desk: &Desk, fields: Fields) -> Result<Markup, PageError> {
    let heading = "市のアカウントとの対応づけ";
    let view = |has_errors| View { title: heading, has_errors, ..View::default() };
    let Ok(directory) = directory(&desk.site) else {
        return Ok(desk.framed(view(false), |frame| {
            let list = ui::empty_state("市のアカウントによるサインインは、まだ設定されていません", None);
            ui::list_page(ui::ListPage { frame, heading, list, ..Default::default() })
        }));
    };
    let issuer = directory.issuer().to_owned();
    let read = move |tx: &mut db::Tx<'_>| external::links(tx, &issuer);
    let list = desk.site.inside().read(desk.site.city().id, read).await?;
    let errors = ui::errors(&[("subject", &fields.subject), ("name", &fields.name)]);
    Ok(desk.framed(view(!errors.is_empty()), |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            filter: html! { (ui::error_summary(&errors)) (link_form(desk, &fields)) },
            list: table(desk, heading, &list),
            ..Default::default()
        })
    }))
}

fn link_form(desk: &Desk, fields: &Fields) -> Markup {
    ui::form(
        ui::Form {
            action: LINKS, csrf: desk.csrf(), label: Some("新しい対応づけ"), ..Default::default()
        },
        html! {
            (ui::text_field(ui::TextField {
                name: "subject", label: "市のアカウントの番号", hint: Some("本人のサインインの画面に出る番号"),
                input: &fields.subject, width: 24, ..Default::default()
            }))
            (ui::text_field(ui::TextField {
                name: "name", label: "職員番号", input: &fields.name, width: 12, ..Default::default()
            }))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "対応づける", keys: Some("Ctrl Enter"), ..Default::default() },
                ..Default::default()
            }))
        },
    )
}

fn table(desk: &Desk, caption: &str, list: &[Link]) -> Markup {
    let column = |label| ui::Column { label, ..Default::default() };
    let columns = ["市のアカウントの番号", "職員番号", "氏名", "対応づけた日", "取り消し"].map(column);
    let rows: Vec<ui::Row> = list
        .iter()
        .map(|one| {
            let removal = ui::form(
                ui::Form {
                    action: "/accounts/links/removal",
                    csrf: desk.csrf(),
                    label: Some(&format!("{}の取り消し", one.sign_in_name)),
                    ..Default::default()
                },
                html! {
                    input type="hidden" name="subject" value=(one.subject);
                    (ui::button(ui::Button { kind: ui::Kind::Text, label: "取り消す", ..Default::default() }))
                },
            );
            let cells = vec![
                ui::number(&one.subject),
                html! { (one.sign_in_name) },
                html! { (one.display_name) },
                ui::wareki(one.linked_at.date()),
                removal,
            ];
            ui::Row { cells, ..Default::default() }
        })
        .collect();
    ui::table(ui::Table {
        caption,
        columns: &columns,
        rows: &rows,
        empty: "対応づけはまだありません",
        keys: false,
    })
}
