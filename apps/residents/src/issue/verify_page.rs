//! 証明書の確認: for whoever holds a paper. It says whether the city issued it on that day, and nothing of anybody.
use axum::Extension;
use axum::extract::{ConnectInfo, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::wareki;
use db::{DbError, Tx, params, sql};
use maud::{Markup, html};
use paper::VerificationCode;
use serde::Deserialize;
use std::net::SocketAddr;
use web::{PageError, Site};

use super::ledger::{self, Genuine};

/// Questions of one address in a minute. A code is 75 bits of chance: this is for the machine's sake.
const MOST_A_MINUTE: i64 = 30;
const MINUTE_MICROS: i64 = 60_000_000;

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    code: String,
}

/// The form, and the answer to what was typed into it.
pub(crate) async fn ask(site: Site, peer: Peer, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    if asked.code.is_empty() {
        return Ok(page(&site, &ui::Input::default(), None).into_response());
    }
    judged(&site, peer, &asked.code).await
}

/// The address in the QR code.
pub(crate) async fn answer(site: Site, peer: Peer, Path(code): Path<String>) -> Result<Response, PageError> {
    judged(&site, peer, &code).await
}

enum Judged {
    TooOften,
    Known(Option<Genuine>),
}

async fn judged(site: &Site, peer: Peer, typed: &str) -> Result<Response, PageError> {
    let code: VerificationCode = match typed.parse() {
        Ok(code) => code,
        Err(wrong) => {
            let kept: String = typed.chars().take(40).collect();
            let page = page(site, &ui::Input::wrong(kept, wrong.to_string()), None);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let client =
        peer.map_or_else(|| "unknown".to_owned(), |Extension(ConnectInfo(from))| from.ip().to_string());
    let found = site.inside().write(site.city().id, move |tx| {
        if is_too_often(tx, &client)? {
            return Ok(Judged::TooOften);
        }
        Ok::<_, DbError>(Judged::Known(ledger::genuine(tx, code)?))
    });
    Ok(match found.await? {
        Judged::TooOften => {
            let input = ui::Input::wrong(
                code.to_string(),
                "確認が続いています。1分ほど待つと、もう一度確かめられます",
            );
            (StatusCode::TOO_MANY_REQUESTS, page(site, &input, None)).into_response()
        }
        Judged::Known(found) => {
            let told = told(site, found.as_ref());
            page(site, &ui::Input::of(code.to_string()), Some(told)).into_response()
        }
    })
}

/// Counts the question. Old minutes of the address go.
fn is_too_often(tx: &mut Tx<'_>, client: &str) -> Result<bool, DbError> {
    let minute = tx.started_at().micros() / MINUTE_MICROS;
    let old = sql!("DELETE FROM verification_try WHERE municipality_id = $1 AND client = $2 AND minute < $3");
    tx.run(old, params![client, minute])?;
    let find =
        sql!("SELECT tries FROM verification_try WHERE municipality_id = $1 AND client = $2 AND minute = $3");
    let tries = tx.opt(find, params![client, minute], |r| r.take::<i64>())?.unwrap_or(0);
    if tries >= MOST_A_MINUTE {
        return Ok(true);
    }
    let keep = sql!(
        "INSERT INTO verification_try (municipality_id, client, minute, tries) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, client, minute) DO UPDATE SET tries = excluded.tries"
    );
    tx.run(keep, params![client, minute, tries + 1])?;
    Ok(false)
}

fn told(site: &Site, found: Option<&Genuine>) -> Markup {
    let city = &site.city().name;
    let (tone, heading, body) = match found {
        Some(one) if one.valid => (
            ui::Tone::Ok,
            "この証明書は本物です",
            html! {
                p { (city) "が" (wareki(one.on)) "に発行した住民票の写しです。いまも有効です。" }
                p { "お手元の発行番号の連番が「" (format!("{:03}", one.serial % 10_000)) "」であることを確かめてください。" }
            },
        ),
        Some(one) => (
            ui::Tone::Error,
            "この証明書は取り消されています",
            html! { p { (city) "が" (wareki(one.on)) "に発行し、そのあと取り消した住民票の写しです。使えません。" } },
        ),
        None => (
            ui::Tone::Error,
            "この確認コードの証明書はありません",
            html! { p { "もう一度、紙のコードと見くらべてください。同じコードなら、" (city) "が発行したものではありません。" } },
        ),
    };
    ui::notice(ui::Notice { tone, heading, body })
}

fn page(site: &Site, input: &ui::Input, told: Option<Markup>) -> Markup {
    let heading = "証明書が本物か確かめる";
    let errors = ui::errors(&[("code", input)]);
    ui::public_page(ui::PublicPage {
        page: ui::Page {
            title: heading,
            city: &site.city().name,
            bands: site.bands(),
            has_errors: !errors.is_empty(),
            ..Default::default()
        },
        main: html! {
            (ui::error_summary(&errors))
            h1 { (heading) }
            @if let Some(told) = told { (told) }
            (ui::form(ui::Form { action: "/verify", label: Some(heading), ..Default::default() }, html! {
                (ui::text_field(ui::TextField {
                    name: "code", label: "確認コード", hint: Some("証明書のQRコードの横にある16文字です"), input, width: 24,
                    ..Default::default()
                }))
                p { (ui::button(ui::Button { label: "確かめる", ..Default::default() })) }
            }))
            p { "わかるのは、発行した日と有効かどうかだけです。証明書に書かれた人のことは表示しません。" }
        },
        ..Default::default()
    })
}
