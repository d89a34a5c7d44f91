//! Momentum as SGD and LARS take it: the buffer holds directions, not steps, so that a change of the learning rate acts at
//! once on all of it (PyTorch's convention, not that of Sutskever et al. 2013).

use tch::Tensor;

use crate::error::Result;

/// μ ← momentum·μ + direction; weights ← weights − lr·μ.
pub(crate) fn descend(
    weights: &mut Tensor,
    buffer: &mut Tensor,
    direction: &Tensor,
    momentum: f64,
    learning_rate: f64,
) -> Result<()> {
    let _ = buffer.f_mul_scalar_(momentum)?.f_add_(direction)?;
    let _ = weights.f_sub_(&buffer.f_mul_scalar(learning_rate)?)?;
    Ok(())
}
