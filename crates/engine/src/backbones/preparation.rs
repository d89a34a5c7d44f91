//! What is done to normalised images before a backbone sees them, once for both encoders.

use tch::Tensor;

use crate::error::Result;

/// Cuts images into patches, where a backbone wants them so: once per view, for both encoders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preparation {
    /// The side of a patch; none for backbones that read images.
    pub patch: Option<i64>,
}

impl Preparation {
    /// Images (N, 3, S, S) → patches (N, grid², 3·P·P) row by row, or the images themselves.
    pub(crate) fn apply(self, images: &Tensor) -> Result<Tensor> {
        let Some(patch) = self.patch else { return Ok(images.shallow_clone()) };
        let (count, channels, height, width) = images.size4()?;
        let (rows, columns) = (height / patch, width / patch);
        let cut = images.f_view([count, channels, rows, patch, columns, patch])?;
        let cut = cut.f_permute([0, 2, 4, 1, 3, 5])?;
        Ok(cut.f_reshape([count, rows * columns, channels * patch * patch])?)
    }
}
