//! The backbones behind one face: Vision Transformers and ResNet-50. Heads, methods and monitors ask nothing of a backbone
//! but what is here.

use tch::{Device, Tensor};
use vitals_recipe::Recipe;

use crate::block::Kept;
use crate::error::Result;
use crate::parameter::{Declaration, Parameters};
use crate::resnet::{self, ResNet};
use crate::stem::Preparation;
use crate::vit::{Geometry, StemKind, Vit};

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
            Shape::Vit(geometry) => geometry.declare(prefix),
            Shape::ResNet50 => resnet::declare(prefix),
        }
    }

    /// The backbone over the tensors declared below `prefix`.
    pub(crate) fn build(&self, parameters: &Parameters, prefix: &str, device: Device) -> Result<Backbone> {
        Ok(match self {
            Shape::Vit(geometry) => Backbone::Vit(Vit::build(geometry, parameters, prefix, device)?),
            Shape::ResNet50 => Backbone::ResNet(ResNet::build(parameters, prefix, device)?),
        })
    }
}

/// A built backbone.
pub(crate) enum Backbone {
    Vit(Vit),
    ResNet(ResNet),
}

impl Backbone {
    /// How normalised images become what `forward` reads.
    pub(crate) fn preparation(&self) -> Preparation {
        match self {
            Backbone::Vit(vit) => vit.preparation(),
            Backbone::ResNet(_) => Preparation { patch: None },
        }
    }

    /// Normalised images (N, 3, S, S) in the layout that `forward` reads.
    pub(crate) fn prepare(&self, images: &Tensor) -> Result<Tensor> {
        self.preparation().apply(images)
    }

    /// Prepared images → pooled features (N, dim). `train` matters to batch norms.
    pub(crate) fn forward(&self, prepared: &Tensor, train: bool) -> Result<Tensor> {
        match self {
            Backbone::Vit(vit) => vit.forward(prepared, train, &[]),
            Backbone::ResNet(resnet) => resnet.forward(prepared, train),
        }
    }

    /// The same in training, with branches of blocks left out as `kept` says; a ResNet has none.
    pub(crate) fn forward_kept(&self, prepared: &Tensor, kept: &[Kept]) -> Result<Tensor> {
        match self {
            Backbone::Vit(vit) => vit.forward(prepared, true, kept),
            Backbone::ResNet(resnet) => resnet.forward(prepared, true),
        }
    }

    /// How spread the attention of each block is; none for backbones without attention.
    pub(crate) fn attention_entropy(&self, prepared: &Tensor) -> Result<Option<Tensor>> {
        match self {
            Backbone::Vit(vit) => vit.attention_entropy(prepared).map(Some),
            Backbone::ResNet(_) => Ok(None),
        }
    }

    /// Buffers and constants that checkpoints carry beside the parameters.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        match self {
            Backbone::Vit(vit) => vit.buffers(),
            Backbone::ResNet(resnet) => resnet.buffers(),
        }
    }
}
