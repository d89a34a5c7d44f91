//! SimCLR (Chen et al., ICML 2020; methods.md): both views through one encoder as one batch of 2N; every other view in it
//! is a negative. There is no momentum encoder.

use tch::{Device, Kind, Tensor};
use vitals_recipe::Recipe;

use crate::error::{EngineError, Result};
use crate::layers::normalize;
use crate::methods::cross_entropy::{cross_entropy, indices};
use crate::methods::method::{Encode, Method};
use crate::methods::networks::Networks;
use crate::methods::projector;
use crate::plan::Plan;
use crate::tensor_file::State;

/// The network of SimCLR, and its temperature.
pub(crate) struct SimClr {
    networks: Networks,
    temperature: f64,
}

impl SimClr {
    pub(crate) fn new(recipe: &Recipe, plan: &Plan, device: Device) -> Result<SimClr> {
        let networks = Networks::new(plan, &projector::contrastive(plan), Vec::new(), device)?;
        Ok(SimClr { networks, temperature: recipe.temperature })
    }
}

impl Method for SimClr {
    fn networks(&self) -> &Networks {
        &self.networks
    }

    fn joins_views(&self) -> bool {
        true
    }

    fn loss(&self, features: &[Tensor], _encoder_momentum: f64, _encode: Encode<'_>) -> Result<Tensor> {
        let [both] = features else { return Err(EngineError::Input("SimCLR joins its views".to_owned())) };
        nt_xent(&self.networks.projected(both)?, self.temperature)
    }

    fn state(&self) -> State {
        self.networks.state()
    }
}

/// SimCLR's loss (methods.md): rows 0..N and N..2N are the two views; each row's positive is its other view, and all
/// other rows are negatives.
fn nt_xent(both: &Tensor, temperature: f64) -> Result<Tensor> {
    let z = normalize(both)?;
    let count = z.size()[0];
    let itself = Tensor::f_eye(count, (Kind::Bool, z.device()))?;
    // exp(−∞) is exactly 0, so that no row is a negative of its own.
    let logits = z
        .f_mm(&z.f_transpose(0, 1)?)?
        .f_div_scalar(temperature)?
        .f_masked_fill(&itself, f64::NEG_INFINITY)?;
    // A turn by N takes the places of each half to those of the other.
    let targets = indices(count, z.device())?.f_roll([count / 2], [0])?;
    cross_entropy(&logits, &targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f64], width: i64) -> Tensor {
        Tensor::from_slice(values).view([-1, width]).to_kind(Kind::Float)
    }

    /// SimCLR's loss written out row by row in f64.
    #[test]
    fn nt_xent_equals_the_slow_sum() {
        let values: Vec<f64> = (0..8 * 3).map(|i| (i as f64 * 1.7).sin()).collect();
        let unit: Vec<Vec<f64>> = values
            .chunks(3)
            .map(|row| row.iter().map(|x| x / row.iter().map(|x| x * x).sum::<f64>().sqrt()).collect())
            .collect();
        let similarity = |i: usize, j: usize| (0..3).map(|d| unit[i][d] * unit[j][d]).sum::<f64>() / 0.1;
        let slow: f64 = (0..8)
            .map(|i| {
                let others: f64 = (0..8).filter(|&j| j != i).map(|j| similarity(i, j).exp()).sum();
                others.ln() - similarity(i, (i + 4) % 8)
            })
            .sum::<f64>()
            / 8.0;
        let fast = nt_xent(&rows(&values, 3), 0.1).unwrap().double_value(&[]);
        assert!((fast - slow).abs() < 1e-4, "{fast} for {slow}");
    }
}
