//! What is trained, as the engine sees it: a recipe without its data, schedule and monitors, checked for what this
//! engine can do. Parity fixtures make one without a recipe's schedule.

use vitals_recipe::{DecayExclude, Method, Optimizer, Precision, Recipe};

use crate::backbone::Shape;
use crate::error::{EngineError, Result};
use crate::head::HeadSizes;

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
    pub shape: Shape,
    pub method: Method,
    pub heads: HeadSizes,
    pub predictor: bool,
    pub temperature: f64,
    pub frozen_patch_projection: bool,
    pub swav: SwavSettings,
    pub optimizer: OptimizerSettings,
    /// Total norm that gradients are scaled down to; 0 leaves them.
    pub gradient_clip: f64,
    /// The same for each tensor on its own, before the total.
    pub gradient_clip_per_tensor: f64,
    /// What updates of the patch projection are multiplied with.
    pub patch_lr_factor: f64,
    /// Of the forward and backward pass of networks; losses, norms and weights are fp32.
    pub precision: Precision,
    /// Images per pass through the backbone; 0 passes a batch whole.
    pub piece: i64,
    pub seed: u64,
}

impl Plan {
    /// The plan of a recipe; an error names the first parameter that this engine cannot train.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Plan> {
        let shape = Shape::from_recipe(recipe)?;
        let piece = i64::from(recipe.micro_batch_size);
        if piece > 0 && piece < i64::from(recipe.batch_size) && shape.has_batch_norm() {
            return Err(EngineError::Input(format!(
                "a batch cannot be computed in pieces of {piece} through a backbone with batch norm"
            )));
        }
        Ok(Plan {
            shape,
            method: recipe.method,
            heads: HeadSizes {
                hidden: i64::from(recipe.head_hidden_dim),
                out: i64::from(recipe.head_out_dim),
                batch_norm: recipe.head_batch_norm,
                short: matches!(shape, Shape::ResNet50),
            },
            predictor: recipe.predictor,
            temperature: recipe.temperature,
            frozen_patch_projection: recipe.frozen_patch_projection && shape.has_patch_projection(),
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
            gradient_clip_per_tensor: recipe.gradient_clip_per_tensor,
            patch_lr_factor: recipe.patch_lr_factor,
            precision: recipe.precision,
            piece,
            seed: recipe.seed,
        })
    }

    /// Whether the method keeps a momentum encoder.
    pub(crate) fn has_key_encoder(&self) -> bool {
        matches!(self.method, Method::MocoV3 | Method::Byol)
    }
}
