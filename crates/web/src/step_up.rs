//! Step-up (再確認): a second factor again before an act that weighs much, then back to where the person was.
use axum::extract::{Form, Query};
use axum::http::header::{REFERER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use identity::fresh;
use maud::{Markup, html};
use serde::Deserialize;

use crate::guard::{SESSION_COOKIE, cookie};
use crate::passkey::{Ceremony, ceremony, credentials, party};
use crate::sign_in::{Onward, sample_codes, set_cookie, shell, told};
use crate::{Desk, Need, PageError, Routes};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/step-up", Need::SignedIn, page).post("/step-up", Need::SignedIn, sent)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCode {
    code: String,
    to: String,
}

/// A GET goes through the page and comes back by itself.
pub(crate) fn redirect(path: &str) -> Response {
    Redirect::to(&format!("/step-up?{}", Onward::to(path).query())).into_response()
}

/// The answer to a form that came too late: what was typed is still in the form's page (or its draft), so the
/// way leads back there.
pub(crate) async fn instead_of_post(desk: &Desk, headers: &HeaderMap) -> Result<Response, PageError> {
    let from = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = from.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
    let page = markup(desk, None, &Onward::to(&path), true).await?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

async fn page(desk: Desk, Query(onward): Query<Onward>) -> Result<Markup, PageError> {
    markup(&desk, None, &onward, false).await
}

async fn sent(desk: Desk, headers: HeaderMap, Form(raw): Form<RawCode>) -> Result<Response, PageError> {
    let onward = Onward::to(&raw.to);
    let token = cookie(&headers, SESSION_COOKIE).ok_or(PageError::SignedOut)?;
    let at = desk.site.inside().clock().now();
    let code: String = base::half_width(&raw.code).chars().filter(char::is_ascii_digit).collect();
    let (site, city) = (&desk.site, desk.site.city().id);
    match fresh::by_code(site.inside(), site.keys(), city, token, &code, &desk.terminal, at).await {
        Ok(new) => {
            let headers = AppendHeaders([(SET_COOKIE, set_cookie(SESSION_COOKIE, new.token.reveal()))]);
            Ok((headers, Redirect::to(onward.path())).into_response())
        }
        Err(refusal) => {
            let page = markup(&desk, Some(&told(refusal)?), &onward, false).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(crate) async fn markup(
    desk: &Desk,
    error: Option<&str>,
    onward: &Onward,
    again: bool,
) -> Result<Markup, PageError> {
    let party = match party(&desk.site) {
        Ok(party) if !credentials(desk).await?.is_empty() => Some(party),
        _ => None,
    };
    let items: Vec<ui::ErrorItem> = error
        .iter()
        .map(|message| ui::ErrorItem { id: "code".to_owned(), message: (*message).to_owned() })
        .collect();
    let form = ui::Form { action: "/step-up", csrf: desk.csrf(), ..Default::default() };
    let main = html! {
        (ui::error_summary(&items))
        h1 { "ご本人の確認" }
        @if again {
            (ui::notice(ui::Notice {
                tone: ui::Tone::Info, heading: "確認のあと、もう一度送ってください",
                body: html! { p { "送られた内容はまだ登録されていません。確認がすむと、入力のページに戻ります。" } },
            }))
        }
        p { (desk.actor().name) "さん、大切な操作の前に、もう一度お確かめします。一度の確認で5分間つづけられます。" }
        (ui::form(form, html! {
            input type="hidden" name="to" value=(onward.path());
            (ui::code_field(ui::CodeField {
                name: "code", label: "認証アプリの6桁", error, ..Default::default()
            }))
            (ui::button(ui::Button { label: "確認する", keys: Some("Ctrl Enter"), ..Default::default() }))
        }))
        @if let Some(party) = &party {
            (ceremony(party, Ceremony {
                kind: "get", action: "/step-up/passkey", csrf: desk.csrf(), onward: Some(onward),
                label: "パスキーで確認する", fields: html! {}, strong: false,
            }))
        }
        p { (ui::link("/desk", "やめて机に戻る")) }
    };
    Ok(shell(&desk.site, "ご本人の確認", error.is_some(), main, sample_codes(&desk.site)))
}
