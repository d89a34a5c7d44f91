//! Sign flips: had the two sides of a pair nothing to do with the outcome, each difference could as well have the other sign.
//! Counts the patterns of signs that look at least as extreme as what was seen. Assumes no distribution.
//!
//! Several arms with the same seeds are flipped seed by seed, all arms together, and the largest of them is compared: so
//! their correlation is kept (Westfall and Young 1993, step-down).

use crate::sequence::Noise;

/// Up to here all 2ⁿ patterns are counted.
const COUNTED: usize = 16;
/// Patterns drawn beyond, from a fixed sequence.
const DRAWN: u64 = 20_000;
/// Sums that differ by rounding only count as equal, in parts of what is added.
const ROUNDING: f64 = 1e-12;

/// Two-sided p: the share of patterns whose mean is at least as far from 0. Beyond 16 pairs it is drawn.
pub fn sign_flip_p(differences: &[f64]) -> f64 {
    largest_p(&[differences]).first().copied().unwrap_or(1.0)
}

/// For each arm the p that is corrected for all of them: of the patterns of whole seeds, the share in which the largest of
/// this arm and of those that are less extreme is at least as extreme as it; never below that of a more extreme arm. Each
/// arm has as many differences, in the order of one list of seeds.
pub fn largest_p(arms: &[&[f64]]) -> Vec<f64> {
    let pairs = arms.first().map_or(0, |arm| arm.len());
    // Student's t grows with |Σd| / √Σd², whose denominator no flip changes.
    let scaled: Vec<Vec<f64>> = arms.iter().map(|arm| to_unit_length(arm)).collect();
    let size = |arm: &[f64]| arm.iter().sum::<f64>().abs();
    let mut order: Vec<usize> = (0..arms.len()).collect();
    order.sort_by(|a, b| size(&scaled[*b]).total_cmp(&size(&scaled[*a])));
    let rows: Vec<&[f64]> = order.iter().map(|place| scaled[*place].as_slice()).collect();
    let limits: Vec<f64> = rows.iter().map(|row| size(row) - ROUNDING * (pairs as f64).sqrt()).collect();
    let mut extreme = vec![0_u64; rows.len()];
    let patterns = for_each_pattern(&rows, pairs, |sums| {
        let mut largest = 0.0_f64;
        for place in (0..sums.len()).rev() {
            largest = largest.max(sums[place].abs());
            extreme[place] += u64::from(largest >= limits[place]);
        }
    });
    let mut p = vec![1.0; arms.len()];
    let mut least = 0.0_f64;
    for (place, count) in order.into_iter().zip(extreme) {
        least = least.max(count as f64 / patterns as f64);
        p[place] = least;
    }
    p
}

fn to_unit_length(arm: &[f64]) -> Vec<f64> {
    // Divided by the largest first, whose square may not be a number any more.
    let largest = arm.iter().fold(0.0_f64, |largest, d| largest.max(d.abs()));
    if largest == 0.0 {
        return vec![0.0; arm.len()];
    }
    let length = arm.iter().map(|d| (d / largest).powi(2)).sum::<f64>().sqrt();
    arm.iter().map(|d| d / largest / length).collect()
}

/// Gives the sums of all rows under each pattern of signs; returns how many patterns there were.
fn for_each_pattern(rows: &[&[f64]], pairs: usize, mut give: impl FnMut(&[f64])) -> u64 {
    let mut signs = vec![1.0; pairs];
    let sums_of = |signs: &[f64]| -> Vec<f64> {
        rows.iter().map(|row| row.iter().zip(signs).map(|(d, sign)| d * sign).sum()).collect()
    };
    let mut sums = sums_of(&signs);
    give(&sums);
    if pairs <= COUNTED {
        let patterns = 1_u64 << pairs;
        // One flip at a time (Gray code).
        for pattern in 1..patterns {
            let flip = pattern.trailing_zeros() as usize;
            signs[flip] = -signs[flip];
            for (sum, row) in sums.iter_mut().zip(rows) {
                // From −d to d is twice the value.
                *sum += 2.0 * signs[flip] * row[flip];
            }
            give(&sums);
        }
        return patterns;
    }
    let mut noise = Noise::new(0);
    for _ in 0..DRAWN {
        for signs in signs.chunks_mut(64) {
            let bits = noise.bits();
            signs
                .iter_mut()
                .enumerate()
                .for_each(|(k, sign)| *sign = if bits >> k & 1 == 1 { -1.0 } else { 1.0 });
        }
        sums = sums_of(&signs);
        give(&sums);
    }
    // The observed pattern is counted in, so that p is never 0 however few were drawn.
    DRAWN + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All patterns of `pairs` signs.
    fn patterns(pairs: usize) -> impl Iterator<Item = Vec<f64>> {
        (0..1_u32 << pairs)
            .map(move |bits| (0..pairs).map(|k| if bits >> k & 1 == 1 { -1.0 } else { 1.0 }).collect())
    }

    fn t(differences: &[f64]) -> f64 {
        super::super::Differences::of(differences).unwrap().t().abs()
    }

    #[test]
    fn six_of_one_sign_are_two_in_sixty_four() {
        assert_eq!(sign_flip_p(&[1.0, 2.0, 3.0, 1.5, 2.5, 0.5]), 2.0 / 64.0);
        assert_eq!((sign_flip_p(&[0.0; 7]), sign_flip_p(&[]), sign_flip_p(&[1e300, 2e300])), (1.0, 1.0, 0.5));
    }

    #[test]
    fn what_is_drawn_agrees_with_what_is_counted() {
        let differences: Vec<f64> = (0..17).map(|k| f64::from(k % 5) - 1.6).collect();
        let observed = differences.iter().sum::<f64>().abs();
        let extreme = patterns(17)
            .filter(|signs| {
                signs.iter().zip(&differences).map(|(s, d)| s * d).sum::<f64>().abs() >= observed - 1e-9
            })
            .count();
        assert!((sign_flip_p(&differences) - extreme as f64 / 131_072.0).abs() < 0.01);
    }

    #[test]
    fn of_one_arm_nothing_is_corrected_and_of_equal_arms_neither() {
        let arm = [0.4, 1.0, -0.2, 0.8, 0.5, 0.9];
        assert_eq!(largest_p(&[&arm, &arm, &arm]), vec![sign_flip_p(&arm); 3]);
    }

    proptest! {
        #[test]
        fn counting_one_flip_at_a_time_equals_counting_all(differences in prop::collection::vec((-40_i32..40).prop_map(f64::from), 1..10)) {
            let observed = differences.iter().sum::<f64>().abs();
            let extreme = patterns(differences.len())
                .filter(|signs| signs.iter().zip(&differences).map(|(s, d)| s * d).sum::<f64>().abs() >= observed)
                .count();
            prop_assert_eq!(sign_flip_p(&differences), extreme as f64 / f64::from(1_u32 << differences.len()));
        }

        #[test]
        fn the_largest_is_that_of_students_t(arms in prop::collection::vec(prop::collection::vec((-9_i32..12).prop_map(f64::from), 6), 1..5)) {
            let rows: Vec<&[f64]> = arms.iter().map(Vec::as_slice).collect();
            let found = largest_p(&rows);
            let flipped = |signs: &[f64], arm: &[f64]| t(&arm.iter().zip(signs).map(|(d, s)| d * s).collect::<Vec<_>>());
            let mut order: Vec<usize> = (0..arms.len()).collect();
            order.sort_by(|a, b| t(&arms[*b]).total_cmp(&t(&arms[*a])));
            let mut least = 0.0_f64;
            for (rank, arm) in order.iter().enumerate() {
                let observed = t(&arms[*arm]);
                let extreme = patterns(6)
                    .filter(|signs| order[rank..].iter().any(|other| flipped(signs, &arms[*other]) >= observed * (1.0 - 1e-9) - 1e-9))
                    .count();
                least = least.max(extreme as f64 / 64.0);
                prop_assert_eq!(found[*arm], least, "arm {} of {:?}", arm, arms);
            }
        }
    }
}
