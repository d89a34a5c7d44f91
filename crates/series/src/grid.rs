//! Where pixel columns lie when values come from stored pyramids, and the contract of what is drawn in them.
//!
//! Contract. A window of steps is cut into at most as many columns as there are pixels, a whole number of steps each, and
//! a whole number of stored nodes where a column is wide enough to hold one: no node is ever split. The columns begin at
//! or before the window and end behind it. Every value in force whose step lies in the columns is counted in exactly one
//! of them, and no other value is. Of each column, `count`, `nonfinite`, `min`, `max` (of finite values), `first`, `last`
//! and their steps equal those of the raw values exactly, whether they come from nodes or from raw values; `mean` equals
//! theirs up to rounding, to single precision where the series is. What is relative to the running median is kept to eight
//! bits of mantissa in nodes. So every stored extreme and every non-finite value of the window shows at every width.

use serde::{Deserialize, Serialize};

/// Steps of a stored node of the lowest level; node k holds the steps from `k · NODE_STEPS`.
pub const NODE_STEPS: u64 = 32;
/// Nodes in a node of the next level.
pub const NODE_FACTOR: u64 = 4;
/// The highest level of nodes.
pub const TOP_LEVEL: u32 = 5;

/// Values that a picture may read one by one; where a window holds more of them its columns are made of nodes.
const READABLE_VALUES: u64 = 500_000;

/// Steps of a node of `level`.
pub const fn node_steps(level: u32) -> u64 {
    NODE_STEPS * NODE_FACTOR.pow(level)
}

/// Columns over a window of steps. Column k holds the steps `from + k·stride` up to before `from + (k+1)·stride`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// At or before the window's first step.
    pub from: u64,
    pub stride: u64,
    pub columns: usize,
}

impl Grid {
    /// Over the steps `from..=to` in at most `pixels` columns; 0 counts as 1.
    pub fn new(from: u64, to: u64, pixels: u32) -> Self {
        Self::no_finer_than(1, from, to, pixels)
    }

    /// As [`Grid::new`] for as many series as `series`, but of whole nodes where the window holds more than
    /// [`READABLE_VALUES`] of their values: then none of them is read for a picture, and its columns may be wider than pixels.
    pub fn for_series(series: usize, from: u64, to: u64, pixels: u32) -> Self {
        let steps = to.max(from) - from + 1;
        let values = steps.saturating_mul(series as u64);
        let finest = if values > READABLE_VALUES { NODE_STEPS } else { 1 };
        Self::no_finer_than(finest, from, to, pixels)
    }

    fn no_finer_than(finest: u64, from: u64, to: u64, pixels: u32) -> Self {
        let (to, pixels) = (to.max(from), u64::from(pixels.max(1)));
        let mut stride = (to - from).div_ceil(pixels).max(finest);
        loop {
            stride = stride.next_multiple_of(unit(stride));
            // Columns at multiples of their width stand still while the window moves.
            let start = from - from % stride;
            let columns = (to - start) / stride + 1;
            if columns <= pixels {
                return Self { from: start, stride, columns: usize::try_from(columns).unwrap_or(1) };
            }
            // Starting at a multiple of the width can take one column more than there are pixels.
            stride += 1;
        }
    }

    /// First step behind the last column.
    pub fn end(&self) -> u64 {
        self.from.saturating_add(self.stride.saturating_mul(self.columns as u64))
    }

    /// The column of a step; `None` outside.
    pub fn column_of(&self, step: u64) -> Option<usize> {
        let column = usize::try_from(step.checked_sub(self.from)? / self.stride).ok()?;
        (column < self.columns).then_some(column)
    }

    /// The highest level whose nodes the columns are made of; `None` where a column is less than a node.
    pub fn level(&self) -> Option<u32> {
        (0..=TOP_LEVEL).rev().find(|&level| self.stride.is_multiple_of(node_steps(level)))
    }
}

/// What a column's width is a multiple of, so that it is made of few nodes and no more than half wider than asked for.
fn unit(stride: u64) -> u64 {
    if stride < NODE_STEPS {
        return 1;
    }
    (1..=TOP_LEVEL).rev().map(node_steps).find(|&steps| 2 * steps <= stride).unwrap_or(NODE_STEPS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_grid_holds_its_window_in_no_more_columns_than_asked_for(
            from in 0_u64..1_000_000, steps in 1_u64..1_000_000, pixels in prop_oneof![1_u32..4, 1_u32..3_000],
            series in 0_usize..400,
        ) {
            let to = from + steps - 1;
            let grid = Grid::for_series(series, from, to, pixels);
            prop_assert!(grid.columns >= 1 && grid.columns <= pixels as usize);
            prop_assert!(grid.from <= from && grid.end() > to);
            prop_assert_eq!(grid.column_of(from), Some(usize::try_from((from - grid.from) / grid.stride).unwrap()));
            prop_assert!(grid.column_of(to).is_some() && grid.column_of(grid.end()).is_none());
            // What can be read is drawn as finely as for one series.
            if steps * (series as u64).max(1) <= READABLE_VALUES {
                prop_assert_eq!(grid, Grid::new(from, to, pixels));
            }
            // Where columns begin at multiples of their width, one of them may hold a step alone, and a single one may have to begin
            // at 0. What whole nodes take widens them by a half.
            let (wanted, full) = if pixels == 1 { (to + 1, 1) } else { (steps, u64::from(pixels) - 1) };
            let widest = wanted.div_ceil(full);
            prop_assert!(grid.stride <= (widest + widest / 2).max(widest + NODE_STEPS), "{:?}", grid);
            match grid.level() {
                None => prop_assert!(grid.stride < NODE_STEPS && steps * series as u64 <= READABLE_VALUES, "{:?}", grid),
                Some(level) => {
                    prop_assert_eq!(grid.stride % node_steps(level), 0);
                    prop_assert_eq!(grid.from % node_steps(level), 0);
                    prop_assert!(grid.stride / node_steps(level) <= 8 || level == TOP_LEVEL, "{:?}", grid);
                }
            }
        }
    }
}
