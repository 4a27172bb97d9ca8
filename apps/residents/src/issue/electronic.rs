//! 電子の証明書 of a copy (residents.md §9): its PDF, and beside it the JSON that the city's key signs over both. Rights,
//! refusals and what is written into the log are those of the paper.
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use db::DbError;
use identity::Action::Create;
use identity::Caller;
use maud::{Markup, html};
use paper::{Certificate, Issued, Pdf};
use register::RESIDENT_COPY;
use serde_json::Value;
use web::{Desk, PageError, Site};

use super::IssueId;
use super::ledger::{Copy, Issue};
use super::paper_file::{self, NotSet};
use super::sheet::TEMPLATE;
use crate::CERTIFICATE;

/// The two files.
pub(crate) struct Electronic {
    pub pdf: Pdf,
    pub json: String,
}

/// One valid copy. The same copy gives the same PDF, so that the two files may be fetched one after the other.
///
/// # Errors
/// [`NotSet`].
pub(crate) async fn make(site: &Site, caller: &Caller, id: IssueId, copy: i64) -> Result<Electronic, NotSet> {
    let papers = paper_file::papers(site, caller, id).await?;
    let mut data = papers.into_iter().find(|(no, _)| *no == copy).ok_or(NotSet::Absent)?.1;
    // Our own ids are no business of whoever the applicant hands the file to.
    for member in data["members"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        member.remove("person");
    }
    let (press, of_copy) = (site.paper().clone(), data.clone());
    let set = tokio::task::spawn_blocking(move || press.render(TEMPLATE, &of_copy)).await;
    let pdf = set.map_err(|error| DbError::Panicked(error.to_string()))??;
    let issued = Issued { municipality: site.city().id, template: TEMPLATE, kind: RESIDENT_COPY.title };
    let signed = Certificate::sign(issued, &data, &pdf.bytes, site.keys().signing());
    let json = signed.map_err(|error| DbError::Unusable(error.to_string()))?.to_json();
    Ok(Electronic { pdf, json })
}

pub(crate) async fn pdf(desk: Desk, Path(place): Path<(String, String)>) -> Result<Response, PageError> {
    let (name, made) = asked(&desk, &place).await?;
    Ok(attached(&name, "pdf", "application/pdf", made.pdf.bytes))
}

pub(crate) async fn json(desk: Desk, Path(place): Path<(String, String)>) -> Result<Response, PageError> {
    let (name, made) = asked(&desk, &place).await?;
    Ok(attached(&name, "json", "application/json", made.json.into_bytes()))
}

/// The files' common name, and the files.
async fn asked(desk: &Desk, place: &(String, String)) -> Result<(String, Electronic), PageError> {
    let id: IssueId = place.0.parse().map_err(|_| PageError::NotFound)?;
    let copy: i64 = place.1.parse().map_err(|_| PageError::NotFound)?;
    let made = make(&desk.site, &desk.caller(), id, copy).await?;
    Ok((format!("certificate-{id}-{copy}"), made))
}

fn attached(name: &str, end: &str, kind: &str, content: Vec<u8>) -> Response {
    let place = format!("attachment; filename=\"{name}.{end}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, place)], content).into_response()
}

/// The links at the issue's page, for who may open the paper.
pub(crate) fn panel(desk: &Desk, issue: &Issue, copies: &[Copy]) -> Markup {
    let mut valid = copies.iter().filter(|copy| copy.is_valid()).peekable();
    if valid.peek().is_none() || !desk.may(Create, CERTIFICATE) {
        return html! {};
    }
    let city = &desk.site.city().name;
    ui::panel(
        "電子の証明書（PDFとJSON）",
        html! {
            p { "2つのファイルを同じフォルダーに置くと、発行したときのままかを、つながっていない所でも確かめられます。" }
            @for copy in valid {
                @let (place, number) = (format!("/copies/{}/electronic/{}", issue.id, copy.no), copy.number(city));
                p { (number) "　"
                    (ui::link(&format!("{place}/pdf"), &format!("PDF（{:03}）", copy.serial))) "　"
                    (ui::link(&format!("{place}/json"), &format!("JSON（{:03}）", copy.serial))) }
            }
        },
    )
}
