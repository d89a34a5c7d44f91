//! Gradients that are too long are scaled down to a largest norm, each tensor by itself or all together, as PyTorch's
//! `clip_grad_norm_` does it: 1e-6 is added to the norm, so that a bound is never quite reached.

use tch::Tensor;

use crate::error::Result;
use crate::shim::norms;

/// Each of the tensors to a norm of at most `largest`, in place.
pub(crate) fn each(mut gradients: Vec<Tensor>, largest: f64) -> Result<()> {
    let scales = norms(&gradients, 2.0)?.f_add_scalar_(1e-6)?.f_reciprocal()?;
    let scales = scales.f_mul_scalar(largest)?.f_clamp_max(1.0)?;
    for (gradient, scale) in gradients.iter_mut().zip(scales.f_unbind(0)?) {
        let _ = gradient.f_mul_(&scale)?;
    }
    Ok(())
}

/// The whole vector to a norm of at most `largest`, in place. Nobody waits for the norm: it stays on the device.
pub(crate) fn total(mut gradient: Tensor, largest: f64) -> Result<()> {
    let norm = gradient.f_norm()?.f_add_scalar(1e-6)?;
    let scale = norm.f_reciprocal()?.f_mul_scalar(largest)?.f_clamp_max(1.0)?;
    let _ = gradient.f_mul_(&scale)?;
    Ok(())
}
