//! The form of where a run comes from.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// The data set as the run's folder says it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UsedDataset {
    pub name: String,
    pub path: String,
    pub fingerprint: String,
    pub images: u64,
}

/// What the database and the run's folder know of where its numbers come from. What nobody wrote down is absent.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RunOrigin {
    /// Versions of what trained its newest attempt, by name: `vitals`, `commit`. Empty before it has started.
    pub versions: BTreeMap<String, String>,
    /// The machine of its newest attempt.
    pub host: Option<String>,
    pub dataset: Option<UsedDataset>,
    /// The values of its sweep's axes.
    pub axes: BTreeMap<String, Value>,
    /// The file that its sweep comes from, and the revision of the text that asked for it.
    pub sweep_source: Option<String>,
    pub sweep_revision: Option<u32>,
    /// Whether its folder is still there.
    pub folder_exists: bool,
    /// The text of a sweep file that makes this run again, and no other. Absent for a probe: its checkpoint is no part of a
    /// sweep.
    pub again: Option<String>,
    /// Parameters that change nothing in it: those of other methods, optimizers and tasks.
    pub unread: Vec<String>,
}
