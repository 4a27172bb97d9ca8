//! 本人開示: what a person may see of who looked at her (個人情報の保護に関する法律 76条): day and time, section,
//! operation and purpose, never the clerk's name. Handed out at the counter, to the person herself alone, after the
//! clerk has recognised her by a document; both are recorded.
use base::{At, Date, Id, PersonId};
use db::{Tx, params, sql};
use identity::log::Line;
use identity::{Caller, Looking, Operation, log, record_access};
use register::Resident;

use crate::line::Names;
use crate::period::Period;
use crate::refusal::Refusal;

/// One disclosure at the counter.
pub(crate) enum DisclosureKind {}
pub(crate) type DisclosureId = Id<DisclosureKind>;

/// By what the counter recognises a person (本人確認書類).
pub(crate) const DOCUMENTS: [&str; 5] =
    ["マイナンバーカード", "運転免許証", "パスポート", "在留カード", "そのほかの2点"];

/// What the clerk says about the request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub person: PersonId,
    pub period: Period,
    /// One of [`DOCUMENTS`].
    pub document: String,
    /// The one who asks is the person herself: nobody else gets it, least of all for a shielded person.
    pub is_the_person: bool,
}

/// Records the disclosure before anything is printed.
pub(crate) fn hand_out(tx: &mut Tx<'_>, caller: &Caller, request: &Request) -> Result<DisclosureId, Refusal> {
    if !DOCUMENTS.contains(&request.document.as_str()) {
        return Err(Refusal::of("本人確認に使った書類を選んでください"));
    }
    if !request.is_the_person {
        return Err(Refusal::of("ご本人だけにお渡しします。窓口に来た人が本人であることを確かめてください"));
    }
    if register::followers_view(tx, &[request.person])?.is_empty() {
        return Err(Refusal::Unknown);
    }
    let id: DisclosureId = tx.new_id();
    let now = tx.started_at();
    let insert = sql!(
        "INSERT INTO log_disclosure (municipality_id, id, person_id, document, from_on, to_on, handed_by, handed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let Request { person, period, document, .. } = request;
    tx.run(
        insert,
        params![id, *person, document.as_str(), period.from, period.to, caller.actor.account, now],
    )?;
    let purpose = format!("閲覧の記録の本人開示（{document}で本人を確認）");
    record_access(tx, caller, Operation::Print, &purpose, &[*person])?;
    Ok(id)
}

/// The sheet.
#[derive(Debug)]
pub(crate) struct Disclosure {
    pub id: DisclosureId,
    pub resident: Resident,
    pub period: Period,
    pub document: String,
    pub handed_at: At,
    /// The latest first.
    pub lines: Vec<Line>,
    pub names: Names,
}

/// The sheet as it was handed out: later looks are not on it.
pub(crate) fn sheet(looking: &mut Looking<'_, '_>, id: DisclosureId) -> Result<Disclosure, Refusal> {
    let find = sql!(
        "SELECT person_id, document, from_on, to_on, handed_at FROM log_disclosure
          WHERE municipality_id = $1 AND id = $2"
    );
    type Found = (PersonId, String, Date, Date, At);
    let found: Option<Found> = looking
        .tx()
        .opt(find, params![id], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?, r.take()?)))?;
    let (person, document, from, to, handed_at) = found.ok_or(Refusal::Unknown)?;
    let resident = register::present(looking, &[person])?.pop().ok_or(Refusal::Unknown)?;
    let period = Period { from, to };
    let ids = log::about(looking.tx(), person, period.span())?;
    let mut lines = log::by_ids(looking.tx(), &ids)?;
    lines.retain(|line| line.at < handed_at);
    let names = Names::of_lines(looking.tx(), &lines)?;
    Ok(Disclosure { id, resident, period, document, handed_at, lines, names })
}
