//! A robust yardstick: how far a value lies from the median of the values before it, in units of their spread.

use crate::smooth::RunningMedian;

/// 1 / Φ⁻¹(3/4): the median absolute deviation of normal noise times this is its standard deviation.
const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Median and spread of a trailing window.
#[derive(Debug, Clone)]
pub(crate) struct RobustBaseline {
    window: RunningMedian,
    least_spread: f64,
}

impl RobustBaseline {
    /// Over the last `window` finite values; a spread below `least_spread` counts as that much.
    pub fn new(window: usize, least_spread: f64) -> Self {
        Self { window: RunningMedian::new(window), least_spread }
    }

    /// Values in the window.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Adds a value; a non-finite one is ignored.
    pub fn push(&mut self, value: f64) {
        self.window.push(value);
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.window.clear();
    }

    /// The window's values, ascending.
    pub fn sorted(&self) -> &[f64] {
        self.window.sorted()
    }

    /// The window's values, oldest first.
    pub fn arrived(&self) -> impl Iterator<Item = f64> {
        self.window.arrived()
    }

    /// The middle of the values pushed so far; `None` before the first.
    pub fn median(&self) -> Option<f64> {
        self.window.median()
    }

    /// Median and 1.4826 · MAD of the values pushed so far; `None` before the first.
    pub fn scale(&self) -> Option<(f64, f64)> {
        let median = self.window.median()?;
        let spread = MAD_TO_SIGMA * median_deviation(self.window.sorted(), median);
        Some((median, spread.max(self.least_spread)))
    }
}

/// Median of |v − centre| over ascending values, of which there is one at least: the nearest half of them lies side by side,
/// and is found by bisection.
fn median_deviation(sorted: &[f64], centre: f64) -> f64 {
    // The median distance (of an even number the upper of two) is the largest of the n / 2 + 1 smallest.
    let half = sorted.len() / 2 + 1;
    let (mut first, mut last) = (0, sorted.len() - half);
    while first < last {
        let middle = usize::midpoint(first, last);
        // The window moves on while what leaves it lies farther off than what comes; `last` keeps it inside.
        if centre - sorted[middle] > sorted[middle + half] - centre {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    let nearest = &sorted[first..first + half];
    let (below, above) = (centre - nearest[0], nearest[half - 1] - centre);
    let at = below.max(above);
    if sorted.len() % 2 == 1 {
        return at;
    }
    // Of an even number the median lies between two distances: the other one is the second largest in the window.
    let before =
        if below > above { above.max(centre - nearest[1]) } else { below.max(nearest[half - 2] - centre) };
    f64::midpoint(before, at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smooth::median_of_sorted;

    proptest! {
        #[test]
        fn deviation_equals_sorting(values in prop::collection::vec(-10.0..10.0_f64, 1..60), centre in -12.0..12.0_f64) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mut deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
            deviations.sort_by(f64::total_cmp);
            let expected = median_of_sorted(&deviations).unwrap();
            prop_assert!((median_deviation(&sorted, centre) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_scale_of_known_noise() {
        let mut baseline = RobustBaseline::new(5, 0.0);
        assert_eq!(baseline.scale(), None);
        for value in [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN] {
            baseline.push(value);
        }
        // Median 3, MAD 1.
        assert_eq!(baseline.scale(), Some((3.0, MAD_TO_SIGMA)));
    }
}
