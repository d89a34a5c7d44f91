//! What can go wrong with supervising. Each variant says when it occurs; texts fit after "failed to …:".

use std::io;
use std::path::PathBuf;

use vitals_journal::{JournalError, LockError};
use vitals_run::{JobError, Obstacle, Standstill};
use vitals_store::StoreError;

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// Another process supervises this workspace; be its client.
    #[error("{} is supervised already{}", workspace.display(), pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    AlreadyRunning { workspace: PathBuf, pid: Option<u32> },
    /// A supervisor was started and did not come up; its last words follow.
    #[error("the supervisor did not come up: {last_words}")]
    DidNotComeUp { last_words: String },
    /// A program that should lie beside ours does not.
    #[error(transparent)]
    MissingBinary(Standstill),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run folder or a journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A lock could not be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The run's folder holds no `job.json` that can be read, so nothing says what the run is.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The `job.json` is none of a run that can be taken in.
    #[error("{}: {what}", path.display())]
    BadJob { path: PathBuf, what: String },
    /// The run cannot be started as it is; trying again would not help before something is changed.
    #[error(transparent)]
    CannotStart(Obstacle),
    /// The operating system refused something around a file or a process.
    #[error("{operation} {}: {source}", path.display())]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
}

impl SupervisorError {
    pub(crate) fn io(operation: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }

    /// A file or folder could not be had, created or written.
    pub(crate) fn is_of_files(&self) -> bool {
        matches!(
            self,
            Self::Io { .. } | Self::Journal(JournalError::Io { .. }) | Self::Lock(LockError::Io { .. })
        )
    }

    /// Waiting may help: a busy database, a full disk.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
            Self::Journal(JournalError::Io { source, .. }) | Self::Io { source, .. } => {
                io_may_recover(source)
            }
            _ => false,
        }
    }
}

fn io_may_recover(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, QuotaExceeded, StorageFull, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | QuotaExceeded | StorageFull | TimedOut | WouldBlock)
}

pub type Result<T, E = SupervisorError> = std::result::Result<T, E>;
