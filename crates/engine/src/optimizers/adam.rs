//! What AdamW and LAMB share of Adam (Kingma and Ba 2015): its constants, and how far gradients have left its second
//! moment behind.

use tch::Tensor;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::optimizers::rule::Update;
use crate::shim::Adam;

/// Decay of both moments, and what keeps the denominator from zero.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamSettings {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
}

impl AdamSettings {
    pub(crate) fn of(recipe: &Recipe) -> AdamSettings {
        AdamSettings { beta1: recipe.beta1, beta2: recipe.beta2, epsilon: recipe.epsilon }
    }

    /// The rates of one update.
    pub(crate) fn at(self, update: Update) -> Adam {
        let AdamSettings { beta1, beta2, epsilon } = self;
        Adam { learning_rate: update.learning_rate, beta1, beta2, epsilon, update: update.number }
    }

    /// 1 − β₁ᵗ and 1 − β₂ᵗ: the share of each moment that is not its start at zero.
    pub(crate) fn corrections(self, number: u64) -> (f64, f64) {
        // Beyond i32 the exponent does not matter: βᵗ is 0 by then.
        let exponent = i32::try_from(number).unwrap_or(i32::MAX);
        (1.0 - self.beta1.powi(exponent), 1.0 - self.beta2.powi(exponent))
    }

    /// Gradient² over the second moment without its bias. The moment counts as at least ε², below which Adam does not see
    /// it, and as at least 1e-37, so that a gradient of zero over a moment of zero is 0 and not NaN.
    pub(crate) fn ratios(self, squares: &Tensor, second: &Tensor, number: u64) -> Result<Tensor> {
        let (_, correction) = self.corrections(number);
        // Tensors are fp32, whose smallest normal number is 1.2e-38: ε² alone may be less.
        let floor = self.epsilon.powi(2).max(1e-37);
        Ok(squares.f_div(&second.f_mul_scalar(correction.recip())?.f_clamp_min(floor)?)?)
    }
}
