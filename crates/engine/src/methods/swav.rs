//! SwAV (Caron et al., NeurIPS 2020; methods.md): each view predicts to which prototypes the other belongs; Sinkhorn-Knopp
//! keeps prototypes equally full. There is no momentum encoder.

use tch::{Device, Kind, Tensor};
use vitals_recipe::Recipe;

use crate::error::{EngineError, Result};
use crate::layers::{HeadPlan, Piece, normalize};
use crate::methods::method::{Encode, Group, Method};
use crate::methods::networks::Networks;
use crate::parameter::{Declaration, Span, Start};
use crate::plan::Plan;
use crate::tensor_file::State;

const PROTOTYPES: &str = "prototypes.weight";

/// The network of SwAV, its prototypes and its constants.
pub(crate) struct Swav {
    networks: Networks,
    /// (K, O).
    pub prototypes: Tensor,
    temperature: f64,
    epsilon: f64,
    iterations: u32,
    freeze_steps: u64,
}

impl Swav {
    pub(crate) fn new(recipe: &Recipe, plan: &Plan, device: Device) -> Result<Swav> {
        let (hidden, out) = (plan.heads.hidden, plan.heads.out);
        let projector = HeadPlan::new(vec![
            Piece::biased(plan.shape.dim(), hidden),
            Piece::Relu,
            Piece::biased(hidden, out),
        ]);
        let prototypes = Declaration {
            name: PROTOTYPES.to_owned(),
            shape: vec![i64::from(recipe.prototypes), out],
            layer: "prototypes".to_owned(),
            start: Start::torch_default(out),
        };
        let networks = Networks::new(plan, &projector, vec![prototypes], device)?;
        Ok(Swav {
            prototypes: networks.parameters.get(PROTOTYPES)?,
            networks,
            temperature: recipe.temperature,
            epsilon: recipe.sinkhorn_epsilon,
            iterations: recipe.sinkhorn_iterations,
            freeze_steps: recipe.freeze_prototypes_steps,
        })
    }
}

impl Method for Swav {
    fn networks(&self) -> &Networks {
        &self.networks
    }

    fn joins_views(&self) -> bool {
        true
    }

    /// Normalises the rows of the prototypes in place. First of all: the weights share one buffer, and libtorch refuses a
    /// gradient through weights whose buffer changed after their forward pass.
    fn begin(&self) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.prototypes.shallow_clone().f_copy_(&normalize(&self.prototypes)?)?;
        Ok(())
    }

    fn loss(&self, features: &[Tensor], _encoder_momentum: f64, _encode: Encode<'_>) -> Result<Tensor> {
        let [both] = features else { return Err(EngineError::Input("SwAV joins its views".to_owned())) };
        let projected = normalize(&self.networks.projected(both)?)?;
        let scores = projected.f_mm(&self.prototypes.f_transpose(0, 1)?)?;
        swapped(&scores, self.temperature, self.epsilon, self.iterations)
    }

    /// The prototypes count their updates on their own, because they may rest at first.
    fn groups(&self) -> Vec<Group> {
        let trained = self.networks.trained;
        let prototypes = self.networks.parameters.span(PROTOTYPES).start;
        vec![
            Group { name: "main", span: Span { end: prototypes, ..trained }, rests: 0 },
            Group {
                name: "prototypes",
                span: Span { start: prototypes, ..trained },
                rests: self.freeze_steps,
            },
        ]
    }

    fn state(&self) -> State {
        self.networks.state()
    }
}

/// SwAV's swapped prediction (methods.md): scores (2N, K) of both views against the prototypes; codes come from
/// `iterations` of Sinkhorn-Knopp per view.
fn swapped(scores: &Tensor, temperature: f64, epsilon: f64, iterations: u32) -> Result<Tensor> {
    let views = scores.f_chunk(2, 0)?;
    let half = |codes_of: &Tensor, predicted_by: &Tensor| -> Result<Tensor> {
        let codes = sinkhorn(&codes_of.f_detach()?, epsilon, iterations)?;
        let log_probability = predicted_by.f_div_scalar(temperature)?.f_log_softmax(1, Kind::Float)?;
        let product =
            codes.f_mul(&log_probability)?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        Ok(product.f_mean(Kind::Float)?)
    };
    // A mean of two log-probabilities with its sign turned, as a loss falls.
    Ok(half(&views[0], &views[1])?.f_add(&half(&views[1], &views[0])?)?.f_mul_scalar(-0.5)?)
}

/// Soft assignments (N, K) whose rows sum to one and whose columns are equally full.
fn sinkhorn(scores: &Tensor, epsilon: f64, iterations: u32) -> Result<Tensor> {
    let (count, prototypes) = scores.size2()?;
    let sum = |q: &Tensor, dim: i64| q.f_sum_dim_intlist([dim].as_slice(), true, Kind::Float);
    // Less the largest score: exp of a score over a small epsilon overflows, and a constant cancels in the first division.
    let mut q = scores.f_sub(&scores.f_max()?)?.f_div_scalar(epsilon)?.f_exp()?.f_transpose(0, 1)?;
    q = q.f_div(&q.f_sum(Kind::Float)?)?;
    // Columns last: each image's codes sum to one exactly, while prototypes are equally full in the limit only.
    for _ in 0..iterations {
        q = q.f_div(&sum(&q, 1)?)?.f_div_scalar(prototypes as f64)?;
        q = q.f_div(&sum(&q, 0)?)?.f_div_scalar(count as f64)?;
    }
    Ok(q.f_mul_scalar(count as f64)?.f_transpose(0, 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f64], width: i64) -> Tensor {
        Tensor::from_slice(values).view([-1, width]).to_kind(Kind::Float)
    }

    #[test]
    fn sinkhorn_balances_prototypes() {
        let scores = rows(&(0..40).map(|i| (i as f64 * 0.9).sin()).collect::<Vec<_>>(), 5);
        let codes = sinkhorn(&scores, 0.5, 50).unwrap();
        for (dim, expected) in [(1i64, 1.0), (0, 8.0 / 5.0)] {
            let sums = codes.sum_dim_intlist([dim].as_slice(), false, Kind::Float);
            assert!((sums - expected).abs().max().double_value(&[]) < 1e-3);
        }
    }
}
