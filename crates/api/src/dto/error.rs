//! The failures that cross a door: a closed set of codes, each with a sentence and what to do.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Told;

use super::sweep::Diagnostic;

/// Every failure that crosses a door: a code of a closed set, a sentence, and what to do.
#[derive(Debug, Clone, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    /// In English, as `told` says it.
    pub message: String,
    pub hints: Vec<String>,
    /// The sentence by kind and fields, for languages other than the host's.
    pub told: Told,
    pub hints_told: Vec<Told>,
    /// Where a text is at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The input is wrong (exit 2).
    InvalidInput,
    /// No such run, sweep, data set or file (exit 2).
    NotFound,
    /// A short id fits several (exit 2).
    Ambiguous,
    /// The file changed on disk since it was read.
    Conflict,
    /// The state of a run forbids the action.
    WrongState,
    /// The workspace cannot be used: newer version, no permission (exit 2).
    Workspace,
    /// The supervisor does not answer.
    SupervisorUnavailable,
    /// Disk, database or another process failed.
    Failed,
}
