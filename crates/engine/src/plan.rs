//! What is trained, as the engine sees it: a recipe without its data, schedule and monitors, checked for what this
//! engine can do. Parity fixtures make one without a recipe's schedule.

use vitals_recipe::{Precision, Recipe};

use crate::backbones::Shape;
use crate::error::{EngineError, Result};
use crate::layers::HeadSizes;

/// What holds for every method and optimizer; what one of them alone needs it reads from the recipe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub shape: Shape,
    pub heads: HeadSizes,
    pub frozen_patch_projection: bool,
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
            heads: HeadSizes {
                hidden: i64::from(recipe.head_hidden_dim),
                out: i64::from(recipe.head_out_dim),
                batch_norm: recipe.head_batch_norm,
                short: matches!(shape, Shape::ResNet50),
            },
            frozen_patch_projection: recipe.frozen_patch_projection && shape.has_patch_projection(),
            gradient_clip: recipe.gradient_clip,
            gradient_clip_per_tensor: recipe.gradient_clip_per_tensor,
            patch_lr_factor: recipe.patch_lr_factor,
            precision: recipe.precision,
            piece,
            seed: recipe.seed,
        })
    }
}
