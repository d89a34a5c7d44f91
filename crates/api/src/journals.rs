//! A run folder's journals, looked at without a store.

use std::path::Path;

use crate::dto::ApiError;
use crate::error::Result;

/// Counts and hashes what the journals hold (contract, `vitals journal check`).
///
/// # Errors
/// `invalid_input` where the folder is no run folder.
pub fn check(folder: &Path) -> Result<vitals_journal::Check> {
    vitals_journal::check(folder).map_err(|error| {
        ApiError::invalid(format!("failed to {error}"))
            .hint("give a run's folder: the one with job.json in it")
    })
}
