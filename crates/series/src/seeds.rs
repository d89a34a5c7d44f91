//! One statement from several seeds: mean and its 95 % interval (Student's t), for a number and for a curve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::grid::Grid;
use crate::student::student_t_quantile;
use crate::summary::Summary;

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
    interval(values, t_975)
}

/// t(0.975, n−1).
fn t_975(n: usize) -> f64 {
    student_t_quantile(0.975, n as u64 - 1)
}

fn interval(values: &[f64], t: impl FnOnce(usize) -> f64) -> Option<Interval> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let n = finite().count();
    if n == 0 {
        return None;
    }
    // Divided before they are added: finite values may have an infinite sum.
    let mean = finite().map(|value| value / n as f64).sum::<f64>();
    let half = if n == 1 {
        0.0
    } else {
        let variance = finite().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        t(n) * (variance / n as f64).sqrt()
    };
    Some(Interval { n, mean, low: mean - half, high: mean + half })
}

/// What the seeds of an arm have in one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArmColumn {
    /// First step at which any seed has a value.
    pub first_step: u64,
    /// Over the seeds, of each one's mean in the column; `None` where no value is finite.
    pub interval: Option<Interval>,
    /// Least and greatest finite value of any seed; NaN where there is none.
    pub min: f64,
    pub max: f64,
    /// Values of any seed that are NaN or infinite.
    pub nonfinite: u64,
    /// Values of all seeds.
    pub count: u64,
}

/// The mean curve of several seeds with its band, one for each column of `grid` in which any seed has a value, in order. `seeds`
/// are the columns of each on that grid; empty ones may be left out. A seed that has ended is missing from the n of what follows.
pub fn arm_columns(seeds: &[&[Summary]], grid: Grid) -> Vec<ArmColumn> {
    let mut by_column: Vec<(Summary, Vec<f64>)> = vec![(Summary::EMPTY, Vec::new()); grid.columns];
    for column in seeds.iter().copied().flatten().filter(|column| column.count > 0) {
        let Some((all, means)) = grid.column_of(column.first_step).and_then(|at| by_column.get_mut(at))
        else {
            continue;
        };
        // Merging tells the first value from the last by their order, which seeds do not have.
        all.first_step =
            if all.count == 0 { column.first_step } else { all.first_step.min(column.first_step) };
        (all.min, all.max) = (all.min.min(column.min), all.max.max(column.max));
        all.count += column.count;
        all.nonfinite += column.nonfinite;
        means.push(column.mean());
    }
    // A quantile is found by bisection, which takes longer than all else of a column; a curve has few different n.
    let mut quantiles: BTreeMap<usize, f64> = BTreeMap::new();
    let mut t = |n| *quantiles.entry(n).or_insert_with(|| t_975(n));
    let column = |(all, means): (Summary, Vec<f64>)| {
        let (min, max) = if all.finite() > 0 { (all.min, all.max) } else { (f64::NAN, f64::NAN) };
        let (first_step, nonfinite, count) = (all.first_step, all.nonfinite, all.count);
        ArmColumn { first_step, interval: interval(&means, &mut t), min, max, nonfinite, count }
    };
    by_column.into_iter().filter(|(all, _)| all.count > 0).map(column).collect()
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
        let cut = |steps: &[u64], values: &[f64], grid: Grid| -> Vec<Summary> {
            let mut columns = vec![Summary::EMPTY; grid.columns];
            for (&step, &value) in steps.iter().zip(values) {
                columns[grid.column_of(step).unwrap()].push(step, value);
            }
            columns
        };
        let grid = Grid { from: 0, stride: 2, columns: 4 };
        let one = cut(&[0, 1, 2, 6], &[1.0, 3.0, f64::NAN, f64::INFINITY], grid);
        let other = cut(&[1, 2, 3], &[9.0, 4.0, 6.0], grid);
        let columns = arm_columns(&[&one, &other], grid);
        let told = |column: &ArmColumn| {
            let interval = column.interval.map(|found| (found.n, found.mean));
            (column.first_step, interval, column.min, column.max, column.nonfinite, column.count)
        };
        let found: Vec<_> = columns.iter().map(told).collect();
        assert_eq!(
            found[..2],
            [(0, Some((2, 5.5)), 1.0, 9.0, 0, 3), (2, Some((1, 5.0)), 4.0, 6.0, 1, 3)],
            "of each seed one mean: 2 and 9, then 5 of the other alone"
        );
        assert_eq!((found.len(), found[2].0, found[2].1, found[2].4), (3, 6, None, 1));
        assert!(found[2].2.is_nan() && found[2].3.is_nan());
    }
}
