//! vitals-supervisor: the one process of a workspace that starts runs, watches them and ingests what they record.
//! Policy (`policy`, `verdict`, `pace`) is pure; hands (`start`, `guard`) act; tails report facts. Clients (window,
//! CLI) only write requests into the store, read from it, and call [`ensure_running`].
//!
//! ```text
//! store: queue, requests ──▶ Supervisor ──decide──▶ start ─▶ guard ─▶ vitals-worker ──▶ run folder
//!        states, values ◀── settle, ingest ◀── tail ◀──────────────── journal, exit.json, lock
//! ```

mod act;
mod adopt;
mod batch;
mod binaries;
mod detach;
mod devices;
mod error;
mod folder;
pub mod guard;
mod hints;
mod limits;
mod live;
mod need;
mod obey;
mod oom;
mod options;
mod pace;
pub mod policy;
mod renew;
mod retry;
mod rusage;
mod settle;
mod slurm;
mod start;
mod status;
mod stop;
mod supervisor;
mod system;
mod tail;
mod upkeep;
mod verdict;
mod workspace;

pub use binaries::Binaries;
pub use detach::{Ensured, ensure_running};
pub use devices::{DeviceState, Devices};
pub use error::{Result, SupervisorError};
pub use folder::{IngestedFolder, ingest_folder};
pub use options::{Clock, Ended, Options, settings};
pub use pace::Pace;
pub use retry::{Cause, RetrySettings};
pub use slurm::{SLURM, SlurmSettings};
pub use status::{Seen, Status, status};
pub use stop::stop_signals;
pub use supervisor::Supervisor;
pub use system::ProcessMark;
pub use verdict::{Known, verdict};
pub use workspace::Workspace;
