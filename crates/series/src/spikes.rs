//! Gradient spikes: causal, streaming, deterministic. The rule that gave no false event on 19 calm runs: the logarithm of
//! each layer's norm, median of three steps, against the window of the hundred steps before (median and MAD), |z| above
//! 6, in at least two layers within three steps. Falling norms count too: collapse shows as a negative z.
//!
//! Where a layer's onset lies is asked of the height of its jump, not of the threshold: the first step beyond half of the
//! height, so that the noisier layer does not seem later; what its noise leaves open is the interval around it.
//!
//! A median of three steps cannot see a jump of one step. Such a jump counts where it is far larger than any noise seen
//! (raw |z| above [`SpikeRule::single_step_threshold`]), even in one layer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::robust::RobustBaseline;

/// Version of the rules of this crate: events of another version are computed again.
pub const DETECTION_VERSION: u32 = 3;

/// Steps before an alarm, and of it, in which its onset is looked for.
const LOOK_BACK: usize = 8;
const LOOK_ON: usize = 64;
/// Spreads that noise may add to or take from a value at its onset.
const NOISE_REACH: f64 = 2.0;

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
    /// Layers that must agree on the first threshold.
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

/// One layer's part in an event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LayerSpike {
    /// Place in the norms pushed.
    pub layer: usize,
    /// First step beyond half of the jump's height.
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
    strong: bool,
}

/// Finds spikes in the norms of all layers, one step after the other.
#[derive(Debug, Clone)]
pub struct SpikeDetector {
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
    pub fn grow_to(&mut self, layers: usize) {
        let rule = self.rule;
        let layer = || Layer {
            baseline: RobustBaseline::new(rule.window, rule.least_spread),
            recent: VecDeque::with_capacity(LOOK_BACK),
            alarm: None,
            before: (0.0, 1.0),
            last_alarm: 0,
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
        if self.open.is_none() && (alarms.len() >= self.rule.least_layers || strong) {
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

    /// Finds the onset in the steps kept: the first beyond half of the height, with what noise leaves open around it.
    fn locate(&self, alarm: &mut LayerSpike) {
        let (median, spread) = self.before;
        let sign = if alarm.peak_z < 0.0 { -1.0 } else { 1.0 };
        let excess: Vec<(u64, f64)> =
            self.recent.iter().map(|&(step, log, _)| (step, sign * (log - median))).collect();
        let Some(peak) = excess.iter().position(|(step, _)| *step == alarm.peak_step) else { return };
        let half = 0.5 * excess[peak].1;
        let reach = NOISE_REACH * spread;
        // Back from the peak over what belongs to the jump; a single step below does not end it.
        let begins = |level: f64| {
            let mut at = peak;
            while at > 0 && (excess[at - 1].1 >= level || (at > 1 && excess[at - 2].1 >= level)) {
                at -= 1;
            }
            (at..=peak).find(|&place| excess[place].1 >= level).unwrap_or(peak)
        };
        let onset = begins(half);
        alarm.onset = excess[onset].0;
        alarm.onset_low = excess[begins((half - reach).max(0.5 * half)).min(onset)].0;
        let sure = (half + reach).min(0.9 * excess[peak].1);
        alarm.onset_high = (onset..=peak)
            .find(|&place| excess[place].1 >= sure)
            .map_or(alarm.peak_step, |place| excess[place].0);
    }
}

/// All spikes of a whole series: `norms[k]` holds the layers' norms at `steps[k]`.
pub fn spikes(steps: &[u64], norms: &[Vec<f64>], rule: SpikeRule) -> Vec<SpikeEvent> {
    let mut detector = SpikeDetector::new(norms.first().map_or(0, Vec::len), rule);
    let mut events: Vec<SpikeEvent> =
        steps.iter().zip(norms).filter_map(|(&step, norms)| detector.push(step, norms)).collect();
    events.extend(detector.finish());
    events
}
