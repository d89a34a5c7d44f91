//! Which attempt's values count: attempt k supersedes all earlier attempts from its own first step on. Retry, resume
//! and rewind are this one rule. A pure function, used by the check, the ingest and the store.

use serde::{Deserialize, Serialize};

/// An attempt and the first step that it trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStart {
    pub attempt: u32,
    pub first_step: u64,
}

/// The steps of one attempt that are in force: `from..to`, without end when `to` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRange {
    pub attempt: u32,
    pub from: u64,
    pub to: Option<u64>,
}

impl StepRange {
    pub fn contains(&self, step: u64) -> bool {
        step >= self.from && self.to.is_none_or(|to| step < to)
    }
}

/// The steps of each attempt that are in force, in order of attempt. The ranges are disjoint and ascend; an attempt
/// that was wholly superseded has an empty range. The first attempt counts from step 0, whatever it declares.
pub fn in_force(starts: &[AttemptStart]) -> Vec<StepRange> {
    let mut starts = starts.to_vec();
    starts.sort_by_key(|start| start.attempt);
    let mut ranges = Vec::with_capacity(starts.len());
    let mut to: Option<u64> = None;
    for (place, start) in starts.iter().enumerate().rev() {
        let from = if place == 0 { 0 } else { start.first_step };
        ranges.push(StepRange { attempt: start.attempt, from, to });
        to = Some(to.map_or(start.first_step, |to| to.min(start.first_step)));
    }
    ranges.reverse();
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(first_steps: &[u64]) -> Vec<(u64, Option<u64>)> {
        let starts: Vec<_> = first_steps
            .iter()
            .zip(1..)
            .map(|(&first_step, attempt)| AttemptStart { attempt, first_step })
            .collect();
        in_force(&starts).iter().map(|range| (range.from, range.to)).collect()
    }

    #[test]
    fn table() {
        assert_eq!(ranges(&[0]), [(0, None)]);
        assert_eq!(ranges(&[0, 400]), [(0, Some(400)), (400, None)]);
        // A rewind to 200 leaves nothing of the attempt that began at 400.
        assert_eq!(ranges(&[0, 400, 200]), [(0, Some(200)), (400, Some(200)), (200, None)]);
        // A retry from the start.
        assert_eq!(ranges(&[0, 0]), [(0, Some(0)), (0, None)]);
        assert_eq!(ranges(&[]), []);
    }

    proptest! {
        /// The slow reference reads as the sentence of the contract.
        #[test]
        fn agrees_with_the_sentence(first_steps in prop::collection::vec(0_u64..30, 1..6), step in 0_u64..40) {
            let in_force = ranges(&first_steps);
            for (k, &(from, to)) in in_force.iter().enumerate() {
                let own = k == 0 || step >= first_steps[k];
                let superseded = first_steps[k + 1..].iter().any(|&later| step >= later);
                let contains = StepRange { attempt: 0, from, to }.contains(step);
                prop_assert_eq!(contains, own && !superseded, "attempt {} at step {}", k + 1, step);
            }
        }
    }
}
