//! Whose word sends programs off. A workspace says how its runs are executed: options of a cluster's jobs, and a configuration
//! that can name plug-ins to load. It may come from somebody else, by a copy or a shared disk; so such settings
//! count only once this user has written or confirmed them, in a record of the user's own outside of any workspace.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::Value;
use vitals_files::read_regular;
use vitals_journal::atomic_write;
use vitals_store::Store;

use crate::error::{Result, SupervisorError};

/// Where the record of this process's user lies. It is said once, by `main`, as the environment is: whoever asks a scheduler asks
/// for it, also where nothing but the store is at hand.
static RECORD: OnceLock<Record> = OnceLock::new();

enum Record {
    File(PathBuf),
    /// Of tests, whose workspaces are their own.
    Everything,
}

/// By the path of the database, what was confirmed for it.
type Confirmed = BTreeMap<String, Value>;

/// The user's record lies here from now on. Until it is said, nothing is trusted.
pub fn record_in(file: PathBuf) {
    // Whoever said it first is `main`.
    let _ = RECORD.set(Record::File(file));
}

/// For tests: every workspace is trusted.
#[doc(hidden)]
pub fn everything() {
    let _ = RECORD.set(Record::Everything);
}

/// Whether this user has written or confirmed settings of a workspace, as they are now.
pub fn is_trusted(store: &Store, settings: &impl Serialize) -> bool {
    let settings = serde_json::to_value(settings).unwrap_or_default();
    match RECORD.get() {
        Some(Record::Everything) => true,
        Some(Record::File(file)) => read(file)
            .unwrap_or_else(|error| {
                tracing::warn!("failed to read {}: {error}", file.display());
                Confirmed::new()
            })
            .get(&identity(store))
            .is_some_and(|confirmed| *confirmed == settings),
        None => false,
    }
}

/// This user has written or confirmed the settings of a workspace.
///
/// # Errors
/// The record cannot be read or written.
pub fn confirm(store: &Store, settings: &impl Serialize) -> Result<()> {
    let Some(Record::File(file)) = RECORD.get() else { return Ok(()) };
    let failed = |error| SupervisorError::io("write", file)(error);
    let mut confirmed = read(file).map_err(SupervisorError::io("read", file))?;
    let settings = serde_json::to_value(settings).map_err(|error| failed(error.into()))?;
    if confirmed.get(&identity(store)) == Some(&settings) {
        return Ok(());
    }
    confirmed.insert(identity(store), settings);
    let bytes = serde_json::to_vec_pretty(&confirmed).map_err(|error| failed(error.into()))?;
    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    Ok(atomic_write(file, &bytes)?)
}

/// The place of the workspace's database, links followed: another workspace in its place has settings of its own.
fn identity(store: &Store) -> String {
    let path = store.path();
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn read(file: &Path) -> io::Result<Confirmed> {
    match read_regular(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Confirmed::new()),
        Err(error) => Err(error),
    }
}
