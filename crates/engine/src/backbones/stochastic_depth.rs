//! Stochastic depth (Huang et al. 2016): branches of a block that are left out for some images. Who is left out is drawn
//! elsewhere.

use tch::Tensor;

use crate::error::Result;

/// Stochastic depth of one block: what each image's branches are multiplied with, (N) each; 0 leaves one out, and what
/// stays is enlarged, so that the mean over draws is the whole branch.
pub(crate) struct Kept {
    pub attention: Tensor,
    pub mlp: Tensor,
}

/// A branch (N, D) or (N, T, D), each image by its own factor.
pub(crate) fn scaled(branch: &Tensor, factors: &Tensor) -> Result<Tensor> {
    let mut shape = vec![1; branch.dim()];
    shape[0] = -1;
    Ok(branch.f_mul(&factors.f_view(shape.as_slice())?)?)
}
