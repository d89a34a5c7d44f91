//! What can go wrong with supervising. Each variant says when it occurs; texts fit after "failed to …:".

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use vitals_journal::{JournalError, LockError};
use vitals_recipe::{Tells, Told};
use vitals_run::{JobError, Obstacle, Standstill};
use vitals_store::StoreError;

/// Every failure of this crate.
#[derive(Debug)]
pub enum SupervisorError {
    /// Another process supervises this workspace; be its client.
    AlreadyRunning { workspace: PathBuf, pid: Option<u32> },
    /// Somebody holds the workspace's lock who is no supervisor of ours, as far as can be seen.
    LockHeldByOthers { path: String, seconds: u64 },
    /// The database is another file than the one that was opened, or none.
    DatabaseReplaced { path: PathBuf },
    /// The write-ahead log of the open database was removed; what it held has been saved.
    LogRemoved { path: PathBuf },
    /// A supervisor was started and did not come up; its last words follow.
    DidNotComeUp { last_words: String },
    /// Supervisors that were started died again and again; their last words follow.
    DiesAgain { times: usize, seconds: u64, last_words: String },
    /// A program that should lie beside ours does not.
    MissingBinary(Standstill),
    /// The database refused.
    Store(StoreError),
    /// A run folder or a journal could not be read or written.
    Journal(JournalError),
    /// A lock could not be taken.
    Lock(LockError),
    /// The run's folder holds no `job.json` that can be read, so nothing says what the run is.
    Job(JobError),
    /// A file of a run folder says that the run cannot be taken in.
    BadJob { path: PathBuf, what: String },
    /// The run cannot be started as it is; trying again would not help before something is changed.
    CannotStart(Obstacle),
    /// The operating system refused something around a file or a process.
    Io { operation: &'static str, path: PathBuf, source: io::Error },
}

vitals_recipe::sentences! {
    /// What [`SupervisorError`] says where it does not speak for a room below.
    enum SupervisorFailure in "supervisor" {
        AlreadyRunning { workspace: String } = "{workspace} is supervised already";
        AlreadyRunningAs { workspace: String, pid: String } =
            "{workspace} is supervised already by process {pid}";
        LockHeldByOthers { path: String, seconds: u64 } =
            "{path} is held, but whoever holds it has shown no sign of life for {seconds} s and is no supervisor of yours on this machine, so nobody starts runs here; `fuser {path}` names the process: end it, then try again";
        DatabaseReplaced { path: String } =
            "{path} is no longer the file that was opened; a new supervisor opens what is there";
        LogRemoved { path: String } =
            "{path} was removed while it was open; what it held is saved, and a new supervisor opens the database";
        DidNotComeUp { last_words: String } = "the supervisor did not come up: {last_words}";
        DiesAgain { times: String, seconds: u64, last_words: String } =
            "the supervisor died {times} times within {seconds} s and is not started again for now: {last_words}";
        BadJob { path: String, what: String } = "{path}: {what}";
        Io { operation: String, path: String, reason: String } = "{operation} {path}: {reason}";
        LockHeld { path: String } = "lock {path}: another process holds it";
        OtherLock { path: String } = "take over the lock {path}: the descriptor is another file";
    }
}

vitals_recipe::sentences! {
    /// What [`JournalError`] says.
    enum JournalFailure in "journal" {
        Io { operation: String, path: String, reason: String } = "{operation} {path}: {reason}";
        NewerFormat { found: u32, supported: u32 } =
            "read journal format {found}: this version knows formats up to {supported}; update Vitals to read it";
        BadOffset { path: String, offset: u64 } = "read {path} from byte {offset}: no record begins there";
        BadFile { path: String, what: String } = "understand {path}: {what}";
        /// Of the writer.
        Writer { reason: String } = "{reason}";
    }
}

/// What the journal's error says, by kind and fields; the journal itself knows no sentences.
pub fn journal_told(error: &JournalError) -> Told {
    let path_of = |path: &Path| path.display().to_string();
    let failure = match error {
        JournalError::Io { operation, path, source } => JournalFailure::Io {
            operation: (*operation).to_owned(),
            path: path_of(path),
            reason: source.to_string(),
        },
        JournalError::NewerFormat { found, supported } => {
            JournalFailure::NewerFormat { found: *found, supported: *supported }
        }
        JournalError::BadOffset { path, offset } => {
            JournalFailure::BadOffset { path: path_of(path), offset: *offset }
        }
        JournalError::BadFile { path, what } => {
            JournalFailure::BadFile { path: path_of(path), what: what.clone() }
        }
        JournalError::WriterFailed { .. }
        | JournalError::RowWidth { .. }
        | JournalError::UnknownStream { .. }
        | JournalError::BadStream { .. }
        | JournalError::TooLarge { .. }
        | JournalError::Encode(_) => JournalFailure::Writer { reason: error.to_string() },
    };
    failure.told()
}

fn lock_failure(error: &LockError) -> SupervisorFailure {
    match error {
        LockError::Held { path } => SupervisorFailure::LockHeld { path: path.clone() },
        LockError::NotThisFile { path } => SupervisorFailure::OtherLock { path: path.clone() },
        LockError::Io { path, source } => SupervisorFailure::Io {
            operation: "lock".to_owned(),
            path: path.clone(),
            reason: source.to_string(),
        },
    }
}

impl SupervisorError {
    /// The sentence, by kind and fields.
    pub fn told(&self) -> Told {
        let path_of = |path: &Path| path.display().to_string();
        let failure = match self {
            Self::AlreadyRunning { workspace, pid: Some(pid) } => {
                SupervisorFailure::AlreadyRunningAs { workspace: path_of(workspace), pid: pid.to_string() }
            }
            Self::AlreadyRunning { workspace, pid: None } => {
                SupervisorFailure::AlreadyRunning { workspace: path_of(workspace) }
            }
            Self::LockHeldByOthers { path, seconds } => {
                SupervisorFailure::LockHeldByOthers { path: path.clone(), seconds: *seconds }
            }
            Self::DatabaseReplaced { path } => SupervisorFailure::DatabaseReplaced { path: path_of(path) },
            Self::LogRemoved { path } => SupervisorFailure::LogRemoved { path: path_of(path) },
            Self::DidNotComeUp { last_words } => {
                SupervisorFailure::DidNotComeUp { last_words: last_words.clone() }
            }
            Self::DiesAgain { times, seconds, last_words } => SupervisorFailure::DiesAgain {
                times: times.to_string(),
                seconds: *seconds,
                last_words: last_words.clone(),
            },
            Self::MissingBinary(missing) => return missing.told(),
            Self::Store(error) => return error.told(),
            Self::Journal(error) => return journal_told(error),
            Self::Lock(error) => lock_failure(error),
            Self::BadJob { path, what } => {
                SupervisorFailure::BadJob { path: path_of(path), what: what.clone() }
            }
            Self::CannotStart(obstacle) => return obstacle.told(),
            Self::Job(error) => return error.told(),
            Self::Io { operation, path, source } => SupervisorFailure::Io {
                operation: (*operation).to_owned(),
                path: path_of(path),
                reason: source.to_string(),
            },
        };
        failure.told()
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(formatter)
    }
}

impl std::error::Error for SupervisorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Journal(error) => error.source(),
            Self::Lock(error) => error.source(),
            Self::Job(error) => error.source(),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for SupervisorError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<JournalError> for SupervisorError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<LockError> for SupervisorError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

impl From<JobError> for SupervisorError {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
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
            Self::Journal(JournalError::Io { source, .. })
            | Self::Lock(LockError::Io { source, .. })
            | Self::Io { source, .. } => io_may_recover(source),
            _ => false,
        }
    }
}

fn io_may_recover(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ExecutableFileBusy, Interrupted, OutOfMemory, QuotaExceeded, StorageFull, TimedOut, WouldBlock,
    };
    // Descriptors, of the process and of the machine, have no kind of their own.
    let descriptors = [Errno::MFILE, Errno::NFILE].map(|error| Some(error.raw_os_error()));
    descriptors.contains(&error.raw_os_error())
        || matches!(
            error.kind(),
            ExecutableFileBusy
                | Interrupted
                | OutOfMemory
                | QuotaExceeded
                | StorageFull
                | TimedOut
                | WouldBlock
        )
}

pub type Result<T, E = SupervisorError> = std::result::Result<T, E>;

/// Every kind of sentence that is said here.
pub(crate) const SENTENCES: [&[vitals_recipe::Sentence]; 2] =
    [SupervisorFailure::SENTENCES, JournalFailure::SENTENCES];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_passes_and_a_refusal_does_not() {
        let may = |error: Errno| io_may_recover(&error.into());
        for shortage in [
            Errno::MFILE,
            Errno::NFILE,
            Errno::AGAIN,
            Errno::NOMEM,
            Errno::NOSPC,
            Errno::DQUOT,
            Errno::TXTBSY,
        ] {
            assert!(may(shortage), "{shortage}");
        }
        for refusal in [Errno::ACCESS, Errno::PERM, Errno::NOENT, Errno::NOEXEC, Errno::ISDIR] {
            assert!(!may(refusal), "{refusal}");
        }
    }
}
