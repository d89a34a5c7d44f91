//! Starts a supervisor of its own process where there is none, and waits until it obeys. Whoever needs runs to go on
//! calls this: the window, `sweep start`, `--wait`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::process::Child;
use tokio::time::Instant;
use vitals_files::open_in_place;
use vitals_journal::Lock;
use vitals_store::Store;

use crate::binaries::Binaries;
use crate::error::{Result, SupervisorError};
use crate::status::status;
use crate::workspace::Workspace;

/// How long a new supervisor may take to its first look.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one that holds its lock may show no sign of life. Beyond that it is frozen, or its disk is, and goes on when it
/// can; one that was killed is gone long before.
const SILENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Of its log, when it did not come up.
const LAST_WORDS_BYTES: usize = 2_000;
/// One that this process started and that died so often in so short a time is not started again: whatever it dies of (a
/// folder that it cannot read, a fault of ours) it would die of once more.
const DEATHS: usize = 3;
const DEATHS_WITHIN: Duration = Duration::from_secs(60);

/// When those that this process started died, by workspace.
static DIED: Mutex<BTreeMap<PathBuf, Vec<Instant>>> = Mutex::new(BTreeMap::new());

/// Whether there was a supervisor already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    WasRunning,
    Started,
}

/// Makes sure that somebody reads what was written to the workspace before this call: a supervisor that holds the lock
/// and shows a sign of life, or else a new one (`vitals --workspace DIR supervise --until-idle --detached`, in its own
/// session, its output in `supervisor.log`).
///
/// # Errors
/// `LockHeldByOthers` where the lock is held by somebody who shows no sign of life and is no process of ours that supervised this
/// workspace: one of ours that is frozen goes on when it can.
pub async fn ensure_running(workspace: &Workspace, store: &Store, binaries: &Binaries) -> Result<Ensured> {
    let lock = workspace.supervisor_lock();
    let mut touched = Lock::touched(&lock);
    let mut deadline = Instant::now() + SILENCE;
    let mut started: Option<Started> = None;
    loop {
        if Lock::is_held(&lock)? {
            // Whoever holds it: another process may have been quicker than ours, which then ends.
            let is_silent = Lock::touched(&lock) == touched;
            if is_silent && Instant::now() > deadline && !was_ours(workspace, store).await? {
                let seconds = Lock::untouched_for(&lock).unwrap_or_default().as_secs();
                return Err(SupervisorError::LockHeldByOthers { path: lock.display().to_string(), seconds });
            }
            if !is_silent || Instant::now() > deadline {
                return Ok(started.map_or(Ensured::WasRunning, Started::leave));
            }
        } else if let Some(ours) = &mut started {
            ours.comes_up(deadline)?;
        } else {
            touched = Lock::touched(&lock);
            deadline = Instant::now() + PATIENCE;
            started = Some(Started::spawn(workspace, binaries)?);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the process that supervised this workspace last lives, as one of ours.
async fn was_ours(workspace: &Workspace, store: &Store) -> Result<bool> {
    let seen = status(workspace, store).await?;
    Ok(seen.status.process.is_some_and(|process| process.is_ours()))
}

/// A supervisor of ours that is coming up.
struct Started {
    child: Child,
    /// Of the workspace.
    root: PathBuf,
    program: PathBuf,
    log: PathBuf,
    /// Where its own words begin.
    log_start: u64,
}

impl Started {
    fn spawn(workspace: &Workspace, binaries: &Binaries) -> Result<Self> {
        if let Some(what) = binaries.missing() {
            return Err(SupervisorError::MissingBinary(what));
        }
        let path = workspace.supervisor_log();
        if deaths(workspace) >= DEATHS {
            let (times, seconds) = (DEATHS, DEATHS_WITHIN.as_secs());
            return Err(SupervisorError::DiesAgain { times, seconds, last_words: last_words(&path, 0) });
        }
        let log = open_in_place(OpenOptions::new().create(true).append(true), &path);
        let log = log.map_err(SupervisorError::io("open", &path))?;
        let log_start = log.metadata().map_or(0, |data| data.len());
        let errors = log.try_clone().map_err(SupervisorError::io("open", &path))?;
        let child = tokio::process::Command::new(&binaries.vitals)
            .arg("--workspace")
            .arg(workspace.root())
            .args(["supervise", "--until-idle", "--detached"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(SupervisorError::io("start", &binaries.vitals))?;
        let (root, program) = (workspace.root().to_owned(), binaries.vitals.clone());
        Ok(Self { child, root, program, log: path, log_start })
    }

    /// Fails where it has ended, or takes longer than it may.
    fn comes_up(&mut self, deadline: Instant) -> Result<()> {
        let gone = self.child.try_wait().map_err(SupervisorError::io("wait for", &self.program))?;
        let ended = match gone {
            Some(status) => status.to_string(),
            None if Instant::now() > deadline => "it took too long".to_owned(),
            None => return Ok(()),
        };
        let last_words = format!("{ended}: {}", last_words(&self.log, self.log_start));
        Err(SupervisorError::DidNotComeUp { last_words })
    }

    /// Nobody else buries it while this process lives.
    fn leave(mut self) -> Ensured {
        tokio::spawn(async move {
            // In order is by idleness or because it was told to.
            if self.child.wait().await.is_ok_and(|status| !status.success()) {
                died().entry(self.root).or_default().push(Instant::now());
            }
        });
        Ensured::Started
    }
}

fn died() -> MutexGuard<'static, BTreeMap<PathBuf, Vec<Instant>>> {
    DIED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often supervisors of a workspace died of late.
fn deaths(workspace: &Workspace) -> usize {
    let mut died = died();
    let Some(times) = died.get_mut(workspace.root()) else { return 0 };
    times.retain(|time| time.elapsed() < DEATHS_WITHIN);
    times.len()
}

/// The end of what was added to a log after `start`.
fn last_words(log: &Path, start: u64) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let start = usize::try_from(start).unwrap_or(0).min(bytes.len());
    let said = &bytes[start..];
    String::from_utf8_lossy(&said[said.len().saturating_sub(LAST_WORDS_BYTES)..]).trim().to_owned()
}
