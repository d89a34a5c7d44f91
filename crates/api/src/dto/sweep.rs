//! Forms of sweeps: the document as form and as text, its check, its edits, the parameter table behind it.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_recipe::Told;
use vitals_recipe::sweep::{self, SweepForm};

/// Where an input is wrong, or worth a second look: in English, and beside it by kind and fields.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Diagnostic {
    pub message: String,
    /// 1-based; 0 where no place is to blame.
    pub line: u32,
    pub column: u32,
    pub hint: Option<String>,
    pub parameter: Option<String>,
    /// The kind of the message: `sweep.unknown_key`.
    pub code: String,
    #[ts(type = "Record<string, unknown>")]
    pub fields: serde_json::Map<String, Value>,
    pub hint_told: Option<Told>,
    /// The exclusion of the sweep file that it is about, from 0, where it is about one.
    pub exclusion: Option<u32>,
    /// What would mend it, as an edit of the text that was checked.
    #[ts(type = "SweepEdit | null")]
    pub fix: Option<sweep::Edit>,
}

impl Diagnostic {
    pub fn new(line: u32, column: u32, said: Told, hint: Option<Told>) -> Self {
        Self {
            message: said.text.clone(),
            line,
            column,
            hint: hint.as_ref().map(|hint| hint.text.clone()),
            parameter: None,
            exclusion: None,
            code: said.kind.clone(),
            fields: said.fields.clone(),
            hint_told: hint,
            fix: None,
        }
    }
}

/// What a time rests on, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EstimateBasis {
    /// Runs of the same size on this machine.
    Measured,
    /// Runs of other sizes on this machine, by the work of an image.
    Scaled,
    /// The size of the network alone.
    Guessed,
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
    /// Seconds a run will take; none where its steps are not known.
    pub estimated_seconds: Option<f64>,
    /// What they rest on.
    pub estimate_basis: Option<EstimateBasis>,
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
    /// Worth knowing, and as likely meant as not.
    pub notes: Vec<Diagnostic>,
    pub errors: Vec<Diagnostic>,
    /// The document as a form; absent while the text does not parse.
    pub form: Option<SweepForm>,
    /// Of all runs together; none where those of one point are not known.
    pub estimated_seconds: Option<f64>,
    /// The least sure of what they rest on.
    pub estimate_basis: Option<EstimateBasis>,
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
    /// Other words for it: `lr`.
    pub synonyms: Vec<String>,
    /// Its place by how often it is set, from 0.
    pub rank: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PresetInfo {
    pub name: String,
    pub help: String,
    pub parameters: BTreeMap<String, Value>,
}
