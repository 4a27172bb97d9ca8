//! 棚卸し: the list of accounts, and each account with its posts and its resident.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{At, Date, parse_date};
use db::DbError;
use identity::Action::{Approve, Change, List};
use identity::{AccountId, Purpose};
use maud::{Markup, html};
use register::Resident;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused};

use crate::kin::{Link, link, links_of};
use crate::layout::{Listing, listed, main_act, moment, person, refusal};
use crate::line::moment_with_seconds;
use crate::refusal::Refusal;
use crate::review::{Account, accounts, confirm};
use crate::{ACCOUNTS, STAFF_RESIDENT, person as find_person};

const PURPOSE: Purpose = Purpose("利用者の棚卸し");

pub(crate) async fn list(desk: Desk) -> Result<Markup, PageError> {
    let found: Result<Vec<Account>, DbError> =
        desk.site.inside().read(desk.site.city().id, |tx| accounts(tx, None)).await;
    let found = found?;
    let now = desk.site.inside().clock().now();
    let columns = [
        ui::Column { label: "職員", width: ui::Width::Name, sort: None },
        ui::Column { label: "職員番号", width: ui::Width::Number, sort: None },
        ui::Column { label: "配属と役割", width: ui::Width::Address, sort: None },
        ui::Column { label: "最後のサインイン", width: ui::Width::Date, sort: None },
        ui::Column { label: "気づき", width: ui::Width::Kana, sort: None },
        ui::Column { label: "前回の確認", width: ui::Width::Date, sort: None },
    ];
    let rows: Vec<ui::Row> = found.iter().map(|account| row(&desk, account, now)).collect();
    let count = format!("{}人", found.len());
    Ok(listed(
        &desk,
        Listing {
            heading: "利用者の棚卸し",
            acts: html! { (ui::back_link("/oversight", "監査に戻る")) p role="status" { (count) } },
            filter: html! { p { "半年に一度、配属・役割と使われ方を確かめます。" } },
            list: ui::table(ui::Table {
                caption: "利用者",
                columns: &columns,
                rows: &rows,
                empty: "利用者はいません",
                keys: true,
            }),
            pages: html! {},
        },
    ))
}

fn row(desk: &Desk, account: &Account, now: At) -> ui::Row {
    let never = |at: Option<At>, otherwise: &str| at.map_or_else(|| otherwise.to_owned(), moment);
    let cells = vec![
        ui::link(&format!("/oversight/accounts/{}", account.staff.id), &account.staff.name),
        html! { (account.staff.sign_in_name) },
        posts(desk, account),
        html! { (never(account.staff.signed_in_at, "90日以内にはありません")) },
        html! { @for word in remarks(account, now) { (ui::tag(ui::Tag::Warn, word)) " " } },
        html! { (never(account.reviewed_at, "まだ")) },
    ];
    ui::Row { cells, selected: false }
}

/// What a reviewer should look at.
fn remarks(account: &Account, now: At) -> Vec<&'static str> {
    let today = now.date();
    let mut remarks = Vec::new();
    if account.is_unused(now) {
        remarks.push("90日をこえて未使用");
    }
    if account.has_open_post(today) {
        remarks.push("終わりのない配属");
    }
    if account.is_without_post(today) {
        remarks.push("配属なし");
    }
    remarks
}

/// What a role is called.
pub(crate) fn role_title(site: &web::Site, key: &str) -> String {
    let roles = site.policy().roles();
    roles.iter().find(|role| role.key == key).map_or_else(|| key.to_owned(), |role| role.title.to_owned())
}

fn posts(desk: &Desk, account: &Account) -> Markup {
    html! {
        @for post in &account.staff.posts {
            div {
                (post.section) "　" (role_title(&desk.site, &post.role)) "　" (base::wareki_short(post.from)) "～"
                @if let Some(to) = post.to { (base::wareki_short(to)) }
            }
        }
    }
}

pub(crate) async fn account(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: AccountId = id.parse().map_err(|_| PageError::NotFound)?;
    page(&desk, id, &Sent::default(), None).await
}

type Known = (Account, Vec<(Link, Option<Resident>)>);

async fn page(desk: &Desk, id: AccountId, sent: &Sent, wrong: Option<&str>) -> Result<Markup, PageError> {
    let found: Result<Option<Known>, DbError> = desk
        .look(PURPOSE, move |looking| {
            let Some(account) = accounts(looking.tx(), Some(id))?.pop() else { return Ok(None) };
            let links = links_of(looking.tx(), id)?;
            let persons: Vec<_> = links.iter().map(|link| link.person).collect();
            let residents = register::present(looking, &persons)?;
            let of = |link: &Link| residents.iter().find(|one| one.person == link.person).cloned();
            let links =
                links.into_iter().map(|link| (of(&link), link)).map(|(one, link)| (link, one)).collect();
            Ok(Some((account, links)))
        })
        .await;
    let (account, links) = found?.ok_or(PageError::NotFound)?;
    let now = desk.site.inside().clock().now();
    let facts = [
        ui::Fact { label: "職員番号", value: html! { (account.staff.sign_in_name) }, act: None },
        ui::Fact { label: "配属と役割", value: posts(desk, &account), act: None },
        ui::Fact {
            label: "気づき",
            value: html! { @for word in remarks(&account, now) { (ui::tag(ui::Tag::Warn, word)) " " } },
            act: None,
        },
        ui::Fact { label: "住民票", value: own_record(&links), act: None },
    ];
    Ok(listed(
        desk,
        Listing {
            heading: &account.staff.name,
            acts: ui::back_link("/oversight/accounts", "棚卸しに戻る"),
            filter: html! { (refusal(wrong)) (ui::summary_list(&facts)) },
            list: html! {
                @if desk.may(Approve, ACCOUNTS) { (confirm_form(desk, &account)) }
                @if desk.may(Change, STAFF_RESIDENT) { (link_form(desk, &account, sent)) }
            },
            pages: html! {},
        },
    ))
}

fn own_record(links: &[(Link, Option<Resident>)]) -> Markup {
    html! {
        @if links.is_empty() { "まだ結びつけていません" }
        @for (link, resident) in links {
            div {
                @if let Some(resident) = resident { (person(resident)) }
                "　" (base::wareki_short(link.from)) "～" @if let Some(to) = link.to { (base::wareki_short(to)) }
            }
        }
    }
}

fn confirm_form(desk: &Desk, account: &Account) -> Markup {
    let action = format!("/oversight/accounts/{}/review", account.staff.id);
    let frame =
        ui::Form {
            action: &action, csrf: desk.csrf(), label: Some("棚卸しの確認"), ..Default::default()
        };
    ui::form(frame, main_act("確認した"))
}

fn link_form(desk: &Desk, account: &Account, sent: &Sent) -> Markup {
    let action = format!("/oversight/accounts/{}/person", account.staff.id);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        label: Some("職員本人の住民票"),
        ..Default::default()
    };
    html! {
        h2 { "職員本人の住民票" }
        p { "自分や家族の記録を見ていないかを確かめるために使います。" }
        (ui::form(frame, html! {
            (ui::text_field(ui::TextField {
                name: "person", label: "宛名番号", input: &ui::Input::of(sent.person.as_str()), width: 12,
                ..Default::default()
            }))
            (ui::date_field(ui::DateField {
                name: "from", label: "いつから", input: &ui::Input::of(sent.from.as_str()), ..Default::default()
            }))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { kind: ui::Kind::Outline, label: "結びつける", ..Default::default() },
                ..Default::default()
            }))
        }))
    }
}

pub(crate) async fn review_sent(desk: Desk, Path(id): Path<String>) -> Result<Redirect, PageError> {
    let id: AccountId = id.parse().map_err(|_| PageError::NotFound)?;
    let caller = desk.caller();
    let done = desk.site.inside().write(desk.site.city().id, move |tx| confirm(tx, &caller, id)).await;
    match done {
        Ok(()) => Ok(Redirect::to("/oversight/accounts")),
        Err(Refusal::Db(error)) => Err(error.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    person: String,
    from: String,
}

pub(crate) async fn link_sent(
    desk: Desk,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageError> {
    let id: AccountId = id.parse().map_err(|_| PageError::NotFound)?;
    let today = desk.site.inside().clock().today();
    let typed = sent.person.clone();
    let found: Result<Vec<Resident>, DbError> =
        desk.look(PURPOSE, move |looking| find_person::find(looking, &typed)).await;
    let found = found?;
    let caller = desk.caller();
    let done = match linked(&found, &sent.from, today) {
        Ok((person, from)) => {
            let act = move |tx: &mut db::Tx<'_>| link(tx, &caller, id, person, from);
            desk.site.inside().write(desk.site.city().id, act).await
        }
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/oversight/accounts/{id}")).into_response()),
        Err(refusal) => {
            let sentence = refusal.sentence()?;
            let page = page(&desk, id, &sent, Some(&sentence)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn linked(found: &[Resident], from: &str, today: Date) -> Result<(base::PersonId, Date), Refusal> {
    let [one] = found else { return Err(Refusal::of("宛名番号で1人に決まりません")) };
    let from = if from.trim().is_empty() { today } else { parse_date(from, today).map_err(Refusal::day)? };
    Ok((one.person, from))
}

/// Nothing is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(crate) const LIST: Command = Command {
    name: "oversight.accounts",
    title: "利用者の棚卸しの一覧を見る",
    need: (List, ACCOUNTS),
    schema: || schema_for!(Nothing),
    run: |call| Box::pin(list_command(call)) as Answer,
};

async fn list_command(call: Call) -> Result<Value, Refused> {
    let Nothing {} = call.read()?;
    let found: Result<Vec<Account>, DbError> =
        call.site.inside().read(call.site.city().id, |tx| accounts(tx, None)).await;
    let now = call.site.inside().clock().now();
    let rows = found?.iter().map(|account| account_json(&call.site, account, now)).collect::<Vec<_>>();
    Ok(json!({ "rows": rows }))
}

fn account_json(site: &web::Site, account: &Account, now: At) -> Value {
    let posts: Vec<Value> = account
        .staff
        .posts
        .iter()
        .map(|post| {
            json!({
                "section": post.section, "role": role_title(site, &post.role), "from": post.from.to_string(),
                "to": post.to.map(|day| day.to_string()),
            })
        })
        .collect();
    json!({
        "account": account.staff.id, "sign_in_name": account.staff.sign_in_name, "name": account.staff.name, "posts": posts,
        "signed_in": account.staff.signed_in_at.map(moment_with_seconds), "remarks": remarks(account, now),
        "reviewed": account.reviewed_at.map(moment_with_seconds),
    })
}

/// An account by its sign-in name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    account: String,
}

pub(crate) const CONFIRM: Command = Command {
    name: "oversight.review",
    title: "利用者の棚卸しで確認したことを残す",
    need: (Approve, ACCOUNTS),
    schema: || schema_for!(Named),
    run: |call| Box::pin(confirm_command(call)) as Answer,
};

async fn confirm_command(call: Call) -> Result<Value, Refused> {
    let named: Named = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| {
        let account = identity::account_of(tx, &named.account)?.ok_or(Refusal::Unknown)?;
        confirm(tx, &caller, account)
    };
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({}))
}

/// Which resident an account is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Linked {
    /// The account's sign-in name.
    account: String,
    /// The person's id or 宛名番号.
    person: String,
    /// From this day on; empty: today.
    #[serde(default)]
    from: String,
}

pub(crate) const LINK: Command = Command {
    name: "oversight.link_account",
    title: "職員と職員本人の住民票を結びつける",
    need: (Change, STAFF_RESIDENT),
    schema: || schema_for!(Linked),
    run: |call| Box::pin(link_command(call)) as Answer,
};

async fn link_command(call: Call) -> Result<Value, Refused> {
    let input: Linked = call.read()?;
    let typed = input.person.clone();
    let found: Vec<Resident> =
        call.look::<_, DbError, _>(PURPOSE, move |looking| find_person::find(looking, &typed)).await?;
    let (person, from) = linked(&found, &input.from, call.site.inside().clock().today())?;
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| {
        let account = identity::account_of(tx, &input.account)?.ok_or(Refusal::Unknown)?;
        link(tx, &caller, account, person, from)
    };
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!({ "person": person, "from": from.to_string() }))
}
