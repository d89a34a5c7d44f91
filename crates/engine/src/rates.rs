//! The rates of one step, which a schedule and a loss scale give and everything below obeys.

use tch::Tensor;

use crate::error::Result;

/// The rates of one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub learning_rate: f64,
    pub encoder_momentum: f64,
    /// What the loss is multiplied with before the backward pass, so that small gradients survive half precision.
    pub loss_scale: f64,
}

impl Rates {
    pub(crate) fn scaled(&self, loss: &Tensor) -> Result<Tensor> {
        Ok(if self.loss_scale == 1.0 { loss.shallow_clone() } else { loss.f_mul_scalar(self.loss_scale)? })
    }
}
