//! Dips of an accuracy that is measured now and then: causal, streaming, deterministic. A dip begins where a value lies
//! below the median of the evaluations before by more than their noise explains, and by a least depth.
//!
//! It has recovered at the first of two evaluations in a row that are both back within the noise of the level `b` before it
//! (`v ≥ b − 2σ`), and on the mean clearly so: one lucky value is no recovery, and regaining a part of the depth is none. A
//! level that is lost for good ends the dip without a recovery, so that later ones are seen. σ is the standard deviation
//! of one evaluation when the dip began, `median |vₖ − vₖ₋₁| / (0.6745 · √2)`.

use serde::{Deserialize, Serialize};

use crate::robust::RobustBaseline;
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
    /// Part by which the threshold grows, over the number of differences that the noise is measured by: a noise that few tell
    /// may be larger than it looks, and half of the false dips of long runs lay in their first thirty evaluations.
    pub doubt: f64,
    /// Depth below which nothing is a dip.
    pub least_depth: f64,
    /// Robust standard deviations of one evaluation below the baseline within which it has recovered: for each of two
    /// evaluations, and for their mean.
    pub recovered_within: f64,
    pub recovered_mean_within: f64,
    /// Part of the least depth that counts as noise even where none was seen.
    pub least_noise_part: f64,
    /// Evaluations around a level of their own that a dip which has not recovered ends with.
    pub lost_after: usize,
    /// No alarm before so many evaluations.
    pub warm_up: usize,
}

impl Default for DipRule {
    fn default() -> Self {
        Self {
            baseline: 9,
            noise_window: 240,
            threshold: 4.2,
            doubt: 6.0,
            least_depth: 0.03,
            recovered_within: 2.0,
            // 2 / √2: the mean of two evaluations has 1 / √2 of the noise of one.
            recovered_mean_within: 1.4,
            least_noise_part: 0.1,
            lost_after: 20,
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
    /// Missing accuracy times steps, from the evaluation before the onset to recovery (trapezia).
    pub area: f64,
    pub baseline: f64,
}

/// A dip that lasts.
#[derive(Debug, Clone)]
struct Open {
    dip: Dip,
    /// Standard deviation of one evaluation before it.
    noise: f64,
    /// The last evaluation, where it may be the first that is back: step, value, area up to it.
    back: Option<(u64, f64, f64)>,
    /// The last evaluations.
    level: RobustBaseline,
}

/// Finds dips in evaluations, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct DipDetector {
    rule: DipRule,
    level: RunningMedian,
    differences: RunningMedian,
    last: Option<(u64, f64)>,
    seen: usize,
    open: Option<Open>,
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
        self.open.as_ref().map(|open| &open.dip)
    }

    /// Adds an evaluation; a non-finite one is ignored. Returns the dip that it ends.
    pub fn push(&mut self, step: u64, value: f64) -> Option<Dip> {
        if !value.is_finite() {
            return None;
        }
        // The first evaluation stands in for the one before it: no steps lie between, and no area.
        let last = self.last.replace((step, value)).unwrap_or((step, value));
        self.seen += 1;
        match self.open.take() {
            Some(open) => self.go_on(open, last, (step, value)),
            None => {
                self.open = self.begin(last, (step, value));
                if self.open.is_none() {
                    // No difference is taken in while a dip lasts: this is the noise before it.
                    self.differences.push((value - last.1).abs());
                    self.level.push(value);
                }
                None
            }
        }
    }

    fn begin(&self, last: (u64, f64), (step, value): (u64, f64)) -> Option<Open> {
        let rule = self.rule;
        let (baseline, noise) = (self.level.median()?, self.noise()?);
        let depth = baseline - value;
        // `noise` had a value, so there is one difference at least to divide by.
        let doubt = 1.0 + rule.doubt / self.differences.len() as f64;
        // `seen` counts this evaluation already.
        if self.seen <= rule.warm_up || depth <= (doubt * rule.threshold * noise).max(rule.least_depth) {
            return None;
        }
        let dip = Dip {
            onset: step,
            deepest_step: step,
            depth,
            recovered: None,
            // The descent counts too: without it a dip of two evaluations has about 0.7 of its area.
            area: missing(baseline, last, (step, value)),
            baseline,
        };
        let mut level = RobustBaseline::new(rule.lost_after, 0.0);
        level.push(value);
        Some(Open { dip, noise, back: None, level })
    }

    fn go_on(&mut self, mut open: Open, last: (u64, f64), (step, value): (u64, f64)) -> Option<Dip> {
        let rule = self.rule;
        let dip = &mut open.dip;
        let area = dip.area + missing(dip.baseline, last, (step, value));
        let within = |value: f64, spreads: f64| dip.baseline - value <= spreads * open.noise;
        let is_back = within(value, rule.recovered_within);
        if let Some((first, before, area)) = open.back.filter(|(_, before, _)| {
            is_back && within(f64::midpoint(*before, value), rule.recovered_mean_within)
        }) {
            // The area up to the first of the two evaluations that are back, which ends the dip.
            (dip.recovered, dip.area) = (Some(first), area);
            self.level.push(before);
            self.level.push(value);
            return Some(*dip);
        }
        if dip.baseline - value > dip.depth {
            (dip.depth, dip.deepest_step) = (dip.baseline - value, step);
        }
        dip.area = area;
        open.back = is_back.then_some((step, value, area));
        open.level.push(value);
        // Evaluations that lie about a level of their own, below the one before by more than noise, have lost that for good.
        let lost = open.level.len() == rule.lost_after
            && open.level.scale().is_some_and(|(level, spread)| {
                !within(level, rule.recovered_within) && spread <= 2.0 * open.noise
            });
        if lost {
            self.level.clear();
            open.level.arrived().for_each(|value| self.level.push(value));
            return Some(open.dip);
        }
        self.open = Some(open);
        None
    }

    /// The dip that the end of the series leaves open.
    pub fn finish(&mut self) -> Option<Dip> {
        self.open.take().map(|open| open.dip)
    }

    /// Standard deviation of one evaluation: the median of |difference| is 0.6745 · √2 of it.
    fn noise(&self) -> Option<f64> {
        let measured = self
            .differences
            .median()
            .map(|median| median / (0.674_489_750_196_082 * std::f64::consts::SQRT_2))?;
        Some(measured.max(self.rule.least_noise_part * self.rule.least_depth))
    }
}

/// Whether accuracies are written in percent: no fraction is above 1. Whoever takes series from other programs asks this and
/// divides by 100, as everything here and everywhere else takes fractions. Accuracies of a percent and less pass for fractions.
pub fn is_in_percent(mut accuracies: impl Iterator<Item = f64>) -> bool {
    accuracies.any(|accuracy| accuracy.is_finite() && accuracy > 1.0)
}

/// Missing accuracy times steps between two evaluations.
fn missing(baseline: f64, (from, first): (u64, f64), (to, second): (u64, f64)) -> f64 {
    // An evaluation above the baseline makes up for none that is missing.
    let below = |value: f64| (baseline - value).max(0.0);
    f64::midpoint(below(first), below(second)) * (to - from) as f64
}

/// All dips of a whole series; the last may not have recovered.
pub fn dips(steps: &[u64], values: &[f64], rule: DipRule) -> Vec<Dip> {
    let mut detector = DipDetector::new(rule);
    let mut dips: Vec<Dip> =
        steps.iter().zip(values).filter_map(|(&step, &value)| detector.push(step, value)).collect();
    dips.extend(detector.finish());
    dips
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    /// Evaluations of `queries` images each, in binomial noise, every 20 steps.
    fn evaluations(queries: f64, seed: u64, count: u64, level: impl Fn(u64) -> f64) -> (Vec<u64>, Vec<f64>) {
        let mut noise = Noise::new(seed);
        let steps = (0..count).map(|row| 20 * row).collect();
        let values = (0..count)
            .map(|row| {
                let level = level(row);
                level + (level * (1.0 - level) / queries).sqrt() * noise.normal()
            })
            .collect();
        (steps, values)
    }

    #[test]
    fn binomial_noise_makes_few_dips() {
        let found: usize = (0..20)
            .map(|seed| {
                let (steps, values) = evaluations(1_000.0, seed, 500, |_| 0.55);
                dips(&steps, &values, DipRule::default()).len()
            })
            .sum();
        assert!(found <= 3, "{found} in 10,000");
    }

    #[test]
    fn dips_of_ten_points_are_found_with_their_area_and_recovery() {
        let (mut found, mut areas, mut late) = (0, Vec::new(), 0);
        for seed in 0..40 {
            let inside = |row: u64| (200..210).contains(&row);
            let (steps, values) =
                evaluations(2_000.0, 100 + seed, 400, |row| if inside(row) { 0.5 } else { 0.6 });
            let told = dips(&steps, &values, DipRule::default());
            let Some(dip) = told.iter().find(|dip| dip.onset.abs_diff(4000) <= 20) else { continue };
            found += 1;
            areas.push(dip.area / (0.1 * 200.0));
            late += u32::from(dip.recovered.is_none_or(|step| step.abs_diff(4200) > 40));
        }
        areas.sort_by(f64::total_cmp);
        assert!(found >= 38 && late <= 2, "{found} {late}");
        assert!((0.84..1.1).contains(&areas[areas.len() / 2]), "{areas:?}");
    }

    #[test]
    fn one_lucky_value_is_no_recovery_and_noiseless_evaluations_recover() {
        let steps: Vec<u64> = (0..100).collect();
        let mut values: Vec<f64> = (0..100).map(|k| 0.6 + if k % 2 == 0 { 0.01 } else { -0.01 }).collect();
        values[65..75].fill(0.5);
        values[68] = 0.6;
        assert_eq!(dips(&steps, &values, DipRule::default())[0].recovered, Some(75));
        let mut still = vec![0.5; 100];
        still[15..20].fill(0.4);
        still[20..].fill(0.4999);
        assert_eq!(dips(&steps, &still, DipRule::default())[0].recovered, Some(20));
    }

    #[test]
    fn percent_is_told_from_fractions() {
        assert!(is_in_percent([0.8, f64::NAN, 11.5].into_iter()));
        assert!(!is_in_percent([0.0, 0.8, f64::INFINITY, 1.0].into_iter()));
    }

    #[test]
    fn a_level_lost_for_good_swallows_no_later_dip() {
        let level = |row: u64| match row {
            0..100 => 0.60,
            160..170 => 0.46,
            _ => 0.56,
        };
        let (steps, values) = evaluations(10_000.0, 3, 300, level);
        let found = dips(&steps, &values, DipRule::default());
        let told: Vec<_> =
            found.iter().map(|dip| (dip.onset / 20, dip.recovered.map(|step| step / 20))).collect();
        assert_eq!(told, [(100, None), (160, Some(170))]);
        assert!(found[0].area < 0.04 * 20.0 * 30.0, "{found:?}");
    }
}
