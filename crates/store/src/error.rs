//! What can go wrong with the store. Each variant says when it occurs; texts fit after "failed to …:".

use std::fmt;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use vitals_recipe::{Names, Tells, Told};

use vitals_run::RunState;

/// Characters of a path that is too long.
const SHOWN: usize = 60;

/// Every failure of this crate.
#[derive(Debug)]
pub enum StoreError {
    /// The database was written by a later Vitals. Nothing was changed.
    NewerVersion { path: PathBuf, found: i64, supported: i64 },
    /// A reader met a database that a writer has yet to migrate. Nothing was changed.
    OlderVersion { path: PathBuf, found: i64, supported: i64 },
    /// The file is a database of something else, or no database.
    NotVitals { path: PathBuf },
    /// A migration that the database has had differs from the one compiled in.
    ForeignMigration { path: PathBuf, what: String },
    /// A reader was asked to open a workspace that has no database.
    Missing { path: PathBuf },
    /// The folder or the file cannot be written by this user.
    NotWritable { path: PathBuf, reason: String },
    /// The disk has no room, or no inode, for what SQLite makes beside the database. Nothing was changed.
    NoRoom { path: PathBuf, what: String },
    /// A link, or no plain file, in the place of one of the database's files. Nothing was opened.
    NotPlain { path: PathBuf },
    /// The database's path is no text in UTF-8, as SQLite asks of it. Nothing was made.
    PathNotText { path: PathBuf },
    /// The database's path is longer than SQLite takes. Nothing was made.
    PathTooLong { path: PathBuf, bytes: usize, most: usize },
    /// An older database could not be copied, and is not migrated without.
    NoBackup { path: PathBuf, found: i64, reason: String },
    /// A change was asked of a store that was opened for reading.
    ReadOnly,
    /// Another process kept the write lock longer than the busy time-out. Nothing was changed; try again.
    Busy,
    /// No run bears the id or prefix.
    UnknownRun { id: String },
    /// Asked to be trained, and Vitals has nothing to train it by.
    Imported { id: String },
    /// No sweep bears the id or prefix.
    UnknownSweep { id: String },
    /// A prefix fits several ids; up to five are listed.
    Ambiguous { prefix: String, matches: Vec<String> },
    /// No such attempt, and the batch bears no header that would create it.
    UnknownAttempt { run: Uuid, attempt: u32 },
    /// The table of legal transitions forbids the change.
    IllegalTransition { run: Uuid, from: RunState, to: RunState },
    /// A state was claimed with nothing that it rests on.
    NoEvidence { run: Uuid, to: RunState },
    /// A batch does not start where the last one ended. Read the journal from `stored` on.
    OffsetMismatch { stored: u64, given: u64 },
    /// A batch that contradicts itself or the stored declarations.
    BadBatch { what: String },
    /// Stored bytes that do not decode: a damaged database, or a defect.
    Corrupt { what: String },
    /// A number that does not fit the database's 64 signed bits.
    OutOfRange { what: &'static str, value: u64 },
    /// The operating system refused something around the file.
    Io { operation: &'static str, path: PathBuf, source: std::io::Error },
    /// A stored or given JSON text does not fit.
    Json { what: &'static str, source: serde_json::Error },
    /// SQLite or its driver failed otherwise.
    Database(sqlx::Error),
}

vitals_recipe::sentences! {
    /// What [`StoreError`] says.
    enum StoreFailure in "store" {
        NewerVersion { path: String, found: i64, supported: i64 } =
            "{path} has database version {found}; this Vitals knows versions up to {supported}";
        OlderVersion { path: String, found: i64, supported: i64 } =
            "{path} has database version {found} and must be opened for writing once to reach {supported}";
        NotVitals { path: String } = "{path} is not a Vitals database";
        ForeignMigration { path: String, what: String } = "{path} was migrated by a different build: {what}";
        Missing { path: String } = "{path} does not exist";
        NotWritable { path: String, reason: String } = "{path} cannot be written: {reason}";
        NoRoom { path: String, what: String } = "{path} has no room: {what}";
        NotPlain { path: String } = "{path} is a link or no plain file, and is left alone";
        PathNotText { path: String } = "{path} is no text in UTF-8, and a database can be opened by such a name only";
        PathTooLong { path: String, bytes: u64, most: u64 } =
            "{path} is {bytes} bytes long, and a database can be opened by at most {most}";
        NoBackup { path: String, found: i64, reason: String } =
            "{path} has database version {found}; before it is brought to this version it is copied, which failed: {reason}";
        ReadOnly = "the store is open for reading only";
        Busy = "the database is busy: another process is writing";
        UnknownRun { id: String } = "no run {id}";
        Imported { id: String } = "run {id} was imported, and has no recipe";
        UnknownSweep { id: String } = "no sweep {id}";
        Ambiguous { prefix: String, matches: Names } = "{prefix} fits several: {matches}";
        UnknownAttempt { run: String, attempt: u32 } = "run {run} has no attempt {attempt}";
        IllegalTransition { run: String, from: String, to: String } =
            "run {run} is {from}, which cannot become {to}";
        NoEvidence { run: String, to: String } = "run {run} is said to be {to} without evidence";
        OffsetMismatch { stored: u64, given: u64 } =
            "the batch starts at byte {given} of the journal, the store is at byte {stored}";
        BadBatch { what: String } = "the batch is malformed: {what}";
        Corrupt { what: String } = "stored data is damaged: {what}";
        OutOfRange { what: String, value: u64 } = "{what} {value} is out of range";
        Io { operation: String, path: String, reason: String } = "{operation} {path}: {reason}";
        Json { what: String, reason: String } = "{what} is not the JSON expected: {reason}";
        Database { reason: String } = "the database failed: {reason}";
    }
}

impl StoreError {
    /// The sentence, by kind and fields.
    pub fn told(&self) -> Told {
        self.failure().told()
    }

    fn failure(&self) -> StoreFailure {
        let path_of = |path: &Path| path.display().to_string();
        match self {
            Self::NewerVersion { path, found, supported } => {
                StoreFailure::NewerVersion { path: path_of(path), found: *found, supported: *supported }
            }
            Self::OlderVersion { path, found, supported } => {
                StoreFailure::OlderVersion { path: path_of(path), found: *found, supported: *supported }
            }
            Self::NotVitals { path } => StoreFailure::NotVitals { path: path_of(path) },
            Self::ForeignMigration { path, what } => {
                StoreFailure::ForeignMigration { path: path_of(path), what: what.clone() }
            }
            Self::Missing { path } => StoreFailure::Missing { path: path_of(path) },
            Self::NotWritable { path, reason } => {
                StoreFailure::NotWritable { path: path_of(path), reason: reason.clone() }
            }
            Self::NoRoom { path, what } => StoreFailure::NoRoom { path: path_of(path), what: what.clone() },
            Self::NotPlain { path } => StoreFailure::NotPlain { path: path_of(path) },
            Self::PathNotText { path } => StoreFailure::PathNotText { path: path_of(path) },
            Self::PathTooLong { path, bytes, most } => StoreFailure::PathTooLong {
                path: shortened(&path_of(path)),
                bytes: *bytes as u64,
                most: *most as u64,
            },
            Self::NoBackup { path, found, reason } => {
                StoreFailure::NoBackup { path: path_of(path), found: *found, reason: reason.clone() }
            }
            Self::ReadOnly => StoreFailure::ReadOnly,
            Self::Busy => StoreFailure::Busy,
            Self::UnknownRun { id } => StoreFailure::UnknownRun { id: id.clone() },
            Self::Imported { id } => StoreFailure::Imported { id: id.clone() },
            Self::UnknownSweep { id } => StoreFailure::UnknownSweep { id: id.clone() },
            Self::Ambiguous { prefix, matches } => {
                StoreFailure::Ambiguous { prefix: prefix.clone(), matches: Names(matches.clone()) }
            }
            Self::UnknownAttempt { run, attempt } => {
                StoreFailure::UnknownAttempt { run: run.to_string(), attempt: *attempt }
            }
            Self::IllegalTransition { run, from, to } => StoreFailure::IllegalTransition {
                run: run.to_string(),
                from: from.to_string(),
                to: to.to_string(),
            },
            Self::NoEvidence { run, to } => {
                StoreFailure::NoEvidence { run: run.to_string(), to: to.to_string() }
            }
            Self::OffsetMismatch { stored, given } => {
                StoreFailure::OffsetMismatch { stored: *stored, given: *given }
            }
            Self::BadBatch { what } => StoreFailure::BadBatch { what: what.clone() },
            Self::Corrupt { what } => StoreFailure::Corrupt { what: what.clone() },
            Self::OutOfRange { what, value } => {
                StoreFailure::OutOfRange { what: (*what).to_owned(), value: *value }
            }
            Self::Io { operation, path, source } => StoreFailure::Io {
                operation: (*operation).to_owned(),
                path: path_of(path),
                reason: source.to_string(),
            },
            Self::Json { what, source } => {
                StoreFailure::Json { what: (*what).to_owned(), reason: source.to_string() }
            }
            Self::Database(error) => StoreFailure::Database { reason: error.to_string() },
        }
    }
}

/// The beginning of a path that would fill the screen.
fn shortened(path: &str) -> String {
    path.char_indices().nth(SHOWN).map_or_else(|| path.to_owned(), |(end, _)| format!("{}…", &path[..end]))
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(formatter)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Json { source, .. } => Some(source),
            _ => None,
        }
    }
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
            // 10 I/O error, 13 full, 14 cannot open, 15 the log's locks were contended.
            Self::Database(error) => matches!(primary_code(error), Some(10 | 13 | 14 | 15)),
            _ => false,
        }
    }

    /// A change was cut off, in a database without a write-ahead log, and whoever may write takes it back.
    pub(crate) fn is_cut_off_change(&self) -> bool {
        matches!(self, Self::Database(error) if code(error) == Some(READ_ONLY_ROLLBACK))
    }

    /// SQLite or the system could not read, make, lock or extend a file: 8 read only, 10 I/O error, 13 full, 14 cannot open.
    pub(crate) fn is_about_files(&self) -> bool {
        match self {
            Self::Database(error) => matches!(primary_code(error), Some(8 | 10 | 13 | 14)),
            Self::Io { .. } => true,
            _ => false,
        }
    }

    /// The disk has no room for what was asked.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::NoRoom { .. } => true,
            Self::Database(error) => {
                primary_code(error) == Some(13) || code(error) == Some(INDEX_COULD_NOT_GROW)
            }
            Self::Io { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            _ => false,
        }
    }
}

/// SQLite's word for a change that was cut off, met by a connection that may not take it back.
const READ_ONLY_ROLLBACK: i32 = 776;
/// SQLite's word for a file that begins as no database does.
pub(crate) const NOT_A_DATABASE: i32 = 26;

/// The write-ahead log's index (`SQLITE_IOERR_SHMSIZE`): on a full disk it is this that SQLite is refused first.
const INDEX_COULD_NOT_GROW: i32 = 10 | 19 << 8;

fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The low byte is SQLite's primary result code.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    code(error).map(|code| code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // 5 busy, 6 locked, 11 corrupt, 26 not a database.
        match primary_code(&error) {
            Some(5 | 6) => Self::Busy,
            Some(11 | NOT_A_DATABASE) => {
                let said = error.as_database_error().map(|error| error.message().to_owned());
                Self::Corrupt { what: said.unwrap_or_else(|| error.to_string()) }
            }
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

/// Every kind of sentence of this room, for the catalogues.
pub const SENTENCES: &[&[vitals_recipe::Sentence]] = &[StoreFailure::SENTENCES];
