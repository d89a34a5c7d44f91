//! Lock files, which are their owner's alone (0600): whoever may open a lock may hold it, and then the workspace stands still or a run
//! seems to live. Who holds one is told elsewhere (`attempt::holder`, `status`).

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use vitals_journal::{Lock, LockError, open_in_place};

const OWNERS_ALONE: u32 = 0o600;

/// Takes a lock as [`Lock::acquire_within`] does. Its file is made for this user alone, whatever the umask; one of ours that others
/// could open, as versions before made it, is closed to them.
pub(crate) fn take(path: &Path, patience: Duration) -> Result<Lock, LockError> {
    let failed = |source| LockError::Io { path: path.display().to_string(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(OWNERS_ALONE);
    open_in_place(&mut options, path).and_then(|file| keep_for_us(&file)).map_err(failed)?;
    Lock::acquire_within(path, patience)
}

fn keep_for_us(file: &File) -> io::Result<()> {
    let found = file.metadata()?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    if is_ours && found.mode() & 0o7777 != OWNERS_ALONE {
        file.set_permissions(Permissions::from_mode(OWNERS_ALONE))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_its_owner_s_alone_and_an_older_one_becomes_so() {
        let root = tempfile::tempdir().unwrap();
        for (name, before) in [("new", None), ("old", Some(0o644)), ("open", Some(0o666))] {
            let path = root.path().join(name);
            if let Some(mode) = before {
                std::fs::write(&path, "").unwrap();
                std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            }
            let lock = take(&path, Duration::ZERO).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, OWNERS_ALONE, "{name}");
            assert!(matches!(take(&path, Duration::ZERO), Err(LockError::Held { .. })));
            drop(lock);
        }
        std::os::unix::fs::symlink(root.path().join("new"), root.path().join("link")).unwrap();
        take(&root.path().join("link"), Duration::ZERO).unwrap_err();
    }
}
