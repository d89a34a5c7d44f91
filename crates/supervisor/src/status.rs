//! What the supervisor writes of itself every second, and what clients may conclude from it: the lock says whether it
//! lives, the status says what it does.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use vitals_journal::{Lock, LockError};
use vitals_recipe::Told;
use vitals_run::{Hindrance, Standstill};
use vitals_store::{RunId, Store, UnixMillis};

use crate::error::Result;
use crate::executor::local::devices::DeviceState;
use crate::system::ProcessMark;
use crate::workspace::Workspace;

/// A lock that nobody touched for so long, and whose holder is not known, is no supervisor's.
const SILENT_AFTER: Duration = Duration::from_secs(30);

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
    #[serde(deserialize_with = "told")]
    pub problem: Option<Told>,
    /// Its last words: it has ended in order.
    pub ended: bool,
}

/// A problem as this version writes it, or the bare text of an older supervisor.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Told>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Problem {
        Told(Told),
        Text(String),
    }
    Ok(Option::<Problem>::deserialize(deserializer)?.map(|problem| match problem {
        Problem::Told(told) => told,
        Problem::Text(text) => Standstill::Said { text }.into(),
    }))
}

/// Who holds the supervisor's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holding {
    Free,
    /// A supervisor of ours: its process lives, or its lock was touched of late.
    Supervisor,
    /// Somebody of whom nothing is known, and who has not touched it for so long.
    Silent {
        seconds: u64,
    },
    /// Nobody can tell: the file cannot be opened.
    Unseen {
        reason: String,
    },
}

impl Holding {
    /// What of it keeps people from knowing how things stand.
    pub fn hindrance(&self, workspace: &Workspace) -> Option<Hindrance> {
        let path = workspace.supervisor_lock().display().to_string();
        match self {
            Self::Free | Self::Supervisor => None,
            Self::Silent { seconds } => Some(Hindrance::LockSilent { path, seconds: *seconds }),
            Self::Unseen { reason } => Some(Hindrance::LockUnseen { path, reason: reason.clone() }),
        }
    }
}

/// Looks at the lock. A supervisor touches it ten times a second, which takes write access; that of another machine is told by nothing
/// else.
fn holding(workspace: &Workspace, status: &Status) -> Result<Holding> {
    let path = workspace.supervisor_lock();
    match Lock::is_held(&path) {
        Ok(false) => return Ok(Holding::Free),
        Ok(true) => {}
        Err(LockError::Io { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            return Ok(Holding::Unseen { reason: source.to_string() });
        }
        Err(error) => return Err(error.into()),
    }
    if status.process.as_ref().is_some_and(ProcessMark::is_ours) {
        return Ok(Holding::Supervisor);
    }
    // A clock that went back since shows no age: then it is young.
    let age = Lock::untouched_for(&path).unwrap_or_default();
    Ok(if age < SILENT_AFTER { Holding::Supervisor } else { Holding::Silent { seconds: age.as_secs() } })
}

/// The supervisor as a client sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// It holds its lock.
    pub alive: bool,
    /// What the lock alone tells.
    pub lock: Holding,
    pub pid: Option<u32>,
    pub last_contact_at: Option<UnixMillis>,
    /// Its last words, however old.
    pub status: Status,
}

/// Looks whether a workspace is supervised, and what was said last.
pub async fn status(workspace: &Workspace, store: &Store) -> Result<Seen> {
    let row = store.supervisor().await?;
    let status =
        row.as_ref().and_then(|row| serde_json::from_value(row.status.clone()).ok()).unwrap_or_default();
    let lock = holding(workspace, &status)?;
    let alive = lock == Holding::Supervisor;
    Ok(Seen {
        alive,
        lock,
        pid: row.as_ref().filter(|_| alive).map(|row| row.pid),
        last_contact_at: row.as_ref().map(|row| row.seen_at),
        status,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_problem_of_an_older_supervisor_is_a_text() {
        let old: Status = serde_json::from_value(json!({ "problem": "the disk is full" })).unwrap();
        assert_eq!(old.problem.unwrap().text, "the disk is full");
        let why: Told =
            Standstill::ProgramMissing { program: "vitals".to_owned(), folder: "/x".to_owned() }.into();
        let status = Status { problem: Some(why.clone()), ..Status::default() };
        let read: Status = serde_json::from_value(serde_json::to_value(status).unwrap()).unwrap();
        assert_eq!(read.problem, Some(why));
    }
}
