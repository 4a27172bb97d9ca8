//! The page of a set-up code (設定コード): a new clerk, a forgotten password, a lost authenticator.
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use identity::setup::{Sets, SetupRefused};
use identity::setup_use::{Filled, Opened, finish, open};
use identity::{Refusal, totp};
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;

use crate::own_account::{HINT, context};
use crate::reach::Client;
use crate::sign_in::shell;
use crate::{Need, PageError, Routes, Site};

const HERE: &str = "/sign-in/setup";
const DONE: &str = "/sign-in/setup/done";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get(HERE, Need::Public, code_page).post(HERE, Need::Public, code_sent).post(
        DONE,
        Need::Public,
        filled,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    code: String,
    current: String,
    password: String,
    factor: String,
}

async fn code_page(site: Site) -> Markup {
    code_markup(&site, None)
}

async fn code_sent(site: Site, Client(client): Client, Form(raw): Form<Raw>) -> Result<Response, PageError> {
    let at = site.inside().clock().now();
    match open(site.inside(), site.keys(), site.city().id, &raw.code, &client, at).await {
        Ok(opened) => Ok(set_markup(&site, &opened, &raw.code, None).into_response()),
        Err(refused) => Ok(refused_page(code_markup(&site, Some(&told(refused)?)))),
    }
}

async fn filled(site: Site, Client(client): Client, Form(raw): Form<Raw>) -> Result<Response, PageError> {
    let (store, city, at) = (site.inside(), site.city().id, site.inside().clock().now());
    let factor = base::half_width(&raw.factor).chars().filter(char::is_ascii_digit).collect();
    let typed = Filled { code: raw.code.clone(), current: raw.current, password: raw.password, factor };
    let field = match finish(store, site.keys(), city, typed, &context(&site), &client, at).await {
        Ok(()) => return Ok(done_markup(&site).into_response()),
        Err(refused @ SetupRefused::Current) => ("current", told(refused)?),
        Err(refused @ SetupRefused::Factor) => ("factor", told(refused)?),
        Err(refused @ SetupRefused::Weak(_)) => ("password", told(refused)?),
        Err(refused) => return Ok(refused_page(code_markup(&site, Some(&told(refused)?)))),
    };
    match open(store, site.keys(), city, &raw.code, &client, at).await {
        Ok(opened) => Ok(refused_page(set_markup(&site, &opened, &raw.code, Some(field)))),
        Err(refused) => Ok(refused_page(code_markup(&site, Some(&told(refused)?)))),
    }
}

fn refused_page(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

fn told(refused: SetupRefused) -> Result<String, PageError> {
    match refused {
        SetupRefused::Refused(Refusal::Store(error)) => Err(error.into()),
        other => Ok(other.to_string()),
    }
}

fn items(error: Option<(&str, &str)>) -> Vec<ui::ErrorItem> {
    let item = |(id, message): (&str, &str)| ui::ErrorItem { id: id.to_owned(), message: message.to_owned() };
    error.into_iter().map(item).collect()
}

fn code_markup(site: &Site, error: Option<&str>) -> Markup {
    let input = error.map_or_else(ui::Input::default, |error| ui::Input::wrong("", error));
    let main = html! {
        (ui::error_summary(&items(error.map(|error| ("code", error)))))
        h1 { "設定コード" }
        p { "総務課から受けとったコードを入力すると、パスワードや認証アプリを設定できます。コードは1回だけ使えます。" }
        form.fd-form action=(HERE) method="post" novalidate accept-charset="utf-8" {
            (ui::text_field(ui::TextField {
                name: "code", label: "設定コード", hint: Some("16文字。大文字と小文字は同じです"), input: &input,
                autocomplete: Some("off"), autofocus: true, width: 24, ..Default::default()
            }))
            (ui::button(ui::Button { label: "続ける", keys: Some("Ctrl Enter"), ..Default::default() }))
        }
        p { (ui::link("/sign-in", "サインインに戻る")) }
    };
    shell(site, "設定コード", error.is_some(), main, None)
}

fn set_markup(site: &Site, opened: &Opened, code: &str, error: Option<(&str, String)>) -> Markup {
    let of = |name: &str| error.as_ref().filter(|(field, _)| *field == name).map(|(_, error)| error.as_str());
    let main = html! {
        (ui::error_summary(&items(error.as_ref().map(|(field, error)| (*field, error.as_str())))))
        h1 { (opened.display_name) "さんの設定" }
        p { "職員番号 " strong { (opened.sign_in_name) } "　設定するもの：" (opened.sets.title()) }
        form.fd-form action=(DONE) method="post" novalidate accept-charset="utf-8" {
            input type="hidden" name="code" value=(code);
            input type="hidden" name="username" value=(opened.sign_in_name) autocomplete="username";
            @if opened.sets == Sets::Factor {
                (ui::secret_field(ui::SecretField {
                    name: "current", label: "いまのパスワード", error: of("current"), ..Default::default()
                }))
            } @else {
                (ui::secret_field(ui::SecretField {
                    name: "password", label: "新しいパスワード", hint: Some(HINT), error: of("password"), new: true,
                }))
            }
            @if opened.sets != Sets::Password { (authenticator(site, opened)) }
            (ui::code_field(ui::CodeField {
                name: "factor", label: "認証アプリの6桁", error: of("factor"), ..Default::default()
            }))
            (ui::button(ui::Button { label: "設定する", keys: Some("Ctrl Enter"), ..Default::default() }))
        }
    };
    shell(site, "設定", error.is_some(), main, None)
}

/// The secret for the authenticator, to be photographed or typed.
fn authenticator(site: &Site, opened: &Opened) -> Markup {
    let uri = totp::otpauth_uri(&site.city().name, &opened.sign_in_name, &opened.secret);
    let text = totp::secret_text(&opened.secret);
    let groups: Vec<&str> =
        text.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    html! {
        h2 { "認証アプリ" }
        p { "認証アプリでこの図を読みとると、30秒ごとに変わる6桁が出ます。" }
        @if let Ok(code) = QrCode::encode_text(&uri, QrCodeEcc::Medium) { (picture(&code)) }
        p { "読みとれないときは、この文字を入力します： " code { (groups.join(" ")) } }
    }
}

/// A square of dark modules with the quiet zone of four that readers need.
fn picture(code: &QrCode) -> Markup {
    let whole = code.size() + 8;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + 4, y + 4));
        }
    }
    html! {
        svg viewBox=(format!("0 0 {whole} {whole}")) width="232" height="232" role="img"
            aria-label="認証アプリ用の図" shape-rendering="crispEdges" {
            rect width="100%" height="100%" fill="white" {}
            path d=(path) fill="black" {}
        }
    }
}

fn done_markup(site: &Site) -> Markup {
    let heading = "設定しました";
    let main = html! {
        h1 { (heading) }
        p { "これまでの端末はサインアウトしました。新しい設定でサインインできます。" }
        p { (ui::link("/sign-in", "サインインする")) }
    };
    shell(site, heading, false, main, None)
}
