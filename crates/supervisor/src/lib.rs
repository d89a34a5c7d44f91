//! vitals-supervisor: the one process of a workspace that starts runs, watches them and ingests what they record.
//! What is decided (`queue`) is pure; executors act; `watch` reports facts. Clients (window, CLI) only write requests
//! into the store, read from it, and call [`ensure_running`].
//!
//! ```text
//! store: queue, requests ──▶ turn ──decide──▶ executor ─▶ guard ─▶ vitals-worker ──▶ run folder
//!        states, values ◀── settle, ingest ◀── tail ◀──────────────── journal, exit.json, lock
//! ```

// `print!` and its kin panic where the stream is full.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod attempt;
mod binaries;
mod c_calls;
mod detach;
mod error;
mod executor;
#[doc(hidden)]
pub mod fuzz;
mod ground;
pub mod guard;
mod ledger;
mod locks;
mod options;
mod queue;
mod renew;
mod requests;
mod rooms;
pub mod settings;
mod start;
mod status;
mod stop;
mod system;
pub mod trust;
mod turn;
mod watch;
mod workspace;

pub use attempt::known::Known;
pub use attempt::verdict::verdict;
pub use binaries::Binaries;
pub use c_calls::keep_one_heap;
pub use detach::{Ensured, ensure_running};
pub use error::{Result, SupervisorError, journal_told};
pub use executor::local::devices::{DeviceState, Devices};
pub use executor::{Mistake, SchedulerProgram, ask_schedulers, check};
pub use locks::holder;
pub use options::{Clock, Ended, Options};
pub use queue::policy;
pub use queue::retry::{Cause, RetrySettings};
pub use status::{Holding, Seen, Status, status};
pub use stop::stop_signals;
pub use system::ProcessMark;
pub use turn::Supervisor;
pub use watch::folder::{IngestedFolder, ingest_folder};
pub use workspace::Workspace;

/// Every kind of sentence of this room, for the catalogues.
pub const SENTENCES: &[&[vitals_recipe::Sentence]] =
    &[error::SENTENCES[0], error::SENTENCES[1], Mistake::SENTENCES, executor::SbatchOption::SENTENCES];
