//! The one error type of the room; every variant says when it occurs, as a fragment that fits after "failed to".

use std::io;
use std::path::{Path, PathBuf};

/// Why a journal or a run folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused an operation on a file.
    #[error("{operation} {}: {source}", path.display())]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
    /// The writer thread met an error that waiting cannot cure; all later calls fail with the same words.
    #[error("write the journal: {reason}")]
    WriterFailed { reason: String },
    /// The file was written by a newer version of Vitals.
    #[error(
        "read journal format {found}: this version knows formats up to {supported}; update Vitals to read it"
    )]
    NewerFormat { found: u32, supported: u32 },
    /// A reader was asked to begin where no record begins.
    #[error("read {} from byte {offset}: no record begins there", path.display())]
    BadOffset { path: PathBuf, offset: u64 },
    /// A JSON file of the run folder holds something else than it should.
    #[error("understand {}: {what}", path.display())]
    BadFile { path: PathBuf, what: String },
    /// A row has more or fewer values than its stream has columns.
    #[error("record a row of stream `{stream}`: {found} values for {expected} columns")]
    RowWidth { stream: String, expected: usize, found: usize },
    /// A stream id that this writer did not give out.
    #[error("record a row of stream {id}: no such stream was declared")]
    UnknownStream { id: u16 },
    /// A stream declaration that cannot be stored: a repeated name or column, or too many streams.
    #[error("declare stream `{stream}`: {what}")]
    BadStream { stream: String, what: String },
    /// A record above the size that readers accept.
    #[error("record {bytes} bytes at once: the largest record holds {limit} bytes")]
    TooLarge { bytes: usize, limit: usize },
    /// A record that JSON cannot express.
    #[error("encode a record: {0}")]
    Encode(serde_json::Error),
}

impl JournalError {
    /// Names the operation and the object of an I/O error.
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}
