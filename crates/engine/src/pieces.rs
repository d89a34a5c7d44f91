//! Loss and gradients of a batch, whole or in pieces of `micro_batch_size` images; methods know nothing of the difference.
//! In pieces, heads and loss see the whole batch, as features; the backbone sees a piece at a time, once for the features
//! and once more for its gradient. That serves only backbones without batch norm, where images do not see each other.

use tch::{Kind, Tensor};

use crate::backbones::Backbone;
use crate::error::Result;
use crate::methods::Method;
use crate::rates::Rates;
use crate::views::Images;

/// What a step computes before anything but the momentum encoder moves.
pub(crate) struct Differentiated {
    pub loss: Tensor,
    /// Pooled query-encoder features of the first view (N, D), without gradient.
    pub features: Tensor,
    /// Of each wanted tensor; undefined where the loss does not depend on it.
    pub gradients: Vec<Tensor>,
}

/// Loss and gradients of the wanted tensors; also moves the momentum encoder and the running statistics of batch norms. A
/// `piece` of 0 passes the batch whole.
pub(crate) fn differentiate(
    method: &dyn Method,
    piece: i64,
    views: &dyn Images,
    rates: Rates,
    wanted: &[Tensor],
) -> Result<Differentiated> {
    method.begin()?;
    match piece > 0 && piece < views.count() {
        true => in_pieces(method, piece, views, rates, wanted),
        false => whole(method, views, rates, wanted),
    }
}

fn whole(method: &dyn Method, views: &dyn Images, rates: Rates, wanted: &[Tensor]) -> Result<Differentiated> {
    let count = views.count();
    let views =
        (0..views.views()).map(|view| views.piece(view, 0, count)).collect::<Result<Vec<Tensor>>>()?;
    let query = method.networks().query.backbone.as_ref();
    let features = match method.joins_views() {
        true => vec![encode(method, query, &Tensor::f_cat(&views, 0)?)?],
        false => views.iter().map(|view| encode(method, query, view)).collect::<Result<_>>()?,
    };
    let others = |backbone: &dyn Backbone| {
        let _guard = tch::no_grad_guard();
        views.iter().map(|view| encode(method, backbone, view)).collect()
    };
    let loss = method.loss(&features, rates.encoder_momentum, &others)?;
    // What the backward pass needs of them the graph holds; the rest can go before it grows.
    drop(views);
    let first = features[0].f_narrow(0, 0, count)?.f_detach()?;
    drop(features);
    let gradients = Tensor::f_run_backward(&[rates.scaled(&loss)?], wanted, false, false)?;
    Ok(Differentiated { loss: loss.f_detach()?, features: first, gradients })
}

/// What `whole` gives, with the memory of one piece and of all features.
fn in_pieces(
    method: &dyn Method,
    piece: i64,
    views: &dyn Images,
    rates: Rates,
    wanted: &[Tensor],
) -> Result<Differentiated> {
    let query = method.networks().query.backbone.as_ref();
    let gathered = |backbone: &dyn Backbone| -> Result<Vec<Tensor>> {
        (0..views.views()).map(|view| gathered(method, backbone, piece, views, view)).collect()
    };
    let mut leaves = gathered(query)?;
    let first = leaves[0].shallow_clone();
    if method.joins_views() {
        leaves = vec![Tensor::f_cat(&leaves, 0)?];
    }
    let leaves: Vec<Tensor> = leaves
        .iter()
        .map(|features| Ok(features.f_detach()?.f_set_requires_grad(true)?))
        .collect::<Result<_>>()?;
    let loss = method.loss(&leaves, rates.encoder_momentum, &gathered)?;
    let asked: Vec<&Tensor> = wanted.iter().chain(&leaves).collect();
    let mut gradients = Tensor::f_run_backward(&[rates.scaled(&loss)?], &asked, false, false)?;
    // View after view, whether they were joined or not.
    let of_features = Tensor::f_cat(&gradients.split_off(wanted.len()), 0)?;
    let loss = loss.f_detach()?;

    let count = views.count();
    for view in 0..views.views() {
        for (start, length) in cuts(count, piece) {
            let features = encode(method, query, &views.piece(view, start, length)?)?;
            let gradient = of_features.f_narrow(0, view as i64 * count + start, length)?;
            // Its gradient is the chain rule's: that of the features, carried into the weights.
            let carried = features.f_mul(&gradient)?.f_sum(Kind::Float)?;
            let found = Tensor::f_run_backward(&[&carried], wanted, false, false)?;
            add(&mut gradients, found)?;
        }
    }
    Ok(Differentiated { loss, features: first, gradients })
}

/// Features of a backbone in training, in the recipe's number format.
fn encode(method: &dyn Method, backbone: &dyn Backbone, prepared: &Tensor) -> Result<Tensor> {
    method.networks().reduced(|| backbone.forward(prepared, true))
}

fn add(sums: &mut [Tensor], found: Vec<Tensor>) -> Result<()> {
    let _guard = tch::no_grad_guard();
    for (sum, found) in sums.iter_mut().zip(found) {
        match (sum.defined(), found.defined()) {
            (true, true) => drop(sum.f_add_(&found)?),
            // A gradient that is one value expanded over a tensor could not be added to.
            (false, true) => *sum = found.f_contiguous()?,
            (_, false) => {}
        }
    }
    Ok(())
}

/// Features of a whole view, piece by piece, without gradient.
fn gathered(
    method: &dyn Method,
    backbone: &dyn Backbone,
    piece: i64,
    views: &dyn Images,
    view: usize,
) -> Result<Tensor> {
    let _guard = tch::no_grad_guard();
    let parts = cuts(views.count(), piece)
        .map(|(start, length)| encode(method, backbone, &views.piece(view, start, length)?))
        .collect::<Result<Vec<_>>>()?;
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// Starts and lengths of pieces; the last may be shorter.
fn cuts(count: i64, piece: i64) -> impl Iterator<Item = (i64, i64)> {
    let piece = piece.max(1);
    (0..(count + piece - 1) / piece).map(move |index| (index * piece, piece.min(count - index * piece)))
}
