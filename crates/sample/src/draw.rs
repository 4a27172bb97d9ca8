//! Chance that repeats: numbers from a seed, a purpose and an index, the same on every machine.

/// What a stream is for; streams of different purposes never share numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Which people form households; the index is the block.
    Compose = 1,
    /// Names, dates and address; the index is the household.
    Household = 2,
}

/// A stream of draws. Draw `n` is a hash of the key and `n` (the finaliser of SplitMix64, Steele, Lea and
/// Flood 2014), so any stream can be opened without the ones before it.
pub(crate) struct Draws {
    key: u64,
    taken: u64,
}

/// 2^64 divided by the golden ratio: steps of it spread evenly.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Draws {
    pub(crate) fn open(seed: u64, purpose: Purpose, index: u32) -> Self {
        Self {
            key: mix(mix(seed ^ STEP).wrapping_add(((purpose as u64) << 32) | u64::from(index))),
            taken: 0,
        }
    }
    fn next(&mut self) -> u64 {
        self.taken += 1;
        mix(self.key.wrapping_add(self.taken.wrapping_mul(STEP)))
    }
    /// Evenly from `0..bound`; `bound` is at least 1. The bias is below 1 in a million for our bounds.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(((self.next() >> 32) * u64::from(bound)) >> 32).expect("less than the bound")
    }
    /// Evenly, both ends included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }
    /// True `per_mille` times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(u32::try_from(from.len()).expect("short lists")) as usize]
    }
    /// Every order with the same chance (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(u32::try_from(last + 1).expect("a block is small")) as usize);
        }
    }
    /// An index by running totals of weights.
    pub(crate) fn weighted(&mut self, totals: &[u32]) -> usize {
        let drawn = self.below(*totals.last().expect("a table has rows"));
        totals.partition_point(|&total| total <= drawn)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
