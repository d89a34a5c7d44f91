//! A run's own pace, from its records, and the silence that it does not explain. Pure: a slow run is not a stalled one.

use std::collections::VecDeque;
use std::time::Duration;

/// Recent intervals that are kept.
const WINDOW: usize = 64;
/// Before a second step is recorded: reading a data set, building a large model.
const BEFORE_PACE: Duration = Duration::from_secs(600);
const CEILING: Duration = Duration::from_secs(3600);

/// The seconds between a run's steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    last: Option<(u64, f64)>,
    intervals: VecDeque<f64>,
}

impl Pace {
    /// Takes note of a recorded row. Rows of a step that was seen before, or of an earlier one, say nothing of the pace.
    pub(crate) fn observe(&mut self, step: u64, elapsed_secs: f64) {
        if let Some((last_step, last_elapsed)) = self.last {
            if step <= last_step {
                return;
            }
            let interval = elapsed_secs - last_elapsed;
            if interval.is_finite() && interval >= 0.0 {
                if self.intervals.len() == WINDOW {
                    self.intervals.pop_front();
                }
                self.intervals.push_back(interval);
            }
        }
        self.last = Some((step, elapsed_secs));
    }

    /// Median seconds between steps; `None` before two steps.
    fn median_secs(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.intervals.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// How long a silence must last to be a stall: twenty usual steps or three times the longest pause of late
    /// (an evaluation, a checkpoint), whichever is longer, and at least `floor`.
    pub(crate) fn stall_after(&self, floor: Duration) -> Duration {
        let Some(median) = self.median_secs() else { return BEFORE_PACE.max(floor) };
        let longest = self.intervals.iter().copied().fold(0.0, f64::max);
        let secs = (20.0 * median).max(3.0 * longest).min(CEILING.as_secs_f64());
        Duration::from_secs_f64(secs).max(floor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stall_after(rows: &[(u64, f64)]) -> f64 {
        let mut pace = Pace::default();
        for &(step, elapsed) in rows {
            pace.observe(step, elapsed);
        }
        pace.stall_after(Duration::from_secs(5)).as_secs_f64()
    }

    #[test]
    fn table() {
        let steps = |secs: f64| (0..50).map(|n| (n, n as f64 * secs)).collect::<Vec<_>>();
        assert_eq!(stall_after(&[]), 600.0);
        assert_eq!(stall_after(&[(0, 1.0)]), 600.0);
        assert_eq!(stall_after(&steps(0.1)), 5.0, "the floor");
        assert_eq!(stall_after(&steps(2.0)), 40.0, "twenty steps");
        assert_eq!(stall_after(&steps(1000.0)), 3600.0, "the ceiling");
        let evaluation = [steps(0.5), vec![(50, 54.5)]].concat();
        assert_eq!(stall_after(&evaluation), 90.0, "three times a pause of 30 s");
    }

    #[test]
    fn several_streams_at_one_step_are_one_step() {
        let rows: Vec<_> = (0..20).flat_map(|n| [(n, n as f64), (n, n as f64 + 0.01)]).collect();
        assert_eq!(stall_after(&rows), 20.0);
    }

    proptest! {
        #[test]
        fn never_below_the_floor_and_never_without_end(rows in prop::collection::vec((0_u64..100, any::<f64>()), 0..100)) {
            let secs = stall_after(&rows);
            prop_assert!((5.0..=3600.0).contains(&secs));
        }
    }
}
