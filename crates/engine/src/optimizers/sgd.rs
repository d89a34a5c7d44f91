//! SGD with momentum, its decay a part of the gradient, as PyTorch has it.

use tch::Tensor;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::optimizers::heavy_ball::descend;
use crate::optimizers::range::Range;
use crate::optimizers::rule::{Rule, Update};

/// The momentum of every weight.
pub(crate) struct Sgd {
    momentum: f64,
    buffer: Tensor,
}

impl Sgd {
    pub(crate) fn new(recipe: &Recipe, buffer: Tensor) -> Sgd {
        Sgd { momentum: recipe.momentum, buffer }
    }
}

impl Rule for Sgd {
    fn state(&self) -> Vec<(&'static str, &Tensor)> {
        vec![("first", &self.buffer)]
    }

    fn update(
        &mut self,
        range: &Range,
        weights: &mut Tensor,
        mut gradient: Tensor,
        update: Update,
    ) -> Result<Option<Tensor>> {
        range.add_decay(&mut gradient, weights)?;
        descend(weights, &mut self.buffer, &gradient, self.momentum, update.learning_rate)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use vitals_recipe::Optimizer as Choice;

    use crate::optimizers::tests::{assert_close, settings, trajectory};

    #[test]
    fn sgd_decays_through_the_momentum() {
        // μ1 = g + .1·w = [.9, 1.2]; w1 = [2.91, 3.88]; μ2 = .9·μ1 + g + .1·w1 = [1.701, 2.268].
        let seen = trajectory(&settings(Choice::Sgd, 0.0), &[2], [[0.6, 0.8]; 2], 0.1);
        assert_close(&seen, &[2.91, 3.88, 2.7399, 3.6532]);
    }
}
