//! Rows of length one, as losses, votes and monitors compare them.

use tch::Tensor;

use crate::error::Result;

/// Rows divided by their L2 norm, which is taken as at least 1e-12.
pub(crate) fn normalize(rows: &Tensor) -> Result<Tensor> {
    // As in PyTorch's `F.normalize` (mocov3.md 1.6): a floor under the norm, not a term added to it.
    let norm = rows.f_norm_scalaropt_dim(2.0, [1i64], true)?.f_clamp_min(1e-12)?;
    Ok(rows.f_div(&norm)?)
}
