//! The losses of the methods, on the outputs of heads: (N, O) in, a scalar out. Nothing here knows a network.

use tch::{Device, Kind, Reduction, Tensor};

use crate::error::Result;

/// Rows divided by their L2 norm, which is taken as at least 1e-12.
pub(crate) fn normalize(rows: &Tensor) -> Result<Tensor> {
    let norm = rows.f_norm_scalaropt_dim(2.0, [1i64], true)?.f_clamp_min(1e-12)?;
    Ok(rows.f_div(&norm)?)
}

fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    Ok(logits.f_cross_entropy_loss::<Tensor>(targets, None, Reduction::Mean, -100, 0.0)?)
}

fn indices(count: i64, device: Device) -> Result<Tensor> {
    Ok(Tensor::f_arange(count, (Kind::Int64, device))?)
}

/// MoCo v3's contrastive loss of queries against the keys of the other view: row i of each belong together
/// (mocov3.md 1.6, `ctr`). Keys carry no gradient.
pub(crate) fn contrastive(queries: &Tensor, keys: &Tensor, temperature: f64) -> Result<Tensor> {
    let similarity = normalize(queries)?.f_mm(&normalize(keys)?.f_detach()?.f_transpose(0, 1)?)?;
    let logits = similarity.f_div_scalar(temperature)?;
    let targets = indices(logits.size()[0], logits.device())?;
    Ok(cross_entropy(&logits, &targets)?.f_mul_scalar(2.0 * temperature)?)
}

/// SimCLR's loss (methods.md): rows 0..N and N..2N are the two views; each row's positive is its other view, and all
/// other rows are negatives.
pub(crate) fn nt_xent(both: &Tensor, temperature: f64) -> Result<Tensor> {
    let z = normalize(both)?;
    let count = z.size()[0];
    let itself = Tensor::f_eye(count, (Kind::Bool, z.device()))?;
    let logits = z
        .f_mm(&z.f_transpose(0, 1)?)?
        .f_div_scalar(temperature)?
        .f_masked_fill(&itself, f64::NEG_INFINITY)?;
    let targets = indices(count, z.device())?.f_roll([count / 2], [0])?;
    cross_entropy(&logits, &targets)
}

/// BYOL's loss of one direction: mean of 2 − 2·cosine.
pub(crate) fn regression(predictions: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let cosine = normalize(predictions)?.f_mul(&normalize(targets)?.f_detach()?)?;
    let cosine = cosine.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
    Ok(cosine.f_mean(Kind::Float)?.f_mul_scalar(-2.0)?.f_add_scalar(2.0)?)
}

/// SwAV's swapped prediction (methods.md): scores (2N, K) of both views against the prototypes; codes come from
/// `iterations` of Sinkhorn-Knopp per view.
pub(crate) fn swapped(scores: &Tensor, temperature: f64, epsilon: f64, iterations: u32) -> Result<Tensor> {
    let views = scores.f_chunk(2, 0)?;
    let half = |codes_of: &Tensor, predicted_by: &Tensor| -> Result<Tensor> {
        let codes = sinkhorn(&codes_of.f_detach()?, epsilon, iterations)?;
        let log_probability = predicted_by.f_div_scalar(temperature)?.f_log_softmax(1, Kind::Float)?;
        let product =
            codes.f_mul(&log_probability)?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        Ok(product.f_mean(Kind::Float)?)
    };
    Ok(half(&views[0], &views[1])?.f_add(&half(&views[1], &views[0])?)?.f_mul_scalar(-0.5)?)
}

/// Soft assignments (N, K) whose rows sum to one and whose columns are equally full.
fn sinkhorn(scores: &Tensor, epsilon: f64, iterations: u32) -> Result<Tensor> {
    let (count, prototypes) = scores.size2()?;
    let sum = |q: &Tensor, dim: i64| q.f_sum_dim_intlist([dim].as_slice(), true, Kind::Float);
    let mut q = scores.f_sub(&scores.f_max()?)?.f_div_scalar(epsilon)?.f_exp()?.f_transpose(0, 1)?;
    q = q.f_div(&q.f_sum(Kind::Float)?)?;
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

    #[test]
    fn regression_is_zero_for_equal_directions_and_four_for_opposite() {
        let a = rows(&[1., 2., 3., -1.], 2);
        assert!(regression(&a, &(&a * 3.0)).unwrap().double_value(&[]).abs() < 1e-6);
        assert!((regression(&a, &(&a * -0.5)).unwrap().double_value(&[]) - 4.0).abs() < 1e-6);
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
