//! The stability map: what runs differ in, and what those of each combination came to, with n, spread and failures.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_run::Evidence;

use super::number::Number;
use super::run_table::ColumnHolds;

/// Asks for the map.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default)]
pub struct MapBy {
    /// A condition of the filter language; empty takes all runs.
    #[serde(rename = "where")]
    pub filter: String,
    /// `NAME.last|best|min|max|meanK`; else the last value of what the sweeps of the runs are after, or of kNN accuracy.
    #[ts(optional)]
    pub metric: Option<String>,
    /// Whether leads are told, for which the events of every run with spikes are read.
    pub leads: bool,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct StabilityMap {
    /// What `metric` of runs and cells is.
    pub metric: String,
    pub holds: ColumnHolds,
    /// The metric that the sweeps of these runs are after, where they agree.
    pub objective: Option<String>,
    /// Metrics that any of the runs has, but those of single layers.
    pub metrics: Vec<String>,
    /// What the runs differ in, those first that people map first.
    pub names: Vec<MapName>,
    /// One for each combination of values that runs have.
    pub cells: Vec<MapCell>,
    /// Newest first. Probes are left out, and what was cancelled before its first step.
    pub runs: Vec<MapRun>,
}

/// A parameter, or a key of an imported configuration, with more than one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct MapName {
    /// As conditions take it.
    pub name: String,
    /// No sweep varied it, and what sweeps varied settles its value: a default that goes with it. It tells no cells apart.
    pub follows: bool,
}

/// Runs that differ in nothing but seeds, and in what changes no result.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct MapCell {
    /// A value for each name; null where its runs were given none.
    pub key: Vec<Option<Value>>,
    pub runs: u32,
    /// Of them those that failed, collapsed or were lost; they are in no mean.
    pub failed: u32,
    pub metric: Option<MapMean>,
    /// Of the stability score.
    pub score: Option<MapMean>,
    pub spikes_per_1000_steps: Option<MapMean>,
    /// None where no spike has a lead, or where leads were not asked for.
    pub lead: Option<MapLead>,
}

/// Of the runs of a cell that have a finite value and did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
pub struct MapMean {
    pub mean: f64,
    /// Standard deviation (n − 1), from two runs on.
    pub std: Option<f64>,
    /// 95 % interval of the mean (Student's t), from three runs on.
    pub interval: Option<(f64, f64)>,
    pub n: u32,
}

/// Steps from the onset in the first layer to the onset in the layer that moved last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
pub struct MapLead {
    /// Over all spikes that have a lead, of all runs of the cell, failed ones too.
    pub median: f64,
    pub low: f64,
    pub high: f64,
    pub spikes: u32,
}

/// A run of a cell.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MapRun {
    pub id: String,
    pub label: String,
    pub seed: Option<u64>,
    pub state: String,
    pub evidence_code: Evidence,
    /// Place of its cell.
    pub cell: u32,
    /// It failed, collapsed or was lost: its numbers are in no mean.
    pub failed: bool,
    pub metric: Option<Number>,
    pub score: Option<f64>,
    pub spikes_per_1000_steps: Option<f64>,
    /// Median over its spikes that have one.
    pub lead: Option<f64>,
    /// Counts by kind of event.
    pub events: BTreeMap<String, u64>,
    pub effective_learning_rate: Option<f64>,
}
