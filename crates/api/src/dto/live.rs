//! Forms of the Live screen: devices, the queue, progress of sweeps.
//! Plain data only: no logic, no handles.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Told;

use super::app::SupervisorStatus;
use super::run::Run;

/// A device with its slots and what runs there.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DeviceStatus {
    pub device: String,
    pub name: String,
    pub slots: u32,
    pub runs: Vec<String>,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// What runs may take of it together, by the setting.
    pub memory_limit_bytes: Option<u64>,
    /// 0 to 1.
    pub utilization: Option<f64>,
    pub usable: bool,
    /// A GPU's, by the driver.
    pub uuid: Option<String>,
    /// Why it cannot be used.
    pub reason: Option<String>,
    pub reason_told: Option<Told>,
    /// What to do about it.
    pub remedy_told: Option<Told>,
}

/// The Live screen in one answer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Overview {
    pub supervisor: SupervisorStatus,
    pub devices: Vec<DeviceStatus>,
    /// starting, running, stalled, pausing, paused.
    pub active: Vec<Run>,
    /// In queue order.
    pub queued: Vec<Run>,
    /// Newest first, at most 50.
    pub ended: Vec<Run>,
    pub queued_total: u64,
    pub ended_total: u64,
    /// Seconds until nothing runs or waits any more, by runs of the same size that were measured here; absent where a size was
    /// not, and while waiting runs are held back.
    pub seconds_left: Option<f64>,
    pub sweeps: Vec<SweepProgress>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SweepProgress {
    pub id: String,
    pub name: String,
    pub runs: u64,
    pub finished: u64,
    pub failed: u64,
    pub active: u64,
    pub paused: u64,
    pub queued: u64,
    /// Seconds until none of its runs works or waits, as in the overview.
    pub seconds_left: Option<f64>,
}
