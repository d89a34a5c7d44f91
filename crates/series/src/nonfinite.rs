//! Stretches of steps at which some value is NaN or infinite: causal, streaming. They go on until the series that were hit
//! have been finite for some rows of their own, however seldom those are recorded; which series were hit first is kept,
//! since that is where to look.

use serde::{Deserialize, Serialize};

/// Finite rows of the series hit that end a stretch: a NaN in every twentieth row is one stretch.
const ENDS_AFTER: u64 = 100;
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

/// Finds stretches, one row after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct NonfiniteDetector {
    open: Option<Nonfinite>,
    /// Rows of series that were hit, since the last hit.
    finite_rows: u64,
}

impl NonfiniteDetector {
    pub fn open(&self) -> Option<&Nonfinite> {
        self.open.as_ref()
    }

    /// Adds a row: the names in it, each with whether its value is finite. Returns the stretch that it has ended.
    pub fn push<'a>(
        &mut self,
        step: u64,
        values: impl Iterator<Item = (&'a str, bool)>,
    ) -> Option<Nonfinite> {
        let (mut hit, mut touches) = (false, false);
        for (name, finite) in values {
            if finite {
                // Rows of other series say nothing about whether those that were hit have recovered.
                touches |=
                    self.open.as_ref().is_some_and(|open| open.series.iter().any(|known| known == name));
                continue;
            }
            hit = true;
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
        if hit {
            self.finite_rows = 0;
        } else if touches {
            self.finite_rows += 1;
        }
        if self.finite_rows >= ENDS_AFTER { self.finish() } else { None }
    }

    pub fn finish(&mut self) -> Option<Nonfinite> {
        self.finite_rows = 0;
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(rows: impl Iterator<Item = u64>, hit: impl Fn(u64) -> bool) -> Vec<(u64, u64, u64)> {
        let mut detector = NonfiniteDetector::default();
        let mut found: Vec<Nonfinite> = rows
            .filter_map(|step| detector.push(step, [("loss", !hit(step)), ("other", true)].into_iter()))
            .collect();
        found.extend(detector.finish());
        assert!(found.iter().all(|stretch| stretch.series == ["loss"]));
        found.iter().map(|one| (one.onset, one.end, one.count)).collect()
    }

    #[test]
    fn near_rows_are_one_stretch() {
        assert_eq!(stretches(0..300, |step| matches!(step, 5 | 6 | 9 | 200)), [(5, 9, 3), (200, 200, 1)]);
    }

    #[test]
    fn from_a_step_on_it_is_one_stretch_at_any_cadence() {
        assert_eq!(stretches(0..1000, |step| step >= 500), [(500, 999, 500)]);
        assert_eq!(stretches((0..1000).step_by(5), |step| step >= 500), [(500, 995, 100)]);
        assert_eq!(stretches(0..1000, |step| step >= 500 && step % 5 == 0), [(500, 995, 100)]);
        assert_eq!(stretches(0..1000, |step| step >= 500 && step % 20 == 0), [(500, 980, 25)]);
    }
}
