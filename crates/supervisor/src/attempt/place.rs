//! Where the process works that a mark names. Only one that works in this very run folder is ours to signal: it is told by
//! the run's lock, which guard and worker hold open as their standard input. A path can be renamed, hidden by a mount or
//! copied with all that stands in its files; an open file cannot.

use std::ffi::OsStr;
use std::fs::{metadata, read_link, symlink_metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use procfs::process::Process;
use vitals_journal::RunFolder;

use crate::system::ProcessMark;

/// What the kernel puts behind the path of an open file that was removed.
const REMOVED: &[u8] = b" (deleted)";
/// How often a process without words is looked at again, and after how long.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this folder.
    Here,
    /// In a folder of this name that is not this one: moved, hidden by a mount, or the one that this is a copy of.
    Elsewhere(PathBuf),
    /// In a folder that was removed: nobody can find what it writes.
    Removed,
    /// Nowhere: it is gone, or never worked on this run.
    Nowhere,
}

/// Where the process of that mark works on the run of this folder.
pub(crate) fn place(process: &ProcessMark, folder: &RunFolder) -> Place {
    if !process.is_alive() || !works_on(process, folder) {
        return Place::Nowhere;
    }
    let held = PathBuf::from(format!("/proc/{}/fd/0", process.pid));
    let (Ok(open), Ok(shown)) = (metadata(&held), read_link(&held)) else { return Place::Nowhere };
    // A link in the lock's place is not followed: it could lead to another run's.
    let is_here = |own: std::fs::Metadata| (own.dev(), own.ino()) == (open.dev(), open.ino());
    if symlink_metadata(folder.lock()).is_ok_and(is_here) {
        return Place::Here;
    }
    let is_removed = open.nlink() == 0;
    let bytes = shown.as_os_str().as_bytes();
    let path =
        Path::new(OsStr::from_bytes(bytes.strip_suffix(REMOVED).filter(|_| is_removed).unwrap_or(bytes)));
    match path.parent() {
        Some(_) if path.file_name() != folder.lock().file_name() => Place::Nowhere,
        Some(_) if is_removed => Place::Removed,
        Some(parent) => Place::Elsewhere(parent.to_owned()),
        None => Place::Nowhere,
    }
}

/// It is a process of this user that was told to work on the run of that folder, wherever the folder was then.
fn works_on(process: &ProcessMark, folder: &RunFolder) -> bool {
    let Some(seen) = i32::try_from(process.pid).ok().and_then(|pid| Process::new(pid).ok()) else {
        return false;
    };
    let is_ours = seen.uid().is_ok_and(|uid| uid == rustix::process::geteuid().as_raw());
    let run = folder.path().file_name();
    let names = |word: &String| run.is_some() && Path::new(word).file_name() == run;
    is_ours && words_of(&seen).iter().any(names)
}

/// What the process was told. In the middle of its `exec`, when whoever started it goes on already, it has no words for a moment,
/// which lasts where every core is busy.
fn words_of(process: &Process) -> Vec<String> {
    for _ in 0..LOOKS {
        match process.cmdline() {
            Ok(words) if words.is_empty() && process.stat().is_ok_and(|seen| seen.state != 'Z') => {
                std::thread::sleep(BETWEEN_LOOKS);
            }
            Ok(words) => return words,
            Err(_) => break,
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use vitals_journal::Lock;

    use super::*;

    const RUN: &str = "3f1c0e52-6f0a-4c1e-9a53-1d1f7a3f0c11";

    /// A process that holds a run's lock as its standard input and names the run in its command line, as a worker does.
    struct Stub(Child);

    impl Stub {
        fn of(run: &Path, lock: &Path) -> Self {
            Self::by(&mut Command::new("sleep"), run, lock).unwrap()
        }

        fn by(sleep: &mut Command, run: &Path, lock: &Path) -> std::io::Result<Self> {
            fs::create_dir_all(lock.parent().unwrap()).unwrap();
            let lock = Lock::acquire(lock).unwrap();
            sleep.arg0(run).arg("1000").stdin(lock.stdio().unwrap()).stdout(Stdio::null());
            Ok(Self(sleep.spawn()?))
        }

        fn mark(&self) -> ProcessMark {
            ProcessMark::of(self.0.id()).unwrap()
        }
    }

    impl Drop for Stub {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_process_is_known_by_the_lock_that_it_holds() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("runs").join(RUN);
        let folder = RunFolder::new(&run);
        let stub = Stub::of(&run, &folder.lock());
        assert_eq!(place(&stub.mark(), &folder), Place::Here);

        let copy = root.path().join("copy").join(RUN);
        fs::create_dir_all(&copy).unwrap();
        fs::copy(folder.lock(), RunFolder::new(&copy).lock()).unwrap();
        assert_eq!(place(&stub.mark(), &RunFolder::new(&copy)), Place::Elsewhere(run.clone()));
        fs::remove_file(RunFolder::new(&copy).lock()).unwrap();
        std::os::unix::fs::symlink(folder.lock(), RunFolder::new(&copy).lock()).unwrap();
        assert_eq!(place(&stub.mark(), &RunFolder::new(&copy)), Place::Elsewhere(run.clone()), "a link");

        let moved = root.path().join("moved");
        fs::rename(root.path().join("runs"), &moved).unwrap();
        assert_eq!(place(&stub.mark(), &folder), Place::Elsewhere(moved.join(RUN)));
        assert_eq!(place(&stub.mark(), &RunFolder::new(moved.join(RUN))), Place::Here);

        fs::remove_dir_all(&moved).unwrap();
        assert_eq!(place(&stub.mark(), &folder), Place::Removed);
    }

    #[test]
    fn who_does_not_work_on_the_run_is_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join(RUN));
        let stub = Stub::of(folder.path(), &folder.lock());
        let other = RunFolder::new(root.path().join("0d5cf7b8-8d5e-4a52-8b87-0a1e0a5c2f77"));
        assert_eq!(place(&stub.mark(), &other), Place::Nowhere, "another run's");
        for pid in [1, std::process::id()] {
            assert_eq!(place(&ProcessMark::of(pid).unwrap(), &folder), Place::Nowhere, "process {pid}");
        }
        let loose = Stub::of(folder.path(), &root.path().join("no-lock"));
        assert_eq!(place(&loose.mark(), &folder), Place::Nowhere, "it holds something else open");
        let mark = stub.mark();
        drop(stub);
        assert_eq!(place(&mark, &folder), Place::Nowhere, "gone");
    }

    #[test]
    fn who_works_on_the_run_as_another_user_is_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join(RUN));
        let nobody = Stub::by(Command::new("sleep").uid(65_534), folder.path(), &folder.lock());
        let Ok(stub) = nobody else {
            return vitals_fixtures::not_run("only root may start a process of another user");
        };
        assert!(stub.mark().is_alive() && !stub.mark().is_ours());
        assert_eq!(place(&stub.mark(), &folder), Place::Nowhere);
    }
}
