//! Giving out a 住民票の写し: the request, the number, the log, the fee, and the paper (residents.md §9).
//!
//! Order of an issue: a draft is set first, from data that nobody keeps, so that a letter which cannot be printed is found
//! before a number is drawn; then one transaction asks the register again, draws the numbers, writes the log and the
//! till; the paper is set after COMMIT, from what the log holds.
pub(crate) mod acts;
mod asked;
mod disposal;
mod electronic;
mod form_page;
mod giving;
mod issue_page;
mod ledger;
mod paper_file;
mod settings;
mod sheet;
mod till;
mod till_page;
mod verify_page;

use base::Id;
use identity::Action::{Approve, Change, Create, List, Read};
use web::{Need, Routes};

use crate::CERTIFICATE;

pub(crate) enum IssueKind {}
/// One act at the counter: one request, one or more copies.
pub(crate) type IssueId = Id<IssueKind>;

/// 手数料のレジ.
pub(crate) const TILL: &str = "certificate_till";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/households/{household}/copies", Need::Right(Create, CERTIFICATE), form_page::empty)
        .post("/households/{household}/copies", Need::Right(Create, CERTIFICATE), form_page::sent)
        .get("/copies", Need::Right(List, CERTIFICATE), issue_page::day)
        .get("/copies/{issue}", Need::Right(Read, CERTIFICATE), issue_page::show)
        .get("/copies/{issue}/paper", Need::Right(Create, CERTIFICATE), paper_file::paper)
        .get("/copies/{issue}/electronic/{copy}/pdf", Need::Right(Create, CERTIFICATE), electronic::pdf)
        .get("/copies/{issue}/electronic/{copy}/json", Need::Right(Create, CERTIFICATE), electronic::json)
        .post("/copies/{issue}/disposal", Need::Right(Change, CERTIFICATE), issue_page::dispose)
        .get("/till", Need::Right(List, TILL), till_page::show)
        .post("/till", Need::Right(Approve, TILL), till_page::close)
        .get("/verify", Need::Public, verify_page::ask)
        .get("/verify/{paper_code}", Need::Public, verify_page::answer)
}
