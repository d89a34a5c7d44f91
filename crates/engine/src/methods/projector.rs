//! The projector that MoCo v3 and SimCLR share.

use crate::layers::{HeadPlan, HeadSizes, Piece};
use crate::plan::Plan;

/// Three layers, or two on a ResNet, each with a batch norm; the last one's has no scale (mocov3.md 1.5).
pub(crate) fn contrastive(plan: &Plan) -> HeadPlan {
    of_width(plan.shape.dim(), plan.heads)
}

/// The same on features of width `inputs`.
pub(crate) fn of_width(inputs: i64, sizes: HeadSizes) -> HeadPlan {
    let HeadSizes { hidden, out, batch_norm, short } = sizes;
    let mut pieces = vec![Piece::linear(inputs, hidden), Piece::norm(hidden), Piece::Relu];
    if !short {
        pieces.extend([Piece::linear(hidden, hidden), Piece::norm(hidden), Piece::Relu]);
    }
    pieces.extend([Piece::linear(hidden, out), Piece::bare_norm(out)]);
    HeadPlan::new(pieces).with_batch_norm(batch_norm)
}
