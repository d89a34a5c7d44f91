//! How a database is read where nothing can be written beside it: on a read-only disk, or in a folder of somebody else's.
//! SQLite then cannot make the files that its write-ahead log needs. A database without a log is declared immutable; one
//! with a log is read as a copy of both, as a reader that passed over the log would miss what was written last.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::sqlite::SqliteConnectOptions;

use crate::beside::beside;
use crate::connect::options;
use crate::{Result, StoreError};

/// What reading connections open.
#[derive(Debug)]
pub(crate) struct Readable {
    path: PathBuf,
    immutable: bool,
    /// Removed with this.
    _snapshot: Option<Snapshot>,
}

impl Readable {
    /// The database itself, with whoever else reads and writes it.
    pub fn as_it_is(path: &Path) -> Self {
        Self { path: path.to_owned(), immutable: false, _snapshot: None }
    }

    /// What it holds at this moment, from a place where nothing can be written.
    pub async fn without_writing(path: &Path) -> Result<Self> {
        let has_log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
        if !has_log {
            return Ok(Self { path: path.to_owned(), immutable: true, _snapshot: None });
        }
        let from = path.to_owned();
        let copied = tokio::task::spawn_blocking(move || Snapshot::of(&from)).await;
        let copy = copied.map_err(std::io::Error::other).and_then(|copied| copied);
        let copy =
            copy.map_err(|source| StoreError::Io { operation: "copy", path: path.to_owned(), source })?;
        Ok(Self { path: copy.database(), immutable: false, _snapshot: Some(copy) })
    }

    pub fn options(&self) -> SqliteConnectOptions {
        options(&self.path).read_only(true).immutable(self.immutable)
    }
}

/// A database and its log in a folder of their own, in the system's folder for what lasts no longer than its program.
#[derive(Debug)]
struct Snapshot {
    folder: PathBuf,
}

impl Snapshot {
    fn of(path: &Path) -> std::io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("vitals-read-{}-{number}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let copy = Self { folder };
        std::fs::copy(path, copy.database())?;
        std::fs::copy(beside(path, "-wal"), beside(&copy.database(), "-wal"))?;
        Ok(copy)
    }

    fn database(&self) -> PathBuf {
        self.folder.join("vitals.db")
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // The system clears the folder in time where this fails.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
