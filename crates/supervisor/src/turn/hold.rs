//! What makes this process the workspace's one supervisor: the lock that it holds, on the database that it opened.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use vitals_journal::{Lock, LockError};
use vitals_store::Store;

use crate::error::{Result, SupervisorError};
use crate::status::{Holding, status};
use crate::workspace::Workspace;

/// A probe of the supervisor's lock lasts an instant.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// A workspace that was moved may be moved back, and a mount may blink.
const ABSENCE_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Hold {
    lock: Lock,
    /// Device and inode of the database.
    database: Option<(u64, u64)>,
    /// Of its write-ahead log, once there is one.
    log: Option<(u64, u64)>,
    /// On the supervisor's own clock, while there is no file in the database's place.
    missing_since: Option<Duration>,
}

impl Hold {
    /// Takes the workspace's lock, or says who has it.
    pub async fn take(workspace: &Workspace, store: &Store) -> Result<Self> {
        let path = workspace.supervisor_lock();
        let taken = tokio::task::spawn_blocking(move || Lock::acquire_within(&path, LOCK_PATIENCE)).await;
        let taken = taken.map_err(|join| SupervisorError::Io {
            operation: "lock",
            path: workspace.supervisor_lock(),
            source: std::io::Error::other(join),
        })?;
        match taken {
            Ok(lock) => {
                Ok(Self { lock, database: file_id(&workspace.database()), log: None, missing_since: None })
            }
            Err(LockError::Held { path }) => {
                let seen = status(workspace, store).await?;
                if let Holding::Silent { seconds } = seen.lock {
                    return Err(SupervisorError::LockHeldByOthers { path, seconds });
                }
                let pid = store.supervisor().await.ok().flatten().map(|row| row.pid);
                Err(SupervisorError::AlreadyRunning { workspace: workspace.root().to_owned(), pid })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A sign of life, before anything is read: a client that sees it knows that what it has written is read.
    pub fn touch(&self, workspace: &Workspace) {
        if let Err(error) = self.lock.touch() {
            tracing::debug!("failed to touch {}: {error}", workspace.supervisor_lock().display());
        }
    }

    /// What was done to the database's files under us. The next supervisor opens what is there then, and finds the living runs
    /// by their locks.
    ///
    /// # Errors
    /// Somebody replaced the database, or took it away for good: what we write reaches nobody. Or its write-ahead log is gone.
    pub fn check(&mut self, workspace: &Workspace, now: Duration) -> Result<()> {
        let path = workspace.database();
        let there = file_id(&path);
        if there.is_none() {
            let since = *self.missing_since.get_or_insert(now);
            let is_over = now.saturating_sub(since) >= ABSENCE_PATIENCE;
            return if is_over || self.database.is_some_and(is_removed) {
                Err(SupervisorError::DatabaseReplaced { path })
            } else {
                Ok(())
            };
        }
        self.missing_since = None;
        if there != self.database {
            return Err(SupervisorError::DatabaseReplaced { path });
        }
        // It is there for as long as a connection is open, and its place never changes.
        let path = workspace.write_ahead_log();
        let log = file_id(&path);
        if self.log.is_some() && log != self.log {
            return Err(SupervisorError::LogRemoved { path });
        }
        self.log = log;
        Ok(())
    }
}

/// Whether a file that this process has open was removed, and not only moved. It is looked for and not opened: closing a
/// descriptor of the database would drop the locks on it.
fn is_removed(id: (u64, u64)) -> bool {
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut files = open.filter_map(|entry| std::fs::metadata(entry.path()).ok());
    files.any(|file| (file.dev(), file.ino()) == id && file.nlink() == 0)
}

/// Tells a file from another one at the same place.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}
