//! Forms of events: what happened to a run, which layer moved first, what followed, and how stable the run was.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_recipe::Told;

/// All events of a run with what is said over them.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RunEvents {
    /// By step.
    pub events: Vec<EventInfo>,
    pub stability: Stability,
    /// Over the spikes that the patch projection and others took part in, injected ones left out; absent where there is none.
    pub lead: Option<LeadSummary>,
    /// Version of the rules that found them.
    pub detection_version: u32,
}

/// One event. Fields that its kind does not know are absent.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EventInfo {
    pub id: u64,
    /// spike, dip, collapse, nonfinite, divergence, checkpoint, rewound, stalled, shock.
    pub kind: String,
    /// Onset.
    pub step: u64,
    pub end_step: Option<u64>,
    pub peak_step: Option<u64>,
    /// Robust z of the peak; negative where norms fell.
    pub peak_z: Option<f64>,
    /// Of a spike the layer that moved first, absent where no layer is told apart from the others; else the series.
    pub layer: Option<String>,
    /// Of a spike: the layer that `peak_z` belongs to.
    pub peak_layer: Option<String>,
    /// Caused by the recipe's own disturbance.
    pub injected: bool,
    /// Of a spike, by onset.
    pub layers: Vec<EventLayer>,
    pub lead: Option<LeadLag>,
    /// Of a dip: the metric, what it fell from, by how much, missing accuracy × steps.
    pub metric: Option<String>,
    pub baseline: Option<f64>,
    pub depth: Option<f64>,
    pub area: Option<f64>,
    pub recovered_step: Option<u64>,
    /// Of a dip: whether the fixed bank shows it too; absent where the fixed bank was not evaluated then.
    pub confirmed: Option<bool>,
    /// Ids of the gradient events that precede a dip, nearest first.
    pub follows: Vec<u64>,
    /// Of a collapse or a divergence: the level that was left, and the farthest one reached.
    pub from: Option<f64>,
    pub to: Option<f64>,
    /// Non-finite values, or steps a collapse lasted.
    pub count: Option<u64>,
    /// It still goes on.
    pub open: bool,
    /// As stored.
    pub details: Value,
}

/// Which alarms: of these kinds (absent: all that a person may want to know of), of one run, at most so many.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct AlarmsQuery {
    pub kinds: Option<Vec<String>>,
    pub run: Option<String>,
    /// Only what was found after the event with this id.
    pub after: Option<u64>,
    /// 200 where absent, at most 1,000.
    pub limit: Option<u32>,
}

/// Events of all runs, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Alarms {
    pub alarms: Vec<Alarm>,
    /// Of all kinds and runs, whatever was asked for.
    pub total: u64,
    pub unread: u64,
}

/// An event with the run that it happened to.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Alarm {
    pub run: String,
    pub label: String,
    /// When its step was recorded; absent where that is not known.
    pub at: Option<String>,
    pub unread: bool,
    /// Its rule says that the desktop hears of it.
    pub notified: bool,
    pub event: EventInfo,
}

/// What of the events that detection finds is an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct AlarmSettings {
    /// By kind: spike, dip, collapse, nonfinite, divergence, stalled.
    pub kinds: BTreeMap<String, AlarmRule>,
    /// What an injected disturbance caused is an alarm, too.
    pub injected: bool,
}

/// What becomes of events of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct AlarmRule {
    /// Listed among the alarms, and counted until it has been read.
    pub listed: bool,
    /// Goes to the desktop's notifications as well, where those are on.
    pub notified: bool,
    /// Only from this size on: times the noise of a spike, points of a dip. Absent: every one that is found.
    pub from: Option<f64>,
}

/// One layer's part in a spike.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EventLayer {
    pub layer: String,
    /// Corrected for the layer's own noise.
    pub onset: u64,
    /// The first and last step at which the onset may have been.
    pub onset_low: u64,
    pub onset_high: u64,
    pub peak_step: u64,
    pub peak_z: f64,
}

/// Delays of the layers behind the network's first in one event. Two steps or less are no order.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LeadLag {
    /// The network's first layer, or where it took no part the layer with the first onset.
    pub reference: String,
    pub order: LeadOrder,
    pub delays: Vec<LayerDelay>,
}

/// Who moved first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LeadOrder {
    /// Every other layer moved more than two steps later.
    ReferenceFirst,
    /// Some layer moved more than two steps earlier.
    ReferenceLater,
    /// Within two steps of the first, or the intervals do not tell.
    Together,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LayerDelay {
    pub layer: String,
    /// Steps behind the reference; negative: before it.
    pub steps: f64,
    pub low: f64,
    pub high: f64,
    /// The interval lies beyond two steps on one side.
    pub ordered: bool,
}

/// Whether the network's first layer moves first more often than chance says.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LeadSummary {
    /// The layer that delays are counted from: the first of the network.
    pub reference: String,
    pub events: u32,
    pub reference_first: u32,
    pub reference_later: u32,
    pub together: u32,
    /// Probability that it is first by chance: one over the layers of an event, on average.
    pub chance: f64,
    /// Probability of at least so many firsts by chance (binomial).
    pub p_value: f64,
    /// Median delay of each layer with a bootstrap interval over events (95 %); from six events on.
    pub delays: Vec<LayerDelay>,
}

/// How stable a run was: 1 without any event, towards 0 with many.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Stability {
    /// `1 / (1 + spikes per 1,000 steps + 10 · non-finite stretches per 1,000 steps + 100 · dip area / steps)`, injected ones
    /// left out; 0 of a run that failed. Absent where `no_score` says why.
    pub score: Option<f64>,
    pub no_score: Option<Told>,
    /// It collapsed or diverged, or ended in values that are not finite.
    pub failed: bool,
    pub spikes_per_1000_steps: f64,
    /// What the rate may be where spikes come by chance (Poisson, 95 %).
    pub spikes_low: f64,
    pub spikes_high: f64,
    /// Missing accuracy × steps of all dips, over the run's steps.
    pub dip_area_share: f64,
    pub nonfinite: u64,
}
