//! The backbones: Vision Transformers with two kinds of stem, and ResNet-50. A shape says what is built before it has
//! weights; nobody outside asks a built one for more than the trait `Backbone` offers.

mod backbone;
mod block;
mod conv_stem;
mod geometry;
mod patch_stem;
mod position;
mod preparation;
mod resnet;
mod stem;
mod stochastic_depth;
mod vit;

use tch::Device;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::parameter::{Declaration, Parameters};

pub(crate) use backbone::Backbone;
pub(crate) use geometry::{Gelu, Geometry, StemKind};
pub(crate) use preparation::Preparation;
pub(crate) use resnet::ResNet;
pub(crate) use stem::LAYER as STEM_LAYER;
pub(crate) use stochastic_depth::Kept;
pub(crate) use vit::Vit;

/// What is fixed before a backbone is built.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Vit(Geometry),
    ResNet50,
}

impl Shape {
    /// The shape of a recipe's backbone.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Shape> {
        match recipe.backbone {
            vitals_recipe::Backbone::ResNet50 => Ok(Shape::ResNet50),
            _ => Geometry::from_recipe(recipe).map(Shape::Vit),
        }
    }

    /// Width of the pooled features.
    pub(crate) fn dim(&self) -> i64 {
        match self {
            Shape::Vit(geometry) => geometry.dim,
            Shape::ResNet50 => resnet::FEATURES,
        }
    }

    /// Whether images of a batch see each other.
    pub(crate) fn has_batch_norm(&self) -> bool {
        match self {
            Shape::Vit(geometry) => geometry.stem == StemKind::Conv,
            Shape::ResNet50 => true,
        }
    }

    /// Whether there is a patch projection to freeze.
    pub(crate) fn has_patch_projection(&self) -> bool {
        matches!(self, Shape::Vit(geometry) if geometry.stem == StemKind::Patch)
    }

    /// What official checkpoints call the projector.
    pub(crate) fn head_name(&self) -> &'static str {
        match self {
            Shape::Vit(_) => "head",
            Shape::ResNet50 => "fc",
        }
    }

    /// The tensors below `prefix`, in network order.
    pub(crate) fn declare(&self, prefix: &str) -> Vec<Declaration> {
        match self {
            Shape::Vit(geometry) => Vit::declare(geometry, prefix),
            Shape::ResNet50 => ResNet::declare(prefix),
        }
    }

    /// The backbone over the tensors declared below `prefix`.
    pub(crate) fn build(
        &self,
        parameters: &Parameters,
        prefix: &str,
        device: Device,
    ) -> Result<Box<dyn Backbone>> {
        Ok(match self {
            Shape::Vit(geometry) => Box::new(Vit::build(geometry, parameters, prefix, device)?),
            Shape::ResNet50 => Box::new(ResNet::build(parameters, prefix, device)?),
        })
    }
}
