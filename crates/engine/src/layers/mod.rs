//! Layers and heads that backbones, methods and probes share, over parameters that were declared before. Nothing here
//! knows a network.

mod batch_norm;
mod head;
mod layer_norm;
mod normalize;

pub(crate) use batch_norm::BatchNorm;
pub(crate) use head::{Head, HeadPlan, HeadSizes, Piece};
pub(crate) use layer_norm::LayerNorm;
pub(crate) use normalize::normalize;
