//! The first layer of a ViT: a linear projection of patches, or the convolutional stem.

use tch::{Device, Tensor};

use crate::backbones::conv_stem::ConvStem;
use crate::backbones::geometry::{Geometry, StemKind};
use crate::backbones::patch_stem::PatchStem;
use crate::backbones::preparation::Preparation;
use crate::error::Result;
use crate::parameter::{Declaration, Parameters};

/// The layer's name in the contract.
pub(crate) const LAYER: &str = "patch_embed";

/// A built stem.
pub(crate) enum Stem {
    Patch(PatchStem),
    Conv(ConvStem),
}

fn place(prefix: &str) -> String {
    format!("{prefix}.patch_embed.proj")
}

impl Stem {
    /// The tensors below `prefix`.
    pub(crate) fn declare(g: &Geometry, prefix: &str) -> Vec<Declaration> {
        match g.stem {
            StemKind::Patch => PatchStem::declare(g, &place(prefix), LAYER).into(),
            StemKind::Conv => ConvStem::declare(g.dim, &place(prefix), LAYER),
        }
    }

    /// The stem over the tensors declared below `prefix`.
    pub(crate) fn build(g: &Geometry, parameters: &Parameters, prefix: &str, device: Device) -> Result<Stem> {
        Ok(match g.stem {
            StemKind::Patch => Stem::Patch(PatchStem::build(g, parameters, &place(prefix))?),
            StemKind::Conv => Stem::Conv(ConvStem::build(g.dim, parameters, &place(prefix), device)?),
        })
    }

    /// How images become what `forward` reads.
    pub(crate) fn preparation(&self) -> Preparation {
        match self {
            Stem::Patch(stem) => stem.preparation(),
            Stem::Conv(_) => Preparation { patch: None },
        }
    }

    /// Prepared images → tokens (N, grid², D). `train` matters to batch norms.
    pub(crate) fn forward(&self, prepared: &Tensor, train: bool) -> Result<Tensor> {
        match self {
            Stem::Patch(stem) => stem.forward(prepared),
            Stem::Conv(stem) => stem.forward(prepared, train),
        }
    }

    /// Buffers of its batch norms, by checkpoint name.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        match self {
            Stem::Patch(_) => Vec::new(),
            Stem::Conv(stem) => stem.buffers(),
        }
    }
}
