//! One request, from the draft to the rows of the log.
use db::{DbError, Tx};
use identity::{Action, Caller, Operation, record_access};
use paper::{IssueNumber, PaperError, VerificationCode};
use register::{IssueRefused, PERSONAL_NUMBER, Paper, RESIDENT_COPY};
use serde_json::Value;
use vault::NumberKind;
use web::{City, Site, Submission, first_result, keep_result};

use super::asked::Request;
use super::ledger::{self, NewIssue};
use super::settings::{self, Certifier, Place};
use super::sheet::{self, Mark, TEMPLATE};
use super::{IssueId, till};

/// Why nothing is given out; told at the form, where everything typed still stands.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotGiven {
    #[error(transparent)]
    Refused(#[from] IssueRefused),
    #[error("個人番号と住民票コードを載せるのは、番号を扱う職員です。省略すると発行できます")]
    Number,
    #[error("きょうの手数料が決まっていません。窓口責任者が手数料を登録すると発行できます")]
    Fee,
    /// Found before a number was drawn.
    #[error("{0}。発行番号はまだ使っていません")]
    Paper(PaperError),
    #[error("発行のあいだに住民票が変わりました。内容を確かめて、もう一度発行してください")]
    Changed,
    #[error("store")]
    Db(#[from] DbError),
}

/// Where the issue is found, and whether this call made it.
#[derive(Debug)]
pub(crate) struct Given {
    pub location: String,
}

impl Given {
    /// The id in the location.
    pub fn id(&self) -> Option<IssueId> {
        self.location.rsplit('/').next().and_then(|id| id.parse().ok())
    }
}

/// What the draft is set from. Nobody keeps it: its transaction is undone.
struct Draft {
    paper: Paper,
    place: Place,
    certifier: Certifier,
    fee: i64,
}

/// How a transaction of an issue ends without an issue.
enum End {
    Db(DbError),
    Draft(Box<Draft>),
    Not(NotGiven),
}

impl From<DbError> for End {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Gives out what is asked: a draft first, then the issue. A form sent twice gives out once.
///
/// # Errors
/// [`NotGiven`].
pub(crate) async fn give(
    site: &Site,
    caller: &Caller,
    request: &Request,
    submission: &Submission,
) -> Result<Given, NotGiven> {
    if request.shows_number() && !caller.may(Action::Read, PERSONAL_NUMBER) {
        return Err(NotGiven::Number);
    }
    if let Some(location) = before(site, caller, submission).await? {
        return Ok(Given { location });
    }
    let draft = draft(site, caller, request).await?;
    let codes = codes(request);
    let sheets = proved(site, caller, request, &draft, &codes).await?;
    issue(site, caller, request, submission, draft, sheets, codes).await
}

/// What the same form led to before.
async fn before(site: &Site, caller: &Caller, submission: &Submission) -> Result<Option<String>, DbError> {
    let (actor, once) = (caller.actor.clone(), submission.clone());
    site.inside().read(actor.municipality, move |tx| first_result(tx, &actor, &once)).await
}

/// The decision of this moment: refusals stay in the log, everything else is undone.
async fn draft(site: &Site, caller: &Caller, request: &Request) -> Result<Draft, NotGiven> {
    let (caller, request, city) = (caller.clone(), request.clone(), site.city().clone());
    let tried = site.inside().write(caller.actor.municipality, move |tx| {
        let permit = match register::may_issue(tx, &caller, &request.to_register())? {
            Ok(permit) => permit,
            Err(refused) => return Ok(refused),
        };
        let paper = register::issued(tx, permit)?;
        Err(match ready(tx, &caller, &request, &city, paper)? {
            Ok(draft) => End::Draft(Box::new(draft)),
            Err(not) => End::Not(not),
        })
    });
    match tried.await {
        Ok(refused) => Err(refused.into()),
        Err(End::Draft(draft)) => Ok(*draft),
        Err(End::Not(not)) => Err(not),
        Err(End::Db(error)) => Err(error.into()),
    }
}

fn ready(
    tx: &mut Tx<'_>,
    caller: &Caller,
    request: &Request,
    city: &City,
    paper: Paper,
) -> Result<Result<Draft, NotGiven>, DbError> {
    let on = paper.at.date();
    if paper.released && request.shows_number() {
        return Ok(Err(IssueRefused::Shut.into()));
    }
    let each = if request.raw.official_use { Some(0) } else { settings::fee(tx, RESIDENT_COPY.key, on)? };
    let Some(each) = each else { return Ok(Err(NotGiven::Fee)) };
    let place = settings::place(tx, &caller.terminal)?;
    let certifier = settings::certifier(tx, city, on)?;
    let fee = each * i64::try_from(count(request)).expect("copies are few");
    Ok(Ok(Draft { paper, place, certifier, fee }))
}

/// Copies, each with its own number.
fn count(request: &Request) -> usize {
    let papers = if request.single { request.members.len() } else { 1 };
    papers * usize::try_from(request.copies).unwrap_or(1)
}

fn codes(request: &Request) -> Vec<VerificationCode> {
    let fresh = |_| {
        let mut bytes = [0; 10];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        VerificationCode::from_random(bytes)
    };
    (0..count(request)).map(fresh).collect()
}

/// Sets the draft; what cannot be printed is found here, and the look at it is recorded.
async fn proved(
    site: &Site,
    caller: &Caller,
    request: &Request,
    draft: &Draft,
    codes: &[VerificationCode],
) -> Result<Vec<Value>, NotGiven> {
    let city = site.city();
    let sheets = sheet::sheets(&draft.paper, request, city, &draft.certifier, site.is_sample());
    let mut trial = sheets.clone();
    for (person, kind) in sheet::numbers_shown(&sheets) {
        let widest = if kind == NumberKind::MyNumber { "999999999999" } else { "99999999999" };
        sheet::put_number(&mut trial, person, kind, widest);
    }
    let number = IssueNumber {
        on: draft.paper.at.date(),
        city: city.name.clone(),
        terminal: draft.place.terminal.clone(),
        printer: draft.place.printer.clone(),
        serial: 99_999,
    };
    let origin = site.reach().origin.clone();
    let marked = trial
        .iter()
        .zip(codes)
        .map(|(one, code)| sheet::marked(one, &Mark { number: number.clone(), code: *code }, &origin));
    let trial: Vec<Value> = marked.collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
    let press = site.paper().clone();
    let set = tokio::task::spawn_blocking(move || press.render_all(TEMPLATE, &trial)).await;
    match set.map_err(|error| DbError::Panicked(error.to_string()))? {
        Ok(_) => Ok(sheets),
        Err(error) => {
            let (caller, persons) = (caller.clone(), request.members.clone());
            let noted = site.inside().write(caller.actor.municipality, move |tx| {
                record_access(tx, &caller, Operation::Inquiry, "住民票の写しの下刷り", &persons)
            });
            noted.await?;
            Err(NotGiven::Paper(error))
        }
    }
}

fn unusable(error: &impl std::fmt::Display) -> DbError {
    DbError::Unusable(error.to_string())
}

/// The issue itself: decision, numbers, log and till in one transaction.
async fn issue(
    site: &Site,
    caller: &Caller,
    request: &Request,
    submission: &Submission,
    draft: Draft,
    sheets: Vec<Value>,
    codes: Vec<VerificationCode>,
) -> Result<Given, NotGiven> {
    let (caller, request, once) = (caller.clone(), request.clone(), submission.clone());
    let city = site.city().clone();
    let done = site.inside().write(caller.actor.municipality, move |tx| {
        if let Some(location) = first_result(tx, &caller.actor, &once)? {
            return Ok(Ok(location));
        }
        let permit = match register::may_issue(tx, &caller, &request.to_register())? {
            Ok(permit) => permit,
            Err(refused) => return Ok(Err(refused)),
        };
        let paper = register::issued(tx, permit)?;
        let now = match ready(tx, &caller, &request, &city, paper)? {
            Ok(now) => now,
            Err(not) => return Err(End::Not(not)),
        };
        if !now.is_like(&draft) {
            return Err(End::Not(NotGiven::Changed));
        }
        let id: IssueId = tx.new_id();
        let new = NewIssue {
            id,
            paper: &now.paper,
            request: &request,
            place: &now.place,
            sheets: &sheets,
            fee: now.fee,
            codes: &codes,
        };
        ledger::write(tx, &caller, &new)?;
        let kind = if request.raw.official_use { "official" } else { "fee" };
        let copies = i64::try_from(codes.len()).expect("copies are few");
        let entry = till::Entry { kind, copies, yen: now.fee, issue: Some(id), reason: "" };
        till::enter(tx, &caller.actor.name, now.paper.at.date(), &now.place.terminal, &entry)?;
        let location = format!("/copies/{id}");
        keep_result(tx, &caller.actor, &once, &location, now.paper.at)?;
        Ok(Ok(location))
    });
    match done.await {
        Ok(Ok(location)) => Ok(Given { location }),
        Ok(Err(refused)) => Err(refused.into()),
        Err(End::Not(not)) => Err(not),
        Err(End::Draft(_)) => Err(NotGiven::Changed),
        Err(End::Db(error)) => Err(error.into()),
    }
}

impl Draft {
    /// The sheet that was proved is the sheet that is issued.
    fn is_like(&self, other: &Self) -> bool {
        let (mine, its) = (&self.paper, &other.paper);
        mine.residents == its.residents
            && mine.head == its.head
            && mine.whole_household == its.whole_household
            && mine.at.date() == its.at.date()
            && self.certifier == other.certifier
            && self.place == other.place
            && self.fee == other.fee
    }
}
