//! Brings those who are left over into a household, or lets them live alone: each time whatever keeps the
//! block nearest to the shares of types and sizes that the household model has.
use base::Sex;

use crate::HouseholdType::{self, Couple, CoupleWithChildren, Single, SingleParent, ThreeGenerations};
use crate::compose::MOTHER;
use crate::draft::{Draft, Member, member};
use crate::tables::Tables;

/// Sizes of the model; the last one is seven and more.
const SIZES: usize = 7;

/// What a block has more of (or less, where negative) than the model asks of so many people, in households
/// times the model's mean size in thousandths: so every share stays a whole number.
pub(crate) struct Surplus {
    types: [i64; HouseholdType::ALL.len()],
    sizes: [i64; SIZES],
    /// One household.
    one: i64,
}

/// A household's type and size.
type Shape = (HouseholdType, usize);

impl Surplus {
    pub(crate) fn of(drafts: &[Draft], people: u32, tables: &Tables) -> Self {
        let wanted = |kind, key: &str| -i64::from(tables.household_rate(kind, key) * people);
        let mut surplus = Self {
            types: HouseholdType::ALL.map(|kind| wanted("type", kind.code())),
            sizes: std::array::from_fn(|at| wanted("size", &(at + 1).to_string())),
            one: i64::from(tables.mean_household()),
        };
        drafts.iter().for_each(|draft| surplus.change(None, shape(draft)));
        surplus
    }

    fn change(&mut self, from: Option<Shape>, to: Shape) {
        for (sign, (kind, size)) in from.map(|shape| (-1, shape)).into_iter().chain([(1, to)]) {
            self.types[kind as usize] += sign * self.one;
            self.sizes[size.min(SIZES) - 1] += sign * self.one;
        }
    }

    /// By how much the sum of squares grows when a household changes its shape, or a new one comes.
    fn cost(&self, from: Option<Shape>, to: Shape) -> i64 {
        let grows = |surplus: i64, by: i64| by * (2 * surplus + by);
        let mut cost = 0;
        if from.is_none_or(|from| from.0 != to.0) {
            cost += grows(self.types[to.0 as usize], self.one);
            cost += from.map_or(0, |from| grows(self.types[from.0 as usize], -self.one));
        }
        let size = |shape: Shape| shape.1.min(SIZES) - 1;
        if from.is_none_or(|from| size(from) != size(to)) {
            cost += grows(self.sizes[size(to)], self.one);
            cost += from.map_or(0, |from| grows(self.sizes[size(from)], -self.one));
        }
        cost
    }

    /// Settles one who is left over.
    pub(crate) fn settle(&mut self, drafts: &mut Vec<Draft>, sex: Sex, age: u8) {
        let alone = (Single, 1);
        let ways = drafts.iter().enumerate().filter_map(|(at, draft)| {
            let (kind, size) = shape(draft);
            let to = (joined(draft, age)?, size + 1);
            Some((self.cost(Some((kind, size)), to), at, to))
        });
        match ways.min_by_key(|&(cost, at, _)| (cost, at)) {
            Some((cost, at, to)) if cost < self.cost(None, alone) => {
                self.change(Some(shape(&drafts[at])), to);
                join(&mut drafts[at], to.0, sex, age);
            }
            _ => {
                self.change(None, alone);
                drafts.push(Draft::new(Single, vec![member(sex, age, "世帯主")]));
            }
        }
    }
}

fn shape(draft: &Draft) -> Shape {
    (draft.kind, draft.members.len())
}

/// What the household becomes when somebody of that age joins it as a child or as a parent of its head.
fn joined(draft: &Draft, age: u8) -> Option<HouseholdType> {
    let head = draft.members[0].age;
    if (MOTHER.0..=MOTHER.1).contains(&age.saturating_sub(head)) {
        match draft.kind {
            CoupleWithChildren => return Some(ThreeGenerations),
            Single => return Some(SingleParent),
            _ => {}
        }
    }
    let parents = parents(draft)?;
    let children = &draft.members[parents..];
    let old_enough = |parent: &Member| (MOTHER.0..=MOTHER.1).contains(&parent.age.saturating_sub(age));
    // Twins are made on purpose only.
    let apart = |child: &Member| child.age.abs_diff(age) >= 2;
    let fits = draft.members[..parents].iter().all(old_enough) && children.iter().all(apart);
    fits.then_some(if draft.kind == Couple { CoupleWithChildren } else { draft.kind })
}

/// How many parents stand at the beginning of a household that could have one more child.
fn parents(draft: &Draft) -> Option<usize> {
    match draft.kind {
        Couple if draft.members[1].relationship.ends_with("（未届）") => None,
        Couple | CoupleWithChildren => Some(2),
        // Where a grown child keeps house, the child is the head.
        SingleParent if draft.members[1].relationship == "子" => Some(1),
        _ => None,
    }
}

fn join(draft: &mut Draft, kind: HouseholdType, sex: Sex, age: u8) {
    let parent = age > draft.members[0].age;
    draft.kind = kind;
    if parent {
        let place = u8::try_from(draft.members.len()).ok();
        let (word, link) = match sex {
            Sex::Male => ("父", &mut draft.members[0].father),
            Sex::Female => ("母", &mut draft.members[0].mother),
        };
        *link = place;
        draft.members.push(member(sex, age, word));
        return;
    }
    let parents = parents(draft).expect("`joined` found room for a child");
    let place = |sex: Sex| draft.members[..parents].iter().position(|m| m.sex == sex);
    let [father, mother] =
        [Sex::Male, Sex::Female].map(|sex| place(sex).and_then(|at| u8::try_from(at).ok()));
    // Nobody's links lead to a child, so that those after the new one may move on.
    let older = draft.members[parents..].iter().take_while(|child| child.age > age).count();
    draft.members.insert(parents + older, Member { father, mother, ..member(sex, age, "子") });
}
