//! Collapse monitors on the features of a batch.

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::layers::normalize;

/// Of features (N, D), after L2 normalisation: √D × the mean over dimensions of the standard deviation over the batch
/// (1 = spread, 0 = collapse), and the mean cosine of different rows (contract section 4). Deviations are the
/// population's.
pub(crate) fn spread(features: &Tensor) -> Result<[Tensor; 2]> {
    let _guard = tch::no_grad_guard();
    let unit = normalize(features)?;
    let (count, dim) = unit.size2()?;
    let mean = unit.f_mean_dim([0i64].as_slice(), true, Kind::Float)?;
    // ‖column − its mean‖ is √N times the population's deviation: √(D / N) makes both factors good.
    let deviation = unit.f_sub(&mean)?.f_norm_scalaropt_dim(2.0, [0i64], false)?.f_mean(Kind::Float)?;
    let deviation = deviation.f_mul_scalar((dim as f64 / count as f64).sqrt())?;
    // Σ over i≠j of cosines = ‖Σ rows‖² − N.
    // The sum of rows is N times their mean, hence N².
    let total = mean.f_square()?.f_sum(Kind::Float)?.f_mul_scalar(count as f64 * count as f64)?;
    let pairs = (count * (count - 1)).max(1) as f64;
    Ok([deviation, total.f_sub_scalar(count as f64)?.f_div_scalar(pairs)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_equals_the_slow_sums() {
        let (count, dim) = (7, 5);
        let values: Vec<f64> = (0..count * dim).map(|i| (i as f64 * 2.3).sin() + 0.3).collect();
        let unit: Vec<Vec<f64>> = values
            .chunks(dim)
            .map(|row| row.iter().map(|x| x / row.iter().map(|x| x * x).sum::<f64>().sqrt()).collect())
            .collect();
        let mut deviation = 0.0;
        for d in 0..dim {
            let mean = unit.iter().map(|row| row[d]).sum::<f64>() / count as f64;
            let variance = unit.iter().map(|row| (row[d] - mean).powi(2)).sum::<f64>() / count as f64;
            deviation += variance.sqrt() / dim as f64 * (dim as f64).sqrt();
        }
        let mut cosine = 0.0;
        for i in 0..count {
            for j in (0..count).filter(|&j| j != i) {
                cosine += (0..dim).map(|d| unit[i][d] * unit[j][d]).sum::<f64>();
            }
        }
        cosine /= (count * (count - 1)) as f64;
        let features = Tensor::from_slice(&values).view([count as i64, dim as i64]).to_kind(Kind::Float);
        let [fast_deviation, fast_cosine] = spread(&features).unwrap();
        assert!((fast_deviation.double_value(&[]) - deviation).abs() < 1e-5);
        assert!((fast_cosine.double_value(&[]) - cosine).abs() < 1e-5);
    }

    #[test]
    fn equal_rows_have_collapsed() {
        let [deviation, cosine] = spread(&Tensor::ones([4, 3], tch::kind::FLOAT_CPU)).unwrap();
        assert!(deviation.double_value(&[]) < 1e-6);
        assert!((cosine.double_value(&[]) - 1.0).abs() < 1e-6);
    }
}
