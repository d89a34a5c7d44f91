//! When a checkpoint is written, which are kept, and in which order: the files are whole and on disk before the
//! journal names them, and old ones go only after that.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use vitals_engine::{EngineError, Probe, Trainer};
use vitals_journal::{Level, RunFolder, Writer};
use vitals_recipe::Recipe;

use crate::exit::Failure;

/// Between two tries to write a checkpoint that must not be left out.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);

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

    /// Writes the checkpoint that is due after `done` steps, if one is. Where the disk has no room it is left out, which is
    /// said, and the training goes on to the next one.
    ///
    /// # Errors
    /// As [`Keeper::save`], but for room.
    pub fn save_due(&mut self, done: u64, state: &impl Savable, journal: &Writer) -> Result<(), Failure> {
        if self.every == 0 || !done.is_multiple_of(self.every) {
            return Ok(());
        }
        match self.write(done, state, journal)? {
            Written::Whole => Ok(()),
            Written::NoRoom(why) => {
                let text = format!("no checkpoint at step {done}, the next one is tried again: {why}");
                Ok(journal.log(Level::Warn, text)?)
            }
        }
    }

    /// Writes the checkpoint after `done` steps, unless this attempt has it already. Where the disk has no room it waits for
    /// some: what was trained since the last one would be lost without it.
    ///
    /// # Errors
    /// The files or the journal cannot be written.
    pub fn save(&mut self, done: u64, state: &impl Savable, journal: &Writer) -> Result<(), Failure> {
        let mut was_said = false;
        while let Written::NoRoom(why) = self.write(done, state, journal)? {
            if !was_said {
                journal.log(Level::Warn, format!("the checkpoint at step {done} waits for room: {why}"))?;
                was_said = true;
            }
            std::thread::sleep(LOOK_FOR_ROOM);
        }
        Ok(())
    }

    fn write(&mut self, done: u64, state: &impl Savable, journal: &Writer) -> Result<Written, Failure> {
        if self.in_force.contains(&done) {
            return Ok(Written::Whole);
        }
        match state.save(&self.folder.checkpoint(done)) {
            Err(error) if is_without_room(&error) => {
                return Ok(Written::NoRoom(error.to_string()));
            }
            saved => saved?,
        }
        journal.checkpoint(done, RunFolder::checkpoint_name(done))?;
        self.superseded.remove(&done);
        self.in_force.insert(done);
        self.prune();
        Ok(Written::Whole)
    }

    /// Removes what exceeds `keep_checkpoints` (0 keeps all): the superseded first, then the oldest, so that the newest, which
    /// the journal has just named, stays. One that cannot be removed stays: that harms nothing.
    fn prune(&mut self) {
        while self.keep > 0 && self.in_force.len() + self.superseded.len() > self.keep {
            let oldest = self.superseded.pop_first().or_else(|| self.in_force.pop_first());
            let Some(oldest) = oldest else { return };
            if let Err(error) = self.folder.remove_checkpoint(oldest) {
                tracing::warn!("failed to {error}");
            }
        }
    }
}

/// What became of writing a checkpoint.
enum Written {
    /// It is on the disk, now or from before.
    Whole,
    /// The disk is full, or has no inode or no quota left.
    NoRoom(String),
}

fn is_without_room(error: &EngineError) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error, EngineError::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
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
    use std::cell::Cell;

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

    /// A disk that has no room for so many tries, and how it says so.
    struct Full(Cell<u32>, i32);

    const ENOSPC: i32 = 28;
    const EDQUOT: i32 = 122;

    impl Savable for Full {
        fn save(&self, folder: &Path) -> Result<(), EngineError> {
            let Some(left) = self.0.get().checked_sub(1) else { return Small.save(folder) };
            self.0.set(left);
            let source = std::io::Error::from_raw_os_error(self.1);
            Err(EngineError::Io { operation: "write", path: folder.to_owned(), source })
        }
    }

    #[test]
    fn a_full_disk_or_quota_costs_a_checkpoint_and_not_the_training() {
        for errno in [ENOSPC, EDQUOT] {
            without_room(errno);
        }
    }

    fn without_room(errno: i32) {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(root.path());
        let header = Header::new("run", 1, 0, "2026-01-01T00:00:00Z");
        let journal = Writer::create(&root.path().join("journal"), header, WriterOptions::default()).unwrap();
        let recipe = Recipe { checkpoint_every: 10, ..Recipe::default() };
        let mut keeper = Keeper::new(&folder, &recipe, None);
        let disk = Full(Cell::new(1), errno);
        for done in 1..=20 {
            keeper.save_due(done, &disk, &journal).unwrap();
        }
        assert_eq!(on_disk(&folder.checkpoints()), BTreeSet::from([20]), "10 found no room, 20 did");
        // The one before an end is waited for.
        let disk = Full(Cell::new(1), errno);
        keeper.save(25, &disk, &journal).unwrap();
        assert_eq!(on_disk(&folder.checkpoints()), BTreeSet::from([20, 25]));
        keeper.save_due(30, &Broken, &journal).unwrap_err();
    }

    /// Not for want of room.
    struct Broken;

    impl Savable for Broken {
        fn save(&self, folder: &Path) -> Result<(), EngineError> {
            let source = std::io::ErrorKind::PermissionDenied.into();
            Err(EngineError::Io { operation: "write", path: folder.to_owned(), source })
        }
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
