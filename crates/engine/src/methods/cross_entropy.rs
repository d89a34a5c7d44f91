//! Cross-entropy of rows against the index of the row or column that each belongs to, as contrastive losses use it.

use tch::{Device, Kind, Reduction, Tensor};

use crate::error::Result;

/// Mean over rows of −log softmax(logits)[target].
pub(crate) fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    Ok(logits.f_cross_entropy_loss::<Tensor>(targets, None, Reduction::Mean, -100, 0.0)?)
}

/// 0, 1, …, count − 1.
pub(crate) fn indices(count: i64, device: Device) -> Result<Tensor> {
    Ok(Tensor::f_arange(count, (Kind::Int64, device))?)
}
