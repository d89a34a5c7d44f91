//! Does a change help? Pairs of runs that differ in one setting and share everything else, the seed too: the mean
//! difference with its interval, an exact test, and the one word that the numbers allow.

use serde::{Deserialize, Serialize};

use crate::seeds::{Interval, mean_interval};

/// Pairs below which no verdict is given: with fewer than six, the exact two-sided test cannot reach 5 %.
pub const ENOUGH_PAIRS: usize = 6;
/// Up to here all 2ⁿ signs are tried.
const EXACT_PAIRS: usize = 20;
/// Sign patterns drawn beyond, from a fixed sequence.
const DRAWS: u32 = 100_000;

/// What may be said of "B instead of A" (screens §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// The interval lies on the good side of zero, and n ≥ 6.
    Helps,
    /// The interval lies on the bad side of zero, and n ≥ 6.
    Hurts,
    /// n ≥ 6, and the interval contains zero.
    NoDifference,
    /// `missing` more pairs are needed before anything is said.
    NotEnoughSeeds { missing: usize },
}

/// Differences B − A over pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Mean difference and its 95 % interval; `n` is the number of pairs.
    pub difference: Interval,
    /// Two-sided p of the sign-flip test: the share of sign patterns whose mean is at least as far from zero.
    pub p_value: f64,
    /// Whether all patterns were counted (n ≤ 20).
    pub exact: bool,
    pub verdict: Verdict,
}

/// Compares pairs (a, b). A pair with a non-finite value is left out; `None` when none is left.
pub fn paired(pairs: &[(f64, f64)], higher_is_better: bool) -> Option<Paired> {
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).filter(|d| d.is_finite()).collect();
    let difference = mean_interval(&differences)?;
    let exact = differences.len() <= EXACT_PAIRS;
    let p_value = if exact { exact_p(&differences) } else { drawn_p(&differences) };
    let verdict = verdict(&difference, higher_is_better);
    Some(Paired { difference, p_value, exact, verdict })
}

fn verdict(difference: &Interval, higher_is_better: bool) -> Verdict {
    if difference.n < ENOUGH_PAIRS {
        return Verdict::NotEnoughSeeds { missing: ENOUGH_PAIRS - difference.n };
    }
    match (difference.low > 0.0, difference.high < 0.0) {
        (true, _) if higher_is_better => Verdict::Helps,
        (_, true) if !higher_is_better => Verdict::Helps,
        (false, false) => Verdict::NoDifference,
        _ => Verdict::Hurts,
    }
}

/// Sums that differ by rounding only count as equal.
fn threshold(differences: &[f64]) -> f64 {
    let observed = differences.iter().sum::<f64>().abs();
    // The errors of the running sum grow with the sizes that are added, not with the sum.
    observed - 1e-12 * differences.iter().map(|d| d.abs()).sum::<f64>()
}

/// Walks through all sign patterns, one flip at a time (Gray code).
fn exact_p(differences: &[f64]) -> f64 {
    let limit = threshold(differences);
    // At most 2²⁰ patterns (`EXACT_PAIRS`).
    let patterns = 1_u32 << differences.len();
    let mut signs = vec![1.0; differences.len()];
    let mut sum: f64 = differences.iter().sum();
    let mut extreme = 0_u32;
    for pattern in 1..=patterns {
        extreme += u32::from(sum.abs() >= limit);
        let flip = pattern.trailing_zeros() as usize;
        // The last pattern would flip a sign behind the end: by then all have been seen.
        if flip < signs.len() {
            signs[flip] = -signs[flip];
            // From −d to d is twice the value.
            sum += 2.0 * signs[flip] * differences[flip];
        }
    }
    f64::from(extreme) / f64::from(patterns)
}

/// As [`exact_p`] over patterns of a fixed sequence (SplitMix64), the observed one counted in.
fn drawn_p(differences: &[f64]) -> f64 {
    let limit = threshold(differences);
    let mut state = 0_u64;
    // From 1 on, so that p is never 0 however few patterns were drawn.
    let mut extreme = 1_u32;
    for _ in 0..DRAWS {
        let sum: f64 = differences
            .chunks(64)
            .map(|chunk| {
                let bits = split_mix(&mut state);
                let signed = |(place, d): (usize, &f64)| if bits >> place & 1 == 1 { *d } else { -d };
                chunk.iter().enumerate().map(signed).sum::<f64>()
            })
            .sum();
        extreme += u32::from(sum.abs() >= limit);
    }
    f64::from(extreme) / f64::from(DRAWS + 1)
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(differences: &[f64]) -> Vec<(f64, f64)> {
        differences.iter().map(|d| (10.0, 10.0 + d)).collect()
    }

    #[test]
    fn verdicts() {
        let six = [1.0, 1.2, 0.8, 1.1, 0.9, 1.0];
        assert_eq!(paired(&pairs(&six), true).unwrap().verdict, Verdict::Helps);
        assert_eq!(paired(&pairs(&six), false).unwrap().verdict, Verdict::Hurts);
        assert_eq!(paired(&pairs(&six.map(|d| -d)), false).unwrap().verdict, Verdict::Helps);
        assert_eq!(paired(&pairs(&six[..4]), true).unwrap().verdict, Verdict::NotEnoughSeeds { missing: 2 });
        let mixed = paired(&pairs(&[1.0, -1.0, 0.5, -0.5, 0.2, -0.3]), true).unwrap();
        assert_eq!(mixed.verdict, Verdict::NoDifference);
        assert_eq!(paired(&[(f64::NAN, 1.0)], true), None);
    }

    #[test]
    fn p_of_six_equal_signs_is_two_in_sixty_four() {
        let found = paired(&pairs(&[1.0, 2.0, 3.0, 1.5, 2.5, 0.5]), true).unwrap();
        assert_eq!(found.p_value, 2.0 / 64.0);
        assert!(found.exact);
    }

    #[test]
    fn no_difference_at_all() {
        let found = paired(&pairs(&[0.0; 7]), true).unwrap();
        assert_eq!((found.p_value, found.verdict), (1.0, Verdict::NoDifference));
    }

    #[test]
    fn many_pairs_are_drawn_and_agree_with_the_exact_count() {
        let differences: Vec<f64> = (0..21).map(|k| f64::from(k % 5) - 1.6).collect();
        let found = paired(&pairs(&differences), true).unwrap();
        assert!(!found.exact);
        let exact = exact_p(&differences);
        assert!((found.p_value - exact).abs() < 0.005, "{} {exact}", found.p_value);
    }

    proptest! {
        #[test]
        fn gray_code_equals_counting(differences in prop::collection::vec((-40_i32..40).prop_map(f64::from), 1..10)) {
            let observed = differences.iter().sum::<f64>().abs();
            let extreme = (0..1_u32 << differences.len())
                .filter(|pattern| {
                    let signed = |(k, d): (usize, &f64)| if pattern >> k & 1 == 1 { *d } else { -d };
                    differences.iter().enumerate().map(signed).sum::<f64>().abs() >= observed
                })
                .count();
            prop_assert_eq!(exact_p(&differences), extreme as f64 / f64::from(1_u32 << differences.len()));
        }
    }
}
