//! What an outcome depends on, as it crosses the door. Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Told;

/// Asks what the outcome of some runs depends on.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(default)]
pub struct ImportanceBy {
    /// A condition or words, as of the table of runs; empty takes all runs.
    #[serde(rename = "where")]
    pub filter: String,
    /// `NAME.last|best|min|max|meanK`: its finite value in runs that finished.
    pub metric: String,
    /// Whether they failed is the outcome, in place of the metric.
    pub failing: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ImportanceOf {
    pub metric: String,
    pub failing: bool,
    /// Runs that the forest is grown on.
    pub runs: u32,
    /// Runs that failed, collapsed or were lost. With the metric as outcome they have none.
    pub failed: u32,
    /// Runs that have not ended, or were stopped.
    pub unended: u32,
    /// Runs that finished without a finite value of the metric.
    pub lacking: u32,
    /// Parameters that more runs would be needed for: only so many are looked at.
    pub beyond: u32,
    pub trees: u32,
    /// Share of the variance that is foretold of runs that trees have not seen; below 0 where a mean foretells more.
    pub explained: Option<f64>,
    /// Why there are no shares.
    pub why: Option<Told>,
    /// The largest first.
    pub shares: Vec<ImportanceShare>,
    /// What a column of chance gets.
    pub random: Option<f64>,
    /// Parameters that cannot be told apart.
    pub together: Vec<MovedTogether>,
}

/// Of the variance that the forest explains.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ImportanceShare {
    /// A parameter, or two whose effects depend on each other.
    pub names: Vec<String>,
    pub mean: f64,
    /// Interval that holds 95 % of the trees.
    pub low: f64,
    pub high: f64,
    /// The interval lies above what chance gets.
    pub is_clear: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct MovedTogether {
    pub names: (String, String),
    /// Negative where one falls as the other rises; words have no sign.
    pub correlation: f64,
}
