//! The insured follow the register: nobody at the care office types a name.
use base::{Date, PersonId, wareki};
use db::Tx;
use events::facts::{Fact, Foresight, Member, MovedIn, TakenOver};
use events::{Event, FollowError, FollowUp, Told};
use jiff::ToSpan;

use crate::insured::{self, Insured, acquired};

/// Days within which one with 要介護認定 of another city brings its 受給資格証明書 (介護保険法36条;
/// general knowledge, residents.md §10).
const CERTIFICATE_DAYS: i64 = 14;

pub(crate) const INSURED: FollowUp = FollowUp {
    name: "care.insured",
    office: "介護高齢課",
    kinds: &[MovedIn::KIND, TakenOver::KIND],
    foresee,
    apply,
    clear: |_, tx| insured::clear(tx),
};

fn foresee(_: &FollowUp, foresight: &Foresight) -> Option<String> {
    let found: Vec<bool> = foresight
        .members
        .iter()
        .filter_map(|member| acquired(member, foresight.on, foresight.filed_on))
        .map(|(_, needs_check)| needs_check)
        .collect();
    fact(&found, foresight.on, "します")
}

/// 「1人を第1号被保険者にしました」: the board shows no name, whoever reads it. `found`: who must be checked.
fn fact(found: &[bool], moved_on: Date, verb: &str) -> Option<String> {
    let doubtful = found.iter().filter(|needs_check| **needs_check).count();
    let note = if doubtful > 0 { format!("（うち{doubtful}人は要確認）") } else { String::new() };
    let until = wareki(moved_on.saturating_add(CERTIFICATE_DAYS.days()));
    let count = found.len();
    (count > 0)
        .then(|| format!("{count}人{note}を第1号被保険者に{verb}。受給資格証明書は14日以内（{until}まで）"))
}

/// Whom an event concerns.
struct Concerned {
    persons: Vec<PersonId>,
    /// `None` at a takeover: each person has an own day.
    moved_on: Option<Date>,
    /// The day on which the office learns of it.
    day: Date,
}

fn concerned(event: &Event) -> Result<Concerned, FollowError> {
    Ok(if event.kind == MovedIn::KIND {
        let fact: MovedIn = event.fact()?;
        Concerned { persons: fact.persons, moved_on: Some(fact.moved_in_on), day: fact.filed_on }
    } else {
        let fact: TakenOver = event.fact()?;
        Concerned { persons: fact.persons, moved_on: None, day: fact.as_of }
    })
}

fn apply(_: &FollowUp, tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<Told>, FollowError> {
    let all: Vec<Concerned> = events.iter().map(concerned).collect::<Result<_, _>>()?;
    let everybody: Vec<PersonId> = all.iter().flat_map(|one| &one.persons).copied().collect();
    let members = register::followers_view(tx, &everybody)?;
    let mut rows = Vec::new();
    let mut told = Vec::new();
    for (event, concerned) in events.iter().zip(all) {
        let found: Vec<Insured> =
            concerned.persons.iter().filter_map(|person| insured(&members, *person, &concerned)).collect();
        // A takeover is nobody's news: the board is for acts at a desk.
        if let Some(moved_on) = concerned.moved_on {
            let doubts: Vec<bool> = found.iter().map(|one| one.needs_check).collect();
            let fact = fact(&doubts, moved_on, "しました");
            told.extend(fact.map(|fact| Told { event: event.id, fact, path: "/care".to_owned() }));
        }
        rows.extend(found.into_iter().map(|one| (one, event.id)));
    }
    insured::add(tx, &rows)?;
    Ok(told)
}

fn insured(members: &[Member], person: PersonId, concerned: &Concerned) -> Option<Insured> {
    // `followers_view` answers in the order of the ids.
    let at = members.binary_search_by_key(&Some(person), |member| member.person).ok()?;
    let since = concerned.moved_on.unwrap_or(members[at].resident_since);
    let (acquired_on, needs_check) = acquired(&members[at], since, concerned.day)?;
    Some(Insured { person, acquired_on, needs_check })
}
