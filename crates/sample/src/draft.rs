//! A household before it has names and an address: who is what to whom.
use base::Sex;

use crate::{HardCase, HouseholdType};

/// One generation of a family: a couple, or one parent alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generation {
    /// Their ages.
    pub(crate) husband: Option<u8>,
    pub(crate) wife: Option<u8>,
    /// Which of them is the child of the generation above.
    pub(crate) descends: Sex,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) sex: Sex,
    pub(crate) age: u8,
    /// 続柄, one of the words of [STD 1.1.11].
    pub(crate) relationship: &'static str,
    /// Positions in the household.
    pub(crate) spouse: Option<u8>,
    pub(crate) father: Option<u8>,
    pub(crate) mother: Option<u8>,
    /// Carries another family name than the household.
    pub(crate) other_name: bool,
    pub(crate) hard: Option<HardCase>,
}

#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) kind: HouseholdType,
    pub(crate) members: Vec<Member>,
    pub(crate) head: Option<u8>,
    /// The case that shapes the whole household: its names, its address or its nationality.
    pub(crate) case: Option<HardCase>,
    pub(crate) foreign: bool,
    /// The household of the block at whose address this one lives after a 世帯分離.
    pub(crate) split_from: Option<usize>,
}

/// The head's descendants and their spouses, by how far down.
const CHILD: [&str; 4] = ["世帯主", "子", "子の子", "子の子の子"];
const WIFE: [&str; 4] = ["妻", "子の妻", "子の子の妻", "子の子の子の妻"];
const HUSBAND: [&str; 4] = ["夫", "子の夫", "子の子の夫", "子の子の子の夫"];

pub(crate) fn member(sex: Sex, age: u8, relationship: &'static str) -> Member {
    Member { sex, age, relationship, spouse: None, father: None, mother: None, other_name: false, hard: None }
}

impl Draft {
    pub(crate) fn new(kind: HouseholdType, members: Vec<Member>) -> Self {
        Self { kind, members, head: Some(0), case: None, foreign: false, split_from: None }
    }

    /// A family of `generations` from the oldest down with the `children` of the last, the head being of
    /// sex `head` in generation `at`. Members stand in the order of [STD 5.2].
    pub(crate) fn family(
        kind: HouseholdType,
        generations: &[Generation],
        (at, head): (usize, Sex),
        children: &[(Sex, u8)],
    ) -> Self {
        let mut members = Vec::with_capacity(generations.len() * 2 + children.len());
        let mut places = vec![(None, None); generations.len()];
        for (index, generation) in generations.iter().enumerate().skip(at) {
            let lead = if index == at { head } else { generation.descends };
            places[index] = push_couple(&mut members, generation, lead, index - at);
        }
        let first_child = members.len();
        let word = CHILD[generations.len() - at];
        members.extend(children.iter().map(|&(sex, age)| member(sex, age, word)));
        for (index, generation) in generations.iter().enumerate().take(at) {
            let own = generations[at].descends == head;
            places[index] = push_parents(&mut members, generation, own, head);
        }
        for (index, &(husband, wife)) in places.iter().enumerate() {
            link(&mut members, husband, |m| m.spouse = wife);
            link(&mut members, wife, |m| m.spouse = husband);
            if index > 0 {
                let (father, mother) = places[index - 1];
                let child = if generations[index].descends == Sex::Male { husband } else { wife };
                link(&mut members, child, |m| (m.father, m.mother) = (father, mother));
            }
        }
        let &(father, mother) = places.last().expect("a family has a generation");
        for child in &mut members[first_child..first_child + children.len()] {
            (child.father, child.mother) = (father, mother);
        }
        Self::new(kind, members)
    }
}

fn link(members: &mut [Member], at: Option<u8>, set: impl FnOnce(&mut Member)) {
    if let Some(at) = at {
        set(&mut members[usize::from(at)]);
    }
}

fn place(members: &mut Vec<Member>, new: Member) -> Option<u8> {
    members.push(new);
    Some(u8::try_from(members.len() - 1).expect("households are small"))
}

/// The one of sex `lead` comes first; returns the places of husband and wife.
fn push_couple(
    members: &mut Vec<Member>,
    generation: &Generation,
    lead: Sex,
    depth: usize,
) -> (Option<u8>, Option<u8>) {
    let (mut husband, mut wife) = (None, None);
    for sex in if lead == Sex::Male { [Sex::Male, Sex::Female] } else { [Sex::Female, Sex::Male] } {
        let age = if sex == Sex::Male { generation.husband } else { generation.wife };
        let Some(age) = age else { continue };
        let word = match (sex == lead, sex) {
            (true, _) => CHILD[depth],
            (false, Sex::Female) => WIFE[depth],
            (false, Sex::Male) => HUSBAND[depth],
        };
        let at = place(members, member(sex, age, word));
        if sex == Sex::Male { husband = at } else { wife = at }
    }
    (husband, wife)
}

/// Parents of the head (`own`) or of the head's spouse.
fn push_parents(
    members: &mut Vec<Member>,
    generation: &Generation,
    own: bool,
    head: Sex,
) -> (Option<u8>, Option<u8>) {
    let (father, mother) = match (own, head) {
        (true, _) => ("父", "母"),
        (false, Sex::Male) => ("妻の父", "妻の母"),
        (false, Sex::Female) => ("夫の父", "夫の母"),
    };
    let mut push = |sex, age: Option<u8>, word| {
        let age = age?;
        place(members, Member { other_name: !own, ..member(sex, age, word) })
    };
    (push(Sex::Male, generation.husband, father), push(Sex::Female, generation.wife, mother))
}
