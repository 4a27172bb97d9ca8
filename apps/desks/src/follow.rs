//! One follower an office. A takeover makes no work: only acts at a desk do.
use base::PersonId;
use db::{DbError, Tx};
use events::facts::{Fact, Foresight, Member, MovedIn};
use events::{Event, FollowError, FollowUp, Told};

use crate::office::{Office, by_follower};
use crate::work_item::{self, WorkItem};

pub(crate) const fn follow_up(office: &Office) -> FollowUp {
    FollowUp { name: office.follower, office: office.name, kinds: &[MovedIn::KIND], foresee, apply, clear }
}

fn office_of(follow_up: &FollowUp) -> &'static Office {
    by_follower(follow_up.name).expect("follow-ups are made of the table of offices")
}

fn foresee(follow_up: &FollowUp, foresight: &Foresight) -> Option<String> {
    (office_of(follow_up).consequence)(foresight).map(|consequence| consequence.sentence)
}

fn apply(follow_up: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let office = office_of(follow_up);
    let facts: Vec<MovedIn> = events.iter().map(Event::fact).collect::<Result<_, _>>()?;
    let everybody: Vec<PersonId> = facts.iter().flat_map(|fact| &fact.persons).copied().collect();
    let members = register::followers_view(tx, &everybody)?;
    let mut items = Vec::new();
    let mut told = Vec::new();
    for (event, fact) in events.iter().zip(&facts) {
        let Some(consequence) = (office.consequence)(&foresight(fact, &members)) else { continue };
        let fact_told = consequence.sentence.clone();
        told.push(Told { event: event.id, fact: fact_told, path: office.path.to_owned() });
        items.push(WorkItem {
            office,
            event: event.id,
            household: fact.household,
            sentence: consequence.sentence,
            source: consequence.source.to_owned(),
            persons: i64::try_from(consequence.persons).expect("a household is small"),
            due: consequence.due,
            recorded_at: event.recorded_at,
        });
    }
    work_item::add(tx, &items)?;
    Ok(told)
}

/// The act as it was foreseen before it happened.
fn foresight(fact: &MovedIn, members: &[Member]) -> Foresight {
    // `followers_view` answers in the order of the ids.
    let find = |person: &PersonId| members.binary_search_by_key(&Some(*person), |member| member.person).ok();
    Foresight {
        kind: MovedIn::KIND,
        on: fact.moved_in_on,
        filed_on: fact.filed_on,
        members: fact.persons.iter().filter_map(find).map(|at| members[at].clone()).collect(),
    }
}

fn clear(follow_up: &FollowUp, tx: &mut Tx<'_>) -> Result<(), DbError> {
    work_item::clear(tx, office_of(follow_up))
}
