//! LAMB (You et al., ICLR 2020, Algorithm 2, φ = identity): Adam's direction plus decay, scaled per tensor by ‖weights‖ /
//! ‖direction‖.

use tch::Tensor;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::optimizers::adam::AdamSettings;
use crate::optimizers::range::Range;
use crate::optimizers::rule::{Rule, Update};
use crate::optimizers::trust::scale_by_trust;

/// Both moments of every weight.
pub(crate) struct Lamb {
    settings: AdamSettings,
    first: Tensor,
    second: Tensor,
}

impl Lamb {
    pub(crate) fn new(recipe: &Recipe, first: Tensor, second: Tensor) -> Lamb {
        Lamb { settings: AdamSettings::of(recipe), first, second }
    }

    /// m̂ / (√v̂ + ε), moving both moments; and gradient² over v̂ where asked for. Here the direction itself is needed, which
    /// AdamW's kernels never store.
    fn direction(&mut self, gradient: Tensor, update: Update) -> Result<(Tensor, Option<Tensor>)> {
        let AdamSettings { beta1, beta2, epsilon } = self.settings;
        let (correction1, correction2) = self.settings.corrections(update.number);
        // lerp by 1 − β₁ is β₁·m + (1 − β₁)·g in one pass.
        let _ = self.first.f_lerp_(&gradient, 1.0 - beta1)?;
        let mut squares = gradient;
        let squares = squares.f_square_()?;
        let _ = self.second.f_mul_scalar_(beta2)?.f_add_(&squares.f_mul_scalar(1.0 - beta2)?)?;
        // √(v / c) is √v / √c: the correction stands within the root, ε behind it, as in Adam.
        let denominator =
            self.second.f_sqrt()?.f_mul_scalar_(correction2.sqrt().recip())?.f_add_scalar_(epsilon)?;
        // The quotient takes the first moment's correction, since the moment itself has to stay as it is stored.
        let direction = self.first.f_div(&denominator)?.f_mul_scalar_(correction1.recip())?;
        let ratios = match update.measures {
            true => Some(self.settings.ratios(&squares, &self.second, update.number)?),
            false => None,
        };
        Ok((direction, ratios))
    }
}

impl Rule for Lamb {
    fn state(&self) -> Vec<(&'static str, &Tensor)> {
        vec![("first", &self.first), ("second", &self.second)]
    }

    fn has_second_moment(&self) -> bool {
        true
    }

    fn update(
        &mut self,
        range: &Range,
        weights: &mut Tensor,
        gradient: Tensor,
        update: Update,
    ) -> Result<Option<Tensor>> {
        let (mut direction, ratios) = self.direction(gradient, update)?;
        // Decay is a part of the direction whose norm the ratio is taken with (Algorithm 2).
        range.add_decay(&mut direction, weights)?;
        // All tensors, vectors too: unlike LARS, Algorithm 2 knows no exception.
        scale_by_trust(&range.tensors(), weights, &direction, 1.0)?;
        let _ = weights.f_sub_(&direction.f_mul_scalar_(update.learning_rate)?)?;
        Ok(ratios)
    }
}

#[cfg(test)]
mod tests {
    use vitals_recipe::Optimizer as Choice;

    use crate::optimizers::tests::{GRADIENTS, assert_close, settings, trajectory};

    #[test]
    fn lamb_golden() {
        let seen = trajectory(&settings(Choice::Lamb, 1e-6), &[1, 2], GRADIENTS, 0.01);
        assert_close(&seen, &[2.965977452, 3.963360319, 2.940382178, 3.920988080]);
    }
}
