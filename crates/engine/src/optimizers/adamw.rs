//! AdamW (Loshchilov and Hutter 2019), in the two arithmetics that it needs: one pass that measures as it goes, for plain
//! steps on the CPU, and libtorch's fused kernel wherever a total must be known first (clipping, a loss scale) or the
//! device is another. They round differently, so that a run keeps to one of them.

use tch::Tensor;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::optimizers::adam::AdamSettings;
use crate::optimizers::range::Range;
use crate::optimizers::rule::{Rule, Update};
use crate::shim::{Item, Stats, adamw_pass, fused_adamw};

/// Both moments of every weight.
pub(crate) struct AdamW {
    settings: AdamSettings,
    first: Tensor,
    second: Tensor,
}

impl AdamW {
    pub(crate) fn new(recipe: &Recipe, first: Tensor, second: Tensor) -> AdamW {
        AdamW { settings: AdamSettings::of(recipe), first, second }
    }
}

impl Rule for AdamW {
    fn state(&self) -> Vec<(&'static str, &Tensor)> {
        vec![("first", &self.first), ("second", &self.second)]
    }

    fn has_second_moment(&self) -> bool {
        true
    }

    /// Decoupled decay first, then the bias-corrected step, in libtorch's fused kernel.
    fn update(
        &mut self,
        range: &Range,
        weights: &mut Tensor,
        gradient: Tensor,
        update: Update,
    ) -> Result<Option<Tensor>> {
        let decay = match range.decay_mask() {
            None => range.weight_decay,
            // The kernel knows one decay for the whole vector: where some weights have none, decay is applied before it.
            Some(mask) => {
                // Before the step and from the same weights, as the kernel's own decay is.
                let decay = weights.f_mul(mask)?.f_mul_scalar_(update.learning_rate * range.weight_decay)?;
                let _ = weights.f_sub_(&decay)?;
                0.0
            }
        };
        fused_adamw(weights, &gradient, (&self.first, &self.second), self.settings.at(update), decay)?;
        if !update.measures {
            return Ok(None);
        }
        // In place: the gradient is consumed here, and a copy would be as long as the network.
        let mut squares = gradient;
        let squares = squares.f_square_()?;
        // The second moment holds this gradient already, as it does in the step that Adam takes.
        self.settings.ratios(&squares, &self.second, update.number).map(Some)
    }

    fn can_pass(&self) -> bool {
        true
    }

    fn pass(&mut self, flat: &Tensor, items: &[Item<'_>], update: Update) -> Result<Vec<Stats>> {
        adamw_pass(flat, &self.first, &self.second, items, self.settings.at(update))
    }
}

#[cfg(test)]
mod tests {
    use vitals_recipe::Optimizer as Choice;

    use crate::optimizers::tests::{GRADIENTS, assert_close, settings, trajectory};

    #[test]
    fn adamw_golden() {
        let seen = trajectory(&settings(Choice::AdamW, 1e-8), &[1, 2], GRADIENTS, 0.01);
        assert_close(&seen, &[2.987, 3.986, 2.980010815, 3.974441769]);
    }
}
