//! The file a worker writes: versioned, CRC-framed, append-only records, a writer that never makes a training step
//! wait for a disk, and a reader that tails a growing file and survives a torn end. Also the run folder around it:
//! paths, control file, exit record, lock. Threads only; it knows nothing of the store and of async.
//!
//! ```text
//! step thread ── row() ──▶ one buffer (≤ 64 MiB) ── writer thread ──▶ kernel (≤ 250 ms) ──▶ disk (each second)
//! reader ── next() ──▶ Record | NotYet | Torn | Corrupt
//! ```

mod atomic;
mod attempts;
mod check;
mod codec;
mod error;
mod frame;
pub mod hash;
mod lock;
mod narrow;
mod pump;
mod reader;
mod record;
mod regular;
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
pub use frame::FORMAT_VERSION;
pub use hash::SeriesHasher;
pub use lock::{Lock, LockError};
pub use narrow::{narrow, widen};
pub use reader::{ReadOutcome, Reader};
pub use record::{
    CheckpointRecord, Column, ControlAck, EndRecord, Event, Header, Level, LogRecord, Record, Row, Stream,
    StreamId, ValueKind, Wait,
};
pub use regular::{open_in_place, open_regular, read_regular};
pub use roles::with_roles;
pub use run_folder::{Command, Control, ExitRecord, MAX_ATTEMPTS, RunFolder};
pub use shared::{OnStall, Stall};
pub use sink::Sink;
pub use streams::Streams;
pub use writer::{Writer, WriterOptions};

/// What every fallible call of this crate returns.
pub type Result<T, E = JournalError> = std::result::Result<T, E>;
