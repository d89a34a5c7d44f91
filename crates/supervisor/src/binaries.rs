//! Where the other binaries are: beside our own, as cargo and the bundle put them.

use std::io;
use std::path::{Path, PathBuf};

use vitals_run::Standstill;

/// The two programs that a supervisor starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Hosts `supervise` and `guard`.
    pub vitals: PathBuf,
    /// The only one with libtorch.
    pub worker: PathBuf,
}

impl Binaries {
    /// Those beside the running executable.
    pub fn beside_own() -> io::Result<Self> {
        let own = std::env::current_exe()?;
        let folder = own.parent().unwrap_or(Path::new("."));
        Ok(Self::in_folder(folder))
    }

    /// Those in a folder, whether they are there or not.
    pub fn in_folder(folder: &Path) -> Self {
        Self { vitals: folder.join("vitals"), worker: folder.join("vitals-worker") }
    }

    /// Says which one is missing, and where it was looked for.
    pub fn missing(&self) -> Option<Standstill> {
        let missing = [&self.vitals, &self.worker].into_iter().find(|path| !path.is_file())?;
        let program = missing.file_name().unwrap_or_default().display().to_string();
        let folder = missing.parent().unwrap_or(Path::new(".")).display().to_string();
        Some(Standstill::ProgramMissing { program, folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let binaries = Binaries::in_folder(folder.path());
        let said = || binaries.missing().unwrap().to_string();
        assert!(said().starts_with("vitals is not in /"));
        std::fs::write(&binaries.vitals, "").unwrap();
        assert!(said().starts_with("vitals-worker is not in /"));
        std::fs::write(&binaries.worker, "").unwrap();
        assert_eq!(binaries.missing(), None);
    }
}
