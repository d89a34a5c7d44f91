//! Where things lie in a workspace. Runs may lie elsewhere (setting `runs_dir`); the database never does.

use std::path::{Path, PathBuf};

use uuid::Uuid;
use vitals_journal::RunFolder;

/// Paths of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
    runs: PathBuf,
}

impl Workspace {
    /// The workspace in a folder, with its runs in `runs/`. A relative path counts from the current folder, once and
    /// for all: guards and detached supervisors work elsewhere.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let root = std::path::absolute(&root).unwrap_or(root);
        let runs = root.join("runs");
        Self { root, runs }
    }

    /// The same workspace with its runs in another folder; a relative one counts from the workspace.
    #[must_use]
    pub fn with_runs_dir(mut self, runs: &Path) -> Self {
        self.runs = self.root.join(runs);
        self
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("vitals.db")
    }

    /// What SQLite has committed and not folded into the database yet.
    pub(crate) fn write_ahead_log(&self) -> PathBuf {
        self.root.join("vitals.db-wal")
    }

    /// Held by the one supervisor for as long as it lives, and touched before each of its looks.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.root.join("supervisor.lock")
    }

    /// What a detached supervisor prints.
    pub fn supervisor_log(&self) -> PathBuf {
        self.root.join("supervisor.log")
    }

    pub fn runs_dir(&self) -> &Path {
        &self.runs
    }

    pub fn run_folder(&self, run: Uuid) -> RunFolder {
        RunFolder::new(self.runs.join(run.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_and_runs_may_lie_elsewhere() {
        let workspace = Workspace::new("here");
        assert!(workspace.root().is_absolute() && workspace.root().ends_with("here"));
        assert_eq!(workspace.runs_dir(), workspace.root().join("runs"));
        assert_eq!(
            workspace.clone().with_runs_dir(Path::new("big")).runs_dir(),
            workspace.root().join("big")
        );
        assert_eq!(workspace.with_runs_dir(Path::new("/big")).runs_dir(), Path::new("/big"));
    }
}
