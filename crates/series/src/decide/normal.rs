//! The normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// φ(z).
pub fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

/// P(Z > z).
pub fn tail(z: f64) -> f64 {
    libm::erfc(z / SQRT_2) / 2.0
}
