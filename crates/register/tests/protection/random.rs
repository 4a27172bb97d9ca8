//! Random towns and measures: no function of the register gives an address of a shielded person to one without the
//! right. What is shielded is reckoned here a second time, from what was filed.
use std::collections::BTreeSet;

use base::{At, HouseholdId, PersonId};
use db::Store;
use register::{Query, RawMember, RawParty, RawProtection};
use testkit::{FUJIOKA, MORNING, both};

use super::{caller, enter, member, migrations, moving, officer, see, tax};

/// A small generator, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }
}

const FAMILIES: [(&str, &str); 4] =
    [("渡邊", "ワタナベ"), ("渡辺", "ワタナベ"), ("髙橋", "タカハシ"), ("木村", "キムラ")];
const GIVEN: [(&str, &str); 4] = [("花子", "ハナコ"), ("健", "ケン"), ("緑", "ミドリ"), ("一郎", "イチロウ")];

struct Somebody {
    person: PersonId,
    home: usize,
    typed: RawMember,
}

/// A household; the first number of its lot is its alone.
struct Home {
    id: HouseholdId,
    lot: usize,
}

impl Home {
    /// As the register writes it, or as it was typed.
    fn is_in(&self, told: &str) -> bool {
        told.contains(&format!("{}番地", self.lot)) || told.contains(&format!("{}-", self.lot))
    }
}

fn town(store: &Store, dice: &mut Dice) -> (Vec<Home>, Vec<Somebody>) {
    let (mut homes, mut people) = (Vec::new(), Vec::new());
    for i in 0..6 {
        let members: Vec<RawMember> = (0..=dice.below(3))
            .map(|n| {
                let (family, given) = (FAMILIES[dice.below(4)], GIVEN[dice.below(4)]);
                let birth = format!("{}-03-{:02}", 1980 + dice.below(3), 1 + dice.below(3));
                let relationship = if n == 0 { "世帯主" } else { "同居人" };
                member(family.0, given.0, (family.1, given.1), &birth, relationship)
            })
            .collect();
        let done = enter(store, &moving(&format!("{}-{}", 7000 + i, i + 1), members.clone()));
        let typed = done.persons.iter().zip(members);
        people.extend(typed.map(|(person, typed)| Somebody { person: *person, home: i, typed }));
        homes.push(Home { id: done.household, lot: 7000 + i });
    }
    (homes, people)
}

fn party(dice: &mut Dice, somebody: &Somebody) -> RawParty {
    if dice.below(2) == 0 {
        return RawParty { person: somebody.person.to_string(), ..RawParty::default() };
    }
    let typed = &somebody.typed;
    let mut party = RawParty { birth: typed.birth.clone(), ..RawParty::default() };
    if dice.below(2) == 0 {
        (party.family, party.given) = (typed.family.clone(), typed.given.clone());
    } else {
        (party.family_kana, party.given_kana) = (typed.family_kana.clone(), typed.given_kana.clone());
    }
    party
}

/// Files measures of every kind; gives the homes that must stay hidden.
fn measures(store: &Store, dice: &mut Dice, people: &[Somebody]) -> BTreeSet<usize> {
    let mut hidden = BTreeSet::new();
    for _ in 0..=dice.below(3) {
        let chosen: Vec<&Somebody> = (0..=dice.below(2)).map(|_| &people[dice.below(people.len())]).collect();
        let raw = RawProtection {
            applicant: party(dice, chosen[0]),
            joined: chosen[1..].iter().map(|one| party(dice, one)).collect(),
            provisional: dice.below(2) == 0,
            starts_on: ["", "2020-04-01", "2027-04-01"][dice.below(3)].to_owned(),
            ..RawProtection::default()
        };
        let ends = dice.below(4) == 0;
        let filed = store.write_blocking(FUJIOKA, move |tx| {
            let id = register::file_protection(tx, &officer(), &raw)?;
            if ends { register::end_protection(tx, &officer(), id, "取下げ") } else { Ok(()) }
        });
        filed.expect("files");
        if !ends {
            hidden.extend(chosen.iter().map(|one| one.home));
        }
    }
    hidden
}

/// Everything that one without the right can get, as text.
fn everything(store: &Store, homes: &[Home], people: &[Somebody]) -> String {
    let ids: Vec<PersonId> = people.iter().map(|one| one.person).collect();
    let houses: Vec<HouseholdId> = homes.iter().map(|home| home.id).collect();
    let mut told = String::new();
    for by in [caller(1, "resident_clerk"), tax(), caller(3, "")] {
        let (all, lived) = (ids.clone(), houses.clone());
        told += &format!("{:?}", see(store, &by, move |looking| register::present(looking, &all)));
        told += &format!("{:?}", see(store, &by, move |looking| register::headings(looking, &lived)));
        let since = At::from_micros(0);
        let waiting = see(store, &by, move |looking| register::waiting(looking, since));
        told += &format!("{waiting:?}");
        for notice in waiting {
            told += &format!("{:?}", see(store, &by, move |looking| register::notice(looking, notice.id)));
        }
        for house in &houses {
            let house = *house;
            told +=
                &format!("{:?}", see(store, &by, move |looking| register::household_record(looking, house)));
        }
        for one in people {
            let person = one.person;
            told += &format!("{:?}", see(store, &by, move |looking| register::household_of(looking, person)));
            told += &format!("{:?}", see(store, &by, move |looking| register::versions(looking, person)));
            for typed in [one.typed.family.clone(), one.typed.given_kana.clone(), one.typed.birth.clone()] {
                let query = Query::parse(&typed, FUJIOKA, MORNING.date()).expect("a query");
                let hits = see(store, &by, move |looking| register::search(looking, &typed, &query, 0));
                told += &format!("{hits:?}");
            }
        }
    }
    told
}

#[test]
fn no_function_gives_a_shielded_address_away() {
    let mut open = 0;
    for seed in 0..12 {
        both(&migrations(), |store| {
            let mut dice = Dice(seed);
            let (homes, people) = town(&store, &mut dice);
            let hidden = measures(&store, &mut dice, &people);
            let told = everything(&store, &homes, &people);
            for home in &hidden {
                assert!(!homes[*home].is_in(&told), "seed {seed}: the address of household {home}");
            }
        });
        let scratch = testkit::Scratch::new();
        let store = scratch.sqlite(&migrations(), base::Clock::fixed(MORNING));
        let mut dice = Dice(seed);
        let (homes, people) = town(&store, &mut dice);
        let told = everything(&store, &homes, &people);
        open += homes.iter().filter(|home| home.is_in(&told)).count();
    }
    assert_eq!(open, 12 * 6, "without measures everything is told: the test can fail");
}
