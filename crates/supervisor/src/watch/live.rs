//! The runs that a supervisor watches at the moment, as it remembers them. All of it can be had again from store and
//! run folders: nothing is lost with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use vitals_journal::RunFolder;
use vitals_store::{RunId, RunState};

use crate::guard::GuardMark;
use crate::queue::policy::Active;

/// One living attempt.
#[derive(Debug)]
pub(crate) struct Live {
    pub folder: RunFolder,
    pub attempt: u32,
    pub device: String,
    pub state: RunState,
    /// What it is expected to take of its device's memory; `None`: it counts by what it uses.
    pub need: Option<u64>,
    /// On the supervisor's own clock.
    pub last_record: Duration,
    pub stall_after: Duration,
    /// The worker is yet to be sent SIGTERM: it was not there, or no mark named it.
    pub owes_term: bool,
    pub kill_at: Option<Duration>,
    /// SIGKILL was sent.
    pub killed: bool,
    /// Wakes its tail.
    pub hint: Arc<Notify>,
    /// Its job, where Slurm runs it.
    pub slurm: Option<crate::executor::slurm::Job>,
}

impl Live {
    /// What the policy needs of it.
    pub fn as_active(&self, run: RunId) -> Active {
        Active {
            run,
            device: self.device.clone(),
            state: self.state,
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

/// What shows that an attempt works: its process, which is known by this even where the folder is gone.
pub(crate) fn proof(folder: &RunFolder, attempt: u32) -> Value {
    let worker = GuardMark::read(folder, attempt).and_then(|mark| mark.worker);
    json!({ "attempt": attempt, "worker": worker })
}
