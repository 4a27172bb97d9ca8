//! Accounts of the staff (職員の利用者) for 総務課: new clerks, set-up codes, the end of sessions; and the approval of codes
//! by another office. Nobody's record of a resident is here.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use identity::setup::{self, NewClerk, Sets, Setup, SetupId, SetupRefused, SetupState};
use identity::{AccountId, Action, Actor, Refusal, Section, StaffAccount, end_all, staff};
use maud::{Markup, html};
use serde::Deserialize;

use crate::directory::{ACCOUNT, may_link};
use crate::own_account::moment;
use crate::{Desk, Need, PageError, Routes, View};

pub(crate) const HERE: &str = "/accounts";
pub(crate) const APPROVALS: &str = "/accounts/approvals";

pub(crate) fn routes(routes: Routes) -> Routes {
    let administer = Need::Fresh(Action::Administer, ACCOUNT);
    let approve = Need::Fresh(Action::Approve, ACCOUNT);
    routes
        .get(HERE, administer, page)
        .post(HERE, administer, created)
        .post("/accounts/{account}/sessions", administer, sessions_ended)
        .post("/accounts/{account}/setup", administer, asked)
        .post("/accounts/setups/{setup}/code", administer, issued)
        .get(APPROVALS, approve, approvals)
        .post("/accounts/setups/{setup}/approval", approve, approved)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawClerk {
    name: String,
    display_name: String,
    section: String,
    section_name: String,
    role: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawAsk {
    sets: String,
    reason: String,
}

/// Everything the page shows.
struct Listed {
    staff: Vec<StaffAccount>,
    setups: Vec<Setup>,
}

async fn read(desk: &Desk) -> Result<Listed, PageError> {
    // Ever: whoever has signed in at any time may approve, and then 総務課 is not alone.
    let since = base::At::from_micros(0);
    let read = move |tx: &mut db::Tx<'_>| {
        Ok::<_, db::DbError>(Listed { staff: staff(tx, None, since)?, setups: setup::list(tx)? })
    };
    Ok(desk.site.inside().read(desk.site.city().id, read).await?)
}

async fn page(desk: Desk) -> Result<Markup, PageError> {
    markup(&desk, &RawClerk::default(), None, None).await
}

fn sentence(refused: SetupRefused) -> Result<String, PageError> {
    match refused {
        SetupRefused::Refused(Refusal::Store(error)) => Err(error.into()),
        SetupRefused::Unknown => Err(PageError::NotFound),
        other => Ok(other.to_string()),
    }
}

async fn refused(desk: &Desk, typed: &RawClerk, refused: SetupRefused) -> Result<Response, PageError> {
    let page = markup(desk, typed, Some(&sentence(refused)?), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn created(desk: Desk, Form(raw): Form<RawClerk>) -> Result<Response, PageError> {
    if !desk.site.policy().roles().iter().any(|role| role.key == raw.role) {
        let page = markup(&desk, &raw, Some("役割を選んでください"), None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let new = NewClerk {
        sign_in_name: raw.name.clone(),
        display_name: raw.display_name.clone(),
        section: Section { code: raw.section.clone(), name: raw.section_name.clone() },
        role: raw.role.clone(),
    };
    let (store, at) = (desk.site.inside(), desk.site.inside().clock().now());
    match setup::create_clerk(store, desk.site.keys(), desk.actor(), new, &desk.terminal, at).await {
        Ok(_) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => refused(&desk, &raw, error).await,
    }
}

fn account(id: &str) -> Result<AccountId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

async fn sessions_ended(desk: Desk, Path(id): Path<String>) -> Result<Redirect, PageError> {
    let (store, city, id) = (desk.site.inside(), desk.site.city().id, account(&id)?);
    end_all(store, city, desk.actor(), id, &desk.terminal).await?;
    Ok(Redirect::to(HERE))
}

async fn asked(desk: Desk, Path(id): Path<String>, Form(raw): Form<RawAsk>) -> Result<Response, PageError> {
    let (id, by, client) = (account(&id)?, desk.actor().clone(), desk.terminal.clone());
    let sets = Sets::from_code(&raw.sets).unwrap_or(Sets::Both);
    let ask = move |tx: &mut db::Tx<'_>| setup::ask(tx, &by, id, sets, &raw.reason, &client);
    match desk.site.inside().write(desk.site.city().id, ask).await {
        Ok(_) => Ok(Redirect::to(HERE).into_response()),
        Err(error) => refused(&desk, &RawClerk::default(), error).await,
    }
}

async fn issued(desk: Desk, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: SetupId = id.parse().map_err(|_| PageError::NotFound)?;
    let alone = is_alone(&desk, &read(&desk).await?);
    let (store, keys) = (desk.site.inside(), desk.site.keys());
    match setup::issue(store, keys, desk.actor(), id, alone, &desk.terminal).await {
        Ok(code) => {
            let told = html! {
                p { "このコードを本人に手渡してください。この画面だけに出ます。24時間以内に1回だけ使えます。" }
                p { strong.fd-number { (code.reveal()) } }
                p { "本人はサインインの画面の「設定コードをお持ちの方」から設定します。" }
            };
            Ok(markup(&desk, &RawClerk::default(), None, Some(told)).await?.into_response())
        }
        Err(error) => refused(&desk, &RawClerk::default(), error).await,
    }
}

/// Whether nobody else may approve a code yet: the first hour of a city.
fn is_alone(desk: &Desk, listed: &Listed) -> bool {
    let today = desk.site.inside().clock().today();
    let may = |one: &StaffAccount| {
        let posts =
            one.posts.iter().filter(|post| post.from <= today && post.to.is_none_or(|to| to >= today));
        let roles = posts.map(|post| post.role.clone()).collect();
        let actor = Actor { roles, ..Actor::system(desk.site.city().id) };
        one.signed_in_at.is_some() && desk.site.policy().allows(&actor, Action::Approve, ACCOUNT)
    };
    !desk.site.is_sample() && !listed.staff.iter().any(|one| one.id != desk.actor().account && may(one))
}

async fn approvals(desk: Desk) -> Result<Markup, PageError> {
    approvals_markup(&desk, None).await
}

async fn approved(desk: Desk, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: SetupId = id.parse().map_err(|_| PageError::NotFound)?;
    let (by, client) = (desk.actor().clone(), desk.terminal.clone());
    let approve = move |tx: &mut db::Tx<'_>| setup::approve(tx, &by, id, &client);
    match desk.site.inside().write(desk.site.city().id, approve).await {
        Ok(()) => Ok(Redirect::to(APPROVALS).into_response()),
        Err(error) => {
            let page = approvals_markup(&desk, Some(&sentence(error)?)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

async fn approvals_markup(desk: &Desk, error: Option<&str>) -> Result<Markup, PageError> {
    let listed = read(desk).await?;
    let heading = "設定コードの承認";
    let view = View { title: heading, has_errors: error.is_some(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            filter: html! {
                @if let Some(error) = error { p role="alert" { (error) } }
                p { "総務課が、職員の新しい設定を求めています。本人を確かめた方法が妥当なら承認します。" }
            },
            list: setups(desk, &listed, &|one, state| {
                (state == SetupState::Waiting)
                    .then(|| (format!("/accounts/setups/{}/approval", one.id), "承認する"))
            }),
            ..Default::default()
        })
    }))
}

async fn markup(
    desk: &Desk,
    typed: &RawClerk,
    error: Option<&str>,
    code: Option<Markup>,
) -> Result<Markup, PageError> {
    let listed = read(desk).await?;
    let alone = is_alone(desk, &listed);
    let heading = "職員の利用者";
    let view = View { title: heading, has_errors: error.is_some(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { @if may_link(desk) { (ui::link("/accounts/links", "市のアカウントとの対応づけ")) } },
            filter: html! {
                @if let Some(error) = error { p role="alert" { (error) } }
                @if let Some(code) = code {
                    (ui::notice(ui::Notice { tone: ui::Tone::Info, heading: "設定コード", body: code }))
                }
            },
            list: html! {
                h2 { "設定コードの申請" }
                (setups(desk, &listed, &|one, state| {
                    let ready = state == SetupState::Approved || (alone && state == SetupState::Waiting);
                    ready.then(|| (format!("/accounts/setups/{}/code", one.id), "コードを出す"))
                }))
                h2 { "利用者" }
                (people(desk, &listed))
                h2 { "新しい職員" }
                (clerk_form(desk, typed))
            },
            ..Default::default()
        })
    }))
}

type Act<'a> = &'a dyn Fn(&Setup, SetupState) -> Option<(String, &'static str)>;

fn setups(desk: &Desk, listed: &Listed, act: Act<'_>) -> Markup {
    let at = desk.site.inside().clock().now();
    let name = |id: AccountId| {
        listed
            .staff
            .iter()
            .find(|one| one.id == id)
            .map_or_else(|| "（不明）".to_owned(), |one| one.name.clone())
    };
    let column = |label| ui::Column { label, ..Default::default() };
    let columns =
        ["職員", "設定するもの", "理由と本人の確かめ方", "申請", "状態", "次にすること"].map(column);
    let rows: Vec<ui::Row> = listed
        .setups
        .iter()
        .map(|one| {
            let state = one.state(at);
            let next = act(one, state).map_or_else(
                || html! {},
                |(action, label)| one_button(desk, &action, label, &name(one.account)),
            );
            let cells = vec![
                html! { (name(one.account)) },
                html! { (one.sets.title()) },
                html! { (one.reason) },
                html! { (name(one.asked_by)) " " (moment(one.asked_at)) },
                html! { (state.title()) },
                next,
            ];
            ui::Row { cells, selected: false }
        })
        .collect();
    ui::table(ui::Table {
        caption: "設定コードの申請",
        columns: &columns,
        rows: &rows,
        empty: "申請はありません",
        keys: false,
    })
}

/// A form of one button; `whose` tells it apart from those of the other rows.
fn one_button(desk: &Desk, action: &str, label: &'static str, whose: &str) -> Markup {
    let named = format!("{whose}　{label}");
    let form = ui::Form { action, csrf: desk.csrf(), label: Some(&named), ..Default::default() };
    ui::form(form, ui::button(ui::Button { kind: ui::Kind::Text, label, ..Default::default() }))
}

fn people(desk: &Desk, listed: &Listed) -> Markup {
    let column = |label| ui::Column { label, ..Default::default() };
    let columns = ["職員番号", "氏名", "配属", "最後のサインイン", "端末", "設定コード"].map(column);
    let rows: Vec<ui::Row> = listed.staff.iter().map(|one| person(desk, one)).collect();
    ui::table(ui::Table {
        caption: "職員の利用者",
        columns: &columns,
        rows: &rows,
        empty: "利用者はいません",
        keys: false,
    })
}

fn person(desk: &Desk, one: &StaffAccount) -> ui::Row {
    let choices = Sets::ALL.map(|sets| ui::Choice { value: sets.code(), label: sets.title(), hint: None });
    let action = format!("/accounts/{}/setup", one.id);
    let label = format!("{}の設定コード", one.name);
    let ask = ui::form(
        ui::Form { action: &action, csrf: desk.csrf(), label: Some(&label), ..Default::default() },
        html! {
            select.fd-input name="sets" aria-label="設定するもの" {
                @for choice in &choices { option value=(choice.value) { (choice.label) } }
            }
            input.fd-input type="text" name="reason" aria-label="理由と本人の確かめ方" data-width="12" autocomplete="off"
                placeholder="理由と本人の確かめ方";
            (ui::button(ui::Button { kind: ui::Kind::Text, label: "申請する", ..Default::default() }))
        },
    );
    let cells = vec![
        html! { (one.sign_in_name) },
        html! { (one.name) },
        html! { @for post in &one.posts { (post.section) " " } },
        html! { @if let Some(at) = one.signed_in_at { (moment(at)) } },
        one_button(desk, &format!("/accounts/{}/sessions", one.id), "すべてサインアウトする", &one.name),
        html! { details { summary { "申請する" } (ask) } },
    ];
    ui::Row { cells, selected: false }
}

fn clerk_form(desk: &Desk, typed: &RawClerk) -> Markup {
    let field = |name, label, hint, text: &str| {
        let input = ui::Input::of(text);
        ui::text_field(ui::TextField { name, label, hint, input: &input, width: 12, ..Default::default() })
    };
    let roles = desk.site.policy().roles();
    let choices: Vec<ui::Choice> =
        roles.iter().map(|role| ui::Choice { value: role.key, label: role.title, hint: None }).collect();
    ui::form(
        ui::Form { action: HERE, csrf: desk.csrf(), label: Some("新しい職員"), ..Default::default() },
        html! {
            (field("name", "職員番号", None, &typed.name))
            (field("display_name", "氏名", None, &typed.display_name))
            (field("section", "課の番号", Some("例：0120"), &typed.section))
            (field("section_name", "課の名前", Some("はじめての課のときだけ"), &typed.section_name))
            (ui::select_field(ui::SelectField {
                name: "role", label: "役割", input: &ui::Input::of(typed.role.as_str()), choices: &choices,
                placeholder: Some("選んでください"), ..Default::default()
            }))
            (ui::button(ui::Button { label: "つくって設定コードを申請する", ..Default::default() }))
        },
    )
}
