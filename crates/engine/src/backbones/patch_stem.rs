//! The patch projection of a ViT: one linear layer over each patch. Its weight has a convolution's shape, as in official
//! checkpoints, and multiplies patches that were cut before.

use tch::Tensor;

use crate::backbones::geometry::Geometry;
use crate::backbones::preparation::Preparation;
use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};

/// A built patch projection.
pub(crate) struct PatchStem {
    /// (D, 3, P, P).
    weight: Tensor,
    bias: Tensor,
    patch: i64,
}

impl PatchStem {
    /// The tensors below `prefix`, of the layer of that name.
    pub(crate) fn declare(g: &Geometry, prefix: &str, layer: &str) -> [Declaration; 2] {
        let (dim, patch) = (g.dim, g.patch_size);
        // Xavier's bound for the linear layer that it is (mocov3.md 1.2), not PyTorch's for a convolution.
        [
            ("weight", vec![dim, 3, patch, patch], Start::xavier(3 * patch * patch, dim)),
            ("bias", vec![dim], Start::Constant(0.0)),
        ]
        .map(|(name, shape, start)| Declaration {
            name: format!("{prefix}.{name}"),
            shape,
            layer: layer.to_owned(),
            start,
        })
    }

    /// The projection over the tensors declared below `prefix`.
    pub(crate) fn build(g: &Geometry, parameters: &Parameters, prefix: &str) -> Result<PatchStem> {
        let get = |name: &str| parameters.get(&format!("{prefix}.{name}"));
        Ok(PatchStem { weight: get("weight")?, bias: get("bias")?, patch: g.patch_size })
    }

    /// How images become patches.
    pub(crate) fn preparation(&self) -> Preparation {
        Preparation { patch: Some(self.patch) }
    }

    /// Patches (N, grid², 3·P·P) → tokens (N, grid², D).
    pub(crate) fn forward(&self, patches: &Tensor) -> Result<Tensor> {
        Ok(patches.f_linear(&self.weight.f_flatten(1, 3)?, Some(&self.bias))?)
    }
}
