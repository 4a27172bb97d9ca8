//! What happens before a handler: session, right, token. And the headers of every answer.
use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use identity::{Entry, Operation, Session, record};

use crate::routes::MOST_BYTES;
use crate::sign_in::Onward;
use crate::{Desk, Need, PageError, Site, error, step_up};

/// `__Host-`: only over TLS or on this machine, only for this host, never for a subdomain.
pub(crate) const SESSION_COOKIE: &str = "__Host-session";

/// Lets a request through to its handler, or not.
pub(crate) async fn guard(State(need): State<Need>, mut request: Request, next: Next) -> Response {
    let is_foreign = is_cross_site(&request);
    if need == Need::Public {
        return if is_foreign { PageError::Forbidden.into_response() } else { next.run(request).await };
    }
    let site = request.extensions().get::<Site>().cloned().expect("the outer layer adds the site");
    let at = Tried::of(&request);
    let found = match cookie(request.headers(), SESSION_COOKIE) {
        Some(token) => {
            let now = site.inside().clock().now();
            site.sessions().current(site.inside(), site.city().id, token, now).await
        }
        None => Ok(None),
    };
    let session = match found {
        Ok(Some(session)) if is_foreign => {
            return refused(&site, &session, at, "別のサイトからの操作").await;
        }
        Ok(Some(session)) => session,
        Ok(None) if is_foreign => return PageError::Forbidden.into_response(),
        Ok(None) => return to_sign_in(&request),
        Err(error) => return PageError::from(error).into_response(),
    };
    if need.right().is_some_and(|(action, resource)| !site.policy().allows(&session.actor, action, resource))
    {
        return refused(&site, &session, at, "権限のない画面").await;
    }
    let terminal = at.terminal.clone();
    if !is_safe(request.method()) {
        match with_token(request, &session).await {
            Ok(checked) => request = checked,
            Err(PageError::Forbidden) => return refused(&site, &session, at, "合言葉のない操作").await,
            Err(error) => return error.into_response(),
        }
    }
    let path = request.uri().path().to_owned();
    let desk = Desk { site, session, path, terminal };
    if need.is_fresh() && !desk.session.is_fresh(desk.site.inside().clock().now()) {
        return if is_safe(request.method()) {
            step_up::redirect(path_and_query(&request))
        } else {
            step_up::instead_of_post(&desk, request.headers())
                .await
                .unwrap_or_else(IntoResponse::into_response)
        };
    }
    request.extensions_mut().insert(desk);
    next.run(request).await
}

/// What was asked for, and where from.
struct Tried {
    /// 「GET /residents/{person}」.
    route: String,
    terminal: String,
}

impl Tried {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let terminal = terminal(request.extensions().get::<ConnectInfo<SocketAddr>>());
        Self { route: format!("{} {route}", request.method()), terminal }
    }
}

/// Somebody who is signed in tried what is not theirs to do, or what another site sent: a row of the log names account,
/// route and why, and no person, as the route is written with its parameters' names.
async fn refused(site: &Site, session: &Session, at: Tried, why: &'static str) -> Response {
    let actor = session.actor.clone();
    let row = move |tx: &mut db::Tx<'_>| {
        let entry = Entry::new(&actor, Operation::Refused, why);
        record(tx, &Entry { path: Some(&at.route), terminal: &at.terminal, ..entry })
    };
    match site.inside().write(site.city().id, row).await {
        Ok(()) => PageError::Forbidden.into_response(),
        Err(error) => PageError::from(error).into_response(),
    }
}

/// The network address of who asks.
pub(crate) fn terminal(client: Option<&ConnectInfo<SocketAddr>>) -> String {
    client.map_or_else(|| "unknown".to_owned(), |ConnectInfo(from)| from.ip().to_string())
}

/// Browsers say where a request comes from; another site's form is refused even without a session.
fn is_cross_site(request: &Request) -> bool {
    let from = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    !is_safe(request.method()) && from.is_some_and(|from| from != "same-origin" && from != "none")
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn path_and_query(request: &Request) -> &str {
    request.uri().path_and_query().map_or("/desk", |path| path.as_str())
}

fn to_sign_in(request: &Request) -> Response {
    if request.method() == Method::GET {
        let query = Onward::to(path_and_query(request)).query();
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    }
    PageError::SignedOut.into_response()
}

/// The form's (or the script's) token must be the session's.
async fn with_token(request: Request, session: &Session) -> Result<Request, PageError> {
    let by_header = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
    if by_header.is_some_and(|token| session.csrf_matches(token)) {
        return Ok(request);
    }
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| PageError::TooLarge)?;
    let is_form = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let fields: Vec<(String, String)> =
        if is_form { serde_urlencoded::from_bytes(&bytes).unwrap_or_default() } else { Vec::new() };
    let token = fields.iter().find(|(name, _)| name == "csrf").map(|(_, token)| token.as_str());
    if !token.is_some_and(|token| session.csrf_matches(token)) {
        return Err(PageError::Forbidden);
    }
    Ok(Request::from_parts(head, Body::from(bytes)))
}

pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// The page of a refused request, and the headers of every answer. What is not an asset is kept by nobody.
pub(crate) async fn finish(site: Site, request: Request, next: Next) -> Response {
    let mut response = error::dress(&site, next.run(request).await);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers
        .insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    // Said over plain HTTP browsers ignore it, and a machine's own `localhost` has no TLS to stay with.
    if site.reach().origin.starts_with("https://") {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
