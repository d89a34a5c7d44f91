//! The run's lock: flock on one open file, shared by guard and worker through an inherited descriptor. The kernel
//! frees it when the last process that holds the open file is gone, so "free" means: both are dead.
//!
//! Hand it down as the child's standard input: `command.stdin(lock.stdio()?)`, and take it there with
//! [`Lock::from_stdin`]. That needs no descriptor number, and no other child inherits it by accident.

use std::fs::{File, FileTimes, OpenOptions, Permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, flock, fstat};
use vitals_files::{open_in_place, open_regular};

const OWNERS_ALONE: u32 = 0o600;

/// Why a lock is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("lock {path}: another process holds it")]
    Held { path: String },
    /// The descriptor handed down is not this lock file.
    #[error("take over the lock {path}: the descriptor is another file")]
    NotThisFile { path: String },
    /// The operating system refused.
    #[error("lock {path}: {source}")]
    Io { path: String, source: io::Error },
}

/// A held lock; dropping it frees it, unless another process shares it.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock at once, creating its file where needed, or says that it is held. Whoever may open the file may hold the
    /// lock: it is made for this user alone, whatever the umask, and one of ours that others could open is closed to them.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(OWNERS_ALONE);
        let file = open_in_place(&mut options, path);
        let file = file.and_then(|file| keep_for_us(&file).map(|()| file));
        lock_now(path, file.map_err(|source| io_error(path, source))?)
    }

    /// As [`Lock::acquire`], trying for `patience`: a probe ([`Lock::is_held`]) may hold the lock for an instant.
    pub fn acquire_within(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let began = Instant::now();
        loop {
            match Self::acquire(path) {
                Err(LockError::Held { .. }) if began.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                other => return other,
            }
        }
    }

    /// Takes over a lock that the parent process handed down. Fails where the descriptor is another file, or where
    /// the parent did not hold the lock and someone else does.
    pub fn from_inherited_fd(descriptor: impl Into<OwnedFd>, path: &Path) -> Result<Self, LockError> {
        let file = File::from(descriptor.into());
        let here = fstat(&file).map_err(|error| io_error(path, error.into()))?;
        let there = rustix::fs::stat(path).map_err(|error| io_error(path, error.into()))?;
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino) {
            return Err(LockError::NotThisFile { path: path.display().to_string() });
        }
        lock_now(path, file)
    }

    /// Takes over a lock that the parent process handed down as standard input.
    pub fn from_stdin(path: &Path) -> Result<Self, LockError> {
        let stdin = io::stdin().as_fd().try_clone_to_owned().map_err(|source| io_error(path, source))?;
        Self::from_inherited_fd(stdin, path)
    }

    /// The lock as a child's standard input: the same open file, so the child holds it too.
    pub fn stdio(&self) -> io::Result<Stdio> {
        Ok(Stdio::from(self.0.try_clone()?))
    }

    /// A sign of life: the file's time of change becomes now. That a lock is held promises nothing by itself, as a process
    /// that was killed, or is about to end, holds it some time longer.
    pub fn touch(&self) -> io::Result<()> {
        self.0.set_times(FileTimes::new().set_modified(SystemTime::now()))
    }

    /// When the lock's file was last touched; `None` where there is none. Two times that differ mean a sign of life
    /// between them; which of them is later says nothing, as clocks jump.
    pub fn touched(path: &Path) -> Option<SystemTime> {
        std::fs::metadata(path).and_then(|data| data.modified()).ok()
    }

    /// How long ago that was; `None` where there is no file, or a clock went back since.
    pub fn untouched_for(path: &Path) -> Option<Duration> {
        Self::touched(path)?.elapsed().ok()
    }

    /// Whether any process holds the lock. A file that does not exist is free.
    pub fn is_held(path: &Path) -> Result<bool, LockError> {
        let file = match open_regular(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(io_error(path, source)),
        };
        // Shared, so that two probes never see each other.
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(io_error(path, error.into())),
        }
    }
}

fn keep_for_us(file: &File) -> io::Result<()> {
    let found = file.metadata()?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    if is_ours && found.mode() & 0o7777 != OWNERS_ALONE {
        file.set_permissions(Permissions::from_mode(OWNERS_ALONE))?;
    }
    Ok(())
}

fn lock_now(path: &Path, file: File) -> Result<Lock, LockError> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held { path: path.display().to_string() }),
        Err(error) => Err(io_error(path, error.into())),
    }
}

fn io_error(path: &Path, source: io::Error) -> LockError {
    LockError::Io { path: path.display().to_string(), source }
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
            let lock = Lock::acquire(&path).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, OWNERS_ALONE, "{name}");
            assert!(matches!(Lock::acquire(&path), Err(LockError::Held { .. })));
            drop(lock);
        }
        std::os::unix::fs::symlink(root.path().join("new"), root.path().join("link")).unwrap();
        Lock::acquire(&root.path().join("link")).unwrap_err();
    }
}
