//! Weights to and from other programs: official MoCo v3 checkpoints become checkpoints of ours, and a backbone of ours
//! becomes a file that timm and torchvision load. Names that do not fit are reported, never dropped in silence.

use std::fs;
use std::path::Path;

use serde::Serialize;
use tch::Tensor;
use vitals_recipe::Recipe;

use crate::checkpoint::{CheckpointState, MODEL};
use crate::contents::Weights;
use crate::device::Device;
use crate::error::{EngineError, Result, guarded};
use crate::tensor_file::{State, encode};
use crate::trainer::Trainer;
use crate::weights;

/// What an import found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Import {
    /// What the file says of itself.
    pub architecture: Option<String>,
    pub epoch: Option<i64>,
    /// The keys below which the tensors lie, as `teacher`; none where the file holds them at once.
    pub read_from: Option<String>,
    /// Further keys below which tensors lie, which were not read.
    pub beside: Vec<String>,
    /// Names with what stands there: of a kind that is not read.
    pub left_out: Vec<String>,
    /// Tensors taken over.
    pub tensors: usize,
    /// What the recipe's network has and the file lacks; these keep their start values.
    pub missing: Vec<String>,
    /// What the file has and the recipe's network lacks.
    pub unexpected: Vec<String>,
}

/// Makes a checkpoint at step 0 in `folder` from the weights in a file of `torch.save` or safetensors. Errors: the file is
/// damaged, would execute something, or has another geometry; then nothing is written.
pub fn import(file: &Path, recipe: &Recipe, folder: &Path) -> std::result::Result<Import, EngineError> {
    guarded(|| {
        let bytes = fs::read(file).map_err(EngineError::io("read", file))?;
        let Weights { tensors, architecture, epoch, read_from, beside, left_out } =
            weights::read(&bytes, file)?;
        let trainer = Trainer::new(recipe, recipe.schedule(u64::from(recipe.batch_size)), Device::Cpu)?;
        let targets = trainer.core.method.state();
        let mut report = Import { architecture, epoch, read_from, beside, left_out, ..Import::default() };
        for name in tensors.keys().filter(|name| !targets.contains_key(*name)) {
            report.unexpected.push(name.clone());
        }
        let mut found: Vec<(&Tensor, &Tensor)> = Vec::new();
        for (name, target) in &targets {
            match tensors.get(name) {
                Some(values) if values.size() == target.size() => found.push((target, values)),
                Some(values) => return Err(foreign(file, name, values, target)),
                None => report.missing.push(name.clone()),
            }
        }
        if !targets.keys().any(|name| name.starts_with("base_encoder.") && tensors.contains_key(name)) {
            let reason = "it has no tensor of this recipe's query encoder; `inspect` says what it holds";
            return Err(EngineError::Checkpoint { path: file.to_owned(), reason: reason.to_owned() });
        }
        report.tensors = found.len();
        tch::no_grad(|| -> Result<()> {
            for (target, values) in found {
                target.shallow_clone().f_copy_(values)?;
            }
            Ok(())
        })?;
        trainer.save(folder)?;
        Ok(report)
    })
}

fn foreign(file: &Path, name: &str, values: &Tensor, target: &Tensor) -> EngineError {
    let (found, wanted) = (values.size(), target.size());
    let reason = format!(
        "it has another geometry: tensor {name} has the shape {found:?} where this recipe's network has {wanted:?}"
    );
    EngineError::Checkpoint { path: file.to_owned(), reason }
}

/// Writes the backbone of a checkpoint folder under the names that timm (ViT) and torchvision (ResNet) know, as
/// safetensors, and returns the names. With `momentum` it is the momentum encoder's.
pub fn export(folder: &Path, file: &Path, momentum: bool) -> std::result::Result<Vec<String>, EngineError> {
    guarded(|| {
        let state = CheckpointState::read(folder)?;
        let prefix = match (momentum, state.recipe.task.is_probe()) {
            (true, _) => "momentum_encoder.",
            (false, true) => "",
            (false, false) => "base_encoder.",
        };
        let backbone: State = state
            .tensors(folder, MODEL)?
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor)))
            .filter(|(name, _)| !name.starts_with("head.") && !name.starts_with("fc."))
            .collect();
        if backbone.is_empty() {
            let reason = format!("it has no tensors below {prefix}");
            return Err(EngineError::Checkpoint { path: folder.to_owned(), reason });
        }
        let beside = file.with_extension("writing");
        fs::write(&beside, encode(&backbone)?).map_err(EngineError::io("write", &beside))?;
        fs::rename(&beside, file).map_err(EngineError::io("rename", &beside))?;
        Ok(backbone.into_keys().collect())
    })
}
