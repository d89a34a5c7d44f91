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
    /// How long a run folder that is not in its place is looked for before its run counts as lost: a mount may blink.
    pub folder_patience: Duration,
    /// No silence shorter than this is a stall, however fast the run.
    pub stall_floor: Duration,
    /// How often requests, queue and silence are looked at.
    pub tick: Duration,
    /// Leave the terminal's session: started by [`crate::ensure_running`].
    pub detached: bool,
}

impl Options {
    /// The usual behaviour: 30 s of grace, of patience with folders and as the shortest stall, no end.
    pub fn new(now: Clock, binaries: Binaries) -> Self {
        Self {
            now,
            binaries,
            until_idle: None,
            grace: Duration::from_secs(30),
            folder_patience: Duration::from_secs(30),
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

/// How a supervisor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing to do for as long as `until_idle` says.
    Idle,
    /// Told to by its caller (SIGTERM, Ctrl-C) or by a `shutdown` request; runs go on.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_away_is_looked_for_half_a_minute() {
        let options = Options::new(Arc::new(|| 0), Binaries::in_folder("anywhere".as_ref()));
        let half_a_minute = Duration::from_secs(30);
        assert_eq!((options.folder_patience, options.grace), (half_a_minute, half_a_minute));
    }
}
