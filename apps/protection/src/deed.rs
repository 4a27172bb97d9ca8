//! What the officer does with a measure, from its page.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::Tx;
use identity::Caller;
use register::{Channel, NewRelease, ProtectionId, ProtectionRefusal, RELEASE_MINUTES, Subject};
use serde::Deserialize;
use web::{Desk, PageError, Submission, first_result, keep_result};

use crate::detail_page::{id, load, page};

/// Every field of the small forms; each act reads its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    submission_id: String,
    reason: String,
    /// 転送先.
    to: String,
    /// 宛名番号.
    person: String,
    /// Position of a party, or `none`.
    position: String,
    document: String,
    channel: String,
    requester: String,
    minutes: String,
}

type Act = fn(&mut Tx<'_>, &Caller, ProtectionId, &Sent) -> Result<(), ProtectionRefusal>;

pub(crate) async fn extend(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, id, _| register::extend_protection(tx, by, id).map(drop)).await
}

pub(crate) async fn confirm(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, id, _| register::confirm_protection(tx, by, id)).await
}

pub(crate) async fn forward(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, id, sent| register::forward_protection(tx, by, id, &sent.to)).await
}

pub(crate) async fn end(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, id, sent| register::end_protection(tx, by, id, &sent.reason)).await
}

pub(crate) async fn link(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, id, sent| {
        let person = person(tx, &sent.person)?;
        let position = match sent.position.as_str() {
            "none" => None,
            typed => Some(typed.parse().map_err(|_| ProtectionRefusal::NoPerson)?),
        };
        register::link_protection(tx, by, id, position, person)
    })
    .await
}

pub(crate) async fn release(desk: Desk, path: Path<String>, form: Form<Sent>) -> Result<Response, PageError> {
    done(desk, path, form, |tx, by, protection, sent| {
        let new = NewRelease {
            protection,
            person: person(tx, &sent.person)?,
            document: sent.document.trim().to_owned(),
            channel: channel(&sent.channel),
            requester: sent.requester.clone(),
            reason: sent.reason.clone(),
            minutes: base::half_width(&sent.minutes).trim().parse().unwrap_or(RELEASE_MINUTES),
        };
        register::release(tx, by, &new).map(drop)
    })
    .await
}

fn channel(code: &str) -> Channel {
    Channel::ALL.into_iter().find(|channel| channel.code() == code).unwrap_or(Channel::Counter)
}

/// By 宛名番号 or id.
pub(crate) fn person(tx: &mut Tx<'_>, typed: &str) -> Result<base::PersonId, ProtectionRefusal> {
    let typed = base::half_width(typed).trim().to_owned();
    let subject = match (typed.parse(), base::PersonNo::parse(&typed)) {
        (Ok(id), _) => Subject::Person(id),
        (Err(_), Ok(number)) => Subject::Number(number),
        (Err(_), Err(_)) => return Err(ProtectionRefusal::NoPerson),
    };
    register::person_of(tx, subject)?.ok_or(ProtectionRefusal::NoPerson)
}

async fn done(
    desk: Desk,
    Path(text): Path<String>,
    Form(sent): Form<Sent>,
    act: Act,
) -> Result<Response, PageError> {
    let id = id(&text)?;
    let (caller, once) = (desk.caller(), Submission::sent(&sent.submission_id));
    let location = format!("/protections/{id}");
    let to = location.clone();
    let outcome = desk.site.inside().write(caller.actor.municipality, move |tx| {
        if first_result(tx, &caller.actor, &once)?.is_none() {
            act(tx, &caller, id, &sent)?;
            let at = tx.started_at();
            keep_result(tx, &caller.actor, &once, &to, at)?;
        }
        Ok::<_, ProtectionRefusal>(())
    });
    match outcome.await {
        Ok(()) => Ok(Redirect::to(&location).into_response()),
        Err(ProtectionRefusal::Db(error)) => Err(error.into()),
        Err(ProtectionRefusal::NotFound) => Err(PageError::NotFound),
        Err(ProtectionRefusal::NotYours) => Err(PageError::Forbidden),
        Err(refusal) => {
            let opened = load(&desk, id).await?;
            Ok((StatusCode::CONFLICT, page(&desk, &opened, Some(&refusal.to_string()))).into_response())
        }
    }
}
