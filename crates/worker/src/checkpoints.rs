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

/// Writes and prunes the checkpoints of one run, those of its earlier attempts with them.
pub struct Keeper<'a> {
    folder: &'a RunFolder,
    every: u64,
    keep: usize,
    /// Steps done of the checkpoints on the way to where this attempt is, the oldest first.
    in_force: BTreeSet<u64>,
    /// Those of earlier attempts beyond the step that this one went back to, until it writes its own there.
    superseded: BTreeSet<u64>,
}

impl<'a> Keeper<'a> {
    pub fn new(folder: &'a RunFolder, recipe: &Recipe, resumed_from: Option<&Path>) -> Self {
        let mut in_force = on_disk(&folder.checkpoints());
        // An attempt from the beginning goes back behind all of them.
        let superseded = match resumed_from.and_then(steps_done) {
            Some(step) => in_force.split_off(&(step + 1)),
            None => std::mem::take(&mut in_force),
        };
        Self {
            folder,
            every: recipe.checkpoint_every,
            keep: recipe.keep_checkpoints as usize,
            in_force,
            superseded,
        }
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
        if self.in_force.contains(&done) {
            return Ok(());
        }
        let folder = self.folder.checkpoint(done);
        state.save(&folder)?;
        let relative = folder.strip_prefix(self.folder.path()).unwrap_or(&folder).to_path_buf();
        journal.checkpoint(done, relative.to_string_lossy().into_owned())?;
        self.superseded.remove(&done);
        self.in_force.insert(done);
        self.prune();
        Ok(())
    }

    /// Removes what exceeds `keep_checkpoints` (0 keeps all): the superseded first, then the oldest, so that the newest, which
    /// the journal has just named, stays. One that cannot be removed stays: that harms nothing.
    fn prune(&mut self) {
        while self.keep > 0 && self.in_force.len() + self.superseded.len() > self.keep {
            let oldest = self.superseded.pop_first().or_else(|| self.in_force.pop_first());
            let Some(oldest) = oldest else { return };
            let path: PathBuf = self.folder.checkpoint(oldest);
            if let Err(error) = std::fs::remove_dir_all(&path) {
                tracing::warn!("failed to remove {}: {error}", path.display());
            }
        }
    }
}

/// Steps done of the whole checkpoints in a folder; none where it cannot be read or is not there yet.
fn on_disk(checkpoints: &Path) -> BTreeSet<u64> {
    let entries = std::fs::read_dir(checkpoints).into_iter().flatten().flatten();
    entries.filter_map(|entry| steps_done(&entry.path())).collect()
}

/// The number in `checkpoints/step-00000400`.
fn steps_done(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use vitals_journal::{Header, WriterOptions};

    use super::*;

    /// A checkpoint of one small file.
    struct Small;

    impl Savable for Small {
        fn save(&self, folder: &Path) -> Result<(), EngineError> {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join("state.json"), "{}").unwrap();
            Ok(())
        }
    }

    /// Saves at each step as an attempt that goes on from a step; the steps of what lies on the disk afterwards.
    fn attempt(folder: &RunFolder, keep: u32, from: Option<u64>, saves: &[u64]) -> Vec<u64> {
        let recipe = Recipe { keep_checkpoints: keep, ..Recipe::default() };
        let from = from.map(|step| folder.checkpoint(step));
        let path = folder.path().join("journal");
        let header = Header::new("run", 1, 0, "2026-01-01T00:00:00Z");
        let _ = std::fs::remove_file(&path);
        let journal = Writer::create(&path, header, WriterOptions::default()).unwrap();
        let mut keeper = Keeper::new(folder, &recipe, from.as_deref());
        for &done in saves {
            keeper.save(done, &Small, &journal).unwrap();
        }
        on_disk(&folder.checkpoints()).into_iter().collect()
    }

    #[test]
    fn retries_leave_no_more_checkpoints_than_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path());
        assert_eq!(attempt(&folder, 3, None, &[10, 20, 30, 40]), [20, 30, 40]);
        // What it goes on from stays until newer ones are whole.
        assert_eq!(attempt(&folder, 3, Some(40), &[]), [20, 30, 40]);
        assert_eq!(attempt(&folder, 3, Some(40), &[40, 50]), [30, 40, 50]);
        assert_eq!(attempt(&folder, 3, Some(50), &[60, 70]), [50, 60, 70]);
        assert_eq!(attempt(&folder, 1, Some(70), &[]), [50, 60, 70]);
        assert_eq!(attempt(&folder, 1, Some(70), &[80]), [80]);
        assert_eq!(attempt(&folder, 0, Some(80), &[90, 100]), [80, 90, 100], "0 keeps all");
    }

    #[test]
    fn what_a_rewind_leaves_behind_goes_first_or_is_written_anew() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path());
        assert_eq!(attempt(&folder, 3, None, &[10, 20, 30]), [10, 20, 30]);
        assert_eq!(attempt(&folder, 3, Some(10), &[15]), [10, 15, 30]);
        assert_eq!(attempt(&folder, 3, Some(15), &[30]), [10, 15, 30]);
        assert_eq!(attempt(&folder, 3, Some(15), &[25]), [10, 15, 25]);
        // From the beginning: the earlier ones are of another branch, whatever their steps.
        assert_eq!(attempt(&folder, 2, None, &[15]), [15, 25]);
        assert_eq!(attempt(&folder, 2, None, &[5, 7]), [5, 7]);
    }

    #[test]
    fn a_checkpoints_name_is_its_number_of_steps() {
        assert_eq!(steps_done(Path::new("checkpoints/step-00000400")), Some(400));
        assert_eq!(steps_done(Path::new("checkpoints/.step-00000400.part")), None);
    }
}
