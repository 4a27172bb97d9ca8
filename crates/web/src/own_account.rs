//! One's own account (アカウント): password, where one is signed in, what changed lately.
use axum::extract::{Form, Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use identity::news::{self, News};
use identity::{OwnSession, PasswordRefused, Refusal, change_password, end_one, session, sessions_of};
use maud::{Markup, html};
use serde::Deserialize;

use crate::guard::{SESSION_COOKIE, cookie};
use crate::{Desk, Need, PageError, Routes, Site, View};

pub(crate) const HERE: &str = "/account";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get(HERE, Need::FreshSignIn, page)
        .post("/account/password", Need::FreshSignIn, password_sent)
        .post("/account/sessions", Need::FreshSignIn, others_ended)
        .post("/account/sessions/{mark}/end", Need::FreshSignIn, one_ended)
        .post("/account/news", Need::SignedIn, news_seen)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawPassword {
    current: String,
    new: String,
}

/// What is wrong with the two fields.
#[derive(Debug, Default)]
struct Wrong {
    current: Option<String>,
    new: Option<String>,
}

/// The words of city and site that no password is made of.
pub(crate) fn context(site: &Site) -> [&str; 3] {
    [&site.city().name, &site.city().prefecture, &site.reach().origin]
}

async fn page(desk: Desk, headers: HeaderMap, Query(done): Query<Done>) -> Result<Markup, PageError> {
    let told = match done.done.as_str() {
        "password" => Some("パスワードを変えました。ほかの端末はサインアウトしました"),
        "ended" => Some("サインアウトしました"),
        _ => None,
    };
    markup(&desk, &headers, &Wrong::default(), told).await
}

async fn password_sent(
    desk: Desk,
    headers: HeaderMap,
    Form(raw): Form<RawPassword>,
) -> Result<Response, PageError> {
    let token = cookie(&headers, SESSION_COOKIE).ok_or(PageError::SignedOut)?;
    let (store, at) = (desk.site.inside(), desk.site.inside().clock().now());
    let (typed, context) = ((raw.current, raw.new), context(&desk.site));
    let changed = change_password(store, desk.actor(), token, typed, &context, &desk.terminal, at);
    let wrong = match changed.await {
        Ok(()) => return Ok(Redirect::to("/account?done=password").into_response()),
        Err(PasswordRefused::Refused(Refusal::Store(error))) => return Err(error.into()),
        Err(refused @ (PasswordRefused::Current | PasswordRefused::Refused(_))) => {
            Wrong { current: Some(refused.to_string()), new: None }
        }
        Err(refused) => Wrong { current: None, new: Some(refused.to_string()) },
    };
    let page = markup(&desk, &headers, &wrong, None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// For a device that was lost: this one stays signed in.
async fn others_ended(desk: Desk, headers: HeaderMap) -> Result<Response, PageError> {
    let token = cookie(&headers, SESSION_COOKIE).ok_or(PageError::SignedOut)?;
    session::end_others(desk.site.inside(), desk.actor(), token, &desk.terminal).await?;
    Ok(Redirect::to("/account?done=ended").into_response())
}

async fn one_ended(desk: Desk, Path(mark): Path<String>) -> Result<Response, PageError> {
    let (actor, client) = (desk.actor().clone(), desk.terminal.clone());
    let end = move |tx: &mut db::Tx<'_>| end_one(tx, &actor, &mark, &client);
    if desk.site.inside().write(desk.site.city().id, end).await? {
        Ok(Redirect::to("/account?done=ended").into_response())
    } else {
        Err(PageError::NotFound)
    }
}

async fn news_seen(desk: Desk) -> Result<Redirect, PageError> {
    let account = desk.actor().account;
    let seen = move |tx: &mut db::Tx<'_>| news::mark_seen(tx, account);
    desk.site.inside().write(desk.site.city().id, seen).await?;
    Ok(Redirect::to(HERE))
}

async fn markup(
    desk: &Desk,
    headers: &HeaderMap,
    wrong: &Wrong,
    told: Option<&str>,
) -> Result<Markup, PageError> {
    let (account, token) =
        (desk.actor().account, cookie(headers, SESSION_COOKIE).unwrap_or_default().to_owned());
    let read = move |tx: &mut db::Tx<'_>| {
        Ok::<_, db::DbError>((sessions_of(tx, account, &token)?, news::list(tx, account)?))
    };
    let (sessions, news) = desk.site.inside().read(desk.site.city().id, read).await?;
    let errors: Vec<ui::ErrorItem> = [("current", &wrong.current), ("new", &wrong.new)]
        .into_iter()
        .filter_map(|(id, error)| Some(ui::ErrorItem { id: id.to_owned(), message: error.as_ref()?.clone() }))
        .collect();
    let heading = "アカウント";
    let view = View { title: heading, part: "", has_errors: !errors.is_empty(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { @if let Some(told) = told { p role="status" data-result { (told) } } },
            filter: ui::error_summary(&errors),
            list: html! {
                (news_list(desk, &news))
                (password_form(desk, wrong))
                (session_list(desk, &sessions))
                h2 { "パスキー" }
                p { (ui::link("/account/passkeys", "パスキーの一覧と追加")) }
            },
            ..Default::default()
        })
    }))
}

fn news_list(desk: &Desk, all: &[News]) -> Markup {
    html! {
        @if !all.is_empty() {
            h2 { "お知らせ" }
            ul {
                @for one in all {
                    li {
                        @if one.unseen { (ui::tag(ui::Tag::Warn, "新しい")) " " }
                        (moment(one.at)) "　" (one.what) "（端末 " (one.terminal) "）"
                    }
                }
            }
            @if all.iter().any(|one| one.unseen) {
                p { "おぼえのないものは、すぐに総務課にお知らせください。" }
                (ui::form(
                    ui::Form { action: "/account/news", csrf: desk.csrf(), label: Some("お知らせ"), ..Default::default() },
                    html! { (ui::button(ui::Button { kind: ui::Kind::Outline, label: "確認しました", ..Default::default() })) },
                ))
            }
        }
    }
}

/// Day and time in Japan.
pub(crate) fn moment(at: base::At) -> Markup {
    let (hour, minute) = at.hour_minute();
    html! { (ui::wareki(at.date())) " " (format!("{hour}:{minute:02}")) }
}

fn password_form(desk: &Desk, wrong: &Wrong) -> Markup {
    html! {
        h2 { "パスワードを変える" }
        (ui::form(
            ui::Form {
                action: "/account/password", csrf: desk.csrf(), label: Some("パスワードの変更"), ..Default::default()
            },
            html! {
                (ui::secret_field(ui::SecretField {
                    name: "current", label: "いまのパスワード", error: wrong.current.as_deref(), ..Default::default()
                }))
                (ui::secret_field(ui::SecretField {
                    name: "new", label: "新しいパスワード", hint: Some(HINT), error: wrong.new.as_deref(), new: true,
                }))
                (ui::submit_row(ui::SubmitRow {
                    main: ui::Button { label: "変える", ..Default::default() }, ..Default::default()
                }))
                p { "変えると、ほかの端末はサインアウトします。定期的に変える必要はありません。" }
            },
        ))
    }
}

pub(crate) const HINT: &str =
    "8文字以上。好きな文字を使えます。15文字以上の文がおすすめです。貼り付けもできます";

fn session_list(desk: &Desk, all: &[OwnSession]) -> Markup {
    let column = |label| ui::Column { label, ..Default::default() };
    let columns = ["はじめ", "最後の操作", "端末の番地", "サインアウト"].map(column);
    let rows: Vec<ui::Row> = all.iter().map(|one| session_row(desk, one)).collect();
    html! {
        h2 { "サインインしている端末" }
        (ui::table(ui::Table { caption: "サインインしている端末", columns: &columns, rows: &rows, empty: "ありません", keys: false }))
        @if all.len() > 1 {
            (ui::form(
                ui::Form {
                    action: "/account/sessions", csrf: desk.csrf(), label: Some("ほかの端末のサインアウト"), ..Default::default()
                },
                html! {
                    (ui::button(ui::Button {
                        kind: ui::Kind::Outline, label: "ほかの端末をすべてサインアウトする", ..Default::default()
                    }))
                },
            ))
        }
    }
}

fn session_row(desk: &Desk, one: &OwnSession) -> ui::Row {
    let end = if one.is_this {
        ui::tag(ui::Tag::Plain, "この端末")
    } else {
        let action = format!("/account/sessions/{}/end", one.mark);
        let label = format!("{}からの端末", one.client);
        let form = ui::Form { action: &action, csrf: desk.csrf(), label: Some(&label), ..Default::default() };
        let button =
            ui::Button { kind: ui::Kind::Text, label: "サインアウトする", ..Default::default() };
        ui::form(form, html! { (ui::button(button)) })
    };
    ui::Row {
        cells: vec![moment(one.began_at), moment(one.seen_at), html! { (one.client) }, end],
        selected: false,
    }
}
