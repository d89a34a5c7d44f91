//! A large batch on one device, exactly: its gradient in pieces of `micro_batch_size` images. Heads and loss see the whole
//! batch, as features; the backbone sees a piece at a time, once for the features and once more for its gradient. It
//! serves only backbones without batch norm, where images do not see each other.

use tch::{Kind, Tensor};

use crate::core::Rates;
use crate::error::Result;
use crate::method::{Differentiated, Images, is_joined, key_features, loss, query_features, unit_prototypes};
use crate::network::Networks;
use crate::plan::Plan;

/// What `method::differentiate` gives, with the memory of one piece and of all features.
pub(crate) fn differentiate(
    nets: &Networks,
    plan: &Plan,
    views: &dyn Images,
    rates: Rates,
    wanted: &[Tensor],
) -> Result<Differentiated> {
    unit_prototypes(nets)?;
    let count = views.count();
    let of_view = |view: usize| gathered(plan, views, view, |piece| query_features(nets, plan, piece));
    let mut leaves = vec![of_view(0)?, of_view(1)?];
    let first = leaves[0].shallow_clone();
    if is_joined(plan.method) {
        leaves = vec![Tensor::f_cat(&leaves, 0)?];
    }
    let leaves: Vec<Tensor> = leaves
        .iter()
        .map(|features| Ok(features.f_detach()?.f_set_requires_grad(true)?))
        .collect::<Result<_>>()?;
    let keys = || {
        let of_view = |view: usize| gathered(plan, views, view, |piece| key_features(nets, plan, piece));
        Ok([of_view(0)?, of_view(1)?])
    };
    let loss = loss(nets, plan, &leaves, rates.encoder_momentum, keys)?;
    let asked: Vec<&Tensor> = wanted.iter().chain(&leaves).collect();
    let mut gradients = Tensor::f_run_backward(&[rates.scaled(&loss)?], &asked, false, false)?;
    let of_features = Tensor::f_cat(&gradients.split_off(wanted.len()), 0)?;
    let loss = loss.f_detach()?;

    for view in [0, 1] {
        for (start, length) in cuts(count, plan.piece) {
            let features = query_features(nets, plan, &views.piece(view, start, length)?)?;
            let gradient = of_features.f_narrow(0, view as i64 * count + start, length)?;
            // Its gradient is the chain rule's: that of the features, carried into the weights.
            let carried = features.f_mul(&gradient)?.f_sum(Kind::Float)?;
            let found = Tensor::f_run_backward(&[&carried], wanted, false, false)?;
            add(&mut gradients, found)?;
        }
    }
    Ok(Differentiated { loss, features: first, gradients })
}

fn add(sums: &mut [Tensor], found: Vec<Tensor>) -> Result<()> {
    let _guard = tch::no_grad_guard();
    for (sum, found) in sums.iter_mut().zip(found) {
        match (sum.defined(), found.defined()) {
            (true, true) => drop(sum.f_add_(&found)?),
            (false, true) => *sum = found.f_contiguous()?,
            (_, false) => {}
        }
    }
    Ok(())
}

/// Features of a whole view, piece by piece, without gradient.
fn gathered(
    plan: &Plan,
    views: &dyn Images,
    view: usize,
    forward: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let _guard = tch::no_grad_guard();
    let parts = cuts(views.count(), plan.piece)
        .map(|(start, length)| forward(&views.piece(view, start, length)?))
        .collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// Starts and lengths of pieces; the last may be shorter.
fn cuts(count: i64, piece: i64) -> impl Iterator<Item = (i64, i64)> {
    let piece = piece.max(1);
    (0..(count + piece - 1) / piece).map(move |index| (index * piece, piece.min(count - index * piece)))
}
