//! 「済みにする」: a clerk has done what a work item asked for.
use axum::extract::{Form, Path};
use axum::response::Redirect;
use db::DbError;
use serde::Deserialize;
use web::{Desk, PageError, Submission, first_result, keep_result};

use crate::office::Office;
use crate::work_item;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    submission_id: String,
    /// Where the button stood: the list of all one's offices, else the office's own.
    all: String,
}

pub(crate) async fn complete(
    desk: Desk,
    Path(event): Path<String>,
    Form(sent): Form<Sent>,
    office: &'static Office,
) -> Result<Redirect, PageError> {
    let event = event.parse().map_err(|_| PageError::NotFound)?;
    let (actor, at) = (desk.actor().clone(), desk.site.inside().clock().now());
    let once = Submission::sent(&sent.submission_id);
    let back = if sent.all.is_empty() { office.path } else { "/desks" };
    let done = desk.site.inside().write(actor.municipality, move |tx| {
        if let Some(location) = first_result(tx, &actor, &once)? {
            return Ok(Some(location));
        }
        if work_item::complete(tx, office, event, &actor, at)?.is_none() {
            return Ok(None);
        }
        keep_result(tx, &actor, &once, back, at)?;
        Ok::<_, DbError>(Some(back.to_owned()))
    });
    done.await?.map(|location| Redirect::to(&location)).ok_or(PageError::NotFound)
}
