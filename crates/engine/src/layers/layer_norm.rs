//! Layer normalization over the last dimension, in fp32 whatever the rest of the network computes in.

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};

/// Scale and shift over the last dimension.
pub(crate) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl LayerNorm {
    /// Weight 1 and bias 0.
    pub(crate) fn declare(name: &str, dim: i64, layer: &str) -> [Declaration; 2] {
        [("weight", 1.0), ("bias", 0.0)].map(|(part, value)| Declaration {
            name: format!("{name}.{part}"),
            shape: vec![dim],
            layer: layer.to_owned(),
            start: Start::Constant(value),
        })
    }

    /// The layer of that name over its declared parameters.
    pub(crate) fn build(parameters: &Parameters, name: &str, epsilon: f64) -> Result<LayerNorm> {
        let part = |part: &str| parameters.get(&format!("{name}.{part}"));
        Ok(LayerNorm { weight: part("weight")?, bias: part("bias")?, epsilon })
    }

    /// Any shape whose last dimension is the layer's → the same shape, in fp32.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let dim = self.weight.size();
        // In reduced precision too: its backward pass divides by a small deviation, which half precision cannot hold.
        let input = input.f_to_kind(Kind::Float)?;
        Ok(input.f_layer_norm(dim, Some(&self.weight), Some(&self.bias), self.epsilon, true)?)
    }
}
