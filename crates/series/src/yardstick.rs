//! How far each layer's norm lies from the level of the calm rows before it, and how far the layers lie from theirs
//! together. Streaming; keeps rows for whoever wants to look back, and decides nothing.

use std::collections::VecDeque;

use crate::robust::RobustBaseline;
use crate::smooth::median_of_three;
use crate::tails::Tails;

/// Rows kept of each layer.
const KEPT_ROWS: usize = 320;
/// Rows between two measurements of a spread, which changes slowly.
const SPREAD_EVERY: usize = 4;
/// What a row of a lasting deviation must be worth before it counts as one, in nats: 3 standard deviations of normal noise.
const COUNTS_FROM_NATS: f64 = 4.5;
/// What it counts at most, so that it takes several.
const COUNTS_AT_MOST_NATS: f64 = 10.0;

/// A row's log norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    pub step: u64,
    pub log_norm: f64,
}

/// Deviations of one series, in its own spreads, and the evidence that they make together.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The last two deviations, the latest first.
    before: [Option<f64>; 2],
    /// Sums of what lasting deviations are worth, upwards and downwards, in nats.
    sums: [f64; 2],
}

impl Evidence {
    /// Takes a deviation. The evidence for a jump is what the median of three rows is worth, which no single outlier makes,
    /// and the sum over the rows in which it lasts (Page's cumulative sum). Returns that for upwards and downwards, in nats.
    pub fn push(&mut self, deviation: f64, tails: &Tails) -> [f64; 2] {
        let [last, last_but_one] = self.before;
        let median = match (last, last_but_one) {
            (Some(a), Some(b)) => median_of_three(deviation, a, b),
            // The smaller of two deviations: a lone outlier in the first row makes no evidence.
            (Some(a), None) => {
                if deviation.abs() < a.abs() {
                    deviation
                } else {
                    a
                }
            }
            _ => 0.0,
        };
        self.before = [Some(deviation), last];
        let mut nats = [0.0; 2];
        for (place, sign) in [1.0, -1.0].into_iter().enumerate() {
            let worth = |value: f64| if sign * value > 0.0 { tails.nats(value) } else { 0.0 };
            // Less what each row has to be worth: noise pulls the sum back to 0, and only what lasts climbs.
            let lasting = worth(deviation).min(COUNTS_AT_MOST_NATS) - COUNTS_FROM_NATS;
            self.sums[place] = (self.sums[place] + tails.worth_of_lasting() * lasting).max(0.0);
            nats[place] = self.sums[place] + worth(median);
        }
        nats
    }

    /// The deviation of the last row.
    pub fn last(&self) -> Option<f64> {
        self.before[0]
    }

    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// One layer's rows and level.
#[derive(Debug, Clone)]
pub struct Yardstick {
    rows: VecDeque<Row>,
    calm: RobustBaseline,
    since_spread: usize,
    spread: f64,
    pub evidence: Evidence,
}

impl Yardstick {
    pub fn new(window: usize, least_spread: f64) -> Self {
        Self {
            rows: VecDeque::with_capacity(KEPT_ROWS),
            calm: RobustBaseline::new(window, least_spread),
            since_spread: 0,
            spread: least_spread,
            evidence: Evidence::default(),
        }
    }

    pub fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }

    /// Keeps a row, calm or not.
    pub fn keep(&mut self, row: Row) {
        if self.rows.len() == KEPT_ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    /// Adds a log norm to the level.
    pub fn calm(&mut self, log_norm: f64) {
        self.calm.push(log_norm);
        self.since_spread += 1;
        // A spread of a handful of values changes with each of them: the first rows are measured one by one.
        if self.since_spread >= SPREAD_EVERY || self.calm.len() <= SPREAD_EVERY {
            self.since_spread = 0;
            let measured = self.calm.scale().map_or(self.spread, |(_, spread)| spread);
            // A spread finer than the rounding of the record would turn the next rounded step into an outlier.
            self.spread = measured.max(resolution(self.calm.sorted()));
        }
    }

    /// Level and spread of the calm rows, once there are `least` of them.
    pub fn scale(&self, least: usize) -> Option<(f64, f64)> {
        let level = self.calm.median().filter(|_| self.calm.len() >= least)?;
        Some((level, self.spread))
    }

    /// Begins anew: what was calm is so no longer.
    pub fn start_over(&mut self) {
        self.calm.clear();
        self.evidence.forget();
    }
}

/// What recorded values cannot tell apart: the least difference of neighbouring log norms that were rounded to few different
/// values, as seen at their median; 0 where they were not. Values that are all the same were rounded to a single one, of
/// which the next may be the double. `sorted` ascends.
fn resolution(sorted: &[f64]) -> f64 {
    let different = |pair: &&[f64]| pair[1] > pair[0];
    let steps = || sorted.windows(2).filter(different);
    if 2 * steps().count() > sorted.len() || sorted.len() < 2 {
        return 0.0;
    }
    // Rounding is even in norms, not in their logs: a step is measured in norms and told as a share of one.
    let least = steps().map(|pair| pair[1].exp() - pair[0].exp()).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least / sorted[sorted.len() / 2].exp() } else { std::f64::consts::LN_2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    #[test]
    fn evidence_grows_while_a_deviation_lasts_and_no_outlier_makes_it() {
        let tails = Tails::new(600.0, 1e5);
        let mut evidence = Evidence::default();
        let quiet = evidence.push(0.5, &tails);
        let outlier = evidence.push(40.0, &tails);
        let after = evidence.push(0.1, &tails);
        assert!(quiet[0] < 1.0 && outlier[0] < 10.0 && after[0] < 10.0, "{outlier:?} {after:?}");
        let lasting: Vec<f64> = (0..6).map(|_| evidence.push(7.0, &tails)[0]).collect();
        assert!(lasting[5] > 22.0 && lasting.is_sorted(), "{lasting:?}");
        let falling = (0..6).map(|_| evidence.push(-7.0, &tails)[1]).last().unwrap();
        assert!(falling > 22.0);
    }

    #[test]
    fn rounded_values_are_no_surprise_to_each_other() {
        let mut noise = Noise::new(1);
        let mut rounded = Yardstick::new(100, 0.02);
        let mut exact = Yardstick::new(100, 0.02);
        for _ in 0..100 {
            let norm = 0.02 * (0.12 * noise.normal()).exp();
            exact.calm(norm.ln());
            rounded.calm((100.0 * norm).round().max(1.0).ln() - 100_f64.ln());
        }
        assert!((0.08..0.2).contains(&exact.scale(50).unwrap().1));
        // A hundredth is half of 0.02.
        assert!((rounded.scale(50).unwrap().1 - 0.5).abs() < 1e-9);
    }
}
