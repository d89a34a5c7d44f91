//! Slurm as an executor: the same worker and the same run folder on a shared file system, started by `sbatch` and watched
//! by `squeue` and `sacct`. The scheduler's word leads; the run's lock means nothing on another machine. Nothing here
//! decides when a run starts: the policy sees one more device.

mod ask;
mod hands;
mod judge;
mod submit;
mod words;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub(crate) use ask::{Polled, Refused};
pub(crate) use judge::judge;

/// The policy's name for it, and the device of its attempts.
pub const SLURM: &str = "slurm";

/// What a workspace says of its cluster (setting `slurm`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlurmSettings {
    /// Runs go to Slurm instead of this machine's devices.
    pub enabled: bool,
    /// Empty: the cluster's default.
    pub partition: String,
    pub account: String,
    /// As `sbatch --time` takes it; empty: the partition's.
    pub time: String,
    /// GPUs of each run; 0: it trains on the CPU.
    pub gpus: u32,
    /// Further options, each as it would stand after `#SBATCH`.
    pub extra: Vec<String>,
    /// Jobs that are submitted and have not ended.
    pub at_once: u32,
    /// `SLURM_CONF` of the cluster; empty: the system's.
    pub conf: String,
}

impl Default for SlurmSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            partition: String::new(),
            account: String::new(),
            time: String::new(),
            gpus: 0,
            extra: Vec::new(),
            at_once: 64,
            conf: String::new(),
        }
    }
}

impl SlurmSettings {
    /// The device that the worker is told: Slurm shows a job its own GPUs only, the first of them as number 0.
    pub fn worker_device(&self) -> &'static str {
        if self.gpus > 0 { "cuda:0" } else { "cpu" }
    }
}

/// What the scheduler says of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobWord {
    /// `PENDING`, `RUNNING`, `TIMEOUT`, …, or [`GONE`].
    pub state: String,
    /// Why it waits, or ended.
    pub reason: String,
    pub nodes: String,
}

/// Neither `squeue` nor `sacct` knows the job any more.
pub const GONE: &str = "GONE";

impl JobWord {
    /// No process of it is left, or none ever was.
    pub fn has_ended(&self) -> bool {
        const LIVING: [&str; 14] = [
            "PENDING",
            "RUNNING",
            "SUSPENDED",
            "STOPPED",
            "CONFIGURING",
            "COMPLETING",
            "REQUEUED",
            "REQUEUE_FED",
            "REQUEUE_HOLD",
            "RESV_DEL_HOLD",
            "SPECIAL_EXIT",
            "RESIZING",
            "SIGNALING",
            "STAGE_OUT",
        ];
        !LIVING.contains(&self.state.as_str())
    }
}

/// A living run's job, as the supervisor remembers it.
#[derive(Debug)]
pub(crate) struct Job {
    /// `None`: the supervisor that submitted it died before it noted the number.
    pub id: Option<u64>,
    pub name: String,
    pub word: Option<JobWord>,
    /// Polls in a row that did not find it.
    pub missing: u32,
    /// What its tail goes by.
    pub alive: watch::Sender<bool>,
}
