//! What the supervisor writes of itself every second, and what clients may conclude from it: the lock says whether it
//! lives, the status says what it does.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use vitals_journal::Lock;
use vitals_recipe::Told;
use vitals_run::Standstill;
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
