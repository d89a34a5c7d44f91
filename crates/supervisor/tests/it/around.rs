//! What stands around a workspace and must not be touched: processes of somebody else, and a folder with files. It is
//! looked at after whatever was done; it never mends anything.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use vitals_supervisor::ProcessMark;

use crate::cluster::Cluster;

/// Somebody else's process, with a group of its own; ended when dropped.
pub struct Bystander(Child);

impl Bystander {
    pub fn new() -> Self {
        Self::called("sleep")
    }

    /// One whose command line begins with this word.
    pub fn called(name: &str) -> Self {
        let mut program = Command::new("sleep");
        program.arg0(name).arg("36000").stdin(Stdio::null()).process_group(0);
        Self(program.spawn().unwrap())
    }

    pub fn mark(&self) -> ProcessMark {
        ProcessMark::of(self.0.id()).unwrap()
    }

    pub fn is_unharmed(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none() && self.mark().state() == Some('S')
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Bystanders and a folder outside of the workspace, with what they were at first; and the cluster that runs the jobs, if
/// it is not this machine that does.
pub struct Around {
    cluster: Option<Cluster>,
    bystanders: Vec<Bystander>,
    folder: tempfile::TempDir,
    first: BTreeMap<PathBuf, Vec<u8>>,
}

impl Around {
    pub fn new(cluster: Option<Cluster>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("thesis")).unwrap();
        for (name, text) in [("thesis/chapter.tex", "\\chapter{Instability}\n"), ("notes.txt", "keep\n")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let names = ["sleep", "vitals-worker", "vitals"];
        let first = files(folder.path());
        Self { cluster, bystanders: names.map(Bystander::called).into(), folder, first }
    }

    /// A folder whose files nobody may change.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    pub fn bystanders(&self) -> u64 {
        self.bystanders.len() as u64
    }

    /// How many of the processes were signalled, and whether the folder is another than it was.
    pub fn look(&mut self) -> (u64, bool) {
        let harmed = self.bystanders.iter_mut().map(Bystander::is_unharmed).filter(|unharmed| !unharmed);
        (harmed.count() as u64, files(self.folder.path()) != self.first)
    }
}

/// All files below a folder with their bytes; folders without.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match entry.file_type().unwrap().is_dir() {
            true => {
                found.extend(files(&path));
                found.insert(path, Vec::new());
            }
            false => {
                let bytes = fs::read(&path).unwrap();
                found.insert(path, bytes);
            }
        }
    }
    found
}
