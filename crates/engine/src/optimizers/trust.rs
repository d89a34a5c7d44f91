//! The trust ratio of LARS and LAMB: each tensor's step in proportion to its weights.

use tch::Tensor;

use crate::error::Result;
use crate::parameter::Span;
use crate::shim::norms;

/// Multiplies each tensor of `direction` by coefficient·‖weights‖/‖direction‖, or by 1 where either norm is 0.
pub(crate) fn scale_by_trust(
    tensors: &[Span],
    weights: &Tensor,
    direction: &Tensor,
    coefficient: f64,
) -> Result<()> {
    if tensors.is_empty() {
        return Ok(());
    }
    let norms = |flat: &Tensor| -> Result<Tensor> {
        norms(&tensors.iter().map(|span| span.of(flat)).collect::<Result<Vec<_>>>()?, 2.0)
    };
    let (weight_norms, direction_norms) = (norms(weights)?, norms(direction)?);
    let is_usable = weight_norms.f_gt(0.0)?.f_logical_and(&direction_norms.f_gt(0.0)?)?;
    // A norm of 0 may give infinity or NaN here; the next line puts 1 in its place.
    let ratios = weight_norms.f_div(&direction_norms)?.f_mul_scalar_(coefficient)?;
    let ratios = ratios.f_where_self(&is_usable, &ratios.f_ones_like()?)?;
    for (span, ratio) in tensors.iter().zip(ratios.f_unbind(0)?) {
        let _ = span.of(direction)?.f_mul_(&ratio)?;
    }
    Ok(())
}
