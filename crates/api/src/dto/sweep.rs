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
            code: said.kind.clone(),
            fields: said.fields.clone(),
            hint_told: hint,
            fix: None,
        }
    }
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
