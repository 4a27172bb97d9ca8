//! The people of a block before they belong to a household: how many of each sex and age.
use base::Sex;

use crate::draw::Draws;
use crate::tables::AgeCell;

/// Nobody in the model is older than 104.
const AGES: usize = 105;

pub(crate) struct Pool {
    counts: [[u32; AGES]; 2],
}

impl Pool {
    /// Spreads each cell over its single years of age: evenly, past 100 ever fewer.
    pub(crate) fn fill(ages: &[AgeCell], counts: &[u32], draws: &mut Draws) -> Self {
        let mut pool = Self { counts: [[0; AGES]; 2] };
        for (cell, &people) in ages.iter().zip(counts) {
            for _ in 0..people {
                let year = if cell.from == 100 { draws.below(5).min(draws.below(5)) } else { draws.below(5) };
                pool.counts[cell.sex as usize][usize::from(cell.from) + year as usize] += 1;
            }
        }
        pool
    }

    /// Takes somebody of exactly this age.
    pub(crate) fn take(&mut self, sex: Sex, age: u8) -> bool {
        let left = self.counts[sex as usize].get_mut(usize::from(age));
        left.filter(|left| **left > 0).map(|left| *left -= 1).is_some()
    }

    pub(crate) fn put(&mut self, sex: Sex, age: u8) {
        self.counts[sex as usize][usize::from(age)] += 1;
    }

    /// Takes the one in `low..=high` whose age is nearest to `want`.
    pub(crate) fn take_near(&mut self, sex: Sex, want: u8, low: u8, high: u8) -> Option<u8> {
        let found = (low..=high.min(104)).filter(|&age| self.counts[sex as usize][usize::from(age)] > 0);
        let age = found.min_by_key(|age| age.abs_diff(want))?;
        self.take(sex, age).then_some(age)
    }

    /// Takes anybody in `low..=high`, each person with the same chance.
    pub(crate) fn take_any(
        &mut self,
        sexes: &[Sex],
        low: u8,
        high: u8,
        draws: &mut Draws,
    ) -> Option<(Sex, u8)> {
        let range = usize::from(low)..=usize::from(high.min(104));
        let sum = |sex: Sex| self.counts[sex as usize][range.clone()].iter().sum::<u32>();
        let people: u32 = sexes.iter().map(|&sex| sum(sex)).sum();
        if people == 0 {
            return None;
        }
        let mut rest = draws.below(people);
        for &sex in sexes {
            for age in low..=high.min(104) {
                let here = self.counts[sex as usize][usize::from(age)];
                if rest < here {
                    return self.take(sex, age).then_some((sex, age));
                }
                rest -= here;
            }
        }
        None
    }

    /// Takes one of the youngest people below `limit`.
    pub(crate) fn take_youngest(&mut self, limit: u8, draws: &mut Draws) -> Option<(Sex, u8)> {
        let any = |age: &u8| self.counts.iter().any(|of_sex| of_sex[usize::from(*age)] > 0);
        let age = (0..limit).find(any)?;
        self.take_any(&[Sex::Male, Sex::Female], age, age, draws)
    }

    pub(crate) fn people(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }
}
