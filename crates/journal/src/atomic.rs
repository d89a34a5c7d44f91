//! Replaces a small file as a whole: written beside its place, fsynced, renamed, the folder fsynced. A reader sees
//! the old or the new content, after any crash.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{JournalError, Result};

/// Writes `bytes` to `path` so that no reader ever sees a part of them.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    let written = write_synced(&beside, bytes).and_then(|()| {
        fs::rename(&beside, path).map_err(JournalError::io("replace", path))?;
        sync_folder_of(path)
    });
    if written.is_err() {
        // The error that matters is the first one; a left-over file is harmless.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(JournalError::io("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(JournalError::io("write", path))
}

/// Makes a new or renamed entry of the file's folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(JournalError::io("sync folder", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        atomic_write(&path, b"one").unwrap();
        atomic_write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_what_it_could_not_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/control");
        let error = atomic_write(&path, b"x").unwrap_err().to_string();
        assert!(error.starts_with("create ") && error.contains("absent"), "{error}");
    }
}
