//! Says what a checkpoint is without training from it: a folder that this engine wrote, or a bare file of tensors.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use tch::Tensor;

use crate::checkpoint::{CheckpointState, MODEL, MONITOR, OPTIMIZER, STATE};
use crate::error::{EngineError, Result, guarded};
use crate::network::Networks;
use crate::plan::Plan;
use crate::tensor_file::{State, read};

/// What `inspect` found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// `training checkpoint`, `encoder pair`, `backbone` or `tensors`.
    pub kind: String,
    /// Steps done, where the checkpoint says so.
    pub step: Option<u64>,
    pub method: Option<String>,
    pub backbone: Option<String>,
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
        let file = if path.is_dir() { path.join(MODEL) } else { path.to_owned() };
        let tensors = read(&file)?;
        let has = |prefix: &str| {
            tensors.keys().any(|name| name.strip_prefix("module.").unwrap_or(name).starts_with(prefix))
        };
        let kind = if has("base_encoder.") {
            "encoder pair"
        } else if has("blocks.") || has("patch_embed.") {
            "backbone"
        } else {
            "tensors"
        };
        Ok(describe(kind, &tensors))
    })
}

fn inspect_folder(folder: &Path) -> Result<Inspection> {
    let state = CheckpointState::read(folder)?;
    for name in [OPTIMIZER, MONITOR] {
        state.tensors(folder, name)?;
    }
    let tensors = state.tensors(folder, MODEL)?;
    let nets = Networks::new(&Plan::from_recipe(&state.recipe)?, tch::Device::Cpu)?;
    let expected: BTreeSet<String> = nets.state().into_keys().collect();
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
        method: None,
        backbone: None,
        tensors: tensors.len(),
        elements: tensors.values().map(|tensor: &Tensor| tensor.numel() as u64).sum(),
        missing: Vec::new(),
        unexpected: Vec::new(),
    }
}
