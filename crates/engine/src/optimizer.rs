//! AdamW, LAMB, LARS and SGD as plain tensor operations over a flat range of parameters, with all their state in two
//! vectors, so that a checkpoint holds everything (mocov3.md section 4). tch's own optimizers keep theirs hidden.

use tch::{Kind, Tensor};
use vitals_recipe::{DecayExclude, Optimizer as Rule};

use crate::error::Result;
use crate::parameter::{Slot, Span};
use crate::plan::OptimizerSettings;

/// An optimizer over one range of a flat buffer.
pub(crate) struct Optimizer {
    settings: OptimizerSettings,
    span: Span,
    /// The tensors inside, relative to the range, with their number of dimensions.
    tensors: Vec<(Span, usize)>,
    /// 1 where weight decay applies and 0 elsewhere; none where it applies everywhere.
    decay_mask: Option<Tensor>,
    /// First moment, or momentum buffer.
    pub first: Tensor,
    /// Second moment of AdamW and LAMB.
    pub second: Option<Tensor>,
    /// Updates made so far.
    pub updates: u64,
}

impl Optimizer {
    /// An optimizer at rest over the slots of `flat` inside `span`.
    pub(crate) fn new(
        settings: OptimizerSettings,
        flat: &Tensor,
        slots: &[Slot],
        span: Span,
    ) -> Result<Optimizer> {
        let tensors: Vec<(Span, usize)> = slots
            .iter()
            .filter(|slot| slot.offset >= span.start && slot.offset < span.end)
            .map(|slot| {
                let start = slot.offset - span.start;
                (Span { start, end: start + slot.count }, slot.shape.len())
            })
            .collect();
        let zeros = || Tensor::f_zeros([span.end - span.start], (Kind::Float, flat.device()));
        // LARS never decays vectors; the others follow the recipe.
        let spares_vectors =
            settings.optimizer == Rule::Lars || settings.decay_exclude == DecayExclude::BiasAndNorm;
        let decay_mask = match spares_vectors && settings.weight_decay != 0.0 {
            true => {
                let mask = zeros()?;
                for (tensor, _) in tensors.iter().filter(|(_, dimensions)| *dimensions > 1) {
                    let _ = tensor.of(&mask)?.f_fill_(1.0)?;
                }
                Some(mask)
            }
            false => None,
        };
        let has_second = matches!(settings.optimizer, Rule::AdamW | Rule::Lamb);
        Ok(Optimizer {
            settings,
            span,
            tensors,
            decay_mask,
            first: zeros()?,
            second: if has_second { Some(zeros()?) } else { None },
            updates: 0,
        })
    }

    /// One update. `flat` is the whole parameter buffer; `gradient` covers this optimizer's range and is consumed.
    pub(crate) fn update(&mut self, flat: &Tensor, mut gradient: Tensor, learning_rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        self.updates += 1;
        let mut weights = self.span.of(flat)?;
        match self.settings.optimizer {
            Rule::AdamW => self.adamw(&mut weights, gradient, learning_rate),
            Rule::Lamb => self.lamb(&mut weights, gradient, learning_rate),
            Rule::Lars => {
                self.add_decay(&mut gradient, &weights)?;
                let is_matrix = |&&(_, dimensions): &&(Span, usize)| dimensions > 1;
                let matrices: Vec<Span> =
                    self.tensors.iter().filter(is_matrix).map(|(span, _)| *span).collect();
                scale_by_trust(&matrices, &weights, &gradient, self.settings.trust_coefficient)?;
                self.descend_with_momentum(&mut weights, &gradient, learning_rate)
            }
            Rule::Sgd => {
                self.add_decay(&mut gradient, &weights)?;
                self.descend_with_momentum(&mut weights, &gradient, learning_rate)
            }
        }
    }

    /// Decoupled decay first, then the bias-corrected step.
    fn adamw(&mut self, weights: &mut Tensor, gradient: Tensor, learning_rate: f64) -> Result<()> {
        let shrink = learning_rate * self.settings.weight_decay;
        match &self.decay_mask {
            None => {
                let _ = weights.f_mul_scalar_(1.0 - shrink)?;
            }
            Some(mask) => {
                let decay = weights.f_mul(mask)?.f_mul_scalar_(shrink)?;
                let _ = weights.f_sub_(&decay)?;
            }
        }
        let mut direction = self.adam_direction(gradient)?;
        let _ = weights.f_sub_(&direction.f_mul_scalar_(learning_rate)?)?;
        Ok(())
    }

    /// Adam's direction plus decay, scaled per tensor by ‖weights‖ / ‖direction‖ (ICLR 2020, Algorithm 2, φ = identity).
    fn lamb(&mut self, weights: &mut Tensor, gradient: Tensor, learning_rate: f64) -> Result<()> {
        let mut direction = self.adam_direction(gradient)?;
        self.add_decay(&mut direction, weights)?;
        let all: Vec<Span> = self.tensors.iter().map(|(span, _)| *span).collect();
        scale_by_trust(&all, weights, &direction, 1.0)?;
        let _ = weights.f_sub_(&direction.f_mul_scalar_(learning_rate)?)?;
        Ok(())
    }

    /// m̂ / (√v̂ + ε), moving both moments.
    fn adam_direction(&mut self, gradient: Tensor) -> Result<Tensor> {
        let OptimizerSettings { beta1, beta2, epsilon, .. } = self.settings;
        let exponent = i32::try_from(self.updates).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - beta1.powi(exponent), 1.0 - beta2.powi(exponent));
        let _ = self.first.f_lerp_(&gradient, 1.0 - beta1)?;
        let mut squares = gradient;
        let squares = squares.f_square_()?.f_mul_scalar_(1.0 - beta2)?;
        let second = self.second.get_or_insert_with(|| squares.zeros_like());
        let _ = second.f_mul_scalar_(beta2)?.f_add_(&squares)?;
        let denominator =
            second.f_sqrt()?.f_mul_scalar_(correction2.sqrt().recip())?.f_add_scalar_(epsilon)?;
        Ok(self.first.f_div(&denominator)?.f_mul_scalar_(correction1.recip())?)
    }

    fn add_decay(&self, direction: &mut Tensor, weights: &Tensor) -> Result<()> {
        let decay = self.settings.weight_decay;
        if decay != 0.0 {
            let mut decayed = weights.f_mul_scalar(decay)?;
            if let Some(mask) = &self.decay_mask {
                let _ = decayed.f_mul_(mask)?;
            }
            let _ = direction.f_add_(&decayed)?;
        }
        Ok(())
    }

    /// μ ← momentum·μ + direction; weights ← weights − lr·μ.
    fn descend_with_momentum(&mut self, weights: &mut Tensor, direction: &Tensor, lr: f64) -> Result<()> {
        let _ = self.first.f_mul_scalar_(self.settings.momentum)?.f_add_(direction)?;
        let _ = weights.f_sub_(&self.first.f_mul_scalar(lr)?)?;
        Ok(())
    }
}

/// Multiplies each tensor of `direction` by coefficient·‖weights‖/‖direction‖, or by 1 where either norm is 0.
fn scale_by_trust(tensors: &[Span], weights: &Tensor, direction: &Tensor, coefficient: f64) -> Result<()> {
    if tensors.is_empty() {
        return Ok(());
    }
    let norms = |flat: &Tensor| -> Result<Tensor> {
        let norms = tensors.iter().map(|span| Ok(span.of(flat)?.f_norm()?)).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::f_stack(&norms, 0)?)
    };
    let (weight_norms, direction_norms) = (norms(weights)?, norms(direction)?);
    let is_usable = weight_norms.f_gt(0.0)?.f_logical_and(&direction_norms.f_gt(0.0)?)?;
    let ratios = weight_norms.f_div(&direction_norms)?.f_mul_scalar_(coefficient)?;
    let ratios = ratios.f_where_self(&is_usable, &ratios.f_ones_like()?)?;
    for (span, ratio) in tensors.iter().zip(ratios.f_unbind(0)?) {
        let _ = span.of(direction)?.f_mul_(&ratio)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn settings(optimizer: Rule, epsilon: f64) -> OptimizerSettings {
        OptimizerSettings {
            optimizer,
            weight_decay: 0.1,
            beta1: 0.9,
            beta2: 0.999,
            epsilon,
            momentum: 0.9,
            trust_coefficient: 0.001,
            decay_exclude: DecayExclude::None,
        }
    }

    fn slot(shape: &[i64]) -> Slot {
        let count = shape.iter().product();
        Slot { name: "w".to_owned(), shape: shape.to_vec(), layer: 0, offset: 0, count, padded: count }
    }

    /// Two updates of the one tensor [3, 4] of mocov3.md section 4.
    fn trajectory(settings: OptimizerSettings, shape: &[i64], gradients: [[f32; 2]; 2], lr: f64) -> Vec<f64> {
        let flat = Tensor::from_slice(&[3f32, 4.0]).to_device(Device::Cpu);
        let span = Span { start: 0, end: 2 };
        let mut optimizer = Optimizer::new(settings, &flat, &[slot(shape)], span).unwrap();
        let mut seen = Vec::new();
        for gradient in gradients {
            optimizer.update(&flat, Tensor::from_slice(&gradient), lr).unwrap();
            seen.extend(Vec::<f64>::try_from(&flat.to_kind(Kind::Double)).unwrap());
        }
        seen
    }

    fn assert_close(seen: &[f64], expected: &[f64]) {
        assert!(seen.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-6), "{seen:?} for {expected:?}");
    }

    const GRADIENTS: [[f32; 2]; 2] = [[0.6, 0.8], [-0.2, 0.1]];

    #[test]
    fn adamw_golden() {
        let seen = trajectory(settings(Rule::AdamW, 1e-8), &[1, 2], GRADIENTS, 0.01);
        assert_close(&seen, &[2.987, 3.986, 2.980010815, 3.974441769]);
    }

    #[test]
    fn lamb_golden() {
        let seen = trajectory(settings(Rule::Lamb, 1e-6), &[1, 2], GRADIENTS, 0.01);
        assert_close(&seen, &[2.965977452, 3.963360319, 2.940382178, 3.920988080]);
    }

    #[test]
    fn lars_golden_and_vectors_without_decay_or_trust() {
        let twice = [[0.6, 0.8]; 2];
        let seen = trajectory(settings(Rule::Lars, 0.0), &[1, 2], twice, 1.0);
        assert_close(&seen, &[2.997, 3.996, 2.991303, 3.988404]);
        let vector = trajectory(settings(Rule::Lars, 0.0), &[2], twice, 1.0);
        assert_close(&vector, &[2.4, 3.2, 1.26, 1.68]);
    }

    #[test]
    fn sgd_decays_through_the_momentum() {
        // μ1 = g + .1·w = [.9, 1.2]; w1 = [2.91, 3.88]; μ2 = .9·μ1 + g + .1·w1 = [1.701, 2.268].
        let seen = trajectory(settings(Rule::Sgd, 0.0), &[2], [[0.6, 0.8]; 2], 0.1);
        assert_close(&seen, &[2.91, 3.88, 2.7399, 3.6532]);
    }

    #[test]
    fn excluded_vectors_are_not_decayed() {
        for rule in [Rule::AdamW, Rule::Lamb, Rule::Sgd] {
            let spared =
                OptimizerSettings { decay_exclude: DecayExclude::BiasAndNorm, ..settings(rule, 1e-8) };
            let without = OptimizerSettings { weight_decay: 0.0, ..settings(rule, 1e-8) };
            let run = |settings, shape: &[i64]| trajectory(settings, shape, GRADIENTS, 0.01);
            assert_eq!(run(spared, &[2]), run(without, &[2]), "{rule}");
            assert_close(&run(spared, &[1, 2]), &run(settings(rule, 1e-8), &[1, 2]));
        }
    }

    #[test]
    fn a_zero_tensor_keeps_a_trust_ratio_of_one() {
        let flat = Tensor::zeros([2], tch::kind::FLOAT_CPU);
        let span = Span { start: 0, end: 2 };
        let mut lars = Optimizer::new(settings(Rule::Lars, 0.0), &flat, &[slot(&[1, 2])], span).unwrap();
        lars.update(&flat, Tensor::from_slice(&[1f32, -1.0]), 0.5).unwrap();
        assert_close(&Vec::<f64>::try_from(&flat.to_kind(Kind::Double)).unwrap(), &[-0.5, 0.5]);
    }
}
