//! Starts a supervisor of its own process where there is none, and waits until it is up. Whoever needs runs to go on
//! calls this: the window, `sweep start`, `--wait`.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use vitals_journal::Lock;

use crate::binaries::Binaries;
use crate::error::{Result, SupervisorError};
use crate::workspace::Workspace;

/// How long a new supervisor may take to hold its lock.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Of its log, when it did not come up.
const LAST_WORDS_BYTES: usize = 2_000;

/// Whether there was a supervisor already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    WasRunning,
    Started,
}

/// Makes sure that the workspace has a supervisor: `vitals --workspace DIR supervise --until-idle --detached`, in its
/// own session, its output in `supervisor.log`. Returns once its lock is held.
pub async fn ensure_running(workspace: &Workspace, binaries: &Binaries) -> Result<Ensured> {
    if Lock::is_held(&workspace.supervisor_lock())? {
        return Ok(Ensured::WasRunning);
    }
    if let Some(what) = binaries.missing() {
        return Err(SupervisorError::MissingBinary { what });
    }
    let log_path = workspace.supervisor_log();
    let log = OpenOptions::new().create(true).append(true).open(&log_path);
    let log = log.map_err(SupervisorError::io("open", &log_path))?;
    let log_start = log.metadata().map_or(0, |data| data.len());
    let errors = log.try_clone().map_err(SupervisorError::io("open", &log_path))?;
    let mut child = tokio::process::Command::new(&binaries.vitals)
        .arg("--workspace")
        .arg(workspace.root())
        .args(["supervise", "--until-idle", "--detached"])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(SupervisorError::io("start", &binaries.vitals))?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        // Another process may have been quicker: then ours ends, and the lock is held all the same.
        if Lock::is_held(&workspace.supervisor_lock())? {
            // Nobody else buries it while this process lives.
            tokio::spawn(async move { child.wait().await });
            return Ok(Ensured::Started);
        }
        let gone = child.try_wait().map_err(SupervisorError::io("wait for", &binaries.vitals))?;
        if gone.is_some() || tokio::time::Instant::now() > deadline {
            let ended = gone.map_or_else(|| "it took too long".to_owned(), |status| status.to_string());
            let last_words = format!("{ended}: {}", last_words(&log_path, log_start));
            return Err(SupervisorError::DidNotComeUp { last_words });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The end of what was added to a log after `start`.
fn last_words(log: &Path, start: u64) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let start = usize::try_from(start).unwrap_or(0).min(bytes.len());
    let said = &bytes[start..];
    String::from_utf8_lossy(&said[said.len().saturating_sub(LAST_WORDS_BYTES)..]).trim().to_owned()
}
