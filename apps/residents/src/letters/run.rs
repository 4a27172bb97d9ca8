//! Setting the letters of a batch, a part at a time.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::{PersonId, wareki};
use db::DbError;
use identity::{Action, Caller, Purpose};
use paper::{PaperError, Pdf, WindowAddress};
use register::{Channel, IssueRequest, RESIDENT_NOTICE, Resident, Shown, Subject};
use serde_json::{Value, json};
use web::Site;

use super::batch::{self, Batch};
use super::{BatchId, LETTERS, TEMPLATE};

/// How often a server looks for a batch that somebody made.
const POLL: Duration = Duration::from_secs(1);

/// Sets what waits, as long as the server runs. What a stop left over is gone on with.
pub fn start(site: &Site) {
    let site = site.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = run_all(&site).await {
                tracing::error!(%error, "letters");
            }
            tokio::time::sleep(POLL).await;
        }
    });
}

async fn run_all(site: &Site) -> Result<(), DbError> {
    for id in site.inside().read(site.city().id, batch::running).await? {
        while advance(site, id).await? {}
    }
    Ok(())
}

/// Sets one part; `false` when the batch has ended.
///
/// # Errors
/// The store fails.
pub(crate) async fn advance(site: &Site, id: BatchId) -> Result<bool, DbError> {
    let today = site.inside().clock().today();
    let head = site.inside().read(site.city().id, move |tx| {
        let Some(batch) = batch::find(tx, id)?.filter(|batch| batch.state == "running") else {
            return Ok(None);
        };
        let actor = identity::actor_of(tx, batch.account, today)?;
        let waiting = batch::waiting(tx, id)?;
        Ok::<_, DbError>(Some((batch, actor, waiting)))
    });
    let Some((batch, actor, waiting)) = head.await? else { return Ok(false) };
    if waiting.is_empty() {
        end(site, id, "done", String::new()).await?;
        return Ok(false);
    }
    let may = actor.filter(|actor| site.policy().allows(actor, Action::Create, LETTERS));
    let Some(actor) = may else {
        end(site, id, "stopped", "作った職員の権限がなくなりました".to_owned()).await?;
        return Ok(false);
    };
    let caller = Caller {
        actor,
        policy: Arc::clone(site.policy()),
        terminal: String::new(),
        path: format!("/letters/{id}"),
    };
    let residents = permitted(site, &caller, id, &waiting).await?;
    let letters: Vec<(i64, Value)> = waiting
        .iter()
        .filter_map(|(no, person)| Some((*no, sheet(site, &batch, residents.get(person)?))))
        .collect();
    set(site, id, letters).await
}

async fn end(site: &Site, id: BatchId, state: &'static str, trouble: String) -> Result<(), DbError> {
    site.inside().write(site.city().id, move |tx| batch::set_state(tx, id, state, &trouble)).await
}

/// Who of them may be written to now. The others are left out of the batch in the same transaction.
async fn permitted(
    site: &Site,
    caller: &Caller,
    id: BatchId,
    waiting: &[(i64, PersonId)],
) -> Result<HashMap<PersonId, Resident>, DbError> {
    let persons: Vec<PersonId> = waiting.iter().map(|(_, person)| *person).collect();
    // Whom this clerk may not see is not even asked for: the refusals of a list would bury those of the counter.
    let seen = identity::look(site.inside(), caller, Purpose("お知らせの宛先"), move |looking| {
        let found = register::present(looking, &persons)?;
        let open = found.iter().filter(|one| matches!(one.home, Shown::Open(_)));
        Ok::<_, DbError>(open.map(|one| one.person).collect::<Vec<_>>())
    });
    let seen = seen.await?;
    let (caller, waiting) = (caller.clone(), waiting.to_vec());
    let decided = site.inside().write_bulk(site.city().id, move |tx| {
        let mut residents = HashMap::new();
        let mut keep = |paper: register::Paper| {
            residents.extend(paper.residents.into_iter().map(|one| (one.person, one)));
        };
        match register::may_issue(tx, &caller, &asked(&seen))? {
            Ok(permit) => keep(register::issued(tx, permit)?),
            Err(_) if seen.is_empty() => {}
            Err(_) => {
                for person in &seen {
                    if let Ok(permit) = register::may_issue(tx, &caller, &asked(&[*person]))? {
                        keep(register::issued(tx, permit)?);
                    }
                }
            }
        }
        let left: Vec<i64> =
            waiting.iter().filter(|(_, person)| !residents.contains_key(person)).map(|(no, _)| *no).collect();
        if !left.is_empty() {
            batch::leave_out(tx, id, &left, "shut", "")?;
        }
        Ok::<_, DbError>(residents)
    });
    decided.await
}

fn asked(persons: &[PersonId]) -> IssueRequest {
    IssueRequest {
        document: RESIDENT_NOTICE,
        channel: Channel::Mail,
        subjects: persons.iter().map(|person| Subject::Person(*person)).collect(),
        requester: None,
        agent: None,
        acknowledged: false,
    }
}

fn sheet(site: &Site, batch: &Batch, one: &Resident) -> Value {
    let city = site.city();
    let home = one.home.open();
    let whole = format!("{}{}", city.prefecture, city.name);
    let written = home.map(|home| home.place.written(&whole)).unwrap_or_default();
    let postal = home.and_then(|home| home.place.postal_code(city.id)).map(|code| code.to_string());
    let address = WindowAddress {
        postal_code: postal.map(|code| code.replace('-', "")),
        lines: written.split('　').map(str::to_owned).collect(),
        name: one.name.whole(),
        honorific: "様",
        note: Some(format!("宛名番号 {}", one.person_no)),
    };
    let paragraphs: Vec<&str> = batch.body.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    json!({
        "sample": site.is_sample(),
        "address": address,
        "issued": wareki(batch.made_at.date()),
        "city": city.name,
        "office": batch.section,
        "title": batch.title,
        "paragraphs": paragraphs,
        "contact": batch.contact,
    })
}

/// Sets the letters in one file. One that cannot be printed is left out with its reason, and the others go on.
async fn set(site: &Site, id: BatchId, mut letters: Vec<(i64, Value)>) -> Result<bool, DbError> {
    while !letters.is_empty() {
        let (numbers, papers): (Vec<i64>, Vec<Value>) = letters.iter().cloned().unzip();
        match press(site, papers).await? {
            Ok(pdf) => {
                let kept = site.inside().write_bulk(site.city().id, move |tx| {
                    batch::keep_part(tx, id, &numbers, pdf.pages, &pdf.bytes)
                });
                kept.await?;
                return Ok(true);
            }
            Err(error) => match error.paper().filter(|at| *at < letters.len()) {
                Some(at) => {
                    let (no, _) = letters.remove(at);
                    let trouble = error.to_string();
                    let noted = site
                        .inside()
                        .write(site.city().id, move |tx| batch::leave_out(tx, id, &[no], "failed", &trouble));
                    noted.await?;
                }
                None => {
                    end(site, id, "stopped", error.to_string()).await?;
                    return Ok(false);
                }
            },
        }
    }
    Ok(true)
}

async fn press(site: &Site, papers: Vec<Value>) -> Result<Result<Pdf, PaperError>, DbError> {
    let press = site.paper().clone();
    let set = tokio::task::spawn_blocking(move || press.render_all(TEMPLATE, &papers)).await;
    set.map_err(|error| DbError::Panicked(error.to_string()))
}
