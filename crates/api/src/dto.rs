//! The forms that cross a door: to the window as TypeScript (generated), to the command line as `--json`.
//! Plain data only: no logic, no handles. Names follow the contract (section 1.1); units live in names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A number that may be non-finite: JSON has no word for those, so `"NaN"`, `"Infinity"`, `"-Infinity"` stand for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Number {
    Finite(f64),
    NonFinite(String),
}

/// What the window shows of the application itself.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AppInfo {
    pub version: String,
    pub workspace: String,
    pub database_bytes: u64,
    pub runs: u64,
    pub supervisor: SupervisorStatus,
}

/// The supervisor as last heard of.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SupervisorStatus {
    pub connected: bool,
    pub pid: Option<u32>,
    /// RFC 3339.
    pub last_contact_at: Option<String>,
    pub queue_paused: bool,
    pub slots_busy: u32,
    pub slots_total: u32,
    pub ingest_values_per_second: f64,
}

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

/// One run, as listed and as shown (`vitals runs --json`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Run {
    pub id: String,
    pub label: String,
    pub sweep: Option<String>,
    pub sweep_name: Option<String>,
    pub point: String,
    pub seed: u64,
    /// One of the contract's states: queued, starting, running, stalled, pausing, paused, finished, failed, cancelled, lost.
    pub state: String,
    pub evidence: String,
    pub attempt: u32,
    pub device: Option<String>,
    /// The resolved recipe: every parameter by name.
    pub parameters: BTreeMap<String, Value>,
    pub effective_learning_rate: f64,
    /// Loss at chance and its lower bound, where the method has them.
    pub loss_start: Option<f64>,
    pub loss_floor: Option<f64>,
    pub progress: Progress,
    pub metrics: BTreeMap<String, MetricSummary>,
    /// Counts by kind of event.
    pub events: BTreeMap<String, u64>,
    pub tags: Vec<String>,
    pub note: String,
    pub queue_position: Option<u32>,
    pub created_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    /// Moves with every change of the run; compare to know whether to ask again.
    pub revision: u64,
}

/// A device with its slots and what runs there.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DeviceStatus {
    pub device: String,
    pub name: String,
    pub slots: u32,
    pub runs: Vec<String>,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// 0 to 1.
    pub utilization: Option<f64>,
    pub usable: bool,
    pub reason: Option<String>,
}

/// The Live screen in one answer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Overview {
    pub supervisor: SupervisorStatus,
    pub devices: Vec<DeviceStatus>,
    /// starting, running, stalled, pausing, paused.
    pub active: Vec<Run>,
    /// In queue order.
    pub queued: Vec<Run>,
    /// Newest first, at most 50.
    pub ended: Vec<Run>,
    pub queued_total: u64,
    pub ended_total: u64,
    pub sweeps: Vec<SweepProgress>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepProgress {
    pub id: String,
    pub name: String,
    pub runs: u64,
    pub finished: u64,
    pub failed: u64,
    pub active: u64,
    pub queued: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RunsQuery {
    /// The filter language; empty means all.
    #[serde(rename = "where")]
    pub filter: String,
    /// A parameter, `metric.last|min|max`, or `created_at`; a leading `-` reverses.
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
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SeriesInfo {
    pub name: String,
    pub unit: String,
    /// Position in network order for `grad_norm/<layer>` and its kin.
    pub layer: Option<u32>,
    pub values: u64,
    pub first_step: u64,
    pub last_step: u64,
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
    /// Only the parameters that differ: one value a run, in the order of `runs`.
    pub parameters: BTreeMap<String, Vec<Value>>,
    pub equal_parameters: u64,
    pub metrics: BTreeMap<String, Vec<CompareMetric>>,
}

/// Where an input is wrong, or worth a second look.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Diagnostic {
    pub message: String,
    /// 1-based; 0 where no place is to blame.
    pub line: u32,
    pub column: u32,
    pub hint: Option<String>,
    pub parameter: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PointPreview {
    pub id: String,
    pub label: String,
    /// The values of the axes at this point.
    pub axes: BTreeMap<String, Value>,
    pub parameters: BTreeMap<String, Value>,
    pub effective_learning_rate: f64,
    pub total_steps: Option<u64>,
    pub steps_per_epoch: Option<u64>,
    pub warmup_steps: Option<u64>,
    pub loss_start: Option<f64>,
    pub loss_floor: Option<f64>,
    pub seeds: Vec<u64>,
    /// Seconds a run will take, from measured runs of the same geometry on this machine.
    pub estimated_seconds: Option<f64>,
    /// Seeds by what exists: state of the run of each seed, `missing` where none.
    pub seed_states: Vec<String>,
}

/// `sweep check`: everything about a text, nothing changed.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepCheck {
    pub runs: u64,
    pub missing_runs: u64,
    pub points: Vec<PointPreview>,
    pub excluded: u64,
    pub warnings: Vec<Diagnostic>,
    pub errors: Vec<Diagnostic>,
    /// The document as a form; absent while the text does not parse.
    pub form: Option<SweepForm>,
    pub estimated_seconds: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepForm {
    pub name: String,
    pub description: String,
    pub preset: String,
    /// Overrides of the preset, as written.
    pub recipe: BTreeMap<String, Value>,
    pub axes: Vec<FormAxis>,
    pub seeds: Vec<u64>,
    pub exclusions: Vec<BTreeMap<String, Value>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FormAxis {
    /// One name, or several that move together (zip).
    pub parameters: Vec<String>,
    /// values[i][j]: value i of parameter j.
    pub values: Vec<Vec<Value>>,
    /// `values`, `range`, `log`, `linear` or `zip`.
    pub form: String,
}

/// One change of a sweep document; comments in the file stay.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum SweepEdit {
    SetName {
        value: String,
    },
    SetDescription {
        value: String,
    },
    SetPreset {
        value: String,
    },
    /// `null` removes the override.
    SetParameter {
        parameter: String,
        value: Value,
    },
    AddAxis {
        parameter: String,
        values: Vec<Value>,
    },
    SetAxis {
        index: u32,
        values: Vec<Value>,
    },
    RemoveAxis {
        index: u32,
    },
    MoveAxis {
        from: u32,
        to: u32,
    },
    SetSeeds {
        value: Vec<u64>,
    },
    AddExclusion {
        value: BTreeMap<String, Value>,
    },
    RemoveExclusion {
        index: u32,
    },
}

/// A sweep file of the experiments folder, or a stored sweep.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepFile {
    /// Path inside the experiments folder.
    pub file: String,
    pub name: String,
    /// The stored sweep's id, once added.
    pub id: Option<String>,
    pub runs: u64,
    pub finished: u64,
    pub errors: u64,
    /// Hash of the text on disk.
    pub hash: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepText {
    pub file: String,
    pub text: String,
    pub hash: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepStarted {
    pub sweep: String,
    pub queued: u64,
    pub existing: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ParameterInfo {
    pub name: String,
    pub group: String,
    /// bool, integer, number, text, choice.
    pub kind: String,
    pub unit: Option<String>,
    pub default: Value,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub choices: Vec<String>,
    pub help: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PresetInfo {
    pub name: String,
    pub help: String,
    pub parameters: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DatasetInfo {
    pub name: String,
    pub path: String,
    pub images: u64,
    pub heldout: u64,
    pub classes: u64,
    pub labelled: bool,
    pub fingerprint: String,
    pub builtin: bool,
    /// What is wrong, where it cannot be read.
    pub problem: Option<String>,
}

/// One line of `doctor`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DoctorLine {
    /// libtorch, devices, datasets, database, supervisor, disk, workspace.
    pub check: String,
    pub ok: bool,
    pub message: String,
    pub remedy: Option<String>,
}

/// What the window keeps: language, theme and the like; and the supervisor's settings.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Settings {
    /// system, en, ko.
    pub language: String,
    /// system, light, dark.
    pub theme: String,
    pub single_key_shortcuts: bool,
    /// Percent, 80 to 150.
    pub zoom_percent: u32,
    /// Slots by device.
    pub slots: BTreeMap<String, u32>,
}

/// Every failure that crosses a door: a code of a closed set, a sentence, and what to do.
#[derive(Debug, Clone, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
    pub hints: Vec<String>,
    /// Where a text is at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The input is wrong (exit 2).
    InvalidInput,
    /// No such run, sweep, data set or file (exit 2).
    NotFound,
    /// A short id fits several (exit 2).
    Ambiguous,
    /// The file changed on disk since it was read.
    Conflict,
    /// The state of a run forbids the action.
    WrongState,
    /// The workspace cannot be used: newer version, no permission (exit 2).
    Workspace,
    /// The supervisor does not answer.
    SupervisorUnavailable,
    /// Disk, database or another process failed.
    Failed,
}

/// Asks for what a chart shows. Answered by one binary frame (see `frames`).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameRequest {
    pub runs: Vec<String>,
    /// Series names; those that a run lacks are left out of the answer.
    pub series: Vec<String>,
    /// First step of the window, inclusive; absent means the first recorded.
    pub from: Option<f64>,
    /// Last step, inclusive; absent means the last recorded.
    pub to: Option<f64>,
    /// Pixel columns.
    pub columns: u32,
    /// Divide by the series' own running median (gradient norms).
    pub relative: bool,
    /// EMA weight of the past, 0 = none; computed on raw data before columns are cut.
    pub smoothing: f64,
}

/// The header of a binary frame: `u32` little-endian length, this as JSON, zero padding to a multiple of 8, then for
/// each series `columns` rows as seven consecutive f64 arrays: step, min, max, mean, first, last, and nonfinite
/// (count). Empty pixel columns are left out; a column whose values are all non-finite has NaN min and max.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameHeader {
    pub series: Vec<FrameSeries>,
    pub from: f64,
    pub to: f64,
    /// Values read to make this frame.
    pub values: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FrameSeries {
    pub run: String,
    pub name: String,
    pub unit: String,
    /// Rows (non-empty pixel columns).
    pub columns: u32,
    /// Values represented by them.
    pub values: u64,
    /// Byte offset of the first array from the start of the frame.
    pub offset: u32,
}

/// What moved since the last notice; the window asks again for what it shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct ChangeNotice {
    /// Runs with a new revision, with it.
    pub runs: BTreeMap<String, u64>,
    /// Queue, states, devices or sweeps changed.
    pub overview: bool,
    /// Sweep files changed on disk.
    pub files: Vec<String>,
    /// The supervisor came or went.
    pub supervisor: bool,
}
