//! How a run fails: each failure with the end that the contract has for it (section 1.2) and its words for people.

use vitals_run::EndReason;

/// A failure; its text goes into the journal's end record.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("out of device memory: {0}; lower batch_size or micro_batch_size, or choose a smaller backbone")]
    OutOfMemory(String),
    #[error("failed to read the data set: {0}")]
    Dataset(String),
    #[error("failed to read the checkpoint: {0}")]
    Checkpoint(String),
    #[error("{0:#}")]
    Other(anyhow::Error),
}

impl Failure {
    /// The end that it is.
    pub fn end(&self) -> EndReason {
        match self {
            Failure::OutOfMemory(_) => EndReason::OutOfMemory,
            Failure::Dataset(_) => EndReason::DatasetUnreadable,
            Failure::Checkpoint(_) => EndReason::CheckpointUnreadable,
            Failure::Other(_) => EndReason::Error,
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}
