//! The fixed 2-D sine-cosine position table (mocov3.md 1.3). Its rows follow the reference's index rule, in which the
//! first half of a row encodes what the reference calls w and the patches' order makes y; grids are square.

/// Rows for a square grid of `side` × `side` patches at width `dim` (divisible by 4), row-major, `side² · dim` values;
/// with a zero row in front where there is a class token.
pub(crate) fn sincos(dim: usize, side: usize, with_class_token: bool) -> Vec<f32> {
    let quarter = dim / 4;
    // The exponent is i / (D/4), without MAE's other order of frequencies (mocov3.md 1.3).
    let omega: Vec<f64> = (0..quarter).map(|i| 10000f64.powf(-(i as f64) / quarter as f64)).collect();
    let mut table = Vec::with_capacity((side * side + usize::from(with_class_token)) * dim);
    if with_class_token {
        table.resize(dim, 0.0);
    }
    for first in 0..side {
        for second in 0..side {
            for position in [first as f64, second as f64] {
                table.extend(omega.iter().map(|omega| (position * omega).sin() as f32));
                table.extend(omega.iter().map(|omega| (position * omega).cos() as f32));
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden rows of mocov3.md 1.3 for width 8 and a 2 × 2 grid.
    #[test]
    fn golden_rows_of_a_small_grid() {
        let zero = [0.0, 0.0, 1.0, 1.0];
        let one = [0.841471, 0.01, 0.540302, 0.99995];
        let table = sincos(8, 2, true);
        assert_eq!(table[..8], [0.0; 8]);
        for (patch, expected) in [[zero, zero], [zero, one], [one, zero], [one, one]].iter().enumerate() {
            for (value, expected) in table[8 * (patch + 1)..].iter().zip(expected.as_flattened()) {
                assert!((value - expected).abs() < 1e-5, "patch {patch}: {value} for {expected}");
            }
        }
    }

    #[test]
    fn golden_sums_at_the_papers_sizes() {
        for (dim, sum) in [(384, 34713.8237), (768, 69594.4939)] {
            let table = sincos(dim, 14, false);
            let total: f64 = table.iter().map(|&x| f64::from(x)).sum();
            let squares: f64 = table.iter().map(|&x| f64::from(x).powi(2)).sum();
            assert!((total - sum).abs() < 1e-2, "sum {total} for {sum}");
            assert!((squares - 196.0 * dim as f64 / 2.0).abs() < 1e-1, "sum of squares {squares}");
        }
    }
}
