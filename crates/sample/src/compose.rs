//! Forms the households of one block out of the people that the age table asks for.
//!
//! Families with minors come first, because a child needs a mother of the right age; then grown children
//! with their parents, couples, people alone, and relatives. Whoever is left over joins a family or lives
//! alone, whichever the model lacks. So the age table is met exactly, and the shares of the household model
//! nearly.
use base::Sex;

use crate::HardCase;
use crate::HouseholdType::{self, Couple, CoupleWithChildren, OtherRelatives, Single, SingleParent};
use crate::HouseholdType::{ThreeGenerations, WithNonRelatives};
use crate::draft::{Draft, Generation, Member, member};
use crate::draw::Draws;
use crate::join::Surplus;
use crate::pool::Pool;
use crate::tables::Tables;

/// From this age on somebody may live without parents.
const GROWN: u8 = 18;
/// A mother is older than her child by so many years of age: never below 20 nor above 40 years by date.
pub(crate) const MOTHER: (u8, u8) = (21, 39);
const BOTH: [Sex; 2] = [Sex::Male, Sex::Female];

pub(crate) struct Composer<'a> {
    pub(crate) pool: Pool,
    pub(crate) draws: &'a mut Draws,
    pub(crate) drafts: Vec<Draft>,
    people: u32,
    tables: &'static Tables,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(tables: &'static Tables, pool: Pool, draws: &'a mut Draws) -> Self {
        let people = pool.people();
        Self { pool, draws, drafts: Vec::with_capacity(people as usize / 2), people, tables }
    }

    /// The block's households, in any order.
    pub(crate) fn compose(mut self) -> Vec<Draft> {
        let mut three = self.wanted(ThreeGenerations);
        let mut single_parents = self.wanted(SingleParent);
        let mut couples_with_children = self.wanted(CoupleWithChildren);
        // Other single parents come about when somebody left over joins a grown child.
        let strays = self.young_families(&mut three, &mut single_parents, &mut couples_with_children);
        for (kind, count) in [
            (ThreeGenerations, three),
            (SingleParent, single_parents / 2),
            (CoupleWithChildren, couples_with_children),
        ] {
            for _ in 0..count {
                self.grown_family(kind);
            }
        }
        let bachelors = self.couples();
        self.give_back(&bachelors);
        self.singles();
        self.relatives();
        let mut left = Vec::new();
        while let Some(person) = self.pool.take_any(&BOTH, 0, 104, self.draws) {
            left.push(person);
        }
        let mut surplus = Surplus::of(&self.drafts, self.people, self.tables);
        for (sex, age) in left {
            surplus.settle(&mut self.drafts, sex, age);
        }
        for (sex, age) in strays {
            self.take_in(sex, age);
        }
        self.draws.shuffle(&mut self.drafts);
        self.drafts
    }

    /// Households of a kind for this many people, rounded by chance.
    fn wanted(&mut self, kind: HouseholdType) -> u32 {
        let share = self.tables.household_rate("type", kind.code());
        let mean = self.tables.mean_household();
        (share * self.people + self.draws.below(mean)) / mean
    }

    /// Every minor, the youngest first, with parents; returns those for whom nobody was left.
    fn young_families(&mut self, three: &mut u32, single: &mut u32, couples: &mut u32) -> Vec<(Sex, u8)> {
        let mut strays = Vec::new();
        let mut twins = per_thousand(1, self.people);
        let mut chains = per_thousand(1, self.people);
        while let Some(first) = self.pool.take_youngest(GROWN, self.draws) {
            let (kind, left) = match self.draws.below(100) {
                0..28 if *three > 0 => (ThreeGenerations, &mut *three),
                28..40 if *single > 0 => (SingleParent, &mut *single),
                _ => (CoupleWithChildren, &mut *couples),
            };
            let children = *self.draws.pick(&[1, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
            let chain = kind == ThreeGenerations && chains > 0;
            let twin = twins > 0 && kind != SingleParent;
            let made = self.family(kind, first, children, Wish { youngest: 0, twin, chain });
            let Some(draft) = made else {
                strays.push(first);
                continue;
            };
            *left = left.saturating_sub(1);
            let any = |case| draft.members.iter().any(|m| m.hard == Some(case));
            twins -= u32::from(twin && any(HardCase::Twins));
            chains -= u32::from(chain && any(HardCase::GenerationChain));
            self.drafts.push(draft);
        }
        strays
    }

    /// Grown children at their parents'.
    fn grown_family(&mut self, kind: HouseholdType) {
        let oldest = if kind == ThreeGenerations { 32 } else { 58 };
        // Two draws: the younger one is the likelier to live at home.
        let ages = [self.draws.between(18, oldest), self.draws.between(18, oldest)];
        let want = if self.draws.chance(600) { ages[0].min(ages[1]) } else { ages[0] };
        let want = u8::try_from(want).expect("an age");
        // More sons than daughters stay at home, and more mothers than fathers grow old.
        let sex = if self.draws.chance(600) { Sex::Male } else { Sex::Female };
        let Some(age) = self.pool.take_near(sex, want, GROWN, 60) else { return };
        let children = *self.draws.pick(if kind == SingleParent { &[1, 1, 2] } else { &[1, 1, 1, 2, 2] });
        let wish = Wish { youngest: GROWN, twin: false, chain: false };
        match self.family(kind, (sex, age), children, wish) {
            Some(draft) => self.drafts.push(draft),
            None => self.drafts.push(Draft::new(Single, vec![member(sex, age, "世帯主")])),
        }
    }

    /// Parents, brothers and sisters, and for three generations grandparents, around the youngest child.
    /// `None` when there is no parent left. The kind is what came of it.
    fn family(&mut self, kind: HouseholdType, first: (Sex, u8), children: u32, wish: Wish) -> Option<Draft> {
        let alone = kind == SingleParent || (kind == ThreeGenerations && self.draws.chance(200));
        let mother = if alone && self.draws.chance(150) { None } else { self.mother_of(first.1) };
        let mut family = vec![first];
        let twin = wish.twin && self.pool.take(first.0, first.1);
        if twin {
            family.push(first);
        }
        self.siblings(&mut family, children, mother.unwrap_or(first.1 + 39), wish.youngest);
        let eldest = family.iter().map(|child| child.1).max().unwrap_or(first.1);
        let father = match mother {
            Some(_) if alone => None,
            Some(mother) => self.husband_of(mother, eldest + 19),
            None => self.pool.take_near(Sex::Male, first.1 + 32, eldest + 20, first.1 + 48),
        };
        if mother.is_none() && father.is_none() {
            self.give_back(&family[1..]);
            return None;
        }
        family.sort_by_key(|child| std::cmp::Reverse(child.1));
        let mut generations = vec![Generation { husband: father, wife: mother, descends: Sex::Male }];
        if kind == ThreeGenerations {
            self.elders(&mut generations);
            if wish.chain && generations.len() == 2 {
                self.great_grandmother(&mut generations);
            }
        }
        let mut draft = self.with_head(generations, &family);
        if twin {
            let twins = draft.members.iter_mut().filter(|m| (m.sex, m.age) == first && is_child(m));
            twins.for_each(|m| m.hard = Some(HardCase::Twins));
        }
        Some(draft)
    }

    fn mother_of(&mut self, child: u8) -> Option<u8> {
        let want = child + u8::try_from(self.draws.between(24, 35)).expect("an age");
        self.pool.take_near(Sex::Female, want, child + MOTHER.0, child + MOTHER.1)
    }

    /// Older brothers and sisters, two years apart or more, all of them of an age for `mother`.
    fn siblings(&mut self, family: &mut Vec<(Sex, u8)>, children: u32, mother: u8, youngest: u8) {
        while family.len() < children as usize {
            let last = family.last().expect("starts with one child").1.max(youngest);
            let want = last + u8::try_from(self.draws.between(2, 4)).expect("an age");
            let sex = *self.draws.pick(&BOTH);
            let high = (last + 7).min(mother - MOTHER.0);
            match self.pool.take_near(sex, want, last + 2, high) {
                Some(age) => family.push((sex, age)),
                None => return,
            }
        }
    }

    /// Mostly within ten years of his wife, rarely within fifteen; at least `least` years old.
    fn husband_of(&mut self, wife: u8, least: u8) -> Option<u8> {
        let least = least.max(GROWN);
        let want = wife.saturating_add_signed(i8::try_from(self.draws.between(-3, 6)).expect("small"));
        let near = self.pool.take_near(Sex::Male, want, least.max(wife.saturating_sub(10)), wife + 10);
        near.or_else(|| self.pool.take_near(Sex::Male, want, least.max(wife.saturating_sub(15)), wife + 15))
    }

    fn give_back(&mut self, people: &[(Sex, u8)]) {
        for &(sex, age) in people {
            self.pool.put(sex, age);
        }
    }

    /// Puts a generation above: his parents, seldom hers.
    fn elders(&mut self, generations: &mut Vec<Generation>) {
        let below = generations[0];
        let hers = below.husband.is_none() || (below.wife.is_some() && self.draws.chance(80));
        let (descends, child) = if hers { (Sex::Female, below.wife) } else { (Sex::Male, below.husband) };
        let child = child.expect("one of them is there");
        let both = self.draws.below(100);
        let wife = if both < 97 { self.mother_of(child) } else { None };
        let husband = match wife {
            Some(wife) if both < 52 => self.husband_of(wife, child + 20),
            Some(_) => None,
            None => self.pool.take_near(Sex::Male, child + 29, child + 21, child + 45),
        };
        if wife.is_some() || husband.is_some() {
            generations[0].descends = descends;
            generations.insert(0, Generation { husband, wife, descends: Sex::Male });
        }
    }

    /// Four generations under one roof.
    fn great_grandmother(&mut self, generations: &mut Vec<Generation>) {
        let below = generations[0];
        let (descends, child) = match below.husband {
            Some(age) => (Sex::Male, age),
            None => (Sex::Female, below.wife.expect("one of them is there")),
        };
        if let Some(wife) = self.pool.take_near(Sex::Female, child + 26, child + MOTHER.0, child + MOTHER.1) {
            generations[0].descends = descends;
            generations.insert(0, Generation { husband: None, wife: Some(wife), descends: Sex::Male });
        }
    }

    /// Chooses who is head (世帯主) and names the kind.
    fn with_head(&mut self, mut generations: Vec<Generation>, children: &[(Sex, u8)]) -> Draft {
        let middle = generations.last().copied().expect("there are parents");
        let kind = match (generations.len(), middle.husband.and(middle.wife)) {
            (1, Some(_)) => CoupleWithChildren,
            (1, None) => SingleParent,
            _ => ThreeGenerations,
        };
        let mut children = children;
        let parent = middle.wife.or(middle.husband).expect("one of them is there");
        if let (SingleParent, &[(sex, age)]) = (kind, children)
            && age >= 28
            && parent >= 65
            && self.draws.chance(600)
        {
            // A grown child who keeps house for an old parent is the head.
            let (husband, wife) = if sex == Sex::Male { (Some(age), None) } else { (None, Some(age)) };
            generations.push(Generation { husband, wife, descends: sex });
            children = &[];
        }
        let elder_heads = generations.len() == 3 || self.draws.chance(450);
        let at = if elder_heads && kind == ThreeGenerations { 0 } else { usize::from(generations.len() > 1) };
        let head = self.head_of(&generations[at]);
        let mut draft = Draft::family(kind, &generations, (at, head), children);
        if generations.len() == 3 {
            let deep = draft.members.iter_mut().filter(|m| m.relationship == "子の子の子");
            deep.for_each(|m| m.hard = Some(HardCase::GenerationChain));
        }
        draft
    }

    fn head_of(&mut self, generation: &Generation) -> Sex {
        match (generation.husband, generation.wife) {
            (Some(_), Some(_)) if self.draws.chance(940) => Sex::Male,
            (Some(_), None) => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// Couples without children; returns the men for whom no woman of their age was left.
    fn couples(&mut self) -> Vec<(Sex, u8)> {
        let mut bachelors = Vec::new();
        for _ in 0..self.wanted(Couple) {
            // Mostly people whose children have left; the families have taken most of the younger ones.
            let low = if self.draws.chance(750) { 62 } else { 22 };
            let Some((_, husband)) = self.pool.take_any(&[Sex::Male], low, 104, self.draws) else { continue };
            let want = husband.saturating_sub(self.draws.below(5).try_into().expect("small"));
            let low = husband.saturating_sub(10).max(20);
            let Some(wife) = self.pool.take_near(Sex::Female, want, low, husband + 10) else {
                bachelors.push((Sex::Male, husband));
                continue;
            };
            let couple = Generation { husband: Some(husband), wife: Some(wife), descends: Sex::Male };
            let head = self.head_of(&couple);
            let mut draft = Draft::family(Couple, &[couple], (0, head), &[]);
            if wife < 60 && self.draws.chance(40) {
                let word = if head == Sex::Male { "妻（未届）" } else { "夫（未届）" };
                let second = &mut draft.members[1];
                (second.relationship, second.other_name) = (word, true);
            }
            self.drafts.push(draft);
        }
        bachelors
    }

    /// People alone. With those left over later, 11 to 14 % of the people over 64 live so (the model's target).
    fn singles(&mut self) {
        let wanted = self.wanted(Single);
        let old = per_thousand(30, self.people);
        for nth in 0..wanted {
            let (low, high, women) = if nth < old { (65, 104, 800) } else { (GROWN, 64, 300) };
            let sex = if self.draws.chance(women) { Sex::Female } else { Sex::Male };
            if let Some((sex, age)) = self.pool.take_any(&[sex], low, high, self.draws) {
                self.drafts.push(Draft::new(Single, vec![member(sex, age, "世帯主")]));
            }
        }
    }

    /// Brothers and sisters, aunts, lodgers.
    fn relatives(&mut self) {
        let (relatives, lodgers) = (self.wanted(OtherRelatives), self.wanted(WithNonRelatives));
        for nth in 0..relatives + lodgers {
            let Some((sex, age)) = self.pool.take_any(&BOTH, 24, 88, self.draws) else { return };
            let mut members = vec![member(sex, age, "世帯主")];
            let lodger = nth >= relatives;
            let (low, high) =
                if lodger { (GROWN, 104) } else { (age.saturating_sub(12).max(GROWN), age + 12) };
            let want = age.saturating_add_signed(i8::try_from(self.draws.between(-8, 8)).expect("small"));
            let other = *self.draws.pick(&BOTH);
            if let Some(second) = self.pool.take_near(other, want, low, high) {
                let word = if lodger { "同居人" } else { sibling_word(other, second, age) };
                members.push(Member { other_name: lodger, ..member(other, second, word) });
            }
            let kind = match (members.len(), lodger) {
                (1, _) => Single,
                (_, true) => WithNonRelatives,
                (_, false) => OtherRelatives,
            };
            self.drafts.push(Draft::new(kind, members));
        }
    }

    /// A minor without parents lives with others.
    fn take_in(&mut self, sex: Sex, age: u8) {
        let lodger = Member { other_name: true, ..member(sex, age, "同居人") };
        match self.drafts.iter_mut().find(|draft| draft.kind == Couple || draft.kind == Single) {
            Some(draft) => {
                draft.kind = WithNonRelatives;
                draft.members.push(lodger);
            }
            None => self.drafts.push(Draft::new(Single, vec![member(sex, age, "世帯主")])),
        }
    }
}

/// What `family` is asked for beyond its kind.
struct Wish {
    /// No child below this age.
    youngest: u8,
    twin: bool,
    /// Four generations.
    chain: bool,
}

/// `n` for a thousand people, for this many.
pub(crate) fn per_thousand(n: u32, people: u32) -> u32 {
    (n * people + 500) / 1000
}

fn is_child(m: &Member) -> bool {
    m.father.is_some() || m.mother.is_some()
}

fn sibling_word(sex: Sex, age: u8, head: u8) -> &'static str {
    match (sex, age > head) {
        (Sex::Male, true) => "兄",
        (Sex::Male, false) => "弟",
        (Sex::Female, true) => "姉",
        (Sex::Female, false) => "妹",
    }
}
