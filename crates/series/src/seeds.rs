//! One statement from several seeds: mean and its 95 % interval (Student's t), for a number and for a curve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::student::student_t_quantile;

/// A mean with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Finite values that it rests on.
    pub n: usize,
    pub mean: f64,
    /// Equal to `mean` when n is 1: one value says nothing of its spread, and n is shown beside it.
    pub low: f64,
    pub high: f64,
}

/// Mean of the finite values ± t(0.975, n−1) · s/√n. `None` without a finite value.
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let n = finite.len();
    if n == 0 {
        return None;
    }
    // Divided before they are added: finite values may have an infinite sum.
    let mean = finite.iter().map(|value| value / n as f64).sum::<f64>();
    let half = if n == 1 {
        0.0
    } else {
        let variance = finite.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        student_t_quantile(0.975, n as u64 - 1) * (variance / n as f64).sqrt()
    };
    Some(Interval { n, mean, low: mean - half, high: mean + half })
}

/// Mean and interval over the seeds at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BandPoint {
    pub step: u64,
    pub interval: Interval,
}

/// The mean curve of several seeds with its band: one point for each step at which any seed has a finite value, in
/// order. Each series is (steps, values), equally long; of a repeated step the last value counts.
pub fn seed_band(series: &[(&[u64], &[f64])]) -> Vec<BandPoint> {
    let mut by_step: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (steps, values) in series {
        let mut pairs = steps.iter().zip(*values).peekable();
        while let Some((&step, &value)) = pairs.next() {
            if pairs.peek().is_none_or(|(next, _)| **next != step) {
                by_step.entry(step).or_default().push(value);
            }
        }
    }
    by_step
        .into_iter()
        .filter_map(|(step, values)| mean_interval(&values).map(|interval| BandPoint { step, interval }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seeds_by_hand() {
        // Mean 3, s = √2.5, t(4) = 2.776445: half width 1.963243.
        let interval = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN]).unwrap();
        assert_eq!((interval.n, interval.mean), (5, 3.0));
        assert!((interval.high - 4.963_243).abs() < 1e-6 && (interval.low - 1.036_757).abs() < 1e-6);
        assert_eq!(mean_interval(&[f64::NAN]), None);
        assert_eq!(mean_interval(&[2.0]), Some(Interval { n: 1, mean: 2.0, low: 2.0, high: 2.0 }));
    }

    #[test]
    fn a_band_says_how_many_seeds_it_rests_on() {
        let band = seed_band(&[(&[0, 1, 2], &[1.0, 2.0, f64::NAN]), (&[0, 1, 1, 5], &[3.0, 9.0, 4.0, 7.0])]);
        let text: Vec<_> = band.iter().map(|p| (p.step, p.interval.n, p.interval.mean)).collect();
        assert_eq!(text, [(0, 2, 2.0), (1, 2, 3.0), (5, 1, 7.0)]);
    }
}
