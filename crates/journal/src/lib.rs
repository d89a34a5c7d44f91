//! The file a worker writes: versioned, CRC-framed, append-only records, a writer that never makes a training step
//! wait for a disk, and a reader that tails a growing file and survives a torn end. Also the run folder around it:
//! paths, control file, exit record, lock. Threads only; it knows nothing of the store and of async.
//!
//! ```text
//! step thread ── row() ──▶ one buffer (≤ 64 MiB) ── writer thread ──▶ kernel (≤ 250 ms) ──▶ disk (each second)
//! reader ── next() ──▶ Record | NotYet | Torn | Corrupt
//! ```
//!
//! A file is a sequence of frames (`frame.rs`), a payload a tag and a body (`codec.rs`): first the header, then each stream's
//! declaration before its first row. Rows are numbers that only a declaration explains, so header and declarations come again
//! ([`Declared`]) once [`DECLARED_AGAIN_AFTER`] bytes are written, each time twice as far, and then every
//! [`DECLARED_AGAIN_EVERY`]: damage costs its own records, and where it hits a declaration the rows up to the next repetition.

mod atomic;
mod attempts;
mod check;
mod codec;
mod error;
mod file_limit;
mod frame;
#[doc(hidden)]
pub mod fuzz;
pub mod hash;
mod lock;
mod narrow;
mod pump;
mod reader;
mod record;
mod roles;
pub mod run_folder;
mod shared;
mod sink;
mod streams;
mod writer;

pub use atomic::atomic_write;
pub use attempts::{AttemptStart, StepRange, in_force};
pub use check::{Check, check};
pub use error::JournalError;
pub use file_limit::survive_file_limit;
pub use frame::{DECLARED_AGAIN_AFTER, DECLARED_AGAIN_EVERY, FORMAT_VERSION};
pub use hash::SeriesHasher;
pub use lock::{Lock, LockError};
pub use narrow::{narrow, widen};
pub use reader::{ReadOutcome, Reader};
pub use record::{
    CheckpointRecord, Column, ControlAck, Declared, EndRecord, Event, Header, Level, LogRecord, Record, Row,
    Stream, StreamId, ValueKind, Wait,
};
pub use roles::with_roles;
pub use run_folder::{Command, Control, ExitRecord, MAX_ATTEMPTS, RunFolder};
pub use shared::{OnStall, Stall};
pub use sink::Sink;
pub use streams::Streams;
pub use writer::{Writer, WriterOptions};

/// What every fallible call of this crate returns.
pub type Result<T, E = JournalError> = std::result::Result<T, E>;
