//! Forms of the application as a whole: what it is, its supervisor, settings, health, and the notices of change.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vitals_recipe::Told;

/// What the window shows of the application itself.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AppInfo {
    pub version: String,
    pub workspace: String,
    pub database_bytes: u64,
    pub runs: u64,
    pub supervisor: SupervisorStatus,
    /// Why nothing in the workspace can be changed; absent where it can.
    #[ts(optional)]
    pub read_only: Option<Told>,
    /// What to look at twice before anything is started in it: whose it is, and who may write it.
    pub cautions: Vec<Told>,
}

/// The supervisor as last heard of.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SupervisorStatus {
    pub connected: bool,
    pub pid: Option<u32>,
    /// RFC 3339.
    pub last_contact_at: Option<String>,
    pub queue_paused: bool,
    pub slots_busy: u32,
    pub slots_total: u32,
    pub ingest_values_per_second: f64,
    /// What keeps it from starting runs, and what to do, in English.
    pub problem: Option<String>,
    /// The same as kind and fields.
    pub problem_code: Option<Told>,
}

/// One line of `doctor`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DoctorLine {
    /// libtorch, devices, datasets, database, supervisor, disk, workspace, or the name of a scheduler.
    pub check: String,
    pub ok: bool,
    /// In English, as `told` says it.
    pub message: String,
    pub remedy: Option<String>,
    pub told: Told,
    pub remedy_told: Option<Told>,
}

/// What the window keeps: language, theme and the like.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Settings {
    /// system, en, ko.
    pub language: String,
    /// system, light, dark.
    pub theme: String,
    pub single_key_shortcuts: bool,
    /// Percent, 80 to 200.
    pub zoom_percent: u32,
    /// Alarms also go to the desktop's notifications while a window is open.
    pub notifications: bool,
}

/// What moved since the last notice; the window asks again for what it shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct ChangeNotice {
    /// Runs with a new revision, with it.
    pub runs: BTreeMap<String, u64>,
    /// Queue, states, devices or sweeps changed.
    pub overview: bool,
    /// Sweep files changed on disk.
    pub files: Vec<String>,
    /// The supervisor came or went.
    pub supervisor: bool,
}
