//! Which rows of a table are no worse than its best one, as far as anybody can tell.

use std::collections::BTreeMap;

use super::flips::sign_flip_p;
use super::holm::holm;

/// Chance of parting two that do not differ, over all rows of a column together.
const LEVEL: f64 = 0.05;

/// The best of several arms by the mean of its values, and for each arm whether it is not separated from that one: exact sign
/// flips of the differences by pair, Holm over the arms. Values are by what makes pairs, a seed; the best one is not separated
/// from itself, and an arm without a value is neither.
pub fn best<K: Ord>(arms: &[BTreeMap<K, f64>], higher_is_better: bool) -> Option<(usize, Vec<bool>)> {
    let mean = |arm: &BTreeMap<K, f64>| arm.values().map(|value| value / arm.len() as f64).sum::<f64>();
    let sign = if higher_is_better { 1.0 } else { -1.0 };
    let with_values = || (0..arms.len()).filter(|place| !arms[*place].is_empty());
    let best = with_values().max_by(|a, b| (sign * mean(&arms[*a])).total_cmp(&(sign * mean(&arms[*b]))))?;
    let others: Vec<usize> = with_values().filter(|place| *place != best).collect();
    let p: Vec<f64> = others
        .iter()
        .map(|place| {
            let pairs = arms[*place].iter().filter_map(|(pair, value)| Some(value - arms[best].get(pair)?));
            sign_flip_p(&pairs.collect::<Vec<f64>>())
        })
        .collect();
    let mut is_tied = vec![false; arms.len()];
    is_tied[best] = true;
    for (place, p) in others.into_iter().zip(holm(&p)) {
        is_tied[place] = p > LEVEL;
    }
    Some((best, is_tied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_too_few_pairs_tell_apart_is_not_separated() {
        let arm = |values: &[f64]| -> BTreeMap<u64, f64> { (0..).zip(values.iter().copied()).collect() };
        let top = arm(&[7.0, 7.5, 7.2, 7.4, 7.1, 7.3, 7.6, 7.2]);
        let low = arm(&[5.0, 5.5, 5.2, 5.4, 5.1, 5.3, 5.6, 5.2]);
        let near = arm(&[7.1, 7.4, 7.3, 7.3, 7.0, 7.4, 7.5, 7.1]);
        let few = arm(&[5.0, 5.5, 5.2]);
        let arms = [low.clone(), top.clone(), near.clone(), few, arm(&[])];
        assert_eq!(best(&arms, true), Some((1, vec![false, true, true, true, false])));
        assert_eq!(best(&[low, top, near], false), Some((0, vec![true, false, false])));
        assert_eq!(best(&[arm(&[])], true), None);
        // Eight pairs of one sign: p = 2/256, and Holm multiplies by the arms at most.
        let shifted = |by: f64| (0..8).map(|seed| (seed, by + seed as f64 / 100.0)).collect();
        let seven: Vec<BTreeMap<u64, f64>> = (0..8).map(|k| shifted(-f64::from(k))).collect();
        assert_eq!(best(&seven, true).unwrap().1.iter().filter(|tied| **tied).count(), 8);
        assert_eq!(best(&seven[..7], true).unwrap().1.iter().filter(|tied| **tied).count(), 1);
    }
}
