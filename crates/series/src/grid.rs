//! Where pixel columns lie when values come from stored pyramids: a whole number of steps each, and a whole number of
//! nodes where a column is wide enough to hold one, so that no node is ever split and the contract of [`crate::frame`]
//! holds exactly.

use serde::{Deserialize, Serialize};

/// Steps of a stored node; node k holds the steps from `k · NODE_STEPS`.
pub const NODE_STEPS: u64 = 32;

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
        let (to, pixels) = (to.max(from), u64::from(pixels.max(1)));
        let mut stride = (to - from).div_ceil(pixels).max(1);
        loop {
            if stride >= NODE_STEPS {
                stride = stride.next_multiple_of(NODE_STEPS);
            }
            // Columns at multiples of their width stand still while the window moves.
            let start = from - from % stride;
            let columns = (to - start) / stride + 1;
            if columns <= pixels {
                return Self { from: start, stride, columns: usize::try_from(columns).unwrap_or(1) };
            }
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

    /// Whether columns are made of whole nodes.
    pub fn is_of_nodes(&self) -> bool {
        self.stride.is_multiple_of(NODE_STEPS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_grid_holds_its_window_in_no_more_columns_than_asked_for(
            from in 0_u64..1_000_000, steps in 1_u64..1_000_000, pixels in 1_u32..3_000,
        ) {
            let to = from + steps - 1;
            let grid = Grid::new(from, to, pixels);
            prop_assert!(grid.columns >= 1 && grid.columns <= pixels as usize);
            prop_assert!(grid.from <= from && grid.end() > to);
            prop_assert_eq!(grid.column_of(from), Some(usize::try_from((from - grid.from) / grid.stride).unwrap()));
            prop_assert!(grid.column_of(to).is_some() && grid.column_of(grid.end()).is_none());
            // No coarser than half of what was asked for, but for what whole nodes take.
            let finest = steps.div_ceil(u64::from(pixels)).max(1);
            prop_assert!(grid.stride <= (2 * finest).max(finest + NODE_STEPS), "{:?}", grid);
            prop_assert!(grid.stride < NODE_STEPS || grid.is_of_nodes());
        }
    }
}
