//! Which runs are asked for, and how much of each.

use vitals_recipe::split;
use vitals_run::RunState;

use crate::{RunId, SweepId};

/// Which runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunSelection {
    All,
    /// So many of the newest, behind the `skipped` newest of all.
    Newest {
        skipped: u64,
        count: u64,
    },
    Ids(Vec<RunId>),
    States(Vec<RunState>),
    Sweep(SweepId),
    /// Those that judge a checkpoint of this run.
    ProbesOf(RunId),
    /// Those that a change after this revision has touched.
    ChangedSince(u64),
}

/// Which metrics' summaries come along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricChoice {
    None,
    /// Those that stand alone, not one for each layer and tensor.
    Plain,
    All,
    Named(Vec<String>),
}

impl MetricChoice {
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Plain => split(name).is_none(),
            Self::All => true,
            Self::Named(names) => names.iter().any(|n| n == name),
        }
    }
}
