//! Turns drafts into people with names, dates, numbers and an address.
use base::{Date, HouseholdNo, PersonNo, Sex, wareki_year};

use crate::draft::{Draft, Member};
use crate::draw::{Draws, Purpose};
use crate::foreign::Origin;
use crate::hard::{IVS_NAMES, RARE_NAMES};
use crate::place::{Place, Places};
use crate::population::{Domicile, DomicilePlace, Household, Person, Population};
use crate::tables::{Municipality, Name, Tables};
use crate::{HardCase, HouseholdType, SAMPLE_HOUSEHOLDS_FROM, SAMPLE_PERSONS_FROM, Spec};

pub(crate) struct Settler {
    pub(crate) population: Population,
    spec: Spec,
    tables: &'static Tables,
    places: Places,
    next_person: u32,
    next_household: u32,
}

/// How a household came to its address.
struct Arrival {
    /// 住所を定めた年月日 of those who came then; `None` where the family has always lived.
    on: Option<Date>,
    /// The municipality they came from; `None` for a move within the city.
    from: Option<&'static Municipality>,
}

/// Foreign residents have been in the register since this day (住民基本台帳法 as changed in 2009).
const FOREIGNERS_SINCE: Date = jiff::civil::date(2012, 7, 9);

impl Settler {
    pub(crate) fn new(spec: Spec, tables: &'static Tables) -> Self {
        let mut population = Population::default();
        population.persons.reserve(spec.residents as usize);
        population.households.reserve(spec.residents as usize / 2);
        let (next_person, next_household) = (SAMPLE_PERSONS_FROM, SAMPLE_HOUSEHOLDS_FROM);
        Self { population, spec, tables, places: Places::new(tables), next_person, next_household }
    }

    /// The households of one block.
    pub(crate) fn settle(&mut self, drafts: &[Draft]) {
        let first = self.population.households.len();
        for draft in drafts {
            let index = u32::try_from(self.population.households.len()).expect("fewer than people");
            let mut draws = Draws::open(self.spec.seed, Purpose::Household, index);
            let parents = draft.split_from.map(|older| first + older);
            self.household(index, draft, parents, &mut draws);
        }
    }

    /// `parents` is the household at whose address, and with whose family name, this one lives.
    fn household(&mut self, index: u32, draft: &Draft, parents: Option<usize>, draws: &mut Draws) {
        let common_name = draft.case == Some(HardCase::ForeignCommonName);
        let origin = draft.foreign.then(|| Origin::draw(draws, common_name, self.spec.on));
        let family = match (&origin, parents) {
            (Some(origin), _) => origin.family,
            (None, Some(parents)) => self.family_of(parents),
            (None, None) => self.family_name(draft.case, draws),
        };
        let place = self.place(draft, parents, draws);
        let arrival = self.arrival(draft, !place.detail.is_empty(), draws);
        let first = self.population.persons.len();
        for member in &draft.members {
            self.person(index, member, family, origin.as_ref(), &arrival, draws);
        }
        self.twins_share_a_birthday(first);
        if common_name {
            self.common_names(first, draws);
        }
        if origin.is_none() {
            self.domiciles(first, draft, &place, draws);
        }
        let number = next_number(&mut self.next_household, HouseholdNo::from_serial);
        self.population.households.push(Household {
            number,
            kind: draft.kind,
            town: place.town,
            lot: place.lot,
            branch: place.branch,
            detail: place.detail,
            first: u32::try_from(first).expect("fewer than 2^32 people"),
            members: u8::try_from(draft.members.len()).expect("households are small"),
            head: draft.head,
        });
    }

    fn family_of(&self, household: usize) -> Name {
        let head = &self.population.persons[self.population.households[household].first as usize];
        Name { text: head.family_name, kana: head.family_kana }
    }

    fn family_name(&self, case: Option<HardCase>, draws: &mut Draws) -> Name {
        match case {
            Some(HardCase::IvsName) => *draws.pick(&IVS_NAMES),
            Some(HardCase::RareCharacter) => *draws.pick(&RARE_NAMES),
            _ => self.tables.family_names.rows[draws.weighted(&self.tables.family_names.totals)],
        }
    }

    fn place(&mut self, draft: &Draft, parents: Option<usize>, draws: &mut Draws) -> Place {
        if let Some(parents) = parents {
            let home = &self.population.households[parents];
            return Place { town: home.town, lot: home.lot, branch: home.branch, detail: String::new() };
        }
        let flats = match draft.kind {
            _ if draft.case == Some(HardCase::SplitHousehold) => 0,
            _ if draft.foreign => 750,
            HouseholdType::Single if draft.members[0].age < 60 => 600,
            HouseholdType::Single => 120,
            HouseholdType::SingleParent => 300,
            HouseholdType::ThreeGenerations => 0,
            _ if draft.members[0].age < 40 => 450,
            _ => 60,
        };
        let flat = draws.chance(flats);
        self.places.next(flat, draws)
    }

    fn arrival(&self, draft: &Draft, flat: bool, draws: &mut Draws) -> Arrival {
        let old_family =
            draft.kind == HouseholdType::ThreeGenerations || draft.case == Some(HardCase::SplitHousehold);
        if !draft.foreign && !flat && draws.chance(if old_family { 700 } else { 250 }) {
            return Arrival { on: None, from: None };
        }
        let years = if flat { 8 } else { 35 };
        let on = Some(days_before(self.spec.on, draws.between(15, years * 365)));
        let from = (draft.foreign || draws.chance(550)).then(|| self.municipality(draws));
        Arrival { on, from }
    }

    fn municipality(&self, draws: &mut Draws) -> &'static Municipality {
        &self.tables.municipalities.rows[draws.weighted(&self.tables.municipalities.totals)]
    }

    fn person(
        &mut self,
        household: u32,
        member: &Member,
        family: Name,
        origin: Option<&Origin>,
        arrival: &Arrival,
        draws: &mut Draws,
    ) {
        let birth = birth_date(self.spec.on, member.age, draws);
        let family = if member.other_name { self.family_name(None, draws) } else { family };
        let given = match origin {
            Some(origin) => origin.given(member.sex, |name| self.is_taken(household, name), draws),
            None => self.given_name(household, member.sex, birth, draws),
        };
        let (moved_in_on, became_resident_on, previous) =
            self.moves(member, birth, arrival, origin.is_some(), draws);
        let dependant = matches!(member.relationship, "妻" | "夫" | "子");
        let alone = member.spouse.is_none() && !dependant;
        let foreign = origin.map(|origin| Box::new(origin.stay(alone, dependant, draws)));
        let inexact = member.hard == Some(HardCase::UnknownBirthDate);
        self.population.persons.push(Person {
            number: next_number(&mut self.next_person, PersonNo::from_serial),
            household,
            family_name: family.text,
            given_name: given.text,
            family_kana: family.kana,
            given_kana: given.kana,
            sex: member.sex,
            birth,
            birth_text: inexact.then(|| inexact_birth(birth, draws)),
            relationship: member.relationship,
            spouse: member.spouse,
            father: member.father,
            mother: member.mother,
            moved_in_on,
            became_resident_on,
            previous,
            domicile: None,
            foreign,
            hard: member.hard,
        });
    }

    /// A name in fashion when the child was born, not one that the household has already.
    fn given_name(&self, household: u32, sex: Sex, birth: Date, draws: &mut Draws) -> Name {
        let names = self.tables.first_names(sex);
        let band = match birth.year() {
            ..=1940 => 0,
            1941..=1960 => 1,
            1961..=1980 => 2,
            1981..=2000 => 3,
            _ => 4,
        };
        loop {
            let name = names.rows[draws.weighted(&names.totals[band])];
            if !self.is_taken(household, name) {
                return name;
            }
        }
    }

    /// Whether a member of the household, the last one made, is called so.
    fn is_taken(&self, household: u32, name: Name) -> bool {
        let persons = self.population.persons.iter().rev();
        let mut members = persons.take_while(|other| other.household == household);
        members.any(|m| m.given_name == name.text || m.given_kana == name.kana)
    }

    /// 住所を定めた年月日, 住民となった年月日, and where the person lived before.
    fn moves(
        &self,
        member: &Member,
        birth: Date,
        arrival: &Arrival,
        foreign: bool,
        draws: &mut Draws,
    ) -> (Date, Date, Option<&'static Municipality>) {
        let born_here = (birth, birth, None);
        let Some(on) = arrival.on else {
            // Into an old family of the place one comes by marriage.
            let married_in = member.spouse.is_some() && member.father.or(member.mother).is_none();
            if !married_in || ["世帯主", "父"].contains(&member.relationship) {
                return born_here;
            }
            let latest = days_before(self.spec.on, 15);
            let day = days_before(birth, -draws.between(20 * 365, 30 * 365)).min(latest);
            let from_here = draws.chance(350);
            return if from_here { (day, birth, None) } else { (day, day, Some(self.municipality(draws))) };
        };
        let on = if foreign { on.max(FOREIGNERS_SINCE) } else { on };
        if birth >= on {
            return born_here;
        }
        match arrival.from {
            Some(from) => (on, on, Some(from)),
            None if draws.chance(600) => (on, birth, None),
            None => {
                let lived = on.since(birth).expect("both lie in the calendar").get_days();
                let before = days_before(on, draws.between(0, lived.min(20 * 365)));
                (on, before, (before > birth).then(|| self.municipality(draws)))
            }
        }
    }

    fn twins_share_a_birthday(&mut self, first: usize) {
        let mut birthday = None;
        for person in &mut self.population.persons[first..] {
            if person.hard == Some(HardCase::Twins) {
                match birthday {
                    None => {
                        birthday = Some((
                            person.birth,
                            person.moved_in_on,
                            person.became_resident_on,
                            person.previous,
                        ))
                    }
                    Some(shared) => {
                        (person.birth, person.moved_in_on, person.became_resident_on, person.previous) =
                            shared;
                    }
                }
            }
        }
    }

    /// 通称: a Japanese family name, with the given name in katakana.
    fn common_names(&mut self, first: usize, draws: &mut Draws) {
        let family = self.family_name(None, draws);
        for person in &mut self.population.persons[first..] {
            let given = person.given_kana;
            if let Some(foreign) = &mut person.foreign {
                foreign.common_name = format!("{} {given}", family.text);
                foreign.common_kana = format!("{} {given}", family.kana);
            }
        }
    }

    /// Couples and their unmarried children share a family register (戸籍法 art. 6), headed by the one whose
    /// name they took.
    fn domiciles(&mut self, first: usize, draft: &Draft, place: &Place, draws: &mut Draws) {
        let holders: Vec<usize> =
            (0..draft.members.len()).map(|at| register_holder(&draft.members, at)).collect();
        for (at, &by) in holders.iter().enumerate() {
            let holder = &self.population.persons[first + by];
            let domicile = match holder.domicile {
                Some(known) => known,
                None => {
                    let lone = draft.members[by].spouse.is_none() && !has_child(&draft.members, by);
                    let parent = lone && draws.chance(500);
                    let given = if parent {
                        let parents_birth = days_before(holder.birth, 30 * 365);
                        self.given_name(holder.household, Sex::Male, parents_birth, draws).text
                    } else {
                        holder.given_name
                    };
                    let (head_family_name, head_given_name) = (holder.family_name, given);
                    let (place, lot) = self.domicile_place(place, draws);
                    Domicile { place, lot, head_family_name, head_given_name }
                }
            };
            self.population.persons[first + by].domicile = Some(domicile);
            self.population.persons[first + at].domicile = Some(domicile);
        }
    }

    fn domicile_place(&self, home: &Place, draws: &mut Draws) -> (DomicilePlace, u32) {
        match draws.below(100) {
            0..35 => (DomicilePlace::Here(home.town), home.lot),
            35..60 => {
                let town = &self.tables.towns.rows[draws.weighted(&self.tables.towns.totals)];
                (DomicilePlace::Here(town), 1 + draws.below(150))
            }
            _ => (DomicilePlace::Elsewhere(self.municipality(draws)), 1 + draws.below(3000)),
        }
    }
}

/// The next number with a check digit; 1 serial in 11 has none.
fn next_number<N>(serial: &mut u32, number: fn(u32) -> Option<N>) -> N {
    loop {
        let made = number(*serial);
        *serial += 1;
        if let Some(number) = made {
            return number;
        }
    }
}

/// Negative days lie after.
fn days_before(date: Date, days: i32) -> Date {
    date.checked_sub(jiff::Span::new().days(days)).expect("within the calendar")
}

/// Never on the very day or the next one: there the legal age (reached on the eve) and the plain one differ.
fn birth_date(on: Date, age: u8, draws: &mut Draws) -> Date {
    let birthday = on.checked_sub(jiff::Span::new().years(i32::from(age))).expect("within the calendar");
    days_before(birthday, draws.between(1, 363))
}

/// Forms of [STD 1.1.8].
fn inexact_birth(birth: Date, draws: &mut Draws) -> String {
    let (year, month) = (wareki_year(birth), birth.month());
    match draws.below(4) {
        0 => format!("{year}{month}月 日不詳"),
        1 => format!("{year}頃"),
        _ => format!("{year} 月日不詳"),
    }
}

fn has_child(members: &[Member], at: usize) -> bool {
    members.iter().any(|other| [other.father, other.mother].contains(&u8::try_from(at).ok()))
}

/// Position of the one in whose family register `at` is.
fn register_holder(members: &[Member], at: usize) -> usize {
    let member = &members[at];
    let unregistered = |m: &Member| m.relationship.ends_with("（未届）");
    let spouse = member.spouse.map(usize::from).filter(|&other| !unregistered(&members[other]));
    match spouse {
        Some(_) if unregistered(member) => at,
        Some(wife) if member.sex == Sex::Female => wife,
        Some(_) => at,
        None if has_child(members, at) => at,
        None => match member.father.or(member.mother) {
            Some(parent) => register_holder(members, usize::from(parent)),
            None => at,
        },
    }
}
