//! When a checkpoint is written, which are kept, and in which order: the files are whole and on disk before the
//! journal names them, and old ones go only after that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vitals_engine::{EngineError, Probe, Trainer};
use vitals_journal::{RunFolder, Writer};
use vitals_recipe::Recipe;

use crate::exit::Failure;

/// What can be written as a checkpoint folder.
pub trait Savable {
    fn save(&self, folder: &Path) -> Result<(), EngineError>;
}

impl Savable for Trainer {
    fn save(&self, folder: &Path) -> Result<(), EngineError> {
        Trainer::save(self, folder)
    }
}

impl Savable for Probe {
    fn save(&self, folder: &Path) -> Result<(), EngineError> {
        Probe::save(self, folder)
    }
}

/// Writes and prunes the checkpoints of one run.
pub struct Keeper<'a> {
    folder: &'a RunFolder,
    every: u64,
    keep: usize,
    /// Steps done of the checkpoints that this attempt wrote or started from, the oldest first.
    written: BTreeSet<u64>,
}

impl<'a> Keeper<'a> {
    pub fn new(folder: &'a RunFolder, recipe: &Recipe, resumed_from: Option<&Path>) -> Self {
        let mut keeper = Self {
            folder,
            every: recipe.checkpoint_every,
            keep: recipe.keep_checkpoints as usize,
            written: BTreeSet::new(),
        };
        keeper.written.extend(resumed_from.and_then(steps_done));
        keeper
    }

    /// Whether a checkpoint is due after `done` steps.
    pub fn is_due(&self, done: u64) -> bool {
        self.every > 0 && done.is_multiple_of(self.every)
    }

    /// Writes the checkpoint after `done` steps, unless this attempt has it already.
    ///
    /// # Errors
    /// The files or the journal cannot be written.
    pub fn save(&mut self, done: u64, state: &impl Savable, journal: &Writer) -> Result<(), Failure> {
        if self.written.contains(&done) {
            return Ok(());
        }
        let folder = self.folder.checkpoint(done);
        state.save(&folder)?;
        let relative = folder.strip_prefix(self.folder.path()).unwrap_or(&folder).to_path_buf();
        journal.checkpoint(done, relative.to_string_lossy().into_owned())?;
        self.written.insert(done);
        self.prune();
        Ok(())
    }

    /// Removes what exceeds `keep_checkpoints` (0 keeps all). One that cannot be removed stays: that harms nothing.
    fn prune(&mut self) {
        while self.keep > 0 && self.written.len() > self.keep {
            let Some(oldest) = self.written.pop_first() else { return };
            let path: PathBuf = self.folder.checkpoint(oldest);
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!("failed to remove {}: {error}", path.display());
            }
        }
    }
}

/// The number in `checkpoints/step-00000400`.
fn steps_done(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoints_name_is_its_number_of_steps() {
        assert_eq!(steps_done(Path::new("checkpoints/step-00000400")), Some(400));
        assert_eq!(steps_done(Path::new("checkpoints/.step-00000400.part")), None);
    }
}
