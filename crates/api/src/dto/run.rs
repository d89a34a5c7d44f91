//! Forms of runs: listed, shown with all their history, compared.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_run::{Evidence, RunConfig, Source};

use super::frame::SeriesInfo;
use super::number::Number;

/// last, min and max of the values in force of one metric; `min` and `max` over finite values only.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct MetricSummary {
    pub last: Option<Number>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub nonfinite: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Progress {
    pub step: u64,
    pub total_steps: u64,
    pub eta_seconds: Option<f64>,
    pub images_per_second: Option<f64>,
}

/// The run and the checkpoint that a probe judges.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProbedRun {
    pub run: String,
    /// Steps done at the checkpoint; none: the untrained network.
    pub step: Option<u64>,
}

/// A probe to start.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct ProbeStart {
    /// Full or shortened id of the run to judge.
    pub run: String,
    /// `linear`, `finetune` or `knn`.
    pub kind: String,
    pub dataset: String,
    /// Steps done at the checkpoint, or `random` for the untrained network; absent: the newest.
    #[ts(optional)]
    pub checkpoint: Option<String>,
    /// Parameters that differ from the kind's defaults.
    pub settings: BTreeMap<String, Value>,
}

/// What a probe would be.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ProbePreview {
    /// Every parameter as it would run.
    pub parameters: BTreeMap<String, Value>,
    /// Parameters that a probe of this kind takes.
    pub settable: Vec<String>,
    pub total_steps: u64,
    /// What it will take, from probes of its kind and size that ran in this workspace; none where none has.
    pub estimated_seconds: Option<f64>,
}

/// One run, as listed and as shown (`vitals runs --json`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Run {
    pub id: String,
    pub label: String,
    pub sweep: Option<String>,
    pub sweep_name: Option<String>,
    /// What a probe judges; none where the run pre-trains.
    pub probed: Option<ProbedRun>,
    /// None where Vitals did not train it.
    pub point: Option<String>,
    pub seed: Option<u64>,
    /// One of the contract's states: queued, starting, running, stalled, pausing, paused, finished, failed, cancelled, lost.
    pub state: String,
    /// In English.
    pub evidence: String,
    /// The same as kind and fields.
    pub evidence_code: Evidence,
    pub attempt: u32,
    pub device: Option<String>,
    /// The resolved recipe: every parameter by name. Empty where Vitals did not train it.
    pub parameters: BTreeMap<String, Value>,
    /// Where it was imported from; none where Vitals trained it.
    pub source: Option<Source>,
    /// What the tool that trained it calls it.
    pub original_id: Option<String>,
    /// What that tool says of its configuration, in its own words: no parameters of ours.
    pub config: RunConfig,
    pub effective_learning_rate: Option<f64>,
    /// Loss at chance and its lower bound, where the method has them.
    pub loss_start: Option<f64>,
    pub loss_floor: Option<f64>,
    pub progress: Progress,
    pub metrics: BTreeMap<String, MetricSummary>,
    /// The first layer of its network, where gradient norms are recorded and the order is known.
    pub first_layer: Option<String>,
    /// Counts by kind of event.
    pub events: BTreeMap<String, u64>,
    /// 1 without any event, towards 0 with many (`Stability` has the formula); injected ones are left out. Absent where the
    /// run is too short, or too seldom evaluated to be compared.
    #[ts(optional)]
    pub stability: Option<f64>,
    pub tags: Vec<String>,
    pub note: String,
    pub queue_position: Option<u32>,
    /// Higher starts first.
    pub priority: i32,
    pub created_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    /// Moves with every change of the run; compare to know whether to ask again.
    pub revision: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RunsQuery {
    /// The filter language; empty means all.
    #[serde(rename = "where")]
    pub filter: String,
    /// A parameter, `metric.last|best|min|max|meanK`, or `created_at`; a leading `-` reverses.
    pub sort: String,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RunsPage {
    pub runs: Vec<Run>,
    /// Runs that match.
    pub matched: u64,
    /// Runs in the store.
    pub total: u64,
    pub elapsed_ms: f64,
}

/// One change of state with its evidence.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Transition {
    pub at: String,
    pub from: Option<String>,
    pub to: String,
    pub evidence: String,
    pub evidence_code: Evidence,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RunEvent {
    pub id: u64,
    /// spike, dip, collapse, nonfinite, checkpoint, rewound, stalled, shock.
    pub kind: String,
    pub step: u64,
    pub end_step: Option<u64>,
    pub layer: Option<String>,
    pub injected: bool,
    pub details: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CheckpointInfo {
    pub step: u64,
    pub path: String,
    pub bytes: u64,
    pub at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AttemptInfo {
    pub number: u32,
    pub first_step: u64,
    pub last_step: Option<u64>,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub ended: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RunDetail {
    pub run: Run,
    pub folder: String,
    pub transitions: Vec<Transition>,
    pub attempts: Vec<AttemptInfo>,
    pub series: Vec<SeriesInfo>,
    /// Layers in network order, input first.
    pub layers: Vec<String>,
    pub events: Vec<RunEvent>,
    pub checkpoints: Vec<CheckpointInfo>,
    /// The run that differs only in the patch projection, if there is one.
    pub twin: Option<String>,
    /// Probes of its checkpoints, newest first.
    pub probes: Vec<Run>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct LogLine {
    pub at: Option<String>,
    pub level: String,
    pub step: Option<u64>,
    pub text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CompareMetric {
    pub last: Option<Number>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// last − last of the first run.
    pub delta: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Comparison {
    pub runs: Vec<Run>,
    /// The metric that the sweeps of the runs are after, where they agree.
    pub objective: Option<String>,
    /// Only the parameters that differ, and `config.KEY` of runs from elsewhere: one value a run, in the order of `runs`.
    pub parameters: BTreeMap<String, Vec<Value>>,
    pub equal_parameters: u64,
    /// Those that only one of the runs could have, as where a trained one is beside an imported one: neither equal nor
    /// different.
    pub unshared_parameters: u64,
    pub metrics: BTreeMap<String, Vec<CompareMetric>>,
}
