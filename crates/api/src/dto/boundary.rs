//! Where training becomes unstable, as far as the runs of a map tell it, and which runs would tell most. Plain data only: no logic,
//! no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vitals_recipe::Told;

/// Asks for the boundaries of a map whose other axis is the base learning rate.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct BoundariesBy {
    /// A condition of the filter language; empty takes all runs.
    #[serde(rename = "where", default)]
    pub filter: String,
    /// The parameter along the other axis. Over batch sizes the boundary is one curve; each value of any other has its own.
    pub across: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Boundaries {
    /// A run counts as stable from this stability score on.
    pub score: f64,
    pub groups: Vec<MapBoundary>,
    /// What would tell most, over all groups together; the best first.
    pub next: Vec<NextRun>,
}

/// The boundary among runs that differ in nothing but rate and seed, and over batch sizes in those.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct MapBoundary {
    /// What its runs share of what the map's runs differ in; without the parameters that it is drawn over.
    pub of: BTreeMap<String, Value>,
    pub stable: u32,
    pub unstable: u32,
    /// Runs that ended and do not tell: they have no score, or failed for another reason.
    pub untold: u32,
    /// Why there is none.
    pub why: Option<Told>,
    pub line: Vec<BoundaryAt>,
}

/// The boundary at a value of the other axis.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct BoundaryAt {
    pub at: Value,
    /// Where a run is as likely to be stable as not.
    pub rate: f64,
    /// Ends of the 90 % band; none where the runs leave it open.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A run that is not there yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct NextRun {
    /// The run that it is like in all but rate and seed.
    pub like: String,
    pub label: String,
    /// The other axis.
    pub at: Value,
    pub rate: f64,
    pub seed: u64,
    /// The values that tell its panel apart.
    pub of: BTreeMap<String, Value>,
    /// How much it is expected to tell.
    pub bits: f64,
    /// Chance that it is unstable.
    pub unstable: f64,
    /// As runs of its size took; none where none was measured.
    pub cost_seconds: Option<f64>,
}

/// Queues runs that were proposed.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct BoundaryRuns {
    pub runs: Vec<BoundaryRun>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct BoundaryRun {
    /// The run that it is like in all but rate and seed.
    pub like: String,
    pub rate: f64,
    pub seed: u64,
}
