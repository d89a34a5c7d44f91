//! LARS (You et al. 2017) as MoCo v3's code has it: decay and trust ratio for matrices alone, then momentum. Vectors move
//! as under plain SGD.

use tch::Tensor;
use vitals_recipe::Recipe;

use crate::error::Result;
use crate::optimizers::heavy_ball::descend;
use crate::optimizers::range::Range;
use crate::optimizers::rule::{Rule, Update};
use crate::optimizers::trust::scale_by_trust;

/// The momentum of every weight.
pub(crate) struct Lars {
    momentum: f64,
    trust_coefficient: f64,
    buffer: Tensor,
}

impl Lars {
    pub(crate) fn new(recipe: &Recipe, buffer: Tensor) -> Lars {
        Lars { momentum: recipe.momentum, trust_coefficient: recipe.trust_coefficient, buffer }
    }
}

impl Rule for Lars {
    fn state(&self) -> Vec<(&'static str, &Tensor)> {
        vec![("first", &self.buffer)]
    }

    fn spares_vectors(&self) -> bool {
        true
    }

    fn update(
        &mut self,
        range: &Range,
        weights: &mut Tensor,
        mut gradient: Tensor,
        update: Update,
    ) -> Result<Option<Tensor>> {
        range.add_decay(&mut gradient, weights)?;
        // The ratio is that of the decayed gradient, so it has to come after decay and before momentum.
        scale_by_trust(&range.matrices(), weights, &gradient, self.trust_coefficient)?;
        descend(weights, &mut self.buffer, &gradient, self.momentum, update.learning_rate)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};
    use vitals_recipe::Optimizer as Choice;

    use crate::optimizers::build;
    use crate::optimizers::tests::{assert_close, settings, slot, trajectory};
    use crate::parameter::Span;

    #[test]
    fn lars_golden_and_vectors_without_decay_or_trust() {
        let twice = [[0.6, 0.8]; 2];
        let seen = trajectory(&settings(Choice::Lars, 0.0), &[1, 2], twice, 1.0);
        assert_close(&seen, &[2.997, 3.996, 2.991303, 3.988404]);
        let vector = trajectory(&settings(Choice::Lars, 0.0), &[2], twice, 1.0);
        assert_close(&vector, &[2.4, 3.2, 1.26, 1.68]);
    }

    #[test]
    fn a_zero_tensor_keeps_a_trust_ratio_of_one() {
        let flat = Tensor::zeros([2], tch::kind::FLOAT_CPU);
        let span = Span { start: 0, end: 2 };
        let mut lars = build(&settings(Choice::Lars, 0.0), &flat, &[slot(&[1, 2])], span).unwrap();
        lars.update(&flat, Tensor::from_slice(&[1f32, -1.0]), 0.5, false).unwrap();
        assert_close(&Vec::<f64>::try_from(&flat.to_kind(Kind::Double)).unwrap(), &[-0.5, 0.5]);
    }
}
