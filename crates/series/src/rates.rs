//! How much an outcome hangs on the learning rate: the sensitivity of an arm over the rates that all arms have, and how wide
//! its good rates are. A failed run is an outcome and counts as one that never left its start; nothing is dropped.

use std::collections::BTreeMap;

use crate::decide::{Differences, Outcome};

/// Rates nearer to each other than this share of their size are one: spaced ones come with an error in their last digits.
const SAME: f64 = 1e-9;

/// A run that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRun {
    /// Above 0.
    pub rate: f64,
    pub seed: u64,
    pub outcome: Outcome,
}

/// Runs that differ in nothing but their rates and seeds, one of each; of several of one rate and seed the worst counts.
#[derive(Debug, Clone, PartialEq)]
pub struct RateArm {
    pub runs: Vec<RateRun>,
    /// What the metric is before training.
    pub start: f64,
    pub higher_is_better: bool,
}

/// What the runs of an arm came to at one rate.
#[derive(Debug, Clone, PartialEq)]
pub struct RatePoint {
    pub rate: f64,
    /// Of the runs that did not fail, in the order of their seeds.
    pub values: Vec<f64>,
    pub failed: usize,
}

/// How far below its own best an arm is at a rate of the range, on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// Seeds that ended at every rate.
    pub seeds: usize,
    /// In the metric's unit; 0 where the rate makes no difference.
    pub mean: f64,
    /// Standard deviation over the seeds (n − 1); `None` of one.
    pub sd: Option<f64>,
}

/// The rates around the best at which an arm is nearly as good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsableRates {
    pub low: f64,
    pub high: f64,
    /// They reach an end of what was tried, and may go on behind it.
    pub reaches_end: bool,
}

impl UsableRates {
    /// Largest ÷ smallest; at least that where they reach an end.
    pub fn factor(&self) -> f64 {
        self.high / self.low
    }
}

/// The rates at which every arm has a run that ended, rising.
pub fn common_rates(arms: &[RateArm]) -> Vec<f64> {
    let ladder = ladder(arms.iter().flat_map(|arm| &arm.runs));
    let has = |arm: &RateArm, rate: f64| arm.runs.iter().any(|run| is_same(run.rate, rate));
    ladder.into_iter().filter(|rate| arms.iter().all(|arm| has(arm, *rate))).collect()
}

impl RateArm {
    /// Its outcomes by rate, rising.
    pub fn points(&self) -> Vec<RatePoint> {
        let point = |rate: f64| {
            let mut runs: Vec<&RateRun> = self.runs.iter().filter(|run| is_same(run.rate, rate)).collect();
            runs.sort_by_key(|run| run.seed);
            let values = runs.iter().filter_map(|run| match run.outcome {
                Outcome::Value(value) => Some(value),
                Outcome::Failed => None,
            });
            let values: Vec<f64> = values.collect();
            RatePoint { rate, failed: runs.len() - values.len(), values }
        };
        ladder(&self.runs).into_iter().map(point).collect()
    }

    /// Mean over `rates` of (the seed's own best − its value), then over the seeds, ± their standard deviation. A value worse
    /// than the start counts as the start, and so does a failed run (Wortsman et al. 2023, arXiv 2309.14322, section 2.1: the
    /// loss there, the metric in its own direction here). Seeds without a run at each of the rates are left out; `None` where
    /// that are all of them, or where there is no rate.
    pub fn sensitivity(&self, rates: &[f64]) -> Option<Sensitivity> {
        let mut by_seed: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for rate in rates {
            for (seed, level) in self.levels(*rate) {
                by_seed.entry(seed).or_default().push(level);
            }
        }
        let losses: Vec<f64> = by_seed
            .into_values()
            .filter(|levels| !rates.is_empty() && levels.len() == rates.len())
            .map(|levels| {
                let best = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                levels.iter().map(|level| (best - level) / levels.len() as f64).sum()
            })
            .collect();
        let found = Differences::of(&losses)?;
        Some(Sensitivity { seeds: found.n, mean: found.mean, sd: (found.n > 1).then_some(found.sd) })
    }

    /// The rates around the best one at which the mean over the seeds is no more than `within` worse, by straight lines over
    /// the logarithm of the rate; failed runs and values worse than the start count as the start. `None` below two rates.
    pub fn usable(&self, within: f64) -> Option<UsableRates> {
        let rates = ladder(&self.runs);
        let mean = |rate: &f64| {
            let levels = self.levels(*rate);
            levels.values().map(|level| level / levels.len() as f64).sum::<f64>()
        };
        let means: Vec<f64> = rates.iter().map(mean).collect();
        let best = (0..means.len()).max_by(|a, b| means[*a].total_cmp(&means[*b]))?;
        let least = means[best] - within;
        // From the best outwards: a second hill behind a valley is none of its range.
        let edge = |places: &mut dyn Iterator<Item = usize>| {
            let mut inside = best;
            for place in places {
                if means[place] < least {
                    let share = (means[inside] - least) / (means[inside] - means[place]);
                    let [from, to] = [rates[inside].ln(), rates[place].ln()];
                    return ((from + share * (to - from)).exp(), false);
                }
                inside = place;
            }
            (rates[inside], true)
        };
        let (low, ends_low) = edge(&mut (0..best).rev());
        let (high, ends_high) = edge(&mut (best + 1..means.len()));
        (rates.len() > 1).then_some(UsableRates { low, high, reaches_end: ends_low || ends_high })
    }

    /// How good each seed is at a rate, no worse than the start; more is better, whatever the metric.
    fn levels(&self, rate: f64) -> BTreeMap<u64, f64> {
        let sign = if self.higher_is_better { 1.0 } else { -1.0 };
        let mut levels: BTreeMap<u64, f64> = BTreeMap::new();
        for run in self.runs.iter().filter(|run| is_same(run.rate, rate)) {
            let level = match run.outcome {
                Outcome::Value(value) => (sign * value).max(sign * self.start),
                Outcome::Failed => sign * self.start,
            };
            levels.entry(run.seed).and_modify(|found| *found = found.min(level)).or_insert(level);
        }
        levels
    }
}

fn is_same(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < SAME
}

/// The rates of some runs, rising, each once.
fn ladder<'a>(runs: impl IntoIterator<Item = &'a RateRun>) -> Vec<f64> {
    let mut rates: Vec<f64> = runs.into_iter().map(|run| run.rate).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup_by(|a, b| is_same(*a, *b));
    rates
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LADDER: [f64; 6] = [1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3];

    /// Values by rate, then by seed; NaN is a run that failed.
    fn arm(start: f64, values: &[&[f64]]) -> RateArm {
        let outcome = |value: f64| if value.is_nan() { Outcome::Failed } else { Outcome::Value(value) };
        let runs = values.iter().zip(LADDER).flat_map(|(values, rate)| {
            (0..).zip(*values).map(move |(seed, value)| RateRun { rate, seed, outcome: outcome(*value) })
        });
        RateArm { runs: runs.collect(), start, higher_is_better: true }
    }

    #[test]
    fn the_sensitivity_of_a_small_sweep_by_hand() {
        // Seed 0: best 70, losses 5, 0, 10. Seed 1: best 72, losses 7, 0, 72 − 7, as it failed.
        let found = arm(7.0, &[&[65.0, 65.0], &[70.0, 72.0], &[60.0, f64::NAN]]);
        let told = found.sensitivity(&LADDER[..3]).unwrap();
        assert_eq!(told.seeds, 2);
        assert!((told.mean - (5.0 + 24.0) / 2.0).abs() < 1e-12, "{told:?}");
        assert!((told.sd.unwrap() - 19.0 / 2.0_f64.sqrt()).abs() < 1e-12, "{told:?}");
        // Over two of the rates nothing failed.
        assert!((found.sensitivity(&LADDER[..2]).unwrap().mean - (2.5 + 3.5) / 2.0).abs() < 1e-12);
        // A value below the start is no worse than the start.
        let below = arm(7.0, &[&[70.0], &[2.0], &[7.0]]);
        let one = below.sensitivity(&LADDER[..3]).unwrap();
        assert!((one.mean - 42.0).abs() < 1e-12 && one.sd.is_none() && one.seeds == 1, "{one:?}");
    }

    #[test]
    fn an_outcome_that_no_rate_changes_has_none() {
        let flat = arm(0.0, &[&[5.0, 6.0], &[5.0, 6.0], &[5.0, 6.0]]);
        assert_eq!(flat.sensitivity(&LADDER[..3]), Some(Sensitivity { seeds: 2, mean: 0.0, sd: Some(0.0) }));
        let usable = flat.usable(1.0).unwrap();
        assert!(usable.reaches_end && (usable.factor() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_seed_that_lacks_a_rate_is_left_out_and_no_rate_says_nothing() {
        let mut some = arm(0.0, &[&[1.0, 9.0], &[3.0, 9.0]]);
        some.runs.retain(|run| run.seed == 0 || run.rate < 1.5e-4);
        let told = some.sensitivity(&LADDER[..2]).unwrap();
        assert_eq!((told.seeds, told.mean), (1, 1.0));
        assert_eq!(some.sensitivity(&LADDER[..3]), None);
        assert_eq!(some.sensitivity(&[]), None);
        // The mean falls from 5 to 3, as one seed is missing: a point of it is half of the way.
        assert!((some.usable(1.0).unwrap().high / 2e-4 - 0.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(arm(0.0, &[&[1.0]]).usable(1.0), None);
        assert_eq!(arm(0.0, &[]).usable(1.0), None);
    }

    #[test]
    fn usable_rates_of_a_tent_are_those_of_its_lines() {
        // One point lost for each doubling below, two above: within 1 of the best lie a doubling below and half of one above.
        let tent = arm(0.0, &[&[68.0], &[69.0], &[70.0], &[68.0], &[66.0], &[64.0]]);
        let found = tent.usable(1.0).unwrap();
        assert!((found.low / 2e-4 - 1.0).abs() < 1e-12, "{found:?}");
        assert!((found.high / (4e-4 * 2.0_f64.sqrt()) - 1.0).abs() < 1e-12, "{found:?}");
        assert!(!found.reaches_end && (found.factor() - 8.0_f64.sqrt()).abs() < 1e-12);
        // The best at the last rate: nobody knows how far it goes on.
        let rising = arm(0.0, &[&[60.0], &[65.0], &[70.0]]);
        assert!(rising.usable(1.0).unwrap().reaches_end);
        // A second hill is no part of the first.
        let hills = arm(0.0, &[&[10.0], &[70.0], &[10.0], &[69.9], &[10.0]]);
        let found = hills.usable(1.0).unwrap();
        assert!(found.high < 4e-4 && found.low > 1e-4 && !found.reaches_end, "{found:?}");
        // Three failed seeds of three are at the start, and the line leads there.
        let cliff = arm(10.0, &[&[70.0, 70.0], &[70.0, 70.0], &[f64::NAN, f64::NAN]]);
        let found = cliff.usable(1.0).unwrap();
        assert!((found.high / (2e-4 * 2.0_f64.powf(1.0 / 60.0)) - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn common_rates_are_those_of_every_arm_whatever_their_last_digits() {
        let all = arm(0.0, &[&[1.0], &[1.0], &[1.0], &[1.0]]);
        let mut some = arm(0.0, &[&[1.0], &[1.0], &[1.0]]);
        some.runs[1].rate *= 1.0 + 4.0 * f64::EPSILON;
        some.runs.remove(0);
        assert_eq!(common_rates(&[all.clone(), some.clone()]), [2e-4, 4e-4]);
        assert_eq!(common_rates(&[all]).len(), 4);
        assert_eq!(common_rates(&[]), [0.0; 0]);
        some.runs.push(RateRun { rate: 2e-4, seed: 5, outcome: Outcome::Failed });
        let point = &some.points()[0];
        assert_eq!((point.values.clone(), point.failed), (vec![1.0], 1));
    }

    /// The definition in plain loops.
    fn slowly(arm: &RateArm, rates: &[f64]) -> Vec<f64> {
        let mut losses = Vec::new();
        for seed in 0..64 {
            let mut values = Vec::new();
            for rate in rates {
                for run in &arm.runs {
                    if run.seed != seed || run.rate != *rate {
                        continue;
                    }
                    let mut value = if let Outcome::Value(value) = run.outcome { value } else { arm.start };
                    let is_worse = if arm.higher_is_better { value < arm.start } else { value > arm.start };
                    if is_worse {
                        value = arm.start;
                    }
                    values.push(value);
                }
            }
            if values.len() < rates.len() {
                continue;
            }
            let mut best = values[0];
            for value in &values {
                if if arm.higher_is_better { *value > best } else { *value < best } {
                    best = *value;
                }
            }
            let mut sum = 0.0;
            for value in &values {
                sum += (best - value).abs();
            }
            losses.push(sum / rates.len() as f64);
        }
        losses
    }

    fn any_arm() -> impl Strategy<Value = RateArm> {
        let value = prop_oneof![4 => -50.0..80.0_f64, 1 => Just(f64::NAN)];
        let seeds = prop::collection::vec(value, 4);
        (prop::collection::vec(seeds, 6), -10.0..20.0_f64, any::<bool>()).prop_map(
            |(values, start, higher)| {
                let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
                RateArm { higher_is_better: higher, ..arm(start, &values) }
            },
        )
    }

    fn near(a: Option<f64>, b: Option<f64>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
            (a, b) => a == b,
        }
    }

    proptest! {
        #[test]
        fn is_what_plain_loops_say(arm in any_arm(), count in 1..6_usize) {
            let losses = slowly(&arm, &LADDER[..count]);
            let found = arm.sensitivity(&LADDER[..count]).unwrap();
            prop_assert_eq!(found.seeds, losses.len());
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            prop_assert!(near(Some(found.mean), Some(mean)));
            let squares = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>();
            prop_assert!(near(found.sd, Some((squares / (losses.len() - 1) as f64).sqrt())));
        }

        #[test]
        fn neither_the_order_of_runs_nor_the_names_of_seeds_matter(arm in any_arm(), by in 0..23_usize, shift in 1..9_u64) {
            let mut other = arm.clone();
            other.runs.rotate_left(by);
            other.runs.iter_mut().for_each(|run| run.seed = (run.seed + shift) % 4 + 100);
            let [a, b] = [&arm, &other].map(|arm| arm.sensitivity(&LADDER).unwrap());
            prop_assert!(near(Some(a.mean), Some(b.mean)) && near(a.sd, b.sd) && a.seeds == b.seeds);
            let [a, b] = [&arm, &other].map(|arm| arm.usable(1.0).unwrap());
            prop_assert!(near(Some(a.low), Some(b.low)) && near(Some(a.high), Some(b.high)));
        }

        #[test]
        fn grows_with_the_unit_and_not_with_its_zero(arm in any_arm(), scale in 0.1..10.0_f64, shift in -20.0..20.0_f64) {
            let change = |value: f64| value * scale + shift;
            let mut other = arm.clone();
            other.start = change(arm.start);
            for run in &mut other.runs {
                if let Outcome::Value(value) = &mut run.outcome {
                    *value = change(*value);
                }
            }
            let [a, b] = [&arm, &other].map(|arm| arm.sensitivity(&LADDER).unwrap());
            prop_assert!((a.mean * scale - b.mean).abs() < 1e-7, "{} {}", a.mean * scale, b.mean);
            let [a, b] = [arm.usable(1.0).unwrap(), other.usable(scale).unwrap()];
            prop_assert!((a.factor() / b.factor() - 1.0).abs() < 1e-6 && a.reaches_end == b.reaches_end);
        }

        #[test]
        fn usable_rates_hold_the_best_and_widen_with_what_is_let_pass(arm in any_arm(), within in 0.1..5.0_f64) {
            let [narrow, wide] = [within, 2.0 * within].map(|within| arm.usable(within).unwrap());
            prop_assert!(narrow.low <= narrow.high && narrow.factor() <= wide.factor() * (1.0 + 1e-12));
            prop_assert!(narrow.low >= LADDER[0] * 0.999_999 && narrow.high <= LADDER[5] * 1.000_001);
        }
    }
}
