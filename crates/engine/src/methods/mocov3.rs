//! MoCo v3 (Chen, Xie and He, ICCV 2021; mocov3.md 1.5, 1.6): queries with a predictor against the keys of a momentum
//! encoder, each view against the other; the other images of the batch are the negatives.

use tch::{Device, Tensor};
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::layers::{HeadPlan, HeadSizes, Piece, normalize};
use crate::methods::cross_entropy::{cross_entropy, indices};
use crate::methods::method::{Encode, Method};
use crate::methods::momentum::{Siamese, both_ways};
use crate::methods::networks::Networks;
use crate::methods::projector;
use crate::plan::Plan;
use crate::tensor_file::State;

/// The networks of MoCo v3, and its temperature.
pub(crate) struct MocoV3 {
    pub siamese: Siamese,
    pub temperature: f64,
}

/// Without batch norm at its end on a ResNet, as in the official code.
pub(crate) fn predictor(sizes: HeadSizes) -> HeadPlan {
    let HeadSizes { hidden, out, batch_norm, short } = sizes;
    let mut pieces =
        vec![Piece::linear(out, hidden), Piece::norm(hidden), Piece::Relu, Piece::linear(hidden, out)];
    if !short {
        pieces.push(Piece::bare_norm(out));
    }
    HeadPlan::new(pieces).with_batch_norm(batch_norm)
}

impl MocoV3 {
    pub(crate) fn new(recipe: &Recipe, plan: &Plan, device: Device) -> Result<MocoV3> {
        let projector = projector::contrastive(plan);
        let predictor = recipe.predictor.then(|| predictor(plan.heads));
        let siamese = Siamese::new(plan, &projector, predictor.as_ref(), device)?;
        Ok(MocoV3 { siamese, temperature: recipe.temperature })
    }
}

impl Method for MocoV3 {
    fn networks(&self) -> &Networks {
        &self.siamese.networks
    }

    fn loss(&self, features: &[Tensor], encoder_momentum: f64, encode: Encode<'_>) -> Result<Tensor> {
        let (queries, keys) = self.siamese.outputs(features, encoder_momentum, encode)?;
        both_ways(&queries, &keys, |query, key| contrastive(query, key, self.temperature))
    }

    fn state(&self) -> State {
        self.siamese.state()
    }
}

/// MoCo v3's contrastive loss of queries against the keys of the other view: row i of each belong together
/// (mocov3.md 1.6, `ctr`). Keys carry no gradient.
pub(crate) fn contrastive(queries: &Tensor, keys: &Tensor, temperature: f64) -> Result<Tensor> {
    let similarity = normalize(queries)?.f_mm(&normalize(keys)?.f_detach()?.f_transpose(0, 1)?)?;
    let logits = similarity.f_div_scalar(temperature)?;
    // 2τ keeps the size of the gradient when the temperature changes (the paper's Algorithm 1, `ctr`).
    let targets = indices(logits.size()[0], logits.device())?;
    Ok(cross_entropy(&logits, &targets)?.f_mul_scalar(2.0 * temperature)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    fn rows(values: &[f64], width: i64) -> Tensor {
        Tensor::from_slice(values).view([-1, width]).to_kind(Kind::Float)
    }

    #[test]
    fn contrastive_golden_and_no_gradient_into_keys() {
        let queries = rows(&[1., 0., 0., 1., 1., 1.], 2).set_requires_grad(true);
        let keys = rows(&[2., 1., -1., 3., 1., 0.5], 2).set_requires_grad(true);
        for (temperature, expected) in [(0.2, 0.2104504055), (1.0, 1.7221931934)] {
            let loss = contrastive(&queries, &keys, temperature).unwrap();
            assert!((loss.double_value(&[]) - expected).abs() < 1e-6);
            loss.backward();
        }
        assert!(queries.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0);
        assert!(!keys.grad().defined());
    }
}
