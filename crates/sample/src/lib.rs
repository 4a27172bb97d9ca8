//! Sample people (見本) for trials, lessons and tests: a whole city that never existed, with the towns of
//! Fujioka, the frequencies of real names, and 3 % hard cases on purpose (residents.md §15).
//!
//! People are made in blocks of a thousand. A block's households depend on the seed and the block alone,
//! each household's names and dates on the seed and the household's index: so the first 65,000 people are
//! the same in a city of 1,000,000. Only an unfinished last block differs from the same block when full.
mod compose;
mod csv;
mod draft;
mod draw;
mod foreign;
mod hard;
mod join;
mod place;
mod pool;
mod population;
mod quota;
mod settle;
mod tables;

use base::Date;

pub use csv::write_csv;
pub use population::{
    Domicile, DomicilePlace, Foreign, HardCase, Household, HouseholdType, Person, Population,
    SAMPLE_HOUSEHOLDS_FROM, SAMPLE_PERSONS_FROM,
};
pub use tables::{Municipality, Town};

/// Which population to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Exactly so many people.
    pub residents: u32,
    pub seed: u64,
    /// The day on which the ages are those of the model.
    pub on: Date,
}

/// People composed together.
const BLOCK: u32 = 1000;

/// The population of `spec`: the same for the same `spec`, on every machine.
pub fn generate(spec: Spec) -> Population {
    let tables = tables::tables();
    let sequence = quota::Sequence::new(&tables.ages);
    let mut settler = settle::Settler::new(spec, tables);
    for (block, from) in (0..spec.residents).step_by(BLOCK as usize).enumerate() {
        let people = BLOCK.min(spec.residents - from);
        let block = u32::try_from(block).expect("fewer blocks than people");
        let mut draws = draw::Draws::open(spec.seed, draw::Purpose::Compose, block);
        let pool = pool::Pool::fill(&tables.ages, &sequence.counts(from, people), &mut draws);
        let mut drafts = compose::Composer::new(tables, pool, &mut draws).compose();
        hard::mark(&mut drafts, people, tables, &mut draws);
        settler.settle(&drafts);
    }
    settler.population
}
