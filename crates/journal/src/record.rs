//! What a journal can hold. Rows are binary; everything rare is JSON, so that a person with `strings` can read it.
//! Readers ignore unknown fields, so that fields may be added within one format version.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use vitals_recipe::Role;

/// The first record of every journal: whose it is and from where it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the journal's format; [`crate::FORMAT_VERSION`] when written by this version.
    pub format: u32,
    /// The run's id (UUID).
    pub run: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The first step that this attempt trains; it supersedes earlier attempts from here on.
    pub first_step: u64,
    /// When the attempt began, RFC 3339.
    pub started_at: String,
    /// Versions of what wrote it: `vitals`, `libtorch`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// The machine that it was written on, by its name; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

impl Header {
    /// A header of the current format.
    pub fn new(run: impl Into<String>, attempt: u32, first_step: u64, started_at: impl Into<String>) -> Self {
        Self {
            format: crate::FORMAT_VERSION,
            run: run.into(),
            attempt,
            first_step,
            started_at: started_at.into(),
            versions: BTreeMap::new(),
            host: None,
        }
    }
}

/// The number of a declared stream, valid within one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamId(pub u16);

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    F32,
    F64,
}

impl ValueKind {
    /// Bytes of one value in a row record.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// One column of a stream: a metric of contract §4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// Empty for a plain number.
    #[serde(default)]
    pub unit: String,
    pub kind: ValueKind,
    /// What it means to those who read it; absent in journals of older versions, whose names tell it
    /// ([`crate::with_roles`]).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "role")]
    pub role: Option<Role>,
    /// Place in network order of the layer that it belongs to, where it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

/// A later version may know more roles.
fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Role>, D::Error> {
    let word = Option::<Value>::deserialize(from)?;
    Ok(word.map(|word| Role::deserialize(word).unwrap_or(Role::Other)))
}

impl Column {
    /// A single-precision column.
    pub fn f32(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::new(name.into(), unit.into(), ValueKind::F32)
    }

    /// A double-precision column (learning rate, momentum).
    pub fn f64(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::new(name.into(), unit.into(), ValueKind::F64)
    }

    fn new(name: String, unit: String, kind: ValueKind) -> Self {
        Self { name, unit, kind, role: None, order: None }
    }

    /// The same column with what it means, and the place of its layer.
    #[must_use]
    pub fn meaning(self, role: Role, order: Option<u32>) -> Self {
        Self { role: Some(role), order, ..self }
    }
}

/// Declares a stream; may come at any time before its first row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    pub id: StreamId,
    /// `step`, `gradients`, `evaluation`, `system`, …
    pub name: String,
    pub columns: Vec<Column>,
}

/// What was declared before, once more; of a reader's record only what it did not know. On disk it is an acknowledgement of no
/// command (number 0) with more in it, which readers that know no repetitions pass over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declared {
    pub header: Option<Header>,
    pub streams: Vec<Stream>,
}

/// One value per column of its stream at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub stream: StreamId,
    pub step: u64,
    /// Seconds since the attempt began.
    pub elapsed_secs: f64,
    pub values: Vec<f64>,
}

/// Something that happened: `nonfinite`, `stalled`, … (contract §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    #[serde(default)]
    pub elapsed_secs: f64,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// Who should read a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// One line of the run's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    pub level: Level,
    pub text: String,
    #[serde(default)]
    pub elapsed_secs: f64,
}

/// The worker has obeyed the control command of this number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlAck {
    pub seq: u64,
}

/// A checkpoint that is complete and on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// Steps done: training goes on with this step.
    pub step: u64,
    /// Relative to the run folder.
    pub path: String,
}

/// The step's thread waited because the queue to the writer thread was full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    pub wait_secs: f64,
}

/// The last record of an attempt that ended in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndRecord {
    /// `finished`, `stopped`, `nonfinite`, `out_of_memory`, …
    pub reason: String,
    /// The exit code that the worker is about to return (contract §1.2).
    pub exit_code: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<u64>,
    #[serde(default)]
    pub message: String,
}

/// Anything that a journal holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Header(Header),
    Stream(Stream),
    Row(Row),
    Event(Event),
    Log(LogRecord),
    ControlAck(ControlAck),
    Declared(Declared),
    Checkpoint(CheckpointRecord),
    Wait(Wait),
    End(EndRecord),
}
