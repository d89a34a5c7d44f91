//! One living attempt, as the supervisor remembers it. All of it can be had again from store and run folder: nothing is
//! lost with it.

use std::time::Duration;

use vitals_journal::RunFolder;
use vitals_run::RunState;
use vitals_store::RunId;

use crate::queue::policy::Active;

#[derive(Debug)]
pub(crate) struct Live {
    pub folder: RunFolder,
    pub attempt: u32,
    pub device: String,
    /// What it is expected to take of its device's memory; `None`: it counts by what it uses.
    pub need: Option<u64>,
    /// On the supervisor's own clock.
    pub last_record: Duration,
    pub stall_after: Duration,
    /// It is yet to be signalled to end: nobody was there, or no mark named it.
    pub owes_term: bool,
    pub kill_at: Option<Duration>,
    /// SIGKILL was sent.
    pub killed: bool,
    /// Its folder is not in its place; why that is was said.
    pub is_away: bool,
    /// Since when it records while no mark names its worker.
    pub unmarked_since: Option<Duration>,
}

impl Live {
    pub fn new(
        folder: RunFolder,
        attempt: u32,
        device: String,
        last_record: Duration,
        stall_after: Duration,
    ) -> Self {
        Self {
            folder,
            attempt,
            device,
            need: None,
            last_record,
            stall_after,
            owes_term: false,
            kill_at: None,
            killed: false,
            is_away: false,
            unmarked_since: None,
        }
    }

    /// What the policy needs of it.
    pub fn as_active(&self, run: RunId, state: RunState) -> Active {
        Active {
            run,
            device: self.device.clone(),
            state,
            last_record: self.last_record,
            stall_after: self.stall_after,
            kill_at: self.kill_at.filter(|_| !self.killed),
            need: self.need,
        }
    }

    /// It was asked to cancel and will end.
    pub fn is_cancelling(&self) -> bool {
        self.owes_term || self.kill_at.is_some()
    }
}
