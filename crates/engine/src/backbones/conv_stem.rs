//! The convolutional stem of "Early Convolutions Help Transformers See Better" as MoCo v3 takes it (mocov3.md 1.4): four
//! 3 × 3 convolutions of stride 2 with batch norm and a rectifier, then one of 1 × 1. A token covers 16 × 16 pixels.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::layers::BatchNorm;
use crate::parameter::{Declaration, Parameters, Start};

/// A built convolutional stem.
pub(crate) struct ConvStem {
    stages: Vec<(Tensor, BatchNorm)>,
    last_weight: Tensor,
    last_bias: Tensor,
}

/// Channels in and out of the four 3 × 3 convolutions.
fn stage_widths(dim: i64) -> [(i64, i64); 4] {
    [(3, dim / 8), (dim / 8, dim / 4), (dim / 4, dim / 2), (dim / 2, dim)]
}

impl ConvStem {
    /// The tensors below `prefix`, of the layer of that name, started as PyTorch starts convolutions.
    pub(crate) fn declare(dim: i64, prefix: &str, layer: &str) -> Vec<Declaration> {
        let tensor = |name: String, shape: Vec<i64>, start: Start| Declaration {
            name: format!("{prefix}.{name}"),
            shape,
            layer: layer.to_owned(),
            start,
        };
        let mut found = Vec::new();
        // Numbered as modules of a sequence, in which every stage is a convolution, a norm and a rectifier.
        for (stage, (inputs, outputs)) in stage_widths(dim).into_iter().enumerate() {
            let start = Start::torch_default(9 * inputs);
            found.push(tensor(format!("{}.weight", 3 * stage), vec![outputs, inputs, 3, 3], start));
            found.extend(BatchNorm::declare(&format!("{prefix}.{}", 3 * stage + 1), outputs, layer));
        }
        let start = Start::torch_default(dim);
        found.push(tensor("12.weight".to_owned(), vec![dim, dim, 1, 1], start));
        found.push(tensor("12.bias".to_owned(), vec![dim], start));
        found
    }

    /// The stem over the tensors declared below `prefix`.
    pub(crate) fn build(dim: i64, parameters: &Parameters, prefix: &str, device: Device) -> Result<ConvStem> {
        let get = |name: &str| parameters.get(&format!("{prefix}.{name}"));
        let mut stages = Vec::with_capacity(4);
        for (stage, (_, outputs)) in stage_widths(dim).into_iter().enumerate() {
            let norm = format!("{prefix}.{}", 3 * stage + 1);
            let norm = BatchNorm::build(parameters, &norm, outputs, true, device)?;
            stages.push((get(&format!("{}.weight", 3 * stage))?, norm));
        }
        Ok(ConvStem { stages, last_weight: get("12.weight")?, last_bias: get("12.bias")? })
    }

    /// Images (N, 3, S, S) → tokens (N, (S/16)², D).
    pub(crate) fn forward(&self, images: &Tensor, train: bool) -> Result<Tensor> {
        let no_bias: Option<&Tensor> = None;
        let mut x = images.shallow_clone();
        for (weight, norm) in &self.stages {
            x = x.f_conv2d(weight, no_bias, [2, 2], [1, 1], [1, 1], 1)?;
            x = norm.forward(&x, train)?.f_relu()?;
        }
        x = x.f_conv2d(&self.last_weight, Some(&self.last_bias), [1, 1], [0, 0], [1, 1], 1)?;
        Ok(x.f_flatten(2, 3)?.f_transpose(1, 2)?)
    }

    /// Buffers of its batch norms, by checkpoint name.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        self.stages.iter().flat_map(|(_, norm)| norm.buffers()).collect()
    }
}
