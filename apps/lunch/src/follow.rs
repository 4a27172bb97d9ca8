//! The roster follows the register: nobody at the lunch centre types a name.
use base::{Date, PersonId};
use db::Tx;
use events::facts::{Fact, Foresight, Member, MovedIn, TakenOver};
use events::{Event, EventId, FollowError, FollowUp, Told};

use crate::pupil::{self, Pupil, entry_year, grade_of};

pub(crate) const ROSTER: FollowUp = FollowUp {
    name: "lunch.roster",
    office: "給食センター",
    kinds: &[MovedIn::KIND, TakenOver::KIND],
    foresee,
    apply,
    clear: |_, tx| pupil::clear(tx),
};

fn foresee(_: &FollowUp, foresight: &Foresight) -> Option<String> {
    fact(&foresight.members, foresight.on, "入れます")
}

/// 「小学3年、小学1年の2人を名簿に入れました」: the board shows no name, whoever reads it.
fn fact(members: &[Member], on: Date, verb: &str) -> Option<String> {
    let grades: Vec<String> = members
        .iter()
        .filter_map(|member| grade_of(member, on))
        .map(|(grade, check)| if check { format!("{grade}（要確認）") } else { grade.to_string() })
        .collect();
    (!grades.is_empty()).then(|| format!("{}の{}人を名簿に{verb}", grades.join("、"), grades.len()))
}

/// Who an event concerns, and from when.
fn concerned(event: &Event) -> Result<(Vec<PersonId>, Date), FollowError> {
    Ok(match event.kind.as_str() {
        MovedIn::KIND => {
            let fact: MovedIn = event.fact()?;
            (fact.persons, fact.moved_in_on)
        }
        _ => {
            let fact: TakenOver = event.fact()?;
            (fact.persons, fact.as_of)
        }
    })
}

fn apply(_: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let concerned: Vec<(EventId, bool, Vec<PersonId>, Date)> = events
        .iter()
        .map(|event| {
            concerned(event).map(|(persons, on)| (event.id, event.kind == MovedIn::KIND, persons, on))
        })
        .collect::<Result<_, _>>()?;
    let everybody: Vec<PersonId> = concerned.iter().flat_map(|(_, _, persons, _)| persons).copied().collect();
    let members = register::followers_view(tx, &everybody)?;
    let mut pupils = Vec::new();
    let mut told = Vec::new();
    for (event, is_news, persons, on) in concerned {
        let own: Vec<Member> = persons.iter().filter_map(|person| find(&members, *person)).cloned().collect();
        pupils.extend(own.iter().filter_map(|member| pupil(member, on)).map(|pupil| (pupil, event)));
        // A takeover is nobody's news: the board is for acts at a desk.
        let fact = if is_news { fact(&own, on, "入れました") } else { None };
        told.extend(fact.map(|fact| Told { event, fact, path: "/lunch".to_owned() }));
    }
    pupil::add(tx, &pupils)?;
    Ok(told)
}

fn find(members: &[Member], person: PersonId) -> Option<&Member> {
    // `followers_view` answers in the order of the ids.
    members.binary_search_by_key(&Some(person), |member| member.person).ok().map(|i| &members[i])
}

fn pupil(member: &Member, on: Date) -> Option<Pupil> {
    let (_, needs_check) = grade_of(member, on)?;
    Some(Pupil { person: member.person?, entry: entry_year(member), needs_check, since: on })
}
