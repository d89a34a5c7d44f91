//! Says what a checkpoint is without training from it: a folder that this engine wrote, a bare file of tensors, or an
//! official checkpoint of `torch.save`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use tch::Tensor;

use crate::checkpoint::{CheckpointState, MODEL, STATE};
use crate::error::{EngineError, Result, guarded};
use crate::methods;
use crate::plan::Plan;
use crate::tensor_file::State;
use crate::weights;

/// What `inspect` found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// `training checkpoint`, `encoder pair`, `linear probe` (a classifier on a bare backbone, fine-tuned or not), `backbone` or `tensors`.
    pub kind: String,
    /// Steps done, where the checkpoint says so.
    pub step: Option<u64>,
    /// The epoch that would come next, where an official checkpoint says so.
    pub epoch: Option<i64>,
    pub method: Option<String>,
    pub backbone: Option<String>,
    /// The keys below which the tensors lie, as `teacher`; none where the file holds them at once.
    pub read_from: Option<String>,
    /// Further keys below which tensors lie, which were not read.
    pub beside: Vec<String>,
    /// Names with what stands there: of a kind that is not read.
    pub left_out: Vec<String>,
    /// Tensors in the model's file.
    pub tensors: usize,
    /// Elements of all of them.
    pub elements: u64,
    /// Names that the recipe's network has and the file lacks.
    pub missing: Vec<String>,
    /// Names that the file has and the recipe's network lacks.
    pub unexpected: Vec<String>,
}

/// Reads a checkpoint folder (hashes of every file are checked) or a safetensors file.
pub fn inspect(path: &Path) -> std::result::Result<Inspection, EngineError> {
    guarded(|| {
        if path.join(STATE).is_file() {
            return inspect_folder(path);
        }
        // What a person named may be a pipe.
        let (file, bytes) = match path.is_dir() {
            true => (path.join(MODEL), vitals_files::read_regular(&path.join(MODEL))),
            false => (path.to_owned(), std::fs::read(path)),
        };
        let bytes = bytes.map_err(EngineError::io("read", &file))?;
        let found = weights::read(&bytes, &file)?;
        Ok(Inspection {
            backbone: found.architecture.clone(),
            epoch: found.epoch,
            read_from: found.read_from.clone(),
            beside: found.beside.clone(),
            left_out: found.left_out.clone(),
            ..describe(kind(&found.tensors), &found.tensors)
        })
    })
}

/// What a bare set of tensors is, by its names. A linear probe has a classifier on a bare backbone; pre-training has two
/// encoders. They have been mistaken for each other.
fn kind(tensors: &State) -> &'static str {
    let has = |prefix: &str| tensors.keys().any(|name| name.starts_with(prefix));
    let is_backbone = has("blocks.") || has("patch_embed.") || has("layer1.");
    if has("base_encoder.") {
        "encoder pair"
    } else if is_backbone && (has("head.weight") || has("fc.weight")) {
        "linear probe"
    } else if is_backbone {
        "backbone"
    } else {
        "tensors"
    }
}

fn inspect_folder(folder: &Path) -> Result<Inspection> {
    let state = CheckpointState::read(folder)?;
    for name in state.files.keys().filter(|name| *name != MODEL) {
        state.tensors(folder, name)?;
    }
    let tensors = state.tensors(folder, MODEL)?;
    if state.recipe.task.is_probe() {
        return Ok(Inspection {
            step: Some(state.step),
            backbone: Some(state.recipe.backbone.to_string()),
            ..describe(kind(&tensors), &tensors)
        });
    }
    let method = methods::build(&state.recipe, &Plan::from_recipe(&state.recipe)?, tch::Device::Cpu)?;
    let expected: BTreeSet<String> = method.state().into_keys().collect();
    let found: BTreeSet<String> = tensors.keys().cloned().collect();
    Ok(Inspection {
        step: Some(state.step),
        method: Some(state.recipe.method.to_string()),
        backbone: Some(state.recipe.backbone.to_string()),
        missing: expected.difference(&found).cloned().collect(),
        unexpected: found.difference(&expected).cloned().collect(),
        ..describe("training checkpoint", &tensors)
    })
}

fn describe(kind: &str, tensors: &State) -> Inspection {
    Inspection {
        kind: kind.to_owned(),
        step: None,
        epoch: None,
        method: None,
        backbone: None,
        read_from: None,
        beside: Vec::new(),
        left_out: Vec::new(),
        tensors: tensors.len(),
        elements: tensors.values().map(|tensor: &Tensor| tensor.numel() as u64).sum(),
        missing: Vec::new(),
        unexpected: Vec::new(),
    }
}
