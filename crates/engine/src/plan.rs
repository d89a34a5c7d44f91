//! What is trained, as the engine sees it: a recipe without its data, schedule and monitors, checked for what this
//! engine can do. Parity fixtures make one without a recipe's schedule.

use vitals_recipe::{DecayExclude, Method, Optimizer, Precision, Recipe};

use crate::error::{EngineError, Result};
use crate::head::HeadSizes;
use crate::vit::{Geometry, StemKind};

/// The optimizer and its constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OptimizerSettings {
    pub optimizer: Optimizer,
    pub weight_decay: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub momentum: f64,
    pub trust_coefficient: f64,
    pub decay_exclude: DecayExclude,
}

/// SwAV's own constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SwavSettings {
    pub prototypes: i64,
    pub epsilon: f64,
    pub iterations: u32,
    pub freeze_steps: u64,
}

/// Networks, method and optimizer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub geometry: Geometry,
    pub method: Method,
    pub heads: HeadSizes,
    pub predictor: bool,
    pub temperature: f64,
    pub frozen_patch_projection: bool,
    pub swav: SwavSettings,
    pub optimizer: OptimizerSettings,
    /// Total norm that gradients are scaled down to; 0 leaves them.
    pub gradient_clip: f64,
    pub seed: u64,
}

impl Plan {
    /// The plan of a recipe; an error names the first parameter that this engine cannot train.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Plan> {
        if recipe.precision != Precision::Fp32 {
            return Err(EngineError::Unsupported(format!("`precision = {}`", recipe.precision)));
        }
        if recipe.micro_batch_size != 0 && recipe.micro_batch_size != recipe.batch_size {
            return Err(EngineError::Unsupported(format!(
                "`micro_batch_size = {}`",
                recipe.micro_batch_size
            )));
        }
        let geometry = Geometry::from_recipe(recipe)?;
        Ok(Plan {
            geometry,
            method: recipe.method,
            heads: HeadSizes {
                hidden: i64::from(recipe.head_hidden_dim),
                out: i64::from(recipe.head_out_dim),
                batch_norm: recipe.head_batch_norm,
            },
            predictor: recipe.predictor,
            temperature: recipe.temperature,
            frozen_patch_projection: recipe.frozen_patch_projection && geometry.stem == StemKind::Patch,
            swav: SwavSettings {
                prototypes: i64::from(recipe.prototypes),
                epsilon: recipe.sinkhorn_epsilon,
                iterations: recipe.sinkhorn_iterations,
                freeze_steps: recipe.freeze_prototypes_steps,
            },
            optimizer: OptimizerSettings {
                optimizer: recipe.optimizer,
                weight_decay: recipe.weight_decay,
                beta1: recipe.beta1,
                beta2: recipe.beta2,
                epsilon: recipe.epsilon,
                momentum: recipe.momentum,
                trust_coefficient: recipe.trust_coefficient,
                decay_exclude: recipe.decay_exclude,
            },
            gradient_clip: recipe.gradient_clip,
            seed: recipe.seed,
        })
    }

    /// Whether the method keeps a momentum encoder.
    pub(crate) fn has_key_encoder(&self) -> bool {
        matches!(self.method, Method::MocoV3 | Method::Byol)
    }
}
