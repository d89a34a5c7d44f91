//! Where things lie in a run folder (architecture §4), and the small JSON files beside the journal: `control` and
//! `exit.json`, both replaced as a whole. It knows nothing of `job.json` and `import.json`
//! but their places.

use std::fs;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vitals_files::{open_folder, read_regular};

use crate::atomic::{atomic_write, sync_folder_of};
use crate::{JournalError, Result};

/// The most attempts that a run can have: their folders have four digits.
pub const MAX_ATTEMPTS: u32 = 9999;

/// What someone asks of a running worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Checkpoint, then exit 3.
    Pause,
    /// Checkpoint, then exit 3; the request tells it from a pause.
    Cancel,
    /// Checkpoint and go on.
    Checkpoint,
}

/// The content of `control`. Each seq is obeyed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    pub seq: u64,
    pub command: Command,
}

/// What the guard saw of an attempt's end: `exit.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// Largest resident memory of the worker.
    pub peak_rss_bytes: Option<u64>,
    /// How often the memory killer struck in the worker's control group in the last seconds before its end.
    pub oom_kills: Option<u64>,
    /// `/proc/sys/kernel/random/boot_id` at the end.
    pub boot_id: Option<String>,
    /// RFC 3339.
    pub ended_at: String,
}

/// Paths of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn job(&self) -> PathBuf {
        self.0.join("job.json")
    }

    /// In place of a job, where the run was imported.
    pub fn import(&self) -> PathBuf {
        self.0.join("import.json")
    }

    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub fn control(&self) -> PathBuf {
        self.0.join("control")
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    /// The checkpoint after `step` steps.
    pub fn checkpoint(&self, step: u64) -> PathBuf {
        self.0.join(Self::checkpoint_name(step))
    }

    /// Where the checkpoint after `step` steps lies in every run folder. A journal or a database that names another place
    /// is not believed: what it names may be anybody's.
    pub fn checkpoint_name(step: u64) -> String {
        format!("checkpoints/step-{step:08}")
    }

    /// Removes the checkpoint after `step` steps; `false`: there was none. Folders are opened one below the other and links
    /// are not followed, so that nothing outside of the run folder goes.
    pub fn remove_checkpoint(&self, step: u64) -> Result<bool> {
        let checkpoint = self.checkpoint(step);
        let fail = |error| JournalError::io("remove", &checkpoint)(error);
        let mut below = None;
        for folder in [self.0.as_path(), Path::new("checkpoints")] {
            match open_folder(below.as_ref(), folder) {
                Ok(opened) => below = Some(opened),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(fail(error)),
            }
        }
        let Some(below) = below else { return Ok(false) };
        let place = PathBuf::from(format!("/proc/self/fd/{}", below.as_raw_fd()));
        match fs::remove_dir_all(place.join(format!("step-{step:08}"))) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fail(error)),
        }
    }

    /// The checkpoint that a probe judges, as its run wrote it.
    pub fn probed(&self) -> PathBuf {
        self.0.join("probed")
    }

    pub fn attempt_dir(&self, attempt: u32) -> PathBuf {
        self.0.join(format!("attempt-{attempt:04}"))
    }

    pub fn journal(&self, attempt: u32) -> PathBuf {
        self.attempt_dir(attempt).join("journal")
    }

    pub fn exit(&self, attempt: u32) -> PathBuf {
        self.attempt_dir(attempt).join("exit.json")
    }

    pub fn worker_log(&self, attempt: u32) -> PathBuf {
        self.attempt_dir(attempt).join("worker.log")
    }

    /// The attempts that have a folder, ascending; folders of other names are somebody else's.
    pub fn attempts(&self) -> Result<Vec<u32>> {
        let mut attempts = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(JournalError::io("list", &self.0))? {
            let name = entry.map_err(JournalError::io("list", &self.0))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("attempt-"));
            // A number in words of four digits, and nothing else that can be read as one, such as `+001`.
            let number = number.filter(|text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()));
            let number = number.and_then(|number| number.parse().ok());
            attempts.extend(number.filter(|number| (1..=MAX_ATTEMPTS).contains(number)));
        }
        attempts.sort_unstable();
        Ok(attempts)
    }

    /// Creates the folder of an attempt; it may exist.
    pub fn create_attempt(&self, attempt: u32) -> Result<PathBuf> {
        let folder = self.attempt_dir(attempt);
        fs::create_dir_all(&folder).map_err(JournalError::io("create", &folder))?;
        sync_folder_of(&folder)?;
        Ok(folder)
    }

    /// The command that stands in `control`; `None` when there is none.
    pub fn read_control(&self) -> Result<Option<Control>> {
        read_json(&self.control())
    }

    /// The number of the command that stands in `control`, 0 where there is none; `None` where it holds no command: whatever
    /// somebody else laid there asks for nothing.
    pub fn standing_control(&self) -> Result<Option<u64>> {
        match self.read_control() {
            Ok(control) => Ok(Some(control.map_or(0, |control| control.seq))),
            Err(JournalError::BadFile { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn write_control(&self, control: Control) -> Result<()> {
        write_json(&self.control(), &control)
    }

    /// How an attempt ended, once the guard has said so.
    pub fn read_exit(&self, attempt: u32) -> Result<Option<ExitRecord>> {
        read_json(&self.exit(attempt))
    }

    pub fn write_exit(&self, attempt: u32, exit: &ExitRecord) -> Result<()> {
        write_json(&self.exit(attempt), exit)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let bytes = match read_regular(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io("read", path)(error)),
    };
    parse(&bytes, path).map(Some)
}

/// What the bytes of a file say.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| JournalError::BadFile { path: path.to_owned(), what: error.to_string() })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec(value).map_err(JournalError::Encode)?;
    bytes.push(b'\n');
    atomic_write(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_removed_and_nothing_by_way_of_a_link() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path().join("run"));
        assert!(!folder.remove_checkpoint(5).unwrap(), "no run folder");
        fs::create_dir_all(folder.checkpoint(5)).unwrap();
        fs::write(folder.checkpoint(5).join("model"), "").unwrap();
        assert!(folder.remove_checkpoint(5).unwrap() && !folder.checkpoint(5).exists());
        assert!(!folder.remove_checkpoint(5).unwrap(), "none");

        let thesis = root.path().join("thesis");
        fs::create_dir_all(thesis.join("step-00000005/chapter")).unwrap();
        fs::remove_dir(folder.checkpoints()).unwrap();
        std::os::unix::fs::symlink(&thesis, folder.checkpoints()).unwrap();
        folder.remove_checkpoint(5).unwrap_err();
        let linked = RunFolder::new(root.path().join("linked"));
        fs::create_dir_all(linked.checkpoints()).unwrap();
        std::os::unix::fs::symlink(&thesis, linked.checkpoint(5)).unwrap();
        // The link itself may go.
        let _ = linked.remove_checkpoint(5);
        assert!(thesis.join("step-00000005/chapter").is_dir());
    }
}
