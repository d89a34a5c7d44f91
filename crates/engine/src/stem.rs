//! The first layer of a ViT: a linear projection of patches, or the convolutional stem (mocov3.md 1.4).

use tch::{Device, Tensor};

use crate::batch_norm::BatchNorm;
use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};
use crate::vit::{Geometry, StemKind};

/// The layer's name in the contract.
pub(crate) const LAYER: &str = "patch_embed";

/// A built stem.
pub(crate) enum Stem {
    /// Weight (D, 3·P·P) and bias.
    Patch {
        weight: Tensor,
        bias: Tensor,
        patch: i64,
    },
    Conv {
        stages: Vec<(Tensor, BatchNorm)>,
        last_weight: Tensor,
        last_bias: Tensor,
    },
}

/// Cuts images into patches, where a backbone wants them so: once per view, for both encoders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preparation {
    /// The side of a patch; none for backbones that read images.
    pub patch: Option<i64>,
}

impl Preparation {
    /// Images (N, 3, S, S) → patches (N, grid², 3·P·P) row by row, or the images themselves.
    pub(crate) fn apply(self, images: &Tensor) -> Result<Tensor> {
        let Some(patch) = self.patch else { return Ok(images.shallow_clone()) };
        let (count, channels, height, width) = images.size4()?;
        let (rows, columns) = (height / patch, width / patch);
        let cut = images.f_view([count, channels, rows, patch, columns, patch])?;
        let cut = cut.f_permute([0, 2, 4, 1, 3, 5])?;
        Ok(cut.f_reshape([count, rows * columns, channels * patch * patch])?)
    }
}

/// Channels in and out of the four 3 × 3 convolutions.
fn stage_widths(dim: i64) -> [(i64, i64); 4] {
    [(3, dim / 8), (dim / 8, dim / 4), (dim / 4, dim / 2), (dim / 2, dim)]
}

impl Stem {
    /// The tensors below `prefix`.
    pub(crate) fn declare(geometry: &Geometry, prefix: &str) -> Vec<Declaration> {
        let (dim, patch) = (geometry.dim, geometry.patch_size);
        let mut found = Vec::new();
        let tensor = |name: String, shape: Vec<i64>, start: Start| Declaration {
            name: format!("{prefix}.patch_embed.proj.{name}"),
            shape,
            layer: LAYER.to_owned(),
            start,
        };
        match geometry.stem {
            StemKind::Patch => {
                let start = Start::xavier(3 * patch * patch, dim);
                found.push(tensor("weight".to_owned(), vec![dim, 3, patch, patch], start));
                found.push(tensor("bias".to_owned(), vec![dim], Start::Constant(0.0)));
            }
            StemKind::Conv => {
                for (stage, (inputs, outputs)) in stage_widths(dim).into_iter().enumerate() {
                    let start = Start::torch_default(9 * inputs);
                    found.push(tensor(format!("{}.weight", 3 * stage), vec![outputs, inputs, 3, 3], start));
                    let norm = format!("{prefix}.patch_embed.proj.{}", 3 * stage + 1);
                    found.extend(BatchNorm::declare(&norm, outputs, LAYER));
                }
                let start = Start::torch_default(dim);
                found.push(tensor("12.weight".to_owned(), vec![dim, dim, 1, 1], start));
                found.push(tensor("12.bias".to_owned(), vec![dim], start));
            }
        }
        found
    }

    /// The stem over the tensors declared below `prefix`.
    pub(crate) fn build(g: &Geometry, parameters: &Parameters, prefix: &str, device: Device) -> Result<Stem> {
        let get = |name: &str| parameters.get(&format!("{prefix}.patch_embed.proj.{name}"));
        match g.stem {
            StemKind::Patch => {
                Ok(Stem::Patch { weight: get("weight")?, bias: get("bias")?, patch: g.patch_size })
            }
            StemKind::Conv => {
                let mut stages = Vec::with_capacity(4);
                for (stage, (_, outputs)) in stage_widths(g.dim).into_iter().enumerate() {
                    let norm = format!("{prefix}.patch_embed.proj.{}", 3 * stage + 1);
                    let norm = BatchNorm::build(parameters, &norm, outputs, true, device)?;
                    stages.push((get(&format!("{}.weight", 3 * stage))?, norm));
                }
                Ok(Stem::Conv { stages, last_weight: get("12.weight")?, last_bias: get("12.bias")? })
            }
        }
    }

    /// How images become what `forward` reads.
    pub(crate) fn preparation(&self) -> Preparation {
        match self {
            Stem::Patch { patch, .. } => Preparation { patch: Some(*patch) },
            Stem::Conv { .. } => Preparation { patch: None },
        }
    }

    /// Prepared images → tokens (N, grid², D).
    pub(crate) fn forward(&self, prepared: &Tensor, train: bool) -> Result<Tensor> {
        match self {
            Stem::Patch { weight, bias, .. } => Ok(prepared.f_linear(&weight.f_flatten(1, 3)?, Some(bias))?),
            Stem::Conv { stages, last_weight, last_bias } => {
                let no_bias: Option<&Tensor> = None;
                let mut x = prepared.shallow_clone();
                for (weight, norm) in stages {
                    x = x.f_conv2d(weight, no_bias, [2, 2], [1, 1], [1, 1], 1)?;
                    x = norm.forward(&x, train)?.f_relu()?;
                }
                x = x.f_conv2d(last_weight, Some(last_bias), [1, 1], [0, 0], [1, 1], 1)?;
                Ok(x.f_flatten(2, 3)?.f_transpose(1, 2)?)
            }
        }
    }

    /// Buffers of its batch norms, by checkpoint name.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        match self {
            Stem::Patch { .. } => Vec::new(),
            Stem::Conv { stages, .. } => stages.iter().flat_map(|(_, norm)| norm.buffers()).collect(),
        }
    }
}
