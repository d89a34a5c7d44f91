//! What `doctor` says of the disks: room for runs, and for the database where that lies elsewhere. Where a disk is full it
//! advises only what works without room: the database writes nothing then, `vitals run remove` neither.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfs;
use vitals_journal::{Lock, RunFolder};
use vitals_recipe::Bytes;
use vitals_supervisor::Workspace;

use super::{fine, wrong};
use crate::dto::DoctorLine;
use crate::said::{Finding, Remedy};
use crate::unlisted::quoted;

/// Less free space than this pauses nothing yet, but a checkpoint may not fit.
const LOW_DISK_BYTES: u64 = 2 << 30;
/// With less than this the database may write no more than on a full disk: its log alone takes it.
const FULL_BYTES: u64 = 1 << 20;
/// As many checkpoints are named, the largest.
const NAMED: usize = 3;

pub(super) fn lines(at: &Workspace) -> Vec<DoctorLine> {
    let mut lines = vec![for_runs(at)];
    let device = |folder: &Path| std::fs::metadata(folder).ok().map(|data| data.dev());
    if device(at.root()) != device(at.runs_dir())
        && let Ok(space) = rustix::fs::statvfs(at.root())
        && is_full(&space)
    {
        lines.push(wrong("disk", full(at.root(), &space), Remedy::OtherFiles));
    }
    lines
}

fn for_runs(at: &Workspace) -> DoctorLine {
    let folder = at.runs_dir();
    match rustix::fs::statvfs(folder) {
        Ok(space) if is_full(&space) => wrong("disk", full(folder, &space), spare(folder)),
        Ok(space) => {
            let free = space.f_bavail * space.f_frsize;
            let found = Finding::Free { bytes: Bytes(free) };
            match free {
                LOW_DISK_BYTES.. => fine("disk", found),
                FULL_BYTES.. => wrong("disk", found, Remedy::MakeRoom),
                _ => wrong("disk", found, spare(folder)),
            }
        }
        Err(error) => {
            let (path, reason) = (folder.display().to_string(), io::Error::from(error).to_string());
            wrong("disk", Finding::NoSpace { path, reason }, Remedy::RunsFolder)
        }
    }
}

fn is_full(space: &StatVfs) -> bool {
    // Some file systems count no inodes.
    space.f_bavail == 0 || (space.f_files > 0 && space.f_favail == 0)
}

fn full(folder: &Path, space: &StatVfs) -> Finding {
    let path = folder.display().to_string();
    if space.f_bavail > 0 { Finding::NoFile { path } } else { Finding::Full { path } }
}

/// What can go without a word to the database, which notices by itself: older checkpoints of runs on which nobody works.
fn spare(runs: &Path) -> Remedy {
    let mut spare = Vec::new();
    for entry in std::fs::read_dir(runs).into_iter().flatten().flatten() {
        spare.extend(older_checkpoints(&RunFolder::new(entry.path())));
    }
    spare.sort_by(|one, other| other.cmp(one));
    spare.truncate(NAMED);
    if spare.is_empty() {
        return Remedy::OtherFiles;
    }
    let bytes = Bytes(spare.iter().map(|(bytes, _)| bytes).sum());
    let paths: Vec<String> = spare.iter().map(|(_, path)| quoted(path)).collect();
    Remedy::RemoveCheckpoints { command: format!("rm -r {}", paths.join(" ")), bytes }
}

/// All but the newest, with their sizes.
fn older_checkpoints(folder: &RunFolder) -> Vec<(u64, PathBuf)> {
    if Lock::is_held(&folder.lock()).unwrap_or(true) {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder.checkpoints()).into_iter().flatten().flatten();
    let is_whole = |path: &PathBuf| path.join("state.json").is_file();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_whole).collect();
    found.sort();
    found.pop();
    found.into_iter().map(|path| (size(&path), path)).collect()
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.blocks() * 512)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_checkpoints_of_ended_runs_can_go_and_the_newest_stay() {
        let root = tempfile::tempdir().unwrap();
        let make = |run: &str, step: u64, bytes: usize| {
            let folder = RunFolder::new(root.path().join(run)).checkpoint(step);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("state.json"), "{}").unwrap();
            std::fs::write(folder.join("model.safetensors"), vec![1; bytes]).unwrap();
        };
        assert_eq!(spare(root.path()).to_string(), Remedy::OtherFiles.to_string());
        for step in [10, 20, 30] {
            make("ended", step, 100_000);
        }
        make("single", 10, 900_000);
        make("living", 10, 900_000);
        make("living", 20, 900_000);
        let _lock = Lock::acquire(&root.path().join("living/lock")).unwrap();
        let at = |step: u64| RunFolder::new(root.path().join("ended")).checkpoint(step).display().to_string();
        let told = spare(root.path()).to_string();
        assert!(told.starts_with(&format!("`rm -r {} {}`", at(20), at(10))), "{told}");
    }
}
