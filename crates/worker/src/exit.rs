//! How a run ends: the exit codes of the contract (section 1.2), each with its reason in words.

/// Why the worker stops. The code goes to the shell, the word to the journal's end record.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Finished,
    /// Pause, cancel or SIGTERM: a checkpoint was written.
    Stopped(StopReason),
    /// Non-finite loss with `on_nonfinite = stop`.
    Nonfinite {
        step: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    Pause,
    Cancel,
    Terminated,
}

impl Outcome {
    pub fn exit_code(&self) -> i32 {
        match self {
            Outcome::Finished => 0,
            Outcome::Stopped(_) => 3,
            Outcome::Nonfinite { .. } => 4,
        }
    }

    pub fn reason(&self) -> &'static str {
        match self {
            Outcome::Finished => "finished",
            Outcome::Stopped(StopReason::Pause) => "paused",
            Outcome::Stopped(StopReason::Cancel) => "cancelled",
            Outcome::Stopped(StopReason::Terminated) => "terminated",
            Outcome::Nonfinite { .. } => "nonfinite",
        }
    }
}

/// A failure with the exit code that the contract gives it.
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
    pub fn exit_code(&self) -> i32 {
        match self {
            Failure::OutOfMemory(_) => 5,
            Failure::Dataset(_) => 6,
            Failure::Checkpoint(_) => 7,
            Failure::Other(_) => 1,
        }
    }

    pub fn reason(&self) -> &'static str {
        match self {
            Failure::OutOfMemory(_) => "out_of_memory",
            Failure::Dataset(_) => "dataset_unreadable",
            Failure::Checkpoint(_) => "checkpoint_unreadable",
            Failure::Other(_) => "error",
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}
