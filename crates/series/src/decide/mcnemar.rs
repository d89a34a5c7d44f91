//! Whether one side of pairs fails more often: the exact unconditional test of McNemar's statistic (Suissa and Shuster 1991).
//! Knows no runs.
//!
//! The conditional test looks at nothing but how the pairs that differ are split. Of 20 pairs of which one side fails in 30 % it finds
//! the difference in .58 of trials, this one in .76. So does mid-p (Fagerland, Lydersen and Laake 2013), which where nearly all pairs
//! differ calls up to .077 of equal sides different; this one nowhere more than .05.

use std::f64::consts::FRAC_PI_2;

use crate::lead::at_least_by_chance;

/// Two-sided p of "both sides fail equally often", where of so many pairs `one` failed on one side alone and `other` on the other: the
/// chance of tables that are as far or further from it, at the share of differing pairs at which they are likeliest. How far is
/// (one − other)² / (one + other).
pub fn mcnemar_p(pairs: usize, one: usize, other: usize) -> f64 {
    if one == other {
        return 1.0;
    }
    let far: Vec<f64> = (0..=pairs).map(|differing| as_far_by_chance(differing, one, other)).collect();
    let chance = Mixture::of(&far);
    // A binomial is 1 / (2√n) wide in the angle whose squared sine is its share: no top lies between so many steps unseen.
    let steps = 16 + (16.0 * (pairs as f64).sqrt()) as usize;
    let angle = |step: usize| FRAC_PI_2 * step as f64 / steps as f64;
    let seen: Vec<f64> = (0..=steps).map(|step| chance.at(angle(step))).collect();
    let tops = (1..steps).filter(|step| seen[*step] >= seen[step - 1].max(seen[step + 1]));
    let tops = tops.map(|step| chance.top(angle(step - 1), angle(step + 1)));
    tops.fold(seen[0].max(seen[steps]), f64::max).min(1.0)
}

/// Chance that a fair coin splits so many pairs at least as far as `one` and `other` are apart.
fn as_far_by_chance(differing: usize, one: usize, other: usize) -> f64 {
    let (apart, of) = (one.abs_diff(other).pow(2), one + other);
    let is_as_far = |more: &usize| (2 * more - differing).pow(2) * of >= apart * differing;
    let more = (differing / 2 + 1..=differing).find(is_as_far);
    more.map_or(0.0, |more| 2.0 * at_least_by_chance(more as u64, differing as u64, 0.5))
}

/// Values by how many of all pairs differ, in the mean over that number.
struct Mixture<'a> {
    values: &'a [f64],
    log_choose: Vec<f64>,
}

impl<'a> Mixture<'a> {
    fn of(values: &'a [f64]) -> Self {
        let pairs = values.len() - 1;
        let mut log_choose = vec![0.0; values.len()];
        for k in 1..=pairs {
            log_choose[k] = log_choose[k - 1] + ((pairs - k + 1) as f64).ln() - (k as f64).ln();
        }
        Self { values, log_choose }
    }

    /// Where the share of pairs that differ is the squared sine of an angle.
    fn at(&self, angle: f64) -> f64 {
        let pairs = self.values.len() - 1;
        let (all, none) = (angle.sin().powi(2).ln(), angle.cos().powi(2).ln());
        let part = |k: usize| {
            // Of no pairs the logarithm does not count, which may be −∞.
            let logs =
                [(k, all), (pairs - k, none)].map(|(n, log)| if n == 0 { 0.0 } else { n as f64 * log });
            self.values[k] * (self.log_choose[k] + logs[0] + logs[1]).exp()
        };
        (0..=pairs).filter(|k| self.values[*k] > 0.0).map(part).sum()
    }

    /// The highest between two angles, of which there is one (golden section).
    fn top(&self, mut low: f64, mut high: f64) -> f64 {
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let mut most = 0.0_f64;
        for _ in 0..25 {
            let (a, b) = (high - golden * (high - low), low + golden * (high - low));
            let (of_a, of_b) = (self.at(a), self.at(b));
            most = most.max(of_a).max(of_b);
            if of_a > of_b { high = b } else { low = a }
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choose(n: usize, k: usize) -> f64 {
        (0..k).map(|at| (n - at) as f64 / (at + 1) as f64).product()
    }

    /// Chance of each table (one, other) where this share of the pairs differs, either way alike.
    fn tables(pairs: usize, share: f64) -> impl Iterator<Item = ((usize, usize), f64)> {
        let cells = (0..=pairs).flat_map(move |one| (0..=pairs - one).map(move |other| (one, other)));
        cells.map(move |(one, other)| {
            let differing = one + other;
            let split = choose(differing, one) * (share / 2.0).powi(differing as i32);
            let equal = (1.0 - share).powi((pairs - differing) as i32);
            ((one, other), choose(pairs, differing) * split * equal)
        })
    }

    fn shares(steps: usize) -> impl Iterator<Item = f64> {
        (0..=steps).map(move |step| step as f64 / steps as f64)
    }

    #[test]
    fn closed_forms() {
        // One of two: 2s(1 − s) + s²/2, highest at s = 2/3. All on one side: two of the 2ⁿ splits of n pairs that all differ.
        assert!((mcnemar_p(2, 1, 0) - 2.0 / 3.0).abs() < 1e-9);
        for pairs in [1, 2, 6, 20] {
            assert!((mcnemar_p(pairs, pairs, 0) - 2.0 * 0.5_f64.powi(pairs as i32)).abs() < 1e-12, "{pairs}");
        }
        assert_eq!((mcnemar_p(0, 0, 0), mcnemar_p(9, 0, 0), mcnemar_p(9, 2, 2)), (1.0, 1.0, 1.0));
    }

    /// Fagerland, Lydersen and Laake (2013, 2017): airways of 21 children (Bentur 2009), responses of 161 patients (Cavo 2012).
    #[test]
    fn published_examples() {
        assert!((mcnemar_p(21, 1, 7) - 0.0353).abs() < 5e-5, "{}", mcnemar_p(21, 1, 7));
        // They count the share within a confidence interval alone, and add the 0.0001 with which that misses it.
        assert!((mcnemar_p(161, 6, 16) - 0.034_053).abs() < 2e-4, "{}", mcnemar_p(161, 6, 16));
    }

    #[test]
    fn equal_sides_are_called_different_in_5_percent_at_most_whatever_share_differs() {
        for pairs in [2, 5, 8, 13, 16, 22] {
            let told: Vec<bool> =
                tables(pairs, 0.5).map(|((one, other), _)| mcnemar_p(pairs, one, other) <= 0.05).collect();
            for share in shares(200) {
                let chances = tables(pairs, share).zip(&told).filter(|(_, told)| **told);
                let wrong: f64 = chances.map(|((_, chance), _)| chance).sum();
                assert!(wrong <= 0.05, "{pairs} {share}: {wrong}");
            }
        }
    }

    #[test]
    fn five_of_twenty_against_none_are_told() {
        assert!(mcnemar_p(20, 5, 0) <= 0.05 && mcnemar_p(20, 4, 0) > 0.05);
        let fewer: f64 =
            (0..5).map(|k| choose(20, k) * 0.3_f64.powi(k as i32) * 0.7_f64.powi(20 - k as i32)).sum();
        assert!((1.0 - fewer - 0.7625).abs() < 1e-4, "found in as many trials where 30 % fail");
    }

    proptest! {
        #[test]
        fn is_the_largest_sum_over_all_tables(pairs in 1..11_usize, parts in (0.0..1.0_f64, 0.0..1.0_f64)) {
            let one = (parts.0 * (pairs + 1) as f64) as usize;
            let other = (parts.1 * (pairs - one + 1) as f64) as usize;
            prop_assume!(one != other);
            let far = |one: usize, other: usize| (one.abs_diff(other).pow(2), one + other);
            let seen = far(one, other);
            let is_as_far = |(one, other): (usize, usize)| {
                let found = far(one, other);
                found.1 > 0 && found.0 * seen.1 >= seen.0 * found.1
            };
            let sum = |share| tables(pairs, share).filter(|(table, _)| is_as_far(*table)).map(|(_, chance)| chance).sum::<f64>();
            let largest = shares(4000).map(sum).fold(0.0, f64::max);
            let found = mcnemar_p(pairs, one, other);
            prop_assert!(found >= largest - 1e-9 && found <= largest + 1e-5, "{found} {largest}");
            prop_assert!((mcnemar_p(pairs, other, one) - found).abs() < 1e-12);
        }
    }
}
