//! One forward pass of each method, from two prepared views to a loss (methods.md, "Losses and steps"). The order of
//! operations is the reference's: queries, momentum update, keys.

use tch::Tensor;
use vitals_recipe::Method;

use crate::error::{EngineError, Result};
use crate::loss::{contrastive, normalize, nt_xent, regression, swapped};
use crate::network::{Encoder, Networks};
use crate::plan::Plan;

/// What a forward pass leaves.
pub(crate) struct Forward {
    pub loss: Tensor,
    /// Pooled query-encoder features of view 1 (N, D), without gradient.
    pub features: Tensor,
}

/// The loss of two views; also moves the momentum encoder and the running statistics of batch norms.
pub(crate) fn forward(nets: &Networks, plan: &Plan, views: [&Tensor; 2], momentum: f64) -> Result<Forward> {
    match plan.method {
        Method::MocoV3 => {
            let [(first, second), features] = queries(nets, views)?;
            let keys = keys(nets, views, momentum)?;
            let loss = contrastive(&first, &keys.1, plan.temperature)?;
            let loss = loss.f_add(&contrastive(&second, &keys.0, plan.temperature)?)?;
            Ok(Forward { loss, features: features.0 })
        }
        Method::Byol => {
            let [(first, second), features] = queries(nets, views)?;
            let keys = keys(nets, views, momentum)?;
            let loss = regression(&first, &keys.1)?.f_add(&regression(&second, &keys.0)?)?;
            Ok(Forward { loss, features: features.0 })
        }
        Method::SimClr => {
            let (projected, features) = together(&nets.query, views)?;
            Ok(Forward { loss: nt_xent(&projected, plan.temperature)?, features })
        }
        Method::Swav => {
            // First of all: the weights share one buffer, and libtorch refuses a gradient through weights whose buffer
            // changed after their forward pass.
            let prototypes = unit_prototypes(nets)?;
            let (projected, features) = together(&nets.query, views)?;
            let scores = normalize(&projected)?.f_mm(&prototypes.f_transpose(0, 1)?)?;
            let swav = plan.swav;
            let loss = swapped(&scores, plan.temperature, swav.epsilon, swav.iterations)?;
            Ok(Forward { loss, features })
        }
    }
}

/// The prototypes, their rows normalised in place.
fn unit_prototypes(nets: &Networks) -> Result<&Tensor> {
    let _guard = tch::no_grad_guard();
    let missing = || EngineError::Input("this network has no prototypes".to_owned());
    let prototypes = nets.prototypes.as_ref().ok_or_else(missing)?;
    prototypes.shallow_clone().f_copy_(&normalize(prototypes)?)?;
    Ok(prototypes)
}

/// Query outputs and detached features of both views. The views pass one after the other, so that batch norms see
/// one view at a time.
fn queries(nets: &Networks, views: [&Tensor; 2]) -> Result<[(Tensor, Tensor); 2]> {
    let one = |view: &Tensor| -> Result<(Tensor, Tensor)> {
        let features = nets.query.backbone.forward(view, true)?;
        let projected = nets.query.projector.forward(&features, true)?;
        let query = match &nets.predictor {
            Some(predictor) => predictor.forward(&projected, true)?,
            None => projected,
        };
        Ok((query, features.f_detach()?))
    };
    let (first, second) = (one(views[0])?, one(views[1])?);
    Ok([(first.0, second.0), (first.1, second.1)])
}

/// Moves the momentum encoder, then passes both views through it: in training mode, without gradient.
fn keys(nets: &Networks, views: [&Tensor; 2], momentum: f64) -> Result<(Tensor, Tensor)> {
    nets.update_key(momentum)?;
    let _guard = tch::no_grad_guard();
    let encoder = nets.key.as_ref().map_or(&nets.query, |key| &key.encoder);
    let one = |view: &Tensor| encoder.projector.forward(&encoder.backbone.forward(view, true)?, true);
    Ok((one(views[0])?, one(views[1])?))
}

/// Both views as one batch of 2N: projections (2N, O), and features of view 1.
fn together(encoder: &Encoder, views: [&Tensor; 2]) -> Result<(Tensor, Tensor)> {
    let count = views[0].size()[0];
    let features = encoder.backbone.forward(&Tensor::f_cat(&views, 0)?, true)?;
    let projected = encoder.projector.forward(&features, true)?;
    Ok((projected, features.f_narrow(0, 0, count)?.f_detach()?))
}
