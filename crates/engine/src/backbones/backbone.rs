//! What heads, methods and monitors may ask of a backbone, and nothing else.

use tch::Tensor;

use crate::backbones::preparation::Preparation;
use crate::backbones::stochastic_depth::Kept;
use crate::error::Result;

/// A built backbone: images in, one feature vector each out.
pub(crate) trait Backbone: Send {
    /// How normalised images become what `forward` reads.
    fn preparation(&self) -> Preparation;

    /// Prepared images → pooled features (N, dim). `train` matters to batch norms.
    fn forward(&self, prepared: &Tensor, train: bool) -> Result<Tensor>;

    /// Buffers and constants that checkpoints carry beside the parameters.
    fn buffers(&self) -> Vec<(String, Tensor)>;

    /// Normalised images (N, 3, S, S) in the layout that `forward` reads.
    fn prepare(&self, images: &Tensor) -> Result<Tensor> {
        self.preparation().apply(images)
    }

    /// `forward` in training, with branches of blocks left out as `kept` says, where the backbone has such blocks.
    fn forward_kept(&self, prepared: &Tensor, _kept: &[Kept]) -> Result<Tensor> {
        self.forward(prepared, true)
    }

    /// How spread the attention of each block is on prepared images, one value a block from 0 (one token) to 1 (all
    /// alike); none for backbones without attention.
    fn attention_entropy(&self, _prepared: &Tensor) -> Result<Option<Tensor>> {
        Ok(None)
    }
}
