//! Dips of an accuracy that is measured now and then: causal, streaming, deterministic. A dip begins where the value lies
//! below the median of the last evaluations by more than the noise between evaluations explains, and by a least depth.
//!
//! It has recovered at the first evaluation `v ≥ b − 2σ`: back within the noise of the level `b` before it, where σ is the
//! standard deviation of one evaluation when the dip began, `median |vₖ − vₖ₋₁| / (0.6745 · √2)`. Regaining a part of
//! the depth is no recovery, however large the dip was: such a dip lasts, and its area grows, until the level is back.

use serde::{Deserialize, Serialize};

use crate::smooth::RunningMedian;

/// The numbers of the rule. Accuracies are fractions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DipRule {
    /// Evaluations before the dip that make its baseline.
    pub baseline: usize,
    /// Differences between neighbouring evaluations that make the noise.
    pub noise_window: usize,
    /// Depth in robust standard deviations of one evaluation.
    pub threshold: f64,
    /// Depth below which nothing is a dip.
    pub least_depth: f64,
    /// Robust standard deviations of one evaluation below the baseline within which it has recovered.
    pub recovered_within: f64,
    /// No alarm before so many evaluations.
    pub warm_up: usize,
}

impl Default for DipRule {
    fn default() -> Self {
        Self {
            baseline: 7,
            noise_window: 40,
            threshold: 3.5,
            least_depth: 0.03,
            recovered_within: 2.0,
            warm_up: 6,
        }
    }
}

/// A dip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dip {
    /// First evaluation below.
    pub onset: u64,
    pub deepest_step: u64,
    /// Baseline minus the smallest value.
    pub depth: f64,
    /// First evaluation that is back; `None` while it lasts.
    pub recovered: Option<u64>,
    /// Missing accuracy times steps, from onset to recovery (trapezia).
    pub area: f64,
    pub baseline: f64,
}

/// Finds dips in evaluations, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct DipDetector {
    rule: DipRule,
    level: RunningMedian,
    differences: RunningMedian,
    last: Option<(u64, f64)>,
    seen: usize,
    open: Option<Dip>,
}

impl DipDetector {
    pub fn new(rule: DipRule) -> Self {
        Self {
            rule,
            level: RunningMedian::new(rule.baseline),
            differences: RunningMedian::new(rule.noise_window),
            last: None,
            seen: 0,
            open: None,
        }
    }

    /// The dip that lasts.
    pub fn open(&self) -> Option<&Dip> {
        self.open.as_ref()
    }

    /// Adds an evaluation; a non-finite one is ignored. Returns the dip that it ends.
    pub fn push(&mut self, step: u64, value: f64) -> Option<Dip> {
        if !value.is_finite() {
            return None;
        }
        let (last_step, last) = self.last.replace((step, value)).unwrap_or((step, value));
        self.seen += 1;
        // No difference is taken in while a dip lasts: this is the noise before it.
        let noise = self.noise();
        if let Some(dip) = &mut self.open {
            let missing = |value: f64| (dip.baseline - value).max(0.0);
            dip.area += f64::midpoint(missing(last), missing(value)) * (step - last_step) as f64;
            if dip.baseline - value > dip.depth {
                (dip.depth, dip.deepest_step) = (dip.baseline - value, step);
            }
            if dip.baseline - value <= self.rule.recovered_within * noise.unwrap_or(0.0) {
                dip.recovered = Some(step);
                self.level.push(value);
                return self.open.take();
            }
            return None;
        }
        if let (Some(baseline), Some(noise)) = (self.level.median(), noise)
            && self.seen > self.rule.warm_up
            && baseline - value > (self.rule.threshold * noise).max(self.rule.least_depth)
        {
            let depth = baseline - value;
            self.open =
                Some(Dip { onset: step, deepest_step: step, depth, recovered: None, area: 0.0, baseline });
            return None;
        }
        self.differences.push((value - last).abs());
        self.level.push(value);
        None
    }

    /// The dip that the end of the series leaves open.
    pub fn finish(&mut self) -> Option<Dip> {
        self.open.take()
    }

    /// Standard deviation of one evaluation: the median of |difference| is 0.6745 · √2 of it.
    fn noise(&self) -> Option<f64> {
        self.differences.median().map(|median| median / (0.674_489_750_196_082 * std::f64::consts::SQRT_2))
    }
}

/// All dips of a whole series; the last may not have recovered.
pub fn dips(steps: &[u64], values: &[f64], rule: DipRule) -> Vec<Dip> {
    let mut detector = DipDetector::new(rule);
    let mut dips: Vec<Dip> =
        steps.iter().zip(values).filter_map(|(&step, &value)| detector.push(step, value)).collect();
    dips.extend(detector.finish());
    dips
}
