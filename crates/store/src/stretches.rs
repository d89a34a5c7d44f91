//! Of what the columns of a grid are made over some steps of an attempt: of the highest nodes that fit, of lower ones towards
//! the borders, and of values where a node would be split and for what is not compacted yet. Reads nothing itself.

use std::ops::Range;

use vitals_journal::StepRange;
use vitals_series::{Grid, node_steps};

use crate::compact::Compaction;

/// Which rows are read as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Compacted,
    /// Not compacted yet.
    Waiting,
}

/// Together they hold each row of a range that lies in the grid, once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stretches {
    /// A level, and its nodes.
    pub nodes: Vec<(u32, Range<u64>)>,
    pub values: Vec<(StepRange, Which)>,
}

impl Stretches {
    pub fn of(grid: Grid, range: StepRange, compacted: Option<Compaction>) -> Self {
        let mut found = Self::default();
        let from = range.from.max(grid.from);
        let to = range.to.map_or(grid.end(), |to| to.min(grid.end()));
        if to <= from {
            return found;
        }
        let inside = |from, to| StepRange { attempt: range.attempt, from, to: Some(to) };
        let (Some(level), Some(compacted)) = (grid.level(), compacted) else {
            found.values.push((inside(from, to), Which::All));
            return found;
        };
        // Higher levels first, each as far as it goes; level 0 behind them; values where a node is cut.
        let mut open = vec![(level, from, to.min(compacted.closed_to))];
        if level > 0 {
            open.push((0, from.max(compacted.closed_to), to));
        } else {
            open[0].2 = to;
        }
        while let Some((level, from, to)) = open.pop() {
            if to <= from {
                continue;
            }
            let size = node_steps(level);
            // Only nodes that lie inside as a whole.
            let (first, end) = (from.div_ceil(size), to / size);
            let mut rest = |from: u64, to: u64| match level {
                0 if from < to => found.values.push((inside(from, to), Which::Compacted)),
                0 => {}
                _ => open.push((level - 1, from, to)),
            };
            if first >= end {
                rest(from, to);
                continue;
            }
            rest(from, first * size);
            rest(end * size, to);
            found.nodes.push((level, first..end));
        }
        found.values.push((inside(from, to), Which::Waiting));
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Each step of the range that lies in the grid is in one node or one stretch of compacted values, and no other step is;
        /// no node is cut by a column, and none above level 0 lies where it is not written yet.
        #[test]
        fn each_step_is_read_once(
            from in 0_u64..100_000, steps in 1_u64..200_000, pixels in 1_u32..2_000, many in any::<bool>(),
            start in 0_u64..150_000, length in prop::option::of(0_u64..150_000), closed in 0_u64..25,
        ) {
            let grid = Grid::for_series(if many { 400 } else { 1 }, from, from + steps - 1, pixels);
            let range = StepRange { attempt: 1, from: start, to: length.map(|length| start + length) };
            let compacted = Compaction { chunks: 1, last_step: 0, closed_to: closed * 8192 };
            let found = Stretches::of(grid, range, Some(compacted));
            let inside = range.from.max(grid.from)..range.to.map_or(grid.end(), |to| to.min(grid.end()));
            let mut parts: Vec<(u64, u64)> = Vec::new();
            for (level, nodes) in &found.nodes {
                let size = node_steps(*level);
                prop_assert!(!nodes.is_empty() && grid.stride.is_multiple_of(size) && grid.from.is_multiple_of(size));
                prop_assert!(*level == 0 || nodes.end * size <= compacted.closed_to);
                parts.push((nodes.start * size, nodes.end * size));
            }
            for (range, which) in &found.values {
                if *which != Which::Waiting {
                    parts.push((range.from, range.to.unwrap()));
                }
            }
            parts.sort_unstable();
            let mut at = inside.start;
            for (from, to) in parts {
                prop_assert_eq!(from, at);
                prop_assert!(to > from);
                at = to;
            }
            prop_assert!(at == inside.end || inside.is_empty());
            let waiting = found.values.iter().filter(|(_, which)| *which == Which::Waiting).count();
            prop_assert_eq!(waiting, usize::from(!inside.is_empty() && grid.level().is_some()));
        }
    }
}
