//! Checkpoints of a probe: the backbone and its classifier under the names of official linear-probe files, and the
//! optimizers.

use std::path::Path;

use crate::checkpoint::{
    CHECKPOINT_FORMAT, CheckpointState, MODEL, OPTIMIZER, mismatch, optimizer_state, write_folder,
};
use crate::error::{EngineError, guarded};
use crate::probe::training::Probe;
use crate::tensor_file::{State, encode, restore};

impl Probe {
    /// Writes a checkpoint after the last step; it appears complete or not at all.
    pub fn save(&self, folder: &Path) -> Result<(), EngineError> {
        let files = guarded(|| {
            Ok(vec![(MODEL, encode(&self.net.state())?), (OPTIMIZER, encode(&self.optimizer_state())?)])
        })?;
        write_folder(folder, &files, |files| CheckpointState {
            format: CHECKPOINT_FORMAT,
            step: self.next_step,
            optimizer_updates: self.optimizers.iter().map(|(optimizer, _)| optimizer.updates).collect(),
            bank_filled: 0,
            bank_next: 0,
            loss_scale: None,
            recipe: self.recipe.clone(),
            files,
        })
    }

    /// Takes on the state of a checkpoint of this probe and returns the step that comes next.
    ///
    /// # Errors
    /// It is damaged, or of another network or kind; then this probe is as it was, unless libtorch itself failed.
    pub fn load(&mut self, folder: &Path) -> Result<u64, EngineError> {
        let state = CheckpointState::read(folder)?;
        let refuse = |reason: String| EngineError::Checkpoint { path: folder.to_owned(), reason };
        if state.recipe.task != self.recipe.task || state.optimizer_updates.len() != self.optimizers.len() {
            return Err(refuse(format!("it is of the kind {}, not {}", state.recipe.task, self.recipe.task)));
        }
        guarded(|| {
            let parts = [(MODEL, self.net.state()), (OPTIMIZER, self.optimizer_state())];
            let mut stored = Vec::with_capacity(parts.len());
            for (name, targets) in &parts {
                let tensors = state.tensors(folder, name)?;
                if let Some(name) = mismatch(targets, &tensors) {
                    return Err(refuse(format!("{name} does not fit this probe's network")));
                }
                stored.push(tensors);
            }
            for ((name, targets), stored) in parts.iter().zip(&stored) {
                restore(targets, stored, &folder.join(name))?;
            }
            for ((optimizer, _), updates) in self.optimizers.iter_mut().zip(&state.optimizer_updates) {
                optimizer.updates = *updates;
            }
            self.next_step = state.step;
            Ok(state.step)
        })
    }

    fn optimizer_state(&self) -> State {
        optimizer_state(
            (0..).zip(&self.optimizers).map(|(index, (optimizer, _))| (format!("{index}"), optimizer)),
        )
    }
}
