//! Gradient spikes: causal, streaming, deterministic. The rule that gave no false event on 19 calm runs: the logarithm of
//! each layer's norm, median of three steps, against the window of the hundred steps before (median and MAD), |z| above
//! 6, in at least two layers within three steps. Falling norms count too: collapse shows as a negative z.
//!
//! A median of three steps cannot see a jump of one step. Such a jump counts where it is far larger than any noise seen
//! (raw |z| above [`SpikeRule::single_step_threshold`]), even in one layer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::robust::RobustBaseline;

/// Version of the rules in this module: events of another version are computed again.
pub const DETECTION_VERSION: u32 = 1;

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
    /// First step beyond the threshold.
    pub onset: u64,
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
    /// The last three finite log norms, as (step, log norm, raw z).
    recent: VecDeque<(u64, f64, f64)>,
    /// The alarm that is going on or has just ended.
    alarm: Option<LayerSpike>,
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
        let layer = Layer {
            baseline: RobustBaseline::new(rule.window, rule.least_spread),
            recent: VecDeque::with_capacity(3),
            alarm: None,
            last_alarm: 0,
            strong: false,
        };
        Self { rule, layers: vec![layer; layers], open: None }
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
        let fresh = |layer: &Layer| layer.alarm.filter(|_| step - layer.last_alarm < together);
        let alarms: Vec<LayerSpike> = self.layers.iter().filter_map(fresh).collect();
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
                Some(known) if known.onset == alarm.onset => *known = alarm,
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
        let ended = self.open.as_ref().is_some_and(|event| step - event.end >= self.rule.together);
        if ended { self.open.take() } else { None }
    }
}

impl Layer {
    fn push(&mut self, rule: &SpikeRule, place: usize, step: u64, log_norm: f64) {
        let ready = self.baseline.len() >= rule.warm_up;
        let raw_z = self.baseline.z(log_norm).filter(|_| ready).unwrap_or(0.0);
        if self.recent.len() == 3 {
            self.recent.pop_front();
        }
        self.recent.push_back((step, log_norm, raw_z));
        let mut logs: Vec<f64> = self.recent.iter().map(|recent| recent.1).collect();
        logs.sort_by(f64::total_cmp);
        let median = logs[logs.len() / 2];
        let z = self.baseline.z(median).filter(|_| ready && logs.len() == 3).unwrap_or(0.0);
        self.strong = raw_z.abs() > rule.single_step_threshold;
        if z.abs() > rule.threshold || self.strong {
            self.raise(rule, place, step);
        } else if self.alarm.is_some() && step - self.last_alarm >= rule.together {
            self.alarm = None;
        }
        self.baseline.push(median);
    }

    fn raise(&mut self, rule: &SpikeRule, place: usize, step: u64) {
        // The median lags by a step: the onset is the first of the last three raw steps beyond the threshold.
        let beyond = self.recent.iter().find(|recent| recent.2.abs() > rule.threshold);
        let onset = beyond.map_or(step, |recent| recent.0);
        let fresh = LayerSpike { layer: place, onset, peak_step: step, peak_z: 0.0 };
        let alarm = self.alarm.get_or_insert(fresh);
        for &(step, _, z) in &self.recent {
            if step >= alarm.onset && z.abs() > alarm.peak_z.abs() {
                (alarm.peak_step, alarm.peak_z) = (step, z);
            }
        }
        self.last_alarm = step;
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
