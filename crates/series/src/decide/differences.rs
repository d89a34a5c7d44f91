//! Differences of pairs under normal noise: mean and its interval, the paired t test, and the test that there is no difference
//! that matters. Knows no runs and gives no verdict.

use crate::student::{student_t_quantile, student_t_tail};

/// What the t tests need of differences B − A.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differences {
    /// How many; at least 1.
    pub n: usize,
    pub mean: f64,
    /// Standard deviation (n − 1); 0 of one difference.
    pub sd: f64,
}

impl Differences {
    /// `None` of nothing, or of a value that is not finite.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        // Divided before they are added: finite values may have an infinite sum. From the first on: equal values have exactly
        // their value as mean, and no spread.
        let first = values[0];
        let mean = first + values.iter().map(|value| value / n as f64 - first / n as f64).sum::<f64>();
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let sd = if n == 1 { 0.0 } else { (squares / (n - 1) as f64).sqrt() };
        Some(Self { n, mean, sd })
    }

    fn freedom(&self) -> u64 {
        self.n.saturating_sub(1) as u64
    }

    /// Standard error of the mean.
    pub fn error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }

    /// Student's t of "the mean is 0"; infinite where all differences are the same and not 0.
    pub fn t(&self) -> f64 {
        if self.mean == 0.0 { 0.0 } else { self.mean / self.error() }
    }

    /// Two-sided p of the paired t test; 1 of a single pair, which says nothing of its spread.
    pub fn p(&self) -> f64 {
        if self.n < 2 {
            return 1.0;
        }
        2.0 * student_t_tail(self.t().abs(), self.freedom())
    }

    /// The interval of the mean that misses the truth at most as often as `level` says (0.05 for 95 %); all numbers of a
    /// single pair.
    pub fn interval(&self, level: f64) -> (f64, f64) {
        if self.n < 2 {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        let half = student_t_quantile(1.0 - level / 2.0, self.freedom()) * self.error();
        (self.mean - half, self.mean + half)
    }

    /// p of "the difference is as large as `smallest` or larger": two one-sided tests (Schuirmann 1987). At 0.05 the 90 %
    /// interval lies within ± `smallest`.
    pub(super) fn p_matters(&self, smallest: f64) -> f64 {
        let room = smallest - self.mean.abs();
        if self.n < 2 || room <= 0.0 {
            return 1.0;
        }
        if self.sd == 0.0 { 0.0 } else { student_t_tail(room / self.error(), self.freedom()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    #[test]
    fn by_hand() {
        let found = Differences::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((found.n, found.mean), (5, 3.0));
        assert!((found.sd - 2.5_f64.sqrt()).abs() < 1e-15);
        assert!((found.t() - 3.0 / 0.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn little_says_little() {
        let one = Differences::of(&[0.4]).unwrap();
        assert_eq!(
            (one.p(), one.p_matters(10.0), one.interval(0.05)),
            (1.0, 1.0, (f64::NEG_INFINITY, f64::INFINITY))
        );
        let rounded = Differences::of(&[0.503_399_99; 12]).unwrap();
        assert_eq!((rounded.mean, rounded.sd), (0.503_399_99, 0.0), "rounding is no spread");
        let same = Differences::of(&[0.5; 4]).unwrap();
        assert_eq!(
            (same.p(), same.p_matters(0.6), same.p_matters(0.5), same.interval(0.05)),
            (0.0, 0.0, 1.0, (0.5, 0.5))
        );
        assert_eq!(Differences::of(&[0.0; 4]).unwrap().p(), 1.0);
        assert_eq!((Differences::of(&[]), Differences::of(&[1.0, f64::NAN])), (None, None));
    }

    proptest! {
        #[test]
        fn p_and_intervals_are_those_of_statrs(values in prop::collection::vec(-5.0..6.0_f64, 2..30), smallest in 0.1..3.0_f64) {
            let found = Differences::of(&values).unwrap();
            let student = StudentsT::new(0.0, 1.0, (values.len() - 1) as f64).unwrap();
            prop_assert!((found.p() - 2.0 * student.sf(found.t().abs())).abs() < 1e-9);
            // The 90 % interval lies within the bounds exactly where both one-sided tests say so at 5 %.
            let (low, high) = found.interval(0.1);
            let p = found.p_matters(smallest);
            prop_assume!((p - 0.05).abs() > 1e-9);
            prop_assert_eq!(p < 0.05, -smallest < low && high < smallest);
            let one_sided = |t: f64| student.sf(t);
            let worse = one_sided((found.mean + smallest) / found.error()).max(one_sided((smallest - found.mean) / found.error()));
            prop_assert!((p - worse).abs() < 1e-9 || (p == 1.0 && worse >= 0.5));
        }
    }
}
