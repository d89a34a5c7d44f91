//! A run folder's journals, looked at without a store.

use std::path::Path;

use crate::dto::ApiError;
use crate::error::Result;
use crate::said::{Advice, Failure};

/// Counts and hashes what the journals hold (contract, `vitals journal check`).
///
/// # Errors
/// `invalid_input` where the folder is no run folder.
pub fn check(folder: &Path) -> Result<vitals_journal::Check> {
    vitals_journal::check(folder).map_err(|error| {
        ApiError::invalid(Failure::FailedTo { what: vitals_supervisor::journal_told(&error) })
            .hint(Advice::RunFolder)
    })
}
