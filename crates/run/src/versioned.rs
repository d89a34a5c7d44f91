//! The two records by which a run folder says what its run is, `job.json` and `import.json`: one reader, which refuses what a
//! newer version wrote and what is no file.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

vitals_recipe::sentences! {
    /// Why one of them could not be read; texts fit after "failed to …:".
    pub enum JobError in "job" {
        /// There is none, or this user may not read it.
        Io { path: String, reason: String } = "read {path}: {reason}; without it there is no telling what the run is";
        /// The text is not JSON, or lacks what a job must have.
        Unreadable { path: String, reason: String } =
            "understand {path}: {reason}; the run cannot go on from this folder";
        /// A newer version wrote it.
        Newer { path: String, found: u32, supported: u32 } =
            "read {path}: its format {found} is newer than {supported}, the newest that this version reads; update Vitals";
    }
}

/// The bytes of a record.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, JobError> {
    let failed =
        |error: std::io::Error| JobError::Io { path: path.display().to_string(), reason: error.to_string() };
    vitals_files::read_regular(path).map_err(failed)
}

/// What the text of the record at `path` says; every form up to `supported` is read.
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8], path: &Path, supported: u32) -> Result<T, JobError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let name = || path.display().to_string();
    let unreadable =
        |error: serde_json::Error| JobError::Unreadable { path: name(), reason: error.to_string() };
    match serde_json::from_slice::<Format>(text).map_err(unreadable)?.format {
        found if found > supported => Err(JobError::Newer { path: name(), found, supported }),
        _ => serde_json::from_slice(text).map_err(unreadable),
    }
}
