//! Numbers on their way through JSON, which has no word for the non-finite ones.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A number that may be non-finite: JSON has no word for those, so `"NaN"`, `"Infinity"`, `"-Infinity"` stand for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Number {
    Finite(f64),
    NonFinite(String),
}
