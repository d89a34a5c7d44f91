//! Forms of data sets.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DatasetInfo {
    pub name: String,
    pub path: String,
    pub images: u64,
    pub heldout: u64,
    pub classes: u64,
    pub labelled: bool,
    pub fingerprint: String,
    pub builtin: bool,
    /// What is wrong, where it cannot be read.
    pub problem: Option<String>,
}
