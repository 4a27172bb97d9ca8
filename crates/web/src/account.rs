//! One's own passkeys (パスキー): list, add, rename, remove.
use ::passkey::Registration;
use axum::Json;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use identity::passkeys::{self, Passkey, PasskeyError, Use};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::passkey::{Ceremony, ceremony, create_options, credentials, party};
use crate::{Desk, Need, PageError, Routes, View};

const HERE: &str = "/account/passkeys";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get(HERE, Need::FreshSignIn, page)
        .post("/account/passkeys/challenge", Need::FreshSignIn, asked)
        .post(HERE, Need::FreshSignIn, added)
        .post("/account/passkeys/{credential}/title", Need::FreshSignIn, renamed)
        .post("/account/passkeys/{credential}/removal", Need::FreshSignIn, removed)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawNew {
    #[serde(flatten)]
    answer: Registration,
    title: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTitle {
    title: String,
}

async fn page(desk: Desk, Query(done): Query<Done>) -> Result<Markup, PageError> {
    let told = match done.done.as_str() {
        "added" => Some("パスキーを追加しました"),
        "renamed" => Some("名前を変えました"),
        "removed" => Some("パスキーを外しました"),
        _ => None,
    };
    markup(&desk, &ui::Input::default(), told).await
}

async fn asked(desk: Desk) -> Result<Json<Value>, PageError> {
    let (site, party) = (&desk.site, party(&desk.site)?);
    let use_ = Use::Add(desk.actor().account);
    let challenge =
        passkeys::challenge(site.inside(), site.city().id, use_, &desk.terminal, site.inside().clock().now())
            .await?;
    Ok(Json(create_options(&party, &challenge, &desk, &credentials(&desk).await?)))
}

async fn added(desk: Desk, Form(raw): Form<RawNew>) -> Result<Response, PageError> {
    let (store, party) = (desk.site.inside(), party(&desk.site)?);
    let at = store.clock().now();
    let title = if raw.title.trim().is_empty() { "わたしのパスキー" } else { raw.title.as_str() };
    let added = passkeys::add(store, &party, desk.actor(), title, raw.answer, &desk.terminal, at).await;
    answered(&desk, &raw.title, added, "added").await
}

async fn renamed(
    desk: Desk,
    Path(credential): Path<String>,
    Form(raw): Form<RawTitle>,
) -> Result<Response, PageError> {
    let (store, actor) = (desk.site.inside(), desk.actor());
    match passkeys::rename(store, actor, &credential, &raw.title, &desk.terminal).await {
        Ok(false) => Err(PageError::NotFound),
        outcome => answered(&desk, &raw.title, outcome.map(drop), "renamed").await,
    }
}

async fn removed(desk: Desk, Path(credential): Path<String>) -> Result<Response, PageError> {
    let removed = passkeys::remove(desk.site.inside(), desk.actor(), &credential, &desk.terminal).await?;
    if !removed {
        return Err(PageError::NotFound);
    }
    answered(&desk, "", Ok(()), "removed").await
}

async fn answered(
    desk: &Desk,
    typed: &str,
    outcome: Result<(), PasskeyError>,
    done: &str,
) -> Result<Response, PageError> {
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}?done={done}")).into_response()),
        Err(PasskeyError::Store(error)) => Err(error.into()),
        Err(refused) => {
            let page = markup(desk, &ui::Input::wrong(typed, refused.to_string()), None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn markup(desk: &Desk, title: &ui::Input, told: Option<&str>) -> Result<Markup, PageError> {
    let account = desk.actor().account;
    let read = move |tx: &mut db::Tx<'_>| passkeys::list(tx, account);
    let list = desk.site.inside().read(desk.site.city().id, read).await?;
    let heading = "パスキー";
    let view = View { title: heading, part: "", has_errors: title.error.is_some(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { @if let Some(told) = told { p role="status" data-result { (told) } } },
            filter: html! {
                (ui::error_summary(&ui::errors(&[("title", title)])))
                p {
                    "パスキーがあると、端末の指紋や暗証番号だけでサインインできます。確認コードは要りません。"
                    "端末をなくしたときのために、2つ以上の登録をおすすめします。"
                }
            },
            list: html! { (listed(desk, &list)) (add_form(desk, title)) },
            ..Default::default()
        })
    }))
}

fn listed(desk: &Desk, list: &[Passkey]) -> Markup {
    if list.is_empty() {
        return ui::empty_state("パスキーはまだありません", None);
    }
    html! {
        ul.fd-passkeys aria-label="登録したパスキー" {
            @for (i, one) in list.iter().enumerate() {
                @let id = format!("title-{i}");
                li.fd-passkeys__one {
                    h2 { (one.title) }
                    p {
                        "登録 " (ui::wareki(one.created_at.date()))
                        @if let Some(used_at) = one.used_at { "　最後の使用 " (ui::wareki(used_at.date())) }
                        @if one.synced { "　" (ui::tag(ui::Tag::Plain, "ほかの端末にもあります")) }
                    }
                    (ui::form(
                        ui::Form {
                            action: &format!("{HERE}/{}/title", one.credential),
                            csrf: desk.csrf(), label: Some(&format!("「{}」の名前", one.title)), ..Default::default()
                        },
                        html! {
                            label.fd-field__label for=(id) { "名前" }
                            input.fd-input type="text" id=(id) name="title" value=(one.title) data-width="12"
                                autocomplete="off" spellcheck="false";
                            (ui::button(ui::Button { kind: ui::Kind::Outline, label: "名前を変える", ..Default::default() }))
                            (ui::button(ui::Button {
                                kind: ui::Kind::Text, label: "外す",
                                action: Some(&format!("{HERE}/{}/removal", one.credential)), ..Default::default()
                            }))
                        },
                    ))
                }
            }
        }
    }
}

fn add_form(desk: &Desk, title: &ui::Input) -> Markup {
    let heading = html! { h2 { "パスキーを追加する" } };
    let Ok(party) = party(&desk.site) else {
        return html! { (heading) p { "このサイトの番地では、パスキーを登録できません。総務課が番地を設定すると使えます。" } };
    };
    html! {
        (heading)
        (ceremony(&party, Ceremony {
            kind: "create", action: HERE, csrf: desk.csrf(), onward: None, label: "追加する", strong: true,
            fields: ui::text_field(ui::TextField {
                name: "title", label: "名前", hint: Some("「窓口2番の端末」のように、あとで見分けられる名前"), input: title,
                width: 12, ..Default::default()
            }),
        }))
        p.fd-passkeys__elsewhere {
            "登録できるのは、スクリプトの動くブラウザーで " (party.origin)
            " を開いたときです。パスワードと確認コードはそのまま使えます。"
        }
    }
}
