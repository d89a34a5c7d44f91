//! What can go wrong with the store. Each variant says when it occurs; texts fit after "failed to …:".

use std::path::PathBuf;

use uuid::Uuid;

use vitals_run::RunState;

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a later Vitals. Nothing was changed.
    #[error(
        "{} has database version {found}; this Vitals knows versions up to {supported}", path.display()
    )]
    NewerVersion { path: PathBuf, found: i64, supported: i64 },
    /// A reader met a database that a writer has yet to migrate. Nothing was changed.
    #[error("{} has database version {found} and must be opened for writing once to reach {supported}", path.display())]
    OlderVersion { path: PathBuf, found: i64, supported: i64 },
    /// The file is a database of something else, or no database.
    #[error("{} is not a Vitals database", path.display())]
    NotVitals { path: PathBuf },
    /// A migration that the database has had differs from the one compiled in.
    #[error("{} was migrated by a different build: {what}", path.display())]
    ForeignMigration { path: PathBuf, what: String },
    /// A reader was asked to open a workspace that has no database.
    #[error("{} does not exist", path.display())]
    Missing { path: PathBuf },
    /// The folder or the file cannot be written by this user.
    #[error("{} cannot be written: {reason}", path.display())]
    NotWritable { path: PathBuf, reason: String },
    /// A change was asked of a store that was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// Another process kept the write lock longer than the busy time-out. Nothing was changed; try again.
    #[error("the database is busy: another process is writing")]
    Busy,
    /// No run bears the id or prefix.
    #[error("no run {id}")]
    UnknownRun { id: String },
    /// No sweep bears the id or prefix.
    #[error("no sweep {id}")]
    UnknownSweep { id: String },
    /// A prefix fits several ids; up to five are listed.
    #[error("{prefix} fits several: {}", matches.join(", "))]
    Ambiguous { prefix: String, matches: Vec<String> },
    /// No such attempt, and the batch bears no header that would create it.
    #[error("run {run} has no attempt {attempt}")]
    UnknownAttempt { run: Uuid, attempt: u32 },
    /// The table of legal transitions forbids the change.
    #[error("run {run} is {from}, which cannot become {to}")]
    IllegalTransition { run: Uuid, from: RunState, to: RunState },
    /// A state was claimed with nothing that it rests on.
    #[error("run {run} is said to be {to} without evidence")]
    NoEvidence { run: Uuid, to: RunState },
    /// A batch does not start where the last one ended. Read the journal from `stored` on.
    #[error("the batch starts at byte {given} of the journal, the store is at byte {stored}")]
    OffsetMismatch { stored: u64, given: u64 },
    /// A batch that contradicts itself or the stored declarations.
    #[error("the batch is malformed: {what}")]
    BadBatch { what: String },
    /// Stored bytes that do not decode: a damaged database, or a defect.
    #[error("stored data is damaged: {what}")]
    Corrupt { what: String },
    /// A number that does not fit the database's 64 signed bits.
    #[error("{what} {value} is out of range")]
    OutOfRange { what: &'static str, value: u64 },
    /// The operating system refused something around the file.
    #[error("{operation} {}: {source}", path.display())]
    Io { operation: &'static str, path: PathBuf, source: std::io::Error },
    /// A stored or given JSON text does not fit.
    #[error("{what} is not the JSON expected: {source}")]
    Json { what: &'static str, source: serde_json::Error },
    /// SQLite or its driver failed otherwise.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// The same call may succeed later: another process writes, the disk is full, a device failed for the moment.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Io { source, .. } => {
                use std::io::ErrorKind::{Interrupted, QuotaExceeded, StorageFull, TimedOut, WouldBlock};
                matches!(source.kind(), Interrupted | QuotaExceeded | StorageFull | TimedOut | WouldBlock)
            }
            // 10 I/O error, 13 full, 14 cannot open.
            Self::Database(error) => matches!(primary_code(error), Some(10 | 13 | 14)),
            _ => false,
        }
    }
}

/// The low byte is SQLite's primary result code.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // 5 busy, 6 locked, 11 corrupt, 26 not a database.
        match primary_code(&error) {
            Some(5 | 6) => Self::Busy,
            Some(11 | 26) => Self::Corrupt { what: error.to_string() },
            _ if matches!(error, sqlx::Error::PoolTimedOut) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

/// Something stored that this program did not write so.
pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt { what: what.to_owned() }
}

/// The result of nearly everything here.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
