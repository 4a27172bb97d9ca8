//! The roster follows the register: nobody at the lunch centre types a name.
use base::{Date, PersonId};
use db::Tx;
use events::facts::{Fact, Foresight, Member, MovedIn, TakenOver};
use events::{Event, FollowError, FollowUp, Told};

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
    fact(&foresight.members, foresight.filed_on, "入れます")
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

/// Whom an event concerns.
struct Concern {
    persons: Vec<PersonId>,
    /// On the roster from this day.
    since: Date,
    /// The grade is that of this day: who files in April for a move in March has a pupil of the new year.
    judged_on: Date,
    /// A takeover is nobody's news: the board is for acts at a desk.
    is_news: bool,
}

impl Concern {
    fn read(event: &Event) -> Result<Self, FollowError> {
        if event.kind == MovedIn::KIND {
            let MovedIn { persons, moved_in_on, filed_on, .. } = event.fact()?;
            return Ok(Self { persons, since: moved_in_on, judged_on: filed_on, is_news: true });
        }
        let TakenOver { persons, as_of, .. } = event.fact()?;
        Ok(Self { persons, since: as_of, judged_on: as_of, is_news: false })
    }
}

fn apply(_: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let concerns: Vec<Concern> = events.iter().map(Concern::read).collect::<Result<_, _>>()?;
    let everybody: Vec<PersonId> = concerns.iter().flat_map(|concern| &concern.persons).copied().collect();
    let members = register::followers_view(tx, &everybody)?;
    let mut pupils = Vec::new();
    let mut told = Vec::new();
    for (event, concern) in events.iter().zip(concerns) {
        let own: Vec<Member> =
            concern.persons.iter().filter_map(|person| find(&members, *person)).cloned().collect();
        pupils.extend(own.iter().filter_map(|member| pupil(member, &concern)).map(|pupil| (pupil, event.id)));
        let fact = concern.is_news.then(|| fact(&own, concern.judged_on, "入れました")).flatten();
        told.extend(fact.map(|fact| Told { event: event.id, fact, path: "/lunch".to_owned() }));
    }
    pupil::add(tx, &pupils)?;
    Ok(told)
}

fn find(members: &[Member], person: PersonId) -> Option<&Member> {
    // `followers_view` answers in the order of the ids.
    members.binary_search_by_key(&Some(person), |member| member.person).ok().map(|i| &members[i])
}

fn pupil(member: &Member, concern: &Concern) -> Option<Pupil> {
    let (_, needs_check) = grade_of(member, concern.judged_on)?;
    Some(Pupil { person: member.person?, entry: entry_year(member), needs_check, since: concern.since })
}
