//! Gradient spikes: causal, streaming, deterministic. The rule that gave no false event on 19 calm runs: the logarithm of
//! each layer's norm, median of three steps, against the window of the hundred steps before (median and MAD), |z| above
//! 6, in at least two layers within three steps, in three where there are many layers and chance would bring two together.
//! Falling norms count too: collapse shows as a negative z.
//!
//! Where a layer's onset lies is not asked of the threshold, as the noisier layer would seem later, but of all steps up to
//! the peak: the likeliest step of a change from the level before to the height of the jump, in normal noise of the layer's
//! own spread. The interval around it holds every step that this noise leaves possible (likelihood ratio; Hinkley, Inference
//! about the change-point in a sequence of random variables, Biometrika 57, 1970).
//!
//! A median of three steps cannot see a jump of one step. Such a jump counts where it is far larger than any noise seen
//! (raw |z| above [`SpikeRule::single_step_threshold`]), even in one layer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::robust::RobustBaseline;
use crate::smooth::median_of_sorted;

/// Version of the rules of this crate: events of another version are computed again.
pub const DETECTION_VERSION: u32 = 4;

/// Steps before an alarm, and of it, in which its onset is looked for. In strong noise an alarm comes late.
const LOOK_BACK: usize = 32;
const LOOK_ON: usize = 64;
/// Steps whose log-likelihood lies further than this below the best are ruled out: a chance of about 1 in 10,000 a layer, as
/// one layer in a hundred that seems early makes an order.
const RULED_OUT_NATS: f64 = 9.2;
/// No single step tells more than this: it can decide, but not outweigh many.
const MOST_NATS_A_STEP: f64 = 10.0;

/// The numbers of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpikeRule {
    /// Steps of the trailing window.
    pub window: usize,
    /// No alarm before the window holds so many steps.
    pub warm_up: usize,
    /// |z| of the three-step median.
    pub threshold: f64,
    /// |z| of one raw step.
    pub single_step_threshold: f64,
    /// Layers that must agree on the first threshold and on its sign; more of them in deep models, see [`SpikeRule::quorum`].
    pub least_layers: usize,
    /// Steps within which they must, and after which an event without alarm has ended.
    pub together: u64,
    /// Spread of log norms that is always taken for granted.
    pub least_spread: f64,
}

impl Default for SpikeRule {
    fn default() -> Self {
        Self {
            window: 100,
            warm_up: 50,
            threshold: 6.0,
            single_step_threshold: 15.0,
            least_layers: 2,
            together: 3,
            least_spread: 0.02,
        }
    }
}

/// Alarms of one layer in a step of a calm run: 1 in 87,000 was measured in real ones, and about as many are in normal noise.
const CHANCE_ALARMS: f64 = 1e-5;
/// How often layers may agree by chance, in a step: once in ten runs of 100,000.
const CHANCE_EVENTS: f64 = 1e-6;

impl SpikeRule {
    /// How many of `layers` must agree: the fewest of which chance alone brings together no more than 1 in a million steps
    /// (Poisson). 2 up to 47 layers, 3 up to 600.
    fn quorum(&self, layers: usize) -> usize {
        let expected = CHANCE_ALARMS * layers as f64 * self.together as f64;
        let (mut needed, mut chance) = (0, 1.0);
        while needed < self.least_layers || chance > CHANCE_EVENTS {
            needed += 1;
            chance *= expected / needed as f64;
        }
        needed
    }
}

/// One layer's part in an event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LayerSpike {
    /// Place in the norms pushed.
    pub layer: usize,
    /// The likeliest first step of the jump.
    pub onset: u64,
    /// First and last step that the layer's noise allows for it.
    pub onset_low: u64,
    pub onset_high: u64,
    /// Where |z| of the raw log norm is largest.
    pub peak_step: u64,
    /// Raw z there; negative where the norm fell.
    pub peak_z: f64,
}

/// A spike: what several layers did together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpikeEvent {
    pub onset: u64,
    pub peak_step: u64,
    pub peak_z: f64,
    /// Last step with an alarm.
    pub end: u64,
    /// By onset, then by layer. Differences of 2 steps or less are no order.
    pub layers: Vec<LayerSpike>,
}

#[derive(Debug, Clone)]
struct Layer {
    baseline: RobustBaseline,
    /// The last finite log norms, as (step, log norm, raw z).
    recent: VecDeque<(u64, f64, f64)>,
    /// The alarm that is going on or has just ended.
    alarm: Option<LayerSpike>,
    /// Median and spread before the alarm.
    before: (f64, f64),
    last_alarm: u64,
    /// Last step of the alarm before this one: no onset lies there.
    fence: Option<u64>,
    strong: bool,
}

/// Finds spikes in the norms of all layers, one step after the other.
#[derive(Debug, Clone)]
pub(crate) struct SpikeDetector {
    rule: SpikeRule,
    layers: Vec<Layer>,
    open: Option<SpikeEvent>,
}

impl SpikeDetector {
    pub fn new(layers: usize, rule: SpikeRule) -> Self {
        let mut detector = Self { rule, layers: Vec::new(), open: None };
        detector.grow_to(layers);
        detector
    }

    /// Takes note of further layers, which come behind those known.
    pub(crate) fn grow_to(&mut self, layers: usize) {
        let rule = self.rule;
        let layer = || Layer {
            baseline: RobustBaseline::new(rule.window, rule.least_spread),
            recent: VecDeque::with_capacity(LOOK_BACK),
            alarm: None,
            before: (0.0, 1.0),
            last_alarm: 0,
            fence: None,
            strong: false,
        };
        self.layers.resize_with(layers.max(self.layers.len()), layer);
    }

    /// The event that is going on, as far as it is known.
    pub fn open(&self) -> Option<&SpikeEvent> {
        self.open.as_ref()
    }

    /// Adds the norms of one step, one per layer; a norm that is not finite and positive counts as not measured. Returns
    /// the event that this step has ended.
    pub fn push(&mut self, step: u64, norms: &[f64]) -> Option<SpikeEvent> {
        let rule = self.rule;
        for (place, (layer, &norm)) in self.layers.iter_mut().zip(norms).enumerate() {
            if norm.is_finite() && norm > 0.0 {
                layer.push(&rule, place, step, norm.ln());
            }
        }
        self.gather(step);
        self.take_ended(step)
    }

    /// The event that the end of the series ends.
    pub fn finish(&mut self) -> Option<SpikeEvent> {
        self.open.take()
    }

    fn gather(&mut self, step: u64) {
        let together = self.rule.together;
        let fresh = |layer: &Layer| layer.alarm.filter(|_| step.saturating_sub(layer.last_alarm) < together);
        let alarms: Vec<LayerSpike> = self.layers.iter().filter_map(fresh).collect();
        if alarms.is_empty() {
            return;
        }
        let strong = self.layers.iter().any(|layer| layer.strong && layer.last_alarm == step);
        let now = self.layers.iter().any(|layer| layer.alarm.is_some() && layer.last_alarm == step);
        let falling = alarms.iter().filter(|alarm| alarm.peak_z < 0.0).count();
        let agreeing = falling.max(alarms.len() - falling);
        if self.open.is_none() && (strong || agreeing >= self.rule.quorum(self.layers.len())) {
            self.open =
                Some(SpikeEvent { onset: step, peak_step: step, peak_z: 0.0, end: step, layers: Vec::new() });
        }
        let Some(event) = &mut self.open else { return };
        if now {
            event.end = step;
        }
        for alarm in alarms {
            match event.layers.iter_mut().find(|known| known.layer == alarm.layer) {
                // A layer that falls silent and jumps again keeps its first onset.
                Some(known) if known.onset_low <= alarm.onset_high && alarm.onset_low <= known.onset_high => {
                    *known = alarm;
                }
                Some(_) => {}
                None => event.layers.push(alarm),
            }
        }
        event.layers.sort_by_key(|layer| (layer.onset, layer.layer));
        event.onset = event.layers.first().map_or(event.onset, |layer| layer.onset);
        if let Some(peak) = event.layers.iter().max_by(|a, b| a.peak_z.abs().total_cmp(&b.peak_z.abs())) {
            (event.peak_step, event.peak_z) = (peak.peak_step, peak.peak_z);
        }
    }

    fn take_ended(&mut self, step: u64) -> Option<SpikeEvent> {
        let ended =
            self.open.as_ref().is_some_and(|event| step.saturating_sub(event.end) >= self.rule.together);
        if ended { self.open.take() } else { None }
    }
}

impl Layer {
    fn push(&mut self, rule: &SpikeRule, place: usize, step: u64, log_norm: f64) {
        let scale = self.baseline.scale().filter(|_| self.baseline.len() >= rule.warm_up);
        let z_of = |value: f64| scale.map_or(0.0, |(median, spread)| (value - median) / spread);
        let raw_z = z_of(log_norm);
        let kept = if self.alarm.is_some() { LOOK_BACK + LOOK_ON } else { LOOK_BACK };
        while self.recent.len() >= kept {
            self.recent.pop_front();
        }
        self.recent.push_back((step, log_norm, raw_z));
        let last = |back: usize| self.recent.iter().rev().nth(back).map(|recent| recent.1);
        let median = match (last(1), last(2)) {
            (Some(b), Some(c)) => log_norm.max(b).min(log_norm.min(b).max(c)),
            (Some(b), None) => log_norm.max(b),
            _ => log_norm,
        };
        let z = if self.recent.len() >= 3 { z_of(median) } else { 0.0 };
        self.strong = raw_z.abs() > rule.single_step_threshold;
        if z.abs() > rule.threshold || self.strong {
            self.raise(place, step, scale.unwrap_or(self.before));
        } else if self.alarm.is_some() && step.saturating_sub(self.last_alarm) >= rule.together {
            self.alarm = None;
        }
        self.baseline.push(median);
    }

    fn raise(&mut self, place: usize, step: u64, scale: (f64, f64)) {
        if self.alarm.is_none() {
            self.before = scale;
            self.fence = (self.last_alarm > 0).then_some(self.last_alarm);
        }
        let fresh = LayerSpike {
            layer: place,
            onset: step,
            onset_low: step,
            onset_high: step,
            peak_step: step,
            peak_z: 0.0,
        };
        let mut alarm = self.alarm.unwrap_or(fresh);
        // Steps of the alarm and the three that its first median looked at.
        for &(step, _, z) in self.recent.iter().rev().take(3) {
            if z.abs() > alarm.peak_z.abs() {
                (alarm.peak_step, alarm.peak_z) = (step, z);
            }
        }
        self.locate(&mut alarm);
        self.alarm = Some(alarm);
        self.last_alarm = step;
    }

    /// Finds the onset in the steps kept, with what noise leaves open around it.
    fn locate(&self, alarm: &mut LayerSpike) {
        let (median, spread) = self.before;
        let sign = if alarm.peak_z < 0.0 { -1.0 } else { 1.0 };
        let (steps, excess): (Vec<u64>, Vec<f64>) = self
            .recent
            .iter()
            .filter(|(step, ..)| self.fence.is_none_or(|fence| *step > fence) && *step <= alarm.peak_step)
            .map(|&(step, log, _)| (step, sign * (log - median)))
            .unzip();
        let Some(found) = change_point(&excess, spread) else { return };
        let at = |place: usize| steps[place];
        (alarm.onset, alarm.onset_low, alarm.onset_high) = (at(found.best), at(found.low), at(found.high));
    }
}

/// Where a level changed: the likeliest first place of the higher level, and the first and last that are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChangePoint {
    best: usize,
    low: usize,
    high: usize,
}

/// Rounds in which height and place of a change are found from each other.
const ROUNDS: usize = 3;

/// Of values around 0 that from some place on lie higher, in normal noise of `spread`; the last value is the highest.
fn change_point(excess: &[f64], spread: f64) -> Option<ChangePoint> {
    let mut height = *excess.last()?;
    let mut found = ChangePoint { best: 0, low: 0, high: 0 };
    for _ in 0..ROUNDS {
        // ln of how much likelier a value is on the higher level than on the lower: (e² − (e − h)²) / 2s².
        let nats = |value: f64| {
            (height * (value - 0.5 * height) / (spread * spread)).clamp(-MOST_NATS_A_STEP, MOST_NATS_A_STEP)
        };
        let mut sum = 0.0;
        let mut sums: Vec<f64> = excess
            .iter()
            .rev()
            .map(|&value| {
                sum += nats(value);
                sum
            })
            .collect();
        sums.reverse();
        let best = (0..sums.len()).max_by(|&a, &b| sums[a].total_cmp(&sums[b]))?;
        let possible = |place: &usize| sums[*place] >= sums[best] - RULED_OUT_NATS;
        let (low, high) = ((0..=best).find(possible)?, (best..sums.len()).rev().find(possible)?);
        found = ChangePoint { best, low, high };
        let mut above = excess[best..].to_vec();
        above.sort_by(f64::total_cmp);
        height = median_of_sorted(&above).filter(|height| *height > 0.0)?;
    }
    Some(found)
}

/// All spikes of a whole series: `norms[k]` holds the layers' norms at `steps[k]`.
pub fn spikes(steps: &[u64], norms: &[Vec<f64>], rule: SpikeRule) -> Vec<SpikeEvent> {
    let mut detector = SpikeDetector::new(norms.first().map_or(0, Vec::len), rule);
    let mut events: Vec<SpikeEvent> =
        steps.iter().zip(norms).filter_map(|(&step, norms)| detector.push(step, norms)).collect();
    events.extend(detector.finish());
    events
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::synthetic::Noise;

    /// ln of the density of normal noise around 0 before a place and around `height` from there on, up to a constant.
    fn log_likelihood(excess: &[f64], place: usize, height: f64, spread: f64) -> f64 {
        let level = |at: usize| if at < place { 0.0 } else { height };
        excess
            .iter()
            .enumerate()
            .map(|(at, value)| -(value - level(at)).powi(2) / (2.0 * spread * spread))
            .sum()
    }

    proptest! {
        #[test]
        fn the_change_is_where_it_is_likeliest(before in 0_usize..40, after in 1_usize..40, seed in any::<u64>(), spread in 0.5..1.0_f64) {
            // So much noise that no step tells as much as is its most.
            let mut noise = Noise::new(seed);
            let mut excess: Vec<f64> = (0..before + after)
                .map(|at| if at < before { 0.0 } else { 1.0 } + 0.1 * noise.normal())
                .collect();
            excess.push(1.3);
            let found = change_point(&excess, spread).unwrap();
            let mut above = excess[found.best..].to_vec();
            above.sort_by(f64::total_cmp);
            let height = median_of_sorted(&above).unwrap();
            let told: Vec<f64> =
                (0..excess.len()).map(|place| log_likelihood(&excess, place, height, spread)).collect();
            let most = told.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // The height moves a little in the last round: what it decides lies within this.
            let slack = 0.05 * excess.len() as f64;
            prop_assert!(told[found.best] >= most - slack);
            for (place, told) in told.iter().enumerate() {
                let within = found.low <= place && place <= found.high;
                prop_assert!(within || *told < most - RULED_OUT_NATS + slack, "{place}: {found:?}");
            }
            prop_assert!(told[found.low] >= most - RULED_OUT_NATS - slack && told[found.high] >= most - RULED_OUT_NATS - slack);
        }
    }

    #[test]
    fn many_layers_need_more_of_them_to_agree() {
        let rule = SpikeRule::default();
        assert_eq!(
            [0, 1, 12, 47, 48, 150, 600, 700].map(|layers| rule.quorum(layers)),
            [2, 2, 2, 2, 3, 3, 3, 4]
        );
    }

    #[test]
    fn a_clear_jump_is_known_to_the_step_and_a_faint_one_is_not() {
        let jump: Vec<f64> = (0..40).map(|at| if at < 30 { 0.0 } else { 1.0 }).collect();
        assert_eq!(change_point(&jump, 0.05), Some(ChangePoint { best: 30, low: 30, high: 30 }));
        // A step tells 1 / 2s² = 2 nats: 4 of them are not enough for 9.2, 5 are.
        assert_eq!(change_point(&jump, 0.5), Some(ChangePoint { best: 30, low: 26, high: 34 }));
        assert_eq!(change_point(&[0.0, 0.0, 2.0], 0.05), Some(ChangePoint { best: 2, low: 2, high: 2 }));
        assert_eq!(change_point(&[], 0.05), None);
    }

    #[test]
    fn a_single_step_that_falls_back_does_not_end_a_jump() {
        let mut jump: Vec<f64> = (0..40).map(|at| if at < 20 { 0.0 } else { 1.0 }).collect();
        jump[30] = -3.0;
        jump[31] = -3.0;
        assert_eq!(change_point(&jump, 0.05), Some(ChangePoint { best: 20, low: 20, high: 20 }));
    }
}
