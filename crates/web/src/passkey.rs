//! Signing in and confirming by passkey (パスキー). The ceremony needs a script; without one, password and code stay.
use ::passkey::{ALGORITHMS, Assertion, Party};
use axum::Json;
use axum::extract::Form;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use identity::passkeys::{self, Use};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::guard::{SESSION_COOKIE, cookie};
use crate::reach::Client;
use crate::sign_in::{Onward, name_markup, set_cookie, told};
use crate::{Desk, Need, PageError, Routes, Site, step_up};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .post("/sign-in/passkey/challenge", Need::Public, sign_in_asked)
        .post("/sign-in/passkey", Need::Public, sign_in_sent)
        .post("/step-up/passkey/challenge", Need::SignedIn, step_up_asked)
        .post("/step-up/passkey", Need::SignedIn, step_up_sent)
}

/// What an answered ceremony's form holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawAnswer {
    #[serde(flatten)]
    answer: Assertion,
    to: String,
}

/// This site as browsers name it.
///
/// # Errors
/// [`PageError::NotFound`] where browsers know no passkeys.
pub(crate) fn party(site: &Site) -> Result<Party, PageError> {
    Party::of(&site.reach().origin).ok_or(PageError::NotFound)
}

/// A ceremony on a page: the script fills the form and sends it. Hidden where it could do nothing.
pub(crate) struct Ceremony<'a> {
    /// `get` or `create`.
    pub kind: &'a str,
    /// Where the answer goes; the challenge comes from the same address and `/challenge`.
    pub action: &'a str,
    pub csrf: &'a str,
    pub onward: Option<&'a Onward>,
    pub label: &'a str,
    /// Fields that a person fills.
    pub fields: Markup,
    pub strong: bool,
}

pub(crate) fn ceremony(party: &Party, c: Ceremony<'_>) -> Markup {
    let answers: &[&str] = if c.kind == "create" {
        &["client_data", "attestation"]
    } else {
        &["credential", "client_data", "authenticator_data", "signature", "user_handle"]
    };
    html! {
        form.fd-form.fd-passkey action=(c.action) method="post" data-passkey=(c.kind) data-origin=(party.origin)
            accept-charset="utf-8" novalidate hidden {
            @if !c.csrf.is_empty() { input type="hidden" name="csrf" value=(c.csrf); }
            @if let Some(onward) = c.onward { input type="hidden" name="to" value=(onward.path()); }
            @for name in answers { input type="hidden" name=(name) data-answer; }
            (c.fields)
            button.dads-button type="button" data-type=(if c.strong { "solid-fill" } else { "outline" })
                data-passkey-start { span.dads-button__label { (c.label) } }
            p.fd-passkey__status role="status" data-passkey-status {}
        }
    }
}

/// The arguments of `navigator.credentials.get`.
fn get_options(party: &Party, challenge: &str, credentials: &[String]) -> Value {
    let allowed: Vec<Value> = credentials.iter().map(|id| json!({"type": "public-key", "id": id})).collect();
    json!({
        "challenge": challenge,
        "rpId": party.rp_id,
        "userVerification": "required",
        "allowCredentials": allowed,
    })
}

/// The arguments of `navigator.credentials.create`.
pub(crate) fn create_options(party: &Party, challenge: &str, desk: &Desk, credentials: &[String]) -> Value {
    let known: Vec<Value> = credentials.iter().map(|id| json!({"type": "public-key", "id": id})).collect();
    let kinds: Vec<Value> = ALGORITHMS.iter().map(|alg| json!({"type": "public-key", "alg": alg})).collect();
    let city = &desk.site.city().name;
    json!({
        "challenge": challenge,
        "rp": {"id": party.rp_id, "name": city},
        "user": {
            "id": passkeys::handle_text(desk.actor().account),
            "name": desk.actor().name,
            "displayName": desk.actor().name,
        },
        "pubKeyCredParams": kinds,
        "excludeCredentials": known,
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "none",
    })
}

async fn sign_in_asked(site: Site, Client(client): Client) -> Result<Json<Value>, PageError> {
    let party = party(&site)?;
    let at = site.inside().clock().now();
    let challenge = passkeys::challenge(site.inside(), site.city().id, Use::SignIn, &client, at).await?;
    Ok(Json(get_options(&party, &challenge, &[])))
}

async fn sign_in_sent(
    site: Site,
    Client(client): Client,
    Form(raw): Form<RawAnswer>,
) -> Result<Response, PageError> {
    let (party, onward) = (party(&site)?, Onward::to(&raw.to));
    let at = site.inside().clock().now();
    match passkeys::sign_in(site.inside(), site.city().id, &party, raw.answer, &client, at).await {
        Ok(new) => {
            let headers = AppendHeaders([(SET_COOKIE, set_cookie(SESSION_COOKIE, new.token.reveal()))]);
            Ok((headers, Redirect::to(onward.path())).into_response())
        }
        Err(refusal) => {
            let input = ui::Input::wrong("", told(refusal)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, name_markup(&site, &input, &onward)).into_response())
        }
    }
}

pub(crate) async fn credentials(desk: &Desk) -> Result<Vec<String>, PageError> {
    let account = desk.actor().account;
    let read = move |tx: &mut db::Tx<'_>| passkeys::list(tx, account);
    let list = desk.site.inside().read(desk.site.city().id, read).await?;
    Ok(list.into_iter().map(|passkey| passkey.credential).collect())
}

async fn step_up_asked(desk: Desk) -> Result<Json<Value>, PageError> {
    let (site, party) = (&desk.site, party(&desk.site)?);
    let use_ = Use::StepUp(desk.actor().account);
    let at = site.inside().clock().now();
    let challenge = passkeys::challenge(site.inside(), site.city().id, use_, &desk.terminal, at).await?;
    Ok(Json(get_options(&party, &challenge, &credentials(&desk).await?)))
}

async fn step_up_sent(
    desk: Desk,
    headers: HeaderMap,
    Form(raw): Form<RawAnswer>,
) -> Result<Response, PageError> {
    let (party, onward) = (party(&desk.site)?, Onward::to(&raw.to));
    let token = cookie(&headers, SESSION_COOKIE).ok_or(PageError::SignedOut)?;
    let at = desk.site.inside().clock().now();
    let store = desk.site.inside();
    match passkeys::step_up(store, &party, desk.actor(), token, raw.answer, &desk.terminal, at).await {
        Ok(new) => {
            let headers = AppendHeaders([(SET_COOKIE, set_cookie(SESSION_COOKIE, new.token.reveal()))]);
            Ok((headers, Redirect::to(onward.path())).into_response())
        }
        Err(refusal) => {
            let page = step_up::markup(&desk, Some(&told(refusal)?), &onward, false).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
