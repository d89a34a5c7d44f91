//! How a supervisor behaves. Clock and programs come from the caller.

use std::sync::Arc;
use std::time::Duration;

use vitals_store::UnixMillis;

use crate::binaries::Binaries;

/// The time of day, for what is written down. Durations are measured on a clock of their own.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// What a supervisor is told.
#[derive(Clone)]
pub struct Options {
    pub now: Clock,
    pub binaries: Binaries,
    /// End after so long without a run, a startable run or a request; `None`: never.
    pub until_idle: Option<Duration>,
    /// From SIGTERM to SIGKILL when a run is cancelled.
    pub grace: Duration,
    /// No silence shorter than this is a stall, however fast the run.
    pub stall_floor: Duration,
    /// How often requests, queue and silence are looked at.
    pub tick: Duration,
    /// Leave the terminal's session: started by [`crate::ensure_running`].
    pub detached: bool,
}

impl Options {
    /// The usual behaviour: 30 s of grace, 30 s as the shortest stall, no end.
    pub fn new(now: Clock, binaries: Binaries) -> Self {
        Self {
            now,
            binaries,
            until_idle: None,
            grace: Duration::from_secs(30),
            stall_floor: Duration::from_secs(30),
            tick: Duration::from_millis(100),
            detached: false,
        }
    }

    /// Ends when idle for the usual half minute.
    #[must_use]
    pub fn until_idle(mut self) -> Self {
        self.until_idle = Some(Duration::from_secs(30));
        self
    }
}

/// Settings (`Store::setting`) that the supervisor obeys, by key.
pub mod settings {
    /// Object: slots by device, `{"cpu": 2, "cuda:0": 1}`.
    pub const SLOTS: &str = "slots";
    /// Object: bytes of memory that runs may take together, by device, `{"cuda:0": 17179869184}`.
    pub const MEMORY_BYTES: &str = "memory_bytes";
    /// Bool: nothing is started.
    pub const QUEUE_PAUSED: &str = "queue_paused";
    /// Object ([`crate::SlurmSettings`]): runs go to a cluster.
    pub const SLURM: &str = "slurm";
    /// Number of bytes: with less room than this on the run folders' disk nothing is started
    /// ([`LOW_DISK_BYTES_DEFAULT`] where it is not set; 0: never mind).
    pub const LOW_DISK_BYTES: &str = "low_disk_bytes";
    /// A run writes journals and checkpoints of a few hundred megabytes.
    pub const LOW_DISK_BYTES_DEFAULT: u64 = 1 << 30;
    /// Number of bytes, 0 or not set for none: beyond it the older checkpoints of ended runs are removed.
    pub const CHECKPOINT_LIMIT_BYTES: &str = "checkpoint_limit_bytes";
    /// Number of bytes, 0 or not set for none: beyond it nothing is started; no journal is ever removed for it.
    pub const JOURNAL_LIMIT_BYTES: &str = "journal_limit_bytes";
    /// Object ([`crate::RetrySettings`]): how often and for which causes a run is tried again without being asked.
    pub const RETRY: &str = "retry";
    /// Text: where run folders lie, absolute or from the workspace; read when a supervisor starts.
    pub const RUNS_DIR: &str = "runs_dir";
}

/// How a supervisor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing to do for as long as `until_idle` says.
    Idle,
    /// Told to by its caller (SIGTERM, Ctrl-C) or by a `shutdown` request; runs go on.
    Stopped,
}
