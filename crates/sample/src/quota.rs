//! How many people of each age cell the first n people hold, for every n.
use crate::tables::AgeCell;

/// The cell of person 0, 1, 2 …; after the model's total it starts again.
pub(crate) struct Sequence {
    cells: Vec<u8>,
    kinds: usize,
}

impl Sequence {
    /// Assigns the model's people one by one so that after n of them no cell is a whole person away from
    /// its share of n: the chairman assignment of Tijdeman (1980). Among the cells that may receive the next
    /// person without running ahead, the one whose deadline comes first gets it.
    pub(crate) fn new(ages: &[AgeCell]) -> Self {
        let total: i64 = ages.iter().map(|cell| i64::from(cell.people)).sum();
        let slack = 2 * i64::try_from(ages.len()).expect("42 cells") - 2;
        let mut given = vec![0_i64; ages.len()];
        let mut cells = Vec::new();
        for n in 1..=total {
            let due = |cell: usize| (i64::from(ages[cell].people) * n - given[cell] * total) * slack;
            let may = (0..ages.len()).filter(|&cell| due(cell) >= total);
            let deadline = |cell: usize| (total * (slack - 1) - due(cell), i64::from(ages[cell].people));
            let first = may.reduce(|best, cell| {
                let ((wait, share), (best_wait, best_share)) = (deadline(cell), deadline(best));
                if wait * best_share < best_wait * share { cell } else { best }
            });
            let first = first.expect("some cell is always due");
            given[first] += 1;
            cells.push(u8::try_from(first).expect("42 cells"));
        }
        Self { cells, kinds: ages.len() }
    }

    /// People of each cell among the persons `from..from + people`.
    pub(crate) fn counts(&self, from: u32, people: u32) -> Vec<u32> {
        let mut counts = vec![0; self.kinds];
        for person in from..from + people {
            counts[usize::from(self.cells[person as usize % self.cells.len()])] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tables;

    #[test]
    fn no_cell_is_ever_a_person_away() {
        let ages = &tables().ages;
        let total: i64 = ages.iter().map(|cell| i64::from(cell.people)).sum();
        let sequence = Sequence::new(ages);
        assert_eq!(sequence.cells.len(), 65_000);
        let mut given = vec![0_i64; ages.len()];
        for (n, &cell) in (1_i64..).zip(&sequence.cells) {
            given[usize::from(cell)] += 1;
            for (cell, &given) in ages.iter().zip(&given) {
                let away = (given * total - i64::from(cell.people) * n).abs();
                assert!(away < total, "{n}: {}-{} {given}", cell.sex, cell.from);
            }
        }
    }
}
