//! How many pairs would be enough: the power of the paired t test (its noncentral distribution by numerical integration),
//! and the chance that some more pairs will settle a question, given those that are there.

use super::normal::tail;
use crate::student::student_t_quantile;

/// The power that is planned for.
const POWER: f64 = 0.8;
/// More pairs than this are never proposed.
const MOST: usize = 2000;
/// Points of the integral over the standard deviation (odd, for Simpson's rule).
const POINTS: usize = 201;

/// Chance that the two-sided paired t test of `n` pairs is significant at `level` where the truth is `effect` standard
/// deviations of a difference.
pub fn power(n: usize, effect: f64, level: f64) -> f64 {
    if n < 2 {
        return 0.0;
    }
    let v = (n - 1) as f64;
    let bound = student_t_quantile(1.0 - level / 2.0, n as u64 - 1);
    let shift = effect * (n as f64).sqrt();
    // Given s = sd/σ, t = (Z + shift)/s. Density of s: that of √(χ²(v)/v), whose constant cancels; it lies within
    // 6 standard deviations of 1 or below.
    let end = 1.0 + 6.0 / (2.0 * v).sqrt();
    let (mut sum, mut weights) = (0.0, 0.0);
    for k in 0..POINTS {
        let s = end * k as f64 / (POINTS - 1) as f64;
        let simpson = if k == 0 || k == POINTS - 1 {
            1.0
        } else if k % 2 == 1 {
            4.0
        } else {
            2.0
        };
        // As a logarithm taken from its peak, since powers of many pairs underflow; s⁰ is 1 at 0, too.
        let power_of_s = if v == 1.0 { 0.0 } else { (v - 1.0) * s.ln() };
        let weight = simpson * (power_of_s - v * (s * s - 1.0) / 2.0).exp();
        sum += weight * (tail(bound * s - shift) + tail(bound * s + shift));
        weights += weight;
    }
    sum / weights
}

/// The least number of pairs with [`POWER`] for `effect` standard deviations at `level`; `None` beyond two thousand.
pub fn pairs_needed(effect: f64, level: f64) -> Option<usize> {
    let enough = |n: &usize| power(*n, effect, level) >= POWER;
    if effect <= 0.0 || !enough(&MOST) {
        return None;
    }
    let (mut low, mut high) = (1, MOST);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if enough(&middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    #[test]
    fn the_published_numbers_of_pairs() {
        // Two-sided 0.05, power 0.8, paired t: G*Power 3.1, "difference from constant".
        for (effect, n) in [(0.5, 34), (0.75, 16), (1.0, 10), (1.5, 6), (2.0, 5)] {
            assert_eq!(pairs_needed(effect, 0.05), Some(n), "{effect}");
        }
        assert_eq!(
            (pairs_needed(0.0, 0.05), pairs_needed(0.001, 0.05), pairs_needed(f64::NAN, 0.05)),
            (None, None, None)
        );
    }

    #[test]
    fn without_an_effect_power_is_the_level() {
        for n in [2, 3, 6, 30, 400] {
            assert!((power(n, 0.0, 0.05) - 0.05).abs() < 1e-4, "{n}: {}", power(n, 0.0, 0.05));
        }
    }

    #[test]
    fn power_is_what_happens() {
        let mut noise = Noise::new(4);
        for (n, effect) in [(3, 1.0), (6, 1.5), (12, 0.6)] {
            let told = 4000;
            let significant = (0..told)
                .filter(|_| {
                    let values: Vec<f64> = (0..n).map(|_| effect + noise.normal()).collect();
                    super::super::Differences::of(&values).unwrap().p() <= 0.05
                })
                .count();
            let share = significant as f64 / f64::from(told);
            assert!(
                (share - power(n, effect, 0.05)).abs() < 0.025,
                "{n} {effect}: {share} {}",
                power(n, effect, 0.05)
            );
        }
    }
}
