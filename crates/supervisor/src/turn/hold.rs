//! What makes this process the workspace's one supervisor: the lock that it holds, on the database that it opened.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use vitals_journal::{Lock, LockError};
use vitals_store::Store;

use crate::error::{Result, SupervisorError};
use crate::workspace::Workspace;

/// A probe of the supervisor's lock lasts an instant.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Hold {
    lock: Lock,
    /// Device and inode of the database.
    database: Option<(u64, u64)>,
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
            Ok(lock) => Ok(Self { lock, database: file_id(&workspace.database()) }),
            Err(LockError::Held { .. }) => {
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

    /// Somebody deleted or replaced the database under us: what we write reaches nobody. The next supervisor opens the
    /// new one and finds the living runs by their locks.
    pub fn database_was_replaced(&self, workspace: &Workspace) -> bool {
        let replaced = file_id(&workspace.database()) != self.database;
        if replaced {
            tracing::error!("{} is no longer the file that was opened", workspace.database().display());
        }
        replaced
    }
}

/// Tells a file from another one at the same place.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}
