//! Stretches of steps at which some value is NaN or infinite: causal, streaming. Steps close to each other are one
//! stretch; which series were hit first is kept, since that is where to look.

use serde::{Deserialize, Serialize};

/// Finite steps that end a stretch.
const ENDS_AFTER: u64 = 3;
/// Names kept of the series that were hit.
const MOST_NAMES: usize = 12;

/// A stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonfinite {
    pub onset: u64,
    pub end: u64,
    /// Values, over all series.
    pub count: u64,
    /// The series hit, first ones first, at most a dozen.
    pub series: Vec<String>,
}

/// Finds stretches, one step after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct NonfiniteDetector {
    open: Option<Nonfinite>,
}

impl NonfiniteDetector {
    pub fn open(&self) -> Option<&Nonfinite> {
        self.open.as_ref()
    }

    /// Adds a step's non-finite series. Returns the stretch that this step has ended.
    pub fn push<'a>(&mut self, step: u64, names: impl Iterator<Item = &'a str>) -> Option<Nonfinite> {
        let over = self.open.as_ref().is_some_and(|open| step.saturating_sub(open.end) > ENDS_AFTER);
        let ended = if over { self.open.take() } else { None };
        for name in names {
            let open = self.open.get_or_insert_with(|| Nonfinite {
                onset: step,
                end: step,
                count: 0,
                series: Vec::new(),
            });
            open.end = open.end.max(step);
            open.count += 1;
            if open.series.len() < MOST_NAMES && !open.series.iter().any(|known| known == name) {
                open.series.push(name.to_owned());
            }
        }
        ended
    }

    pub fn finish(&mut self) -> Option<Nonfinite> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_steps_are_one_stretch() {
        let mut detector = NonfiniteDetector::default();
        let hit = |step: u64| matches!(step, 5 | 6 | 9 | 20);
        let mut found: Vec<Nonfinite> =
            (0..30).filter_map(|step| detector.push(step, hit(step).then_some("loss").into_iter())).collect();
        found.extend(detector.finish());
        let told: Vec<_> = found.iter().map(|one| (one.onset, one.end, one.count)).collect();
        assert_eq!(told, [(5, 9, 3), (20, 20, 1)]);
        assert_eq!(found[0].series, ["loss"]);
    }
}
