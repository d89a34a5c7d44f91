//! The table of runs: every one that matches with the columns that were asked for, whole enough to draw a row and no more.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Scale;
use vitals_run::Evidence;

use super::number::Number;

/// Asks for the table.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct RunTableBy {
    /// A condition of the filter language, or words: runs that have each of them in name, id, sweep, tags, note, state or a value
    /// of what their sweep varies. Empty means all.
    #[serde(rename = "where")]
    pub filter: String,
    /// A name of the filter language; a leading `-` reverses. Empty: newest first.
    pub sort: String,
    /// Names of the filter language; empty: what the sweeps vary, and the usual outcomes.
    pub columns: Vec<String>,
    /// Names whose values make a group, of all runs that share them.
    pub group: Vec<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RunTable {
    /// As asked for, each once.
    pub columns: Vec<RunColumn>,
    /// In order.
    pub rows: Vec<RunTableRow>,
    /// In order; empty where nothing groups.
    pub groups: Vec<RunGroup>,
    /// The condition was read as words that a run must have.
    pub words: bool,
    /// The metric that the sweeps of these runs are after, where they agree.
    pub objective: Option<String>,
    /// Runs in the store.
    pub total: u64,
    pub elapsed_ms: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RunColumn {
    /// Of the filter language, and what the table is sorted by.
    pub name: String,
    pub of: ColumnOf,
    pub holds: ColumnHolds,
    /// Along what an axis of its values is even: by steps, by factors, or by factors of the distance to 1.
    #[ts(type = "\"linear\" | \"log\" | \"log_to_one\"")]
    pub scale: Scale,
}

/// What a column is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ColumnOf {
    Field,
    Parameter,
    /// `reading` is `last`, `best`, `min`, `max` or `meanK`.
    Metric {
        metric: String,
        reading: String,
    },
    Events {
        event: String,
    },
    Config {
        key: String,
    },
}

/// What its values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ColumnHolds {
    Text,
    Number,
    /// A number from 0 to 1 that people read in percent.
    Share,
    Flag,
    /// RFC 3339.
    Time,
    Words,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RunTableRow {
    pub id: String,
    pub label: String,
    pub sweep: Option<String>,
    pub sweep_name: Option<String>,
    /// It judges a checkpoint of another run.
    pub is_probe: bool,
    pub state: String,
    /// It failed, collapsed or was lost: its numbers are in no mean.
    pub failed: bool,
    pub evidence_code: Evidence,
    pub step: u64,
    pub total_steps: u64,
    pub tags: Vec<String>,
    /// Counts by kind of event.
    pub events: BTreeMap<String, u64>,
    /// Place of its group; none where nothing groups.
    pub group: Option<u32>,
    /// One a column; null where the run has none.
    pub cells: Vec<Option<RunCell>>,
}

/// A column says what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(untagged)]
pub enum RunCell {
    Flag(bool),
    Number(Number),
    Text(String),
    Words(Vec<String>),
}

/// Runs that share what they are grouped by.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RunGroup {
    /// What they share, in the order that was asked for.
    pub key: Vec<Option<RunCell>>,
    pub runs: u32,
    /// Of them those that failed, collapsed or were lost; they are in no mean.
    pub failed: u32,
    /// One a column.
    pub cells: Vec<GroupCell>,
}

/// What the runs of a group have in a column.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GroupCell {
    /// None has a value.
    Nothing,
    /// They differ, and there is no mean of it.
    Several,
    Same {
        value: RunCell,
    },
    /// Of those that have a finite value and did not fail.
    Mean {
        mean: f64,
        /// Standard deviation (n − 1), from two runs on.
        std: Option<f64>,
        n: u32,
    },
}

/// A name that runs of this workspace can be filtered, sorted, grouped and shown by.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RunName {
    /// Of a metric its bare name, to which a reading is added.
    pub name: String,
    pub of: NameOf,
    pub holds: ColumnHolds,
    /// Runs that have a value.
    pub runs: u64,
    /// Its values with how many runs have each, the most frequent first; empty where they are too many to choose from.
    pub values: Vec<NameValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NameOf {
    Field,
    Parameter,
    Metric,
    Events,
    Config,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct NameValue {
    pub value: RunCell,
    pub runs: u64,
}

/// A way of looking at the runs that somebody keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedView {
    pub name: String,
    #[serde(rename = "where", default)]
    pub filter: String,
    #[serde(default)]
    pub sort: String,
    #[serde(default)]
    pub columns: Vec<String>,
    #[serde(default)]
    pub group: Vec<String>,
}
