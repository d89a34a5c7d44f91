//! What the supervisor writes of itself every second, and what clients may conclude from it: the lock says whether it
//! lives, the status says what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitals_journal::Lock;
use vitals_store::{RunId, Store, UnixMillis};

use crate::error::Result;
use crate::executor::local::devices::DeviceState;
use crate::system::ProcessMark;
use crate::workspace::Workspace;

/// The supervisor's own words (`Store::supervisor`, as JSON).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    pub version: String,
    pub process: Option<ProcessMark>,
    pub started_at: UnixMillis,
    pub queue_paused: bool,
    pub slots_busy: u32,
    /// Of usable devices.
    pub slots_total: u32,
    pub ingest_values_per_second: f64,
    pub devices: Vec<DeviceState>,
    /// Living runs and where they run.
    pub runs: BTreeMap<RunId, String>,
    /// What keeps it from working as it should, and what to do.
    pub problem: Option<String>,
    /// Its last words: it has ended in order.
    pub ended: bool,
}

/// The supervisor as a client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// It holds its lock.
    pub alive: bool,
    pub pid: Option<u32>,
    pub last_contact_at: Option<UnixMillis>,
    /// Its last words, however old.
    pub status: Status,
}

/// Looks whether a workspace is supervised, and what was said last.
pub async fn status(workspace: &Workspace, store: &Store) -> Result<Seen> {
    let alive = Lock::is_held(&workspace.supervisor_lock())?;
    let row = store.supervisor().await?;
    let status =
        row.as_ref().and_then(|row| serde_json::from_value(row.status.clone()).ok()).unwrap_or_default();
    Ok(Seen {
        alive,
        pid: row.as_ref().filter(|_| alive).map(|row| row.pid),
        last_contact_at: row.as_ref().map(|row| row.seen_at),
        status,
    })
}
