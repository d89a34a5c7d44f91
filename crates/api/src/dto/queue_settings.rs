//! Forms of what the supervisor obeys: slots, limits, retries, the cluster.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that the supervisor obeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QueueSettings {
    /// Runs at once by device, 1 to 64; a device that is not named has its default.
    pub slots: BTreeMap<String, u32>,
    /// Bytes of memory that runs may take together, by device; a device that is not named: all it has.
    pub memory_bytes: BTreeMap<String, u64>,
    pub retry: RetryPolicy,
    /// With less room on the disk of the run folders nothing is started; 0: never mind.
    pub low_disk_bytes: u64,
    /// Of all checkpoints together: beyond it the older ones of ended runs are removed; 0: no limit.
    pub checkpoint_limit_bytes: u64,
    /// Of all journals together: beyond it nothing is started; 0: no limit.
    pub journal_limit_bytes: u64,
    pub slurm: SlurmSettings,
}

/// Runs that ended badly and are queued again without being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RetryPolicy {
    /// At most so often in a row, 0 to 100; 0: never.
    pub times: u32,
    /// signal, memory_killer, device_memory, reboot, lost, error.
    pub causes: Vec<String>,
}

/// The cluster that runs go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
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
    /// Further options of sbatch, each as it would stand after `#SBATCH`.
    pub extra: Vec<String>,
    /// Jobs that are submitted and have not ended.
    pub at_once: u32,
    /// The cluster's slurm.conf; empty: the system's.
    pub conf: String,
}
