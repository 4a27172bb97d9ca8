//! 秘匿: which figures below city level are not told, and which others with them, so that nobody computes them back.
//!
//! What is published: for each town its residents by sex, its households, and its residents by sex and age band; for
//! the city the same, in full. So three sums tie the cells: the bands of a town and sex give its total, the towns of a
//! band and sex give the city's figure, the towns' totals give the city's. Nothing else is published below city level
//! (no band over both sexes, no wider bands), and so men and women are two tables that know nothing of each other.
//!
//! 1. [`small_towns`]: a town with a total under the threshold tells nothing at all. Such towns are told together in
//!    one row (合算), which takes further towns until it holds two at least and no total of its own is small.
//! 2. [`hidden`]: in the table of the rows that are left, each cell under the threshold is hidden, and with it a
//!    rectangle of hidden cells around which residents can be shifted: whoever knows every published figure and the
//!    rule itself finds other populations with the same published figures and another number in that cell. Where the
//!    others allow it, the shift is so large that not even the smallness of the cell is certain.

/// Towns that tell nothing of their own. `totals`: men, women and households of each town.
pub(crate) fn small_towns(totals: &[[i64; 3]], smallest: i64) -> Vec<bool> {
    let mut small: Vec<bool> = totals.iter().map(|town| town.iter().any(|total| *total < smallest)).collect();
    let mut others: Vec<usize> = (0..totals.len()).filter(|town| !small[*town]).collect();
    others.sort_by_key(|town| totals[*town].iter().sum::<i64>());
    let mut others = others.into_iter();
    while small.contains(&true) && !stands(totals, &small, smallest) {
        let Some(next) = others.next() else { break };
        small[next] = true;
    }
    small
}

/// Two towns at least, and no total of them together that is small.
fn stands(totals: &[[i64; 3]], small: &[bool], smallest: i64) -> bool {
    let of = |part: usize| {
        totals.iter().zip(small).filter(|(_, is)| **is).map(|(town, _)| town[part]).sum::<i64>()
    };
    small.iter().filter(|is| **is).count() >= 2 && (0..3).all(|part| of(part) >= smallest)
}

/// Cells that are not told. A row is a town, a column an age band; the sums of rows and columns are published.
///
/// A column in which the city itself has nobody is told: its zeros are known from the city's figure. So is a single
/// row, which is the city.
pub(crate) fn hidden(cells: &[Vec<i64>], smallest: i64) -> Vec<Vec<bool>> {
    let columns = cells.first().map_or(0, Vec::len);
    let mut hidden = vec![vec![false; columns]; cells.len()];
    if cells.len() < 2 {
        return hidden;
    }
    let known: Vec<bool> = (0..columns).map(|j| cells.iter().all(|row| row[j] == 0)).collect();
    let mut small: Vec<(i64, usize, usize)> = Vec::new();
    for (i, row) in cells.iter().enumerate() {
        small.extend((0..columns).filter(|j| !known[*j] && row[*j] < smallest).map(|j| (row[j], i, j)));
    }
    for (_, i, j) in &small {
        hidden[*i][*j] = true;
    }
    small.sort_unstable();
    for (_, i, j) in small {
        let corner = protect(cells, &hidden, (i, j), smallest);
        if let Some((other_row, other_column)) = corner {
            hidden[i][other_column] = true;
            hidden[other_row][j] = true;
            hidden[other_row][other_column] = true;
        }
    }
    hidden
}

/// The opposite corner of the best rectangle around a small cell. There is one wherever two rows have residents and the
/// column is not the city's zero: the cell can rise where its row and its column have somebody elsewhere, and where its
/// column has nobody else it can fall.
fn protect(
    cells: &[Vec<i64>],
    hidden: &[Vec<bool>],
    (i, j): (usize, usize),
    smallest: i64,
) -> Option<(usize, usize)> {
    let mut best: Option<((u8, i64), (usize, usize))> = None;
    for other_row in (0..cells.len()).filter(|row| *row != i) {
        for other_column in (0..cells[i].len()).filter(|column| *column != j) {
            let rise = cells[i][other_column].min(cells[other_row][j]);
            let fall = cells[i][j].min(cells[other_row][other_column]);
            let way = match (rise, fall) {
                (rise, _) if rise >= smallest - cells[i][j] => 0,
                (1.., _) => 1,
                (_, 1..) => 2,
                _ => continue,
            };
            let corners = [(i, other_column), (other_row, j), (other_row, other_column)];
            let cost =
                corners.iter().filter(|(r, c)| !hidden[*r][*c]).map(|(r, c)| cells[*r][*c] + 1).sum::<i64>();
            if (way, cost) == (0, 0) {
                return Some((other_row, other_column));
            }
            if best.is_none_or(|(found, _)| (way, cost) < found) {
                best = Some(((way, cost), (other_row, other_column)));
            }
        }
    }
    best.map(|(_, corner)| corner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An attacker who knows all published figures and every cell that is told: can the hidden cell be another number?
    /// Residents can be shifted around any circle of hidden cells, up and down by turns; so a cell can rise by one
    /// exactly if a way leads from its column back to its row over cells that fall (and hold somebody) and rise by turns.
    fn can_move(cells: &[Vec<i64>], hidden: &[Vec<bool>], (i, j): (usize, usize), rises: bool) -> bool {
        if !rises && cells[i][j] == 0 {
            return false;
        }
        let may = |row: usize, column: usize, falls: bool| {
            hidden[row][column] && (row, column) != (i, j) && (!falls || cells[row][column] > 0)
        };
        let (mut rows, mut columns) = (vec![false; cells.len()], vec![false; cells[0].len()]);
        columns[j] = true;
        loop {
            let before = (rows.clone(), columns.clone());
            for (row, found) in rows.iter_mut().enumerate() {
                for (column, reached) in columns.iter_mut().enumerate() {
                    // In a column that has one too many (or too few) another cell makes up for it, then its row must.
                    *found |= *reached && may(row, column, rises);
                    *reached |= *found && row != i && may(row, column, !rises);
                }
            }
            if rows[i] {
                return true;
            }
            if before == (rows.clone(), columns.clone()) {
                return false;
            }
        }
    }

    #[track_caller]
    fn check(cells: &[Vec<i64>], smallest: i64) {
        let hidden = hidden(cells, smallest);
        for (i, row) in cells.iter().enumerate() {
            for (j, cell) in row.iter().enumerate() {
                let city = cells.iter().map(|row| row[j]).sum::<i64>();
                if *cell < smallest && city > 0 {
                    assert!(hidden[i][j], "({i}, {j}) is small and told: {cells:?}");
                }
                if hidden[i][j] {
                    let moves =
                        can_move(cells, &hidden, (i, j), true) || can_move(cells, &hidden, (i, j), false);
                    assert!(moves, "({i}, {j}) can be computed: {cells:?} {hidden:?}");
                }
            }
        }
    }

    /// Rows with a total that may be told, as [`small_towns`] leaves them.
    fn tables() -> impl Strategy<Value = Vec<Vec<i64>>> {
        let cell = prop_oneof![3 => Just(0), 3 => 0..4_i64, 2 => 3..40_i64];
        (2..7_usize, 2..7_usize).prop_flat_map(move |(rows, columns)| {
            let row = prop::collection::vec(cell.clone(), columns)
                .prop_filter("a row that is told", |row| row.iter().sum::<i64>() >= 3);
            prop::collection::vec(row, rows)
        })
    }

    proptest! {
        #[test]
        fn no_hidden_cell_can_be_computed(cells in tables(), smallest in 1..4_i64) {
            check(&cells, smallest);
        }

        #[test]
        fn small_towns_are_told_together_or_not_at_all(
            totals in prop::collection::vec(prop::array::uniform3(0..12_i64), 1..8), smallest in 1..6_i64,
        ) {
            let small = small_towns(&totals, smallest);
            for (town, is_small) in totals.iter().zip(&small) {
                prop_assert!(*is_small || town.iter().all(|total| *total >= smallest));
            }
            let told = small.iter().any(|is| !is);
            prop_assert!(!small.contains(&true) || !told || stands(&totals, &small, smallest));
        }
    }

    #[test]
    fn one_small_cell_takes_three_others_with_it() {
        let cells = [vec![1, 20, 30], vec![9, 8, 40], vec![50, 60, 70]];
        let expected = [vec![true, true, false], vec![true, true, false], vec![false; 3]];
        assert_eq!(hidden(&cells, 3), expected);
        check(&cells, 3);
    }

    #[test]
    fn an_unprotected_cell_is_found_by_the_attacker_of_these_tests() {
        let cells = [vec![1, 20], vec![9, 8]];
        let only = [vec![true, false], vec![false, false]];
        assert!(!can_move(&cells, &only, (0, 0), true) && !can_move(&cells, &only, (0, 0), false));
        // Two hidden zeros whose sum is told are known, too.
        let (zeros, pair) = ([vec![0, 0, 5], vec![4, 6, 7]], [vec![true, true, false], vec![false; 3]]);
        assert!(!can_move(&zeros, &pair, (0, 0), true) && !can_move(&zeros, &pair, (0, 0), false));
    }

    #[test]
    fn the_citys_own_zeros_and_a_single_row_are_told() {
        assert_eq!(hidden(&[vec![0, 5], vec![0, 9]], 3), [[false, false], [false, false]]);
        assert_eq!(hidden(&[vec![1, 5]], 3), [[false, false]]);
    }
}
