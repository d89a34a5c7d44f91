//! One step's loss and gradients for each method, from two views (methods.md, "Losses and steps"). The order of
//! operations is the reference's: queries, momentum update, keys. A batch passes whole, or in pieces (`pieces.rs`).

use tch::{Device, Kind, Tensor};
use vitals_recipe::{Method, Precision};

use crate::core::Rates;
use crate::error::{EngineError, Result};
use crate::loss::{contrastive, normalize, nt_xent, regression, swapped};
use crate::network::Networks;
use crate::pieces;
use crate::plan::Plan;
use crate::shim::Autocast;

/// The two views of a batch, prepared for the backbone piece by piece.
pub(crate) trait Images {
    /// Images per view.
    fn count(&self) -> i64;
    /// `count` images of a view from `start` on.
    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor>;
}

impl Images for [&Tensor; 2] {
    fn count(&self) -> i64 {
        self[0].size()[0]
    }

    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor> {
        Ok(self[view].f_narrow(0, start, count)?)
    }
}

/// What a step computes before anything but the momentum encoder moves.
pub(crate) struct Differentiated {
    pub loss: Tensor,
    /// Pooled query-encoder features of view 1 (N, D), without gradient.
    pub features: Tensor,
    /// Of each wanted tensor; undefined where the loss does not depend on it.
    pub gradients: Vec<Tensor>,
}

/// Loss and gradients of the wanted tensors; also moves the momentum encoder and the running statistics of batch norms.
pub(crate) fn differentiate(
    nets: &Networks,
    plan: &Plan,
    views: &dyn Images,
    rates: Rates,
    wanted: &[Tensor],
) -> Result<Differentiated> {
    if plan.piece > 0 && plan.piece < views.count() {
        return pieces::differentiate(nets, plan, views, rates, wanted);
    }
    unit_prototypes(nets)?;
    let count = views.count();
    let views = [views.piece(0, 0, count)?, views.piece(1, 0, count)?];
    let features = match is_joined(plan.method) {
        true => vec![query_features(nets, plan, &Tensor::f_cat(&views, 0)?)?],
        false => vec![query_features(nets, plan, &views[0])?, query_features(nets, plan, &views[1])?],
    };
    let keys = || Ok([key_features(nets, plan, &views[0])?, key_features(nets, plan, &views[1])?]);
    let loss = loss(nets, plan, &features, rates.encoder_momentum, keys)?;
    drop(views);
    let first = features[0].f_narrow(0, 0, count)?.f_detach()?;
    drop(features);
    let gradients = Tensor::f_run_backward(&[rates.scaled(&loss)?], wanted, false, false)?;
    Ok(Differentiated { loss: loss.f_detach()?, features: first, gradients })
}

/// Whether both views pass as one batch of 2N, so that batch norms see them together.
pub(crate) fn is_joined(method: Method) -> bool {
    matches!(method, Method::SimClr | Method::Swav)
}

/// Runs a part of the networks in the plan's precision; what comes out is fp32, as losses and norms need it.
fn reduced(plan: &Plan, device: Device, work: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
    let _autocast = match plan.precision {
        Precision::Fp32 => return work(),
        Precision::Bf16 => Autocast::begin(device, false)?,
        Precision::Fp16 => Autocast::begin(device, true)?,
    };
    Ok(work()?.f_to_kind(Kind::Float)?)
}

/// Features of the query encoder in training mode.
pub(crate) fn query_features(nets: &Networks, plan: &Plan, prepared: &Tensor) -> Result<Tensor> {
    reduced(plan, prepared.device(), || nets.query.backbone.forward(prepared, true))
}

/// Features of the momentum encoder, in training mode, without gradient.
pub(crate) fn key_features(nets: &Networks, plan: &Plan, prepared: &Tensor) -> Result<Tensor> {
    let _guard = tch::no_grad_guard();
    let encoder = nets.key.as_ref().map_or(&nets.query, |key| &key.encoder);
    reduced(plan, prepared.device(), || encoder.backbone.forward(prepared, true))
}

/// The loss of query features: one tensor (2N, D) for joined methods, else one per view. `keys` gives the momentum
/// encoder's features of both views; it is called once it has moved, by the methods that have keys.
pub(crate) fn loss(
    nets: &Networks,
    plan: &Plan,
    features: &[Tensor],
    momentum: f64,
    keys: impl FnOnce() -> Result<[Tensor; 2]>,
) -> Result<Tensor> {
    match (plan.method, features) {
        (Method::MocoV3 | Method::Byol, [first, second]) => {
            let (first, second) = (query(nets, plan, first)?, query(nets, plan, second)?);
            nets.update_key(momentum)?;
            let [first_key, second_key] = keys()?;
            let (first_key, second_key) = (key(nets, plan, &first_key)?, key(nets, plan, &second_key)?);
            let one = |query: &Tensor, key: &Tensor| match plan.method {
                Method::Byol => regression(query, key),
                _ => contrastive(query, key, plan.temperature),
            };
            Ok(one(&first, &second_key)?.f_add(&one(&second, &first_key)?)?)
        }
        (Method::SimClr, [both]) => nt_xent(&projected(nets, plan, both)?, plan.temperature),
        (Method::Swav, [both]) => {
            let missing = || EngineError::Input("this network has no prototypes".to_owned());
            let prototypes = nets.prototypes.as_ref().ok_or_else(missing)?;
            let scores = normalize(&projected(nets, plan, both)?)?.f_mm(&prototypes.f_transpose(0, 1)?)?;
            swapped(&scores, plan.temperature, plan.swav.epsilon, plan.swav.iterations)
        }
        _ => Err(EngineError::Input("the features are not those of this method".to_owned())),
    }
}

/// Normalises the rows of the prototypes in place, where there are any. First of all: the weights share one buffer, and
/// libtorch refuses a gradient through weights whose buffer changed after their forward pass.
pub(crate) fn unit_prototypes(nets: &Networks) -> Result<()> {
    let _guard = tch::no_grad_guard();
    if let Some(prototypes) = &nets.prototypes {
        prototypes.shallow_clone().f_copy_(&normalize(prototypes)?)?;
    }
    Ok(())
}

fn projected(nets: &Networks, plan: &Plan, features: &Tensor) -> Result<Tensor> {
    reduced(plan, features.device(), || nets.query.projector.forward(features, true))
}

/// Features of one view → queries. The views pass one after the other, so that batch norms see one view at a time.
fn query(nets: &Networks, plan: &Plan, features: &Tensor) -> Result<Tensor> {
    reduced(plan, features.device(), || {
        let projected = nets.query.projector.forward(features, true)?;
        match &nets.predictor {
            Some(predictor) => predictor.forward(&projected, true),
            None => Ok(projected),
        }
    })
}

/// Features of the momentum encoder → keys: in training mode, without gradient.
fn key(nets: &Networks, plan: &Plan, features: &Tensor) -> Result<Tensor> {
    let _guard = tch::no_grad_guard();
    let encoder = nets.key.as_ref().map_or(&nets.query, |key| &key.encoder);
    reduced(plan, features.device(), || encoder.projector.forward(features, true))
}
