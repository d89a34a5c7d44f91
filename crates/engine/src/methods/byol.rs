//! BYOL (Grill et al., NeurIPS 2020; methods.md): queries with a predictor regress the outputs of a momentum encoder, each
//! view the other's. There are no negatives.

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::layers::{HeadPlan, Piece, normalize};
use crate::methods::method::{Encode, Method};
use crate::methods::momentum::{Siamese, both_ways};
use crate::methods::networks::Networks;
use crate::plan::Plan;
use crate::tensor_file::State;

/// The networks of BYOL.
pub(crate) struct Byol {
    siamese: Siamese,
}

/// Projector and predictor alike. Batch norm stays whatever the recipe says: without it BYOL has nothing that keeps its
/// features apart.
fn head(inputs: i64, hidden: i64, out: i64) -> HeadPlan {
    HeadPlan::new(vec![
        Piece::biased(inputs, hidden),
        Piece::norm(hidden),
        Piece::Relu,
        Piece::linear(hidden, out),
    ])
}

impl Byol {
    pub(crate) fn new(plan: &Plan, device: Device) -> Result<Byol> {
        let (hidden, out) = (plan.heads.hidden, plan.heads.out);
        let (projector, predictor) = (head(plan.shape.dim(), hidden, out), head(out, hidden, out));
        Ok(Byol { siamese: Siamese::new(plan, &projector, Some(&predictor), device)? })
    }
}

impl Method for Byol {
    fn networks(&self) -> &Networks {
        &self.siamese.networks
    }

    fn loss(&self, features: &[Tensor], encoder_momentum: f64, encode: Encode<'_>) -> Result<Tensor> {
        let (queries, keys) = self.siamese.outputs(features, encoder_momentum, encode)?;
        both_ways(&queries, &keys, regression)
    }

    fn state(&self) -> State {
        self.siamese.state()
    }
}

/// BYOL's loss of one direction: mean of 2 − 2·cosine.
fn regression(predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let cosine = normalize(predictions)?.f_mul(&normalize(targets)?.f_detach()?)?;
    let cosine = cosine.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
    // ‖q − k‖² of unit vectors is 2 − 2·cosine.
    Ok(cosine.f_mean(Kind::Float)?.f_mul_scalar(-2.0)?.f_add_scalar(2.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f64], width: i64) -> Tensor {
        Tensor::from_slice(values).view([-1, width]).to_kind(Kind::Float)
    }

    #[test]
    fn regression_is_zero_for_equal_directions_and_four_for_opposite() {
        let a = rows(&[1., 2., 3., -1.], 2);
        assert!(regression(&a, &(&a * 3.0)).unwrap().double_value(&[]).abs() < 1e-6);
        assert!((regression(&a, &(&a * -0.5)).unwrap().double_value(&[]) - 4.0).abs() < 1e-6);
    }
}
