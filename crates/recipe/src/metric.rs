//! What is known about one metric: name, title, unit, meaning, where the run page draws it, which way is better. Worker,
//! filter language, command line, docs and window read it from the table in `metrics.rs`; none names a metric itself.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a recorded series means to those who read it, whatever its name. A journal's stream declares it for each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Loss,
    LearningRate,
    EncoderMomentum,
    /// Gradient norm over all trained tensors.
    TotalNorm,
    /// Gradient norm of one layer: what spikes are found in.
    LayerNorm,
    /// Gradient norm of one tensor.
    TensorNorm,
    /// Something else that every layer has a number of.
    LayerValue,
    /// How far features are spread: 1 is spread, 0 is collapse.
    FeatureSpread,
    FeatureCosine,
    /// Held-out kNN accuracy against a queue of training features.
    KnnAccuracy,
    /// The same against a bank that is evaluated anew.
    KnnFixedBank,
    /// The same without any network.
    KnnPixels,
    ProbeAccuracy,
    ProbeLoss,
    Throughput,
    /// What the machine does: times, memory.
    System,
    /// None of these, or one that this version does not know.
    Other,
}

impl Role {
    /// Whether every layer, or a part of one, has a series of its own.
    pub const fn is_of_layers(self) -> bool {
        matches!(self, Role::LayerNorm | Role::TensorNorm | Role::LayerValue)
    }

    /// Whether a schedule sets it, so that there is no noise in it to smooth away.
    pub(crate) const fn is_scheduled(self) -> bool {
        matches!(self, Role::LearningRate | Role::EncoderMomentum)
    }
}

/// What a metric has one series of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    Run,
    Layer,
    Tensor,
    /// Transformer blocks alone.
    Block,
}

impl Of {
    /// What stands behind the slash of its names; nothing where there is one series only.
    const fn placeholder(self) -> &'static str {
        match self {
            Of::Run => "",
            Of::Layer => "/<layer>",
            Of::Tensor => "/<tensor>",
            Of::Block => "/<block>",
        }
    }
}

/// The tab of the run page that draws it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Panel {
    Curves,
    Gradients,
    Optimizer,
    System,
    /// No tab of its own: *All series* draws it.
    All,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
    Neither,
}

/// How people read a value, which is stored as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    Plain,
    /// A fraction from 0 to 1, shown in percent.
    Percent,
    /// Over many decades: shown with an exponent.
    Scientific,
    /// Seconds, shown in milliseconds.
    Milliseconds,
    Bytes,
}

/// How a column of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    F32,
    F64,
}

/// One row of the metric table.
#[derive(Debug, Clone, Copy, Serialize, TS)]
pub struct MetricRow {
    /// How code names it.
    pub key: &'static str,
    /// The series' name; where there is one for each layer, what stands before the slash.
    pub name: &'static str,
    /// What people call it, in English.
    pub title: &'static str,
    pub of: Of,
    /// The journal's stream that bears it.
    pub stream: &'static str,
    pub stored: Stored,
    /// Empty for a plain number.
    pub unit: &'static str,
    pub role: Role,
    /// A schedule sets it, nobody measures it.
    pub scheduled: bool,
    pub panel: Panel,
    pub better: Better,
    pub reads: Reads,
    /// What it is, in English, one or two sentences.
    pub help: &'static str,
}

impl MetricRow {
    /// Its name as documents write it: `grad_norm/<layer>`.
    pub fn pattern(&self) -> String {
        format!("{}{}", self.name, self.of.placeholder())
    }
}

/// What stands before the first slash of a name, and what behind it; `None` for a series that stands alone.
pub fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once('/')
}
