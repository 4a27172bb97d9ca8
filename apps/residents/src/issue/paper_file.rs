//! The paper of an issue: set anew from the log, for whoever may still see the persons on it.
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use db::DbError;
use identity::{Caller, Looking, Purpose};
use paper::{PaperError, Pdf, VerificationCode};
use register::{NumberPurpose, NumberRefused, RELEASE_MINUTES};
use serde_json::Value;
use web::{Desk, PageError, Site};

use super::sheet::{self, Mark, TEMPLATE};
use super::{IssueId, ledger};
use crate::person;

const PURPOSE: Purpose = Purpose("住民票の写しの印刷");

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSet {
    #[error("その用紙はありません")]
    Absent,
    #[error("{}", register::REFUSED)]
    Shut,
    #[error(transparent)]
    Number(NumberRefused),
    #[error(transparent)]
    Paper(#[from] PaperError),
    #[error("store")]
    Db(#[from] DbError),
}

impl From<NotSet> for PageError {
    fn from(error: NotSet) -> Self {
        match error {
            NotSet::Absent => Self::NotFound,
            NotSet::Shut | NotSet::Number(NumberRefused::Restricted) => Self::Shut,
            NotSet::Number(NumberRefused::Right) => Self::Forbidden,
            NotSet::Db(error) => error.into(),
            NotSet::Number(_) | NotSet::Paper(_) => Self::Unexpected(Box::new(error)),
        }
    }
}

/// Every valid copy in one file.
///
/// # Errors
/// [`NotSet`].
pub(crate) async fn set(site: &Site, caller: &Caller, id: IssueId) -> Result<Pdf, NotSet> {
    let papers: Vec<Value> = papers(site, caller, id).await?.into_iter().map(|(_, paper)| paper).collect();
    let press = site.paper().clone();
    let set = tokio::task::spawn_blocking(move || press.render_all(TEMPLATE, &papers)).await;
    Ok(set.map_err(|error| DbError::Panicked(error.to_string()))??)
}

/// What the valid copies are set from, each with its number within the issue; at least one. Whoever asks prints it: so the
/// log says.
///
/// # Errors
/// [`NotSet`].
pub(crate) async fn papers(site: &Site, caller: &Caller, id: IssueId) -> Result<Vec<(i64, Value)>, NotSet> {
    let (keys, city) = (site.keys().clone(), site.city().name.clone());
    let origin = site.reach().origin.clone();
    let read = identity::look(site.inside(), caller, PURPOSE, move |looking| {
        let (issue, copies) = ledger::find(looking.tx(), id)?.ok_or(NotSet::Absent)?;
        ensure_open(looking, &issue)?;
        let mut sheets: Vec<Value> = serde_json::from_str(&issue.sheets).map_err(|e| unusable(&e))?;
        for (person, kind) in sheet::numbers_shown(&sheets) {
            let number = register::reveal_number(looking, &keys, person, kind, NumberPurpose::Certificate)
                .map_err(NotSet::Number)?;
            let digits = number.map(|number| number.reveal().to_owned()).unwrap_or_default();
            sheet::put_number(&mut sheets, person, kind, &digits);
        }
        looking.prints();
        let mut papers = Vec::new();
        for copy in copies.iter().filter(|copy| copy.is_valid()) {
            let Some(sheet) = usize::try_from(copy.sheet).ok().and_then(|at| sheets.get(at)) else {
                continue;
            };
            let code: VerificationCode = copy.code.parse().map_err(|e: paper::NotACode| unusable(&e))?;
            let mark = Mark { number: copy.number(&city), code };
            papers.push((copy.no, sheet::marked(sheet, &mark, &origin).map_err(|e| unusable(&e))?));
        }
        if papers.is_empty() { Err(NotSet::Absent) } else { Ok(papers) }
    });
    read.await
}

fn unusable(error: &impl std::fmt::Display) -> DbError {
    DbError::Unusable(error.to_string())
}

/// Somebody shielded by now is on no paper, but on the one that a release was used for, for as long as a release lasts and
/// for who issued it.
fn ensure_open(looking: &mut Looking<'_, '_>, issue: &ledger::Issue) -> Result<(), NotSet> {
    let persons = ledger::persons(looking.tx(), issue.id)?;
    let all_open = person::all_open(looking, &persons)?;
    let until = issue.issued_at.plus_seconds(RELEASE_MINUTES * 60);
    let own = issue.account == looking.actor().account && looking.tx().started_at() < until;
    if all_open || issue.released && own { Ok(()) } else { Err(NotSet::Shut) }
}

pub(crate) async fn paper(desk: Desk, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: IssueId = id.parse().map_err(|_| PageError::NotFound)?;
    let pdf = set(&desk.site, &desk.caller(), id).await?;
    let name = format!("inline; filename=\"copy-{id}.pdf\"");
    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)], pdf.bytes)
        .into_response())
}
