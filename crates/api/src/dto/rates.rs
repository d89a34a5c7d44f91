//! How much an outcome hangs on the learning rate, arm by arm, as it crosses the door.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Asks for the rate sensitivity of arms.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default)]
pub struct SensitivityBy {
    /// A condition or words, as of the table of runs; empty takes all runs.
    #[serde(rename = "where")]
    pub filter: String,
    /// Parameters whose values make the arms; empty: whatever the runs differ in beside rate and seed.
    pub by: Vec<String>,
    /// `NAME` or `NAME.last|best|min|max|meanK`; else what the sweeps of the runs declare.
    #[ts(optional)]
    pub metric: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct SensitivityOfRates {
    pub metric: String,
    /// Which value of it stands for a run: `last`, `best`, `min`, `max`, or `mean10` and the like.
    pub value: String,
    pub higher_is_better: bool,
    /// Parameters whose values make the arms; none where all runs are of one.
    pub by: Vec<String>,
    /// Base learning rates at which every arm has a run that ended, rising: what the sensitivity is over.
    pub rates: Vec<f64>,
    /// How much worse than the best a usable rate may be, in the metric's unit.
    pub within: f64,
    /// In the order of their values.
    pub arms: Vec<RateSensitivity>,
    /// What else the runs differ in, held at the values of most of them.
    pub held: BTreeMap<String, Value>,
    /// Runs of other values than those that are held.
    pub held_out: u64,
    /// Runs that ended by themselves without a value of the metric.
    pub lacking: u64,
    /// Imported runs of the selection, of which no parameter is known.
    pub left_out: u64,
}

/// Runs that differ in nothing but their rates and seeds.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RateSensitivity {
    pub value: Value,
    /// The value as it is written in conditions.
    pub written: String,
    /// The metric before training: the median of what its runs recorded first. A failed run, or one that ended worse, counts as
    /// this.
    pub start: f64,
    /// Rising.
    pub points: Vec<RateOutcome>,
    /// Mean over the common rates of (own best − value), over the seeds that have all of them; none where no seed has.
    pub sensitivity: Option<f64>,
    /// Standard deviation over the seeds (n − 1).
    pub std: Option<f64>,
    pub seeds: u64,
    /// Smallest and largest rate within `within` of the best; none below two rates.
    pub usable: Option<(f64, f64)>,
    /// They reach an end of the sweep, and may go on behind it.
    pub usable_reaches_end: bool,
}

/// Runs of one arm and rate.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RateOutcome {
    pub rate: f64,
    /// Of the runs that have a value; none where all failed.
    pub mean: Option<f64>,
    /// Lowest and highest seed.
    pub range: Option<(f64, f64)>,
    pub n: u64,
    /// Runs that failed, collapsed, or whose value is not finite.
    pub failed: u64,
}
