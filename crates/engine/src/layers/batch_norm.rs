//! Batch normalization with PyTorch's defaults and buffers: epsilon 1e-5, running statistics with momentum 0.1, and
//! the counter of batches that official checkpoints carry.

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// One layer over the second dimension of (N, C) or (N, C, H, W).
pub(crate) struct BatchNorm {
    affine: Option<(Tensor, Tensor)>,
    running_mean: Tensor,
    running_var: Tensor,
    batches: Tensor,
    name: String,
}

impl BatchNorm {
    /// Scale and shift of a layer with affine parameters.
    pub(crate) fn declare(name: &str, width: i64, layer: &str) -> [Declaration; 2] {
        [("weight", 1.0), ("bias", 0.0)].map(|(part, value)| Declaration {
            name: format!("{name}.{part}"),
            shape: vec![width],
            layer: layer.to_owned(),
            start: Start::Constant(value),
        })
    }

    /// The layer of that name over its declared parameters, with fresh buffers.
    pub(crate) fn build(
        parameters: &Parameters,
        name: &str,
        width: i64,
        affine: bool,
        device: Device,
    ) -> Result<BatchNorm> {
        let affine = match affine {
            true => {
                Some((parameters.get(&format!("{name}.weight"))?, parameters.get(&format!("{name}.bias"))?))
            }
            false => None,
        };
        Ok(BatchNorm {
            affine,
            running_mean: Tensor::f_zeros([width], (Kind::Float, device))?,
            running_var: Tensor::f_ones([width], (Kind::Float, device))?,
            batches: Tensor::f_zeros([] as [i64; 0], (Kind::Int64, device))?,
            name: name.to_owned(),
        })
    }

    /// In training: statistics of the batch, and the running ones move. Otherwise the running statistics.
    pub(crate) fn forward(&self, input: &Tensor, train: bool) -> Result<Tensor> {
        if train {
            let _ = self.batches.shallow_clone().f_add_scalar_(1)?;
        }
        let (weight, bias) = self.affine.as_ref().map(|(weight, bias)| (weight, bias)).unzip();
        let (mean, var) = (Some(&self.running_mean), Some(&self.running_var));
        Ok(input.f_batch_norm(weight, bias, mean, var, train, MOMENTUM, EPSILON, true)?)
    }

    /// The buffers under their checkpoint names.
    pub(crate) fn buffers(&self) -> [(String, Tensor); 3] {
        [
            (format!("{}.running_mean", self.name), self.running_mean.shallow_clone()),
            (format!("{}.running_var", self.name), self.running_var.shallow_clone()),
            (format!("{}.num_batches_tracked", self.name), self.batches.shallow_clone()),
        ]
    }
}
