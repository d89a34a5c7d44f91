//! The weights of a logistic regression as far as trials tell them: normal around their most probable values (Laplace's
//! approximation), which damped Newton steps find. Small dense algebra by hand; knows nothing of rates and batches.

/// Weights: one of the constant, of the rate, of the batch and of its square.
pub const WEIGHTS: usize = 4;
pub type Row = [f64; WEIGHTS];
pub type Matrix = [Row; WEIGHTS];

/// Newton's steps at most; a handful is usual.
const STEPS: usize = 100;
/// The largest component of a step at which it has come to rest.
const STILL: f64 = 1e-10;
/// Times that a step is halved before it is taken as it is.
const HALVINGS: usize = 40;

/// Independent normal distributions of the weights before anything is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    pub mean: Row,
    pub sd: Row,
}

/// Normal, with mean and covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    pub mean: Row,
    pub covariance: Matrix,
}

impl Posterior {
    /// Of trials: the features of each, and whether it came out as 1.
    pub fn of(trials: &[(Row, bool)], prior: &Prior) -> Self {
        let mut weights = prior.mean;
        let mut height = log_density(&weights, trials, prior);
        for _ in 0..STEPS {
            let (gradient, precision) = slopes(&weights, trials, prior);
            let step = solve(&precision, &gradient);
            // A full step far from the top may overshoot (where p is nearly 0 or 1 the surface is flat): it is halved until the
            // density grows. The density is concave, so that some step along this direction makes it grow.
            let mut share = 1.0;
            let mut next = moved(&weights, &step, share);
            for _ in 0..HALVINGS {
                if log_density(&next, trials, prior) >= height {
                    break;
                }
                share /= 2.0;
                next = moved(&weights, &step, share);
            }
            height = log_density(&next, trials, prior);
            weights = next;
            if step.iter().all(|component| (share * component).abs() < STILL) {
                break;
            }
        }
        let (_, precision) = slopes(&weights, trials, prior);
        Self { mean: weights, covariance: inverse(&precision) }
    }

    /// Mean and variance of the log odds at a place.
    pub fn log_odds(&self, features: &Row) -> (f64, f64) {
        (dot(&self.mean, features), quadratic(&self.covariance, features))
    }

    /// Covariance of the log odds at two places.
    pub fn between(&self, a: &Row, b: &Row) -> f64 {
        a.iter().zip(&self.covariance).map(|(a, row)| a * dot(row, b)).sum()
    }

    /// Narrower by what one more trial at a place is expected to tell; where it comes out is not known, so the mean stays.
    pub fn after(&self, features: &Row) -> Self {
        let (mean, variance) = self.log_odds(features);
        let told = over_normal(mean, variance, |odds| chance(odds) * (1.0 - chance(odds)));
        // Sherman and Morrison: the inverse of the precision with told·φφᵀ more.
        let along: Row = std::array::from_fn(|row| dot(&self.covariance[row], features));
        let scale = told / (1.0 + told * variance);
        let covariance = std::array::from_fn(|row| {
            std::array::from_fn(|column| self.covariance[row][column] - scale * along[row] * along[column])
        });
        Self { mean: self.mean, covariance }
    }
}

/// 1 / (1 + e^−odds).
pub fn chance(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// ln(1 + e^x) without overflow.
fn soft_plus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The mean of `of` over a normal distribution: the trapezium rule, which converges faster than any power for such functions.
pub fn over_normal(mean: f64, variance: f64, of: impl Fn(f64) -> f64) -> f64 {
    const HALF: i32 = 32;
    const REACH: f64 = 8.0;
    let sd = variance.max(0.0).sqrt();
    let (mut sum, mut weights) = (0.0, 0.0);
    for place in -HALF..=HALF {
        let z = REACH * f64::from(place) / f64::from(HALF);
        let weight = (-z * z / 2.0).exp();
        sum += weight * of(mean + sd * z);
        weights += weight;
    }
    sum / weights
}

fn log_density(weights: &Row, trials: &[(Row, bool)], prior: &Prior) -> f64 {
    let known: f64 = (0..WEIGHTS).map(|k| ((weights[k] - prior.mean[k]) / prior.sd[k]).powi(2) / 2.0).sum();
    let told: f64 = trials
        .iter()
        .map(|(features, one)| {
            let odds = dot(weights, features);
            soft_plus(if *one { -odds } else { odds })
        })
        .sum();
    -known - told
}

/// The gradient of the log density, and the negative of its second derivatives, which is positive definite.
fn slopes(weights: &Row, trials: &[(Row, bool)], prior: &Prior) -> (Row, Matrix) {
    let mut gradient: Row = std::array::from_fn(|k| (prior.mean[k] - weights[k]) / prior.sd[k].powi(2));
    let mut precision: Matrix = std::array::from_fn(|row| {
        std::array::from_fn(|column| if row == column { prior.sd[row].powi(-2) } else { 0.0 })
    });
    for (features, one) in trials {
        let p = chance(dot(weights, features));
        let off = f64::from(u8::from(*one)) - p;
        for row in 0..WEIGHTS {
            gradient[row] += off * features[row];
            for column in 0..WEIGHTS {
                precision[row][column] += p * (1.0 - p) * features[row] * features[column];
            }
        }
    }
    (gradient, precision)
}

fn moved(weights: &Row, step: &Row, share: f64) -> Row {
    std::array::from_fn(|k| weights[k] + share * step[k])
}

fn dot(a: &Row, b: &Row) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn quadratic(matrix: &Matrix, at: &Row) -> f64 {
    matrix.iter().zip(at).map(|(row, value)| value * dot(row, at)).sum()
}

/// The lower triangle whose product with its transpose is a positive definite matrix (Cholesky).
fn triangle(matrix: &Matrix) -> Matrix {
    let mut lower = [[0.0; WEIGHTS]; WEIGHTS];
    for row in 0..WEIGHTS {
        for column in 0..=row {
            let sum: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            lower[row][column] = if row == column {
                (matrix[row][row] - sum).sqrt()
            } else {
                (matrix[row][column] - sum) / lower[column][column]
            };
        }
    }
    lower
}

fn solve(matrix: &Matrix, right: &Row) -> Row {
    let lower = triangle(matrix);
    let mut solution = *right;
    for row in 0..WEIGHTS {
        for k in 0..row {
            solution[row] -= lower[row][k] * solution[k];
        }
        solution[row] /= lower[row][row];
    }
    for row in (0..WEIGHTS).rev() {
        for k in row + 1..WEIGHTS {
            solution[row] -= lower[k][row] * solution[k];
        }
        solution[row] /= lower[row][row];
    }
    solution
}

fn inverse(matrix: &Matrix) -> Matrix {
    let columns: Matrix = std::array::from_fn(|at| {
        solve(matrix, &std::array::from_fn(|row| if row == at { 1.0 } else { 0.0 }))
    });
    // Symmetric up to rounding: both halves are made one.
    std::array::from_fn(|row| {
        std::array::from_fn(|column| f64::midpoint(columns[row][column], columns[column][row]))
    })
}
