//! What every command works on: one workspace, its store and a clock. Cheap to clone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vitals_journal::Lock;
use vitals_store::{Role, Store, StoreError, UnixMillis, check_path};
use vitals_supervisor::{Binaries, Workspace};

use crate::dto::{ApiError, ErrorCode};
use crate::error::{Result, io_error};
use crate::said::{Advice, Failure, Operation};

/// One open workspace.
#[derive(Debug, Clone)]
pub struct Context {
    workspace: Workspace,
    store: Store,
    binaries: Binaries,
    clock: fn() -> UnixMillis,
    forests: Turns,
}

/// Long computations of one kind, of which only the newest is waited for. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<AtomicU64>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Turn {
    number: u64,
    newest: Arc<AtomicU64>,
}

impl Turns {
    /// From now on all earlier ones are old.
    pub fn next(&self) -> Turn {
        // A number of its own is all that is asked of it: nothing else is handed over with it.
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Turn { number, newest: Arc::clone(&self.0) }
    }
}

impl Turn {
    pub fn is_the_newest(&self) -> bool {
        self.newest.load(Ordering::Relaxed) == self.number
    }
}

impl Context {
    /// Opens the workspace in `root`, creating it where there is none. One that cannot be written is opened for reading, and
    /// whatever would change it says why it cannot. `clock` is the time now; `binaries` are those that a supervisor will
    /// start.
    ///
    /// # Errors
    /// `workspace`: no permission, a newer version, no Vitals database, or one of an older version that a supervisor works with.
    pub async fn open(root: &Path, binaries: Binaries, clock: fn() -> UnixMillis) -> Result<Self> {
        let root = std::path::absolute(root).map_err(|error| io_error(Operation::Find, root, &error))?;
        let workspace = Workspace::new(&root);
        check_path(&workspace.database())?;
        let is_there = workspace.database().exists();
        for folder in [&root, &workspace.runs_dir().to_path_buf(), &experiments_dir(&root)] {
            match std::fs::create_dir_all(folder) {
                Err(error) if !is_there => {
                    let said = Failure::file(Operation::Create, folder, &error);
                    return Err(ApiError::new(ErrorCode::Workspace, said).hint(Advice::MakeWritable));
                }
                // The database is there and may be read; who needs the folder says that it is not.
                _ => {}
            }
        }
        let store = open_store(&workspace).await?;
        let runs_dir: Option<PathBuf> = store.setting("runs_dir").await?;
        let workspace = match runs_dir {
            Some(folder) => workspace.with_runs_dir(&folder),
            None => workspace,
        };
        Ok(Self { workspace, store, binaries, clock, forests: Turns::default() })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Why nothing in the workspace can be changed; `None`: it can.
    pub fn read_only(&self) -> Option<ApiError> {
        self.store.read_only().map(ApiError::from)
    }

    /// The same for a request to the supervisor: where the disk was full as it was opened, room that is kept for requests is freed,
    /// and it is opened again.
    pub(crate) async fn asking(&self) -> Result<Self> {
        let mut asking = self.clone();
        if self.store.free_room_to_ask() {
            asking.store = open_store(&self.workspace).await?;
        }
        Ok(asking)
    }

    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The forests that are growing.
    pub(crate) fn forests(&self) -> &Turns {
        &self.forests
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// Where sweep files live.
    pub fn experiments(&self) -> PathBuf {
        experiments_dir(self.workspace.root())
    }
}

fn experiments_dir(root: &Path) -> PathBuf {
    root.join("experiments")
}

/// An older database is brought to this version, but not while a supervisor of its version works with it.
async fn open_store(workspace: &Workspace) -> Result<Store> {
    let lock = workspace.supervisor_lock();
    // Whoever may not ask is no owner of the workspace, and opens it for reading.
    let is_supervised = Lock::is_held(&lock).unwrap_or(false);
    let role = if is_supervised { Role::WriterOfThisVersion } else { Role::WriterWherePossible };
    match Store::open(workspace.database(), role).await {
        Err(StoreError::OlderVersion { path, found, supported }) if is_supervised => {
            let path = path.display().to_string();
            let (said, hint) = match vitals_supervisor::holder(&lock) {
                Some(pid) => {
                    let pid = pid.to_string();
                    let advice = Advice::EndSupervisor { pid: pid.clone(), supported };
                    (Failure::SupervisedOlder { path, found, pid }, advice)
                }
                None => (
                    Failure::SupervisedOlderBySomebody { path, found },
                    Advice::EndOlderSupervisor { supported },
                ),
            };
            Err(ApiError::new(ErrorCode::Workspace, said).hint(hint))
        }
        other => Ok(other?),
    }
}
