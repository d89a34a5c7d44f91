//! Runs that failed, collapsed or ended in numbers that are not finite: an outcome of its own, counted in pairs and never
//! left out.

use serde::{Deserialize, Serialize};

use super::mcnemar::mcnemar_p;

/// Failed runs of both sides, over the pairs that have ended on both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Failures {
    /// Pairs that have ended on both sides.
    pub pairs: usize,
    pub arm: usize,
    pub baseline: usize,
    /// Pairs of which one side alone failed.
    pub on_one_side: usize,
    /// Two-sided p of the exact unconditional McNemar test: of all pairs, whether one side alone failed too often for sides that
    /// fail alike. 1 where no pair differs.
    pub p: f64,
}

impl Failures {
    /// Of `(baseline failed, arm failed)` for each pair.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut found = Self { pairs: 0, arm: 0, baseline: 0, on_one_side: 0, p: 1.0 };
        let mut both = 0;
        for (baseline, arm) in pairs {
            found.pairs += 1;
            found.baseline += usize::from(baseline);
            found.arm += usize::from(arm);
            both += usize::from(baseline && arm);
        }
        let (arm, baseline) = (found.arm - both, found.baseline - both);
        found.on_one_side = arm + baseline;
        found.p = mcnemar_p(found.pairs, arm, baseline);
        found
    }

    /// Whether one side fails more often than chance explains (p ≤ 0.05).
    pub fn differ(&self) -> bool {
        self.p <= 0.05
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // 6 of 6 against none: 2 · 2⁻⁶. Of 20, whose other pairs tell that few differ at all, five are enough.
        let found = Failures::of((0..6).map(|_| (true, false)));
        assert_eq!((found.baseline, found.arm, found.differ()), (6, 0, true));
        assert!((found.p - 2.0 / 64.0).abs() < 1e-12);
        let of_20 = |failed| Failures::of((0..20).map(|k| (false, k < failed)));
        assert_eq!((of_20(5).arm, of_20(5).differ(), of_20(4).differ()), (5, true, false));
        // Seeds that fail on both sides say nothing of the change.
        let found = Failures::of((0..20).map(|k| (k < 6, k < 6)));
        assert_eq!((found.p, found.differ(), found.on_one_side), (1.0, false, 0));
        let found = Failures::of((0..8).map(|k| (k < 3, (3..5).contains(&k))));
        assert_eq!((found.baseline, found.arm, found.on_one_side), (3, 2, 5));
        assert!(found.p > 0.5, "{}", found.p);
        assert_eq!(Failures::of([]), Failures { pairs: 0, arm: 0, baseline: 0, on_one_side: 0, p: 1.0 });
    }
}
