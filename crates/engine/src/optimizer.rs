//! AdamW, LAMB, LARS and SGD as plain tensor operations over a flat range of parameters, with all their state in two
//! vectors, so that a checkpoint holds everything (mocov3.md section 4). tch's own optimizers keep theirs hidden.

use tch::{Kind, Tensor};
use vitals_recipe::{DecayExclude, Optimizer as Rule};

use crate::error::Result;
use crate::parameter::{Slot, Span};
use crate::plan::OptimizerSettings;
use crate::shim::{Adam, Item, Stats, adamw_pass, fused_adamw, norms};

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

    /// The range of the flat buffer that it moves.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Whether `pass` can take the place of `update`.
    pub(crate) fn can_pass(&self) -> bool {
        self.settings.optimizer == Rule::AdamW
    }

    /// One update of AdamW on the CPU straight from the gradients of these slots, and what it measured of each. Slots
    /// outside this optimizer's range are only measured, and all of them where nothing is to move.
    pub(crate) fn pass(
        &mut self,
        flat: &Tensor,
        slots: &[Slot],
        gradients: &[Tensor],
        learning_rate: f64,
        moves: bool,
    ) -> Result<Vec<Stats>> {
        self.updates += u64::from(moves);
        let spared = self.settings.decay_exclude == DecayExclude::BiasAndNorm;
        let items: Vec<Item<'_>> = slots
            .iter()
            .zip(gradients)
            .map(|(slot, gradient)| {
                let is_inside = slot.offset >= self.span.start && slot.offset < self.span.end;
                let is_decayed = !spared || slot.shape.len() > 1;
                Item {
                    gradient,
                    place: (moves && is_inside).then_some((slot.offset, slot.offset - self.span.start)),
                    count: slot.count,
                    shrink: 1.0 - if is_decayed { learning_rate * self.settings.weight_decay } else { 0.0 },
                }
            })
            .collect();
        let second = self.second.as_ref().unwrap_or(&self.first);
        adamw_pass(flat, &self.first, second, &items, self.adam(learning_rate))
    }

    fn adam(&self, learning_rate: f64) -> Adam {
        let OptimizerSettings { beta1, beta2, epsilon, .. } = self.settings;
        Adam { learning_rate, beta1, beta2, epsilon, update: self.updates.max(1) }
    }

    /// One update. `flat` is the whole parameter buffer; `gradient` covers this optimizer's range and is consumed. With
    /// `measure`, AdamW and LAMB give gradient² over the second moment without its bias.
    pub(crate) fn update(
        &mut self,
        flat: &Tensor,
        mut gradient: Tensor,
        learning_rate: f64,
        measure: bool,
    ) -> Result<Option<Tensor>> {
        let _guard = tch::no_grad_guard();
        self.updates += 1;
        let mut weights = self.span.of(flat)?;
        match self.settings.optimizer {
            Rule::AdamW => self.adamw(&mut weights, gradient, learning_rate, measure),
            Rule::Lamb => self.lamb(&mut weights, gradient, learning_rate, measure),
            Rule::Lars => {
                self.add_decay(&mut gradient, &weights)?;
                let is_matrix = |&&(_, dimensions): &&(Span, usize)| dimensions > 1;
                let matrices: Vec<Span> =
                    self.tensors.iter().filter(is_matrix).map(|(span, _)| *span).collect();
                scale_by_trust(&matrices, &weights, &gradient, self.settings.trust_coefficient)?;
                self.descend_with_momentum(&mut weights, &gradient, learning_rate)?;
                Ok(None)
            }
            Rule::Sgd => {
                self.add_decay(&mut gradient, &weights)?;
                self.descend_with_momentum(&mut weights, &gradient, learning_rate)?;
                Ok(None)
            }
        }
    }

    /// Decoupled decay first, then the bias-corrected step, in libtorch's fused kernel.
    fn adamw(
        &mut self,
        weights: &mut Tensor,
        gradient: Tensor,
        learning_rate: f64,
        measure: bool,
    ) -> Result<Option<Tensor>> {
        let decay = match &self.decay_mask {
            None => self.settings.weight_decay,
            Some(mask) => {
                let decay = weights.f_mul(mask)?.f_mul_scalar_(learning_rate * self.settings.weight_decay)?;
                let _ = weights.f_sub_(&decay)?;
                0.0
            }
        };
        let adam = self.adam(learning_rate);
        let second = self.second.get_or_insert_with(|| self.first.zeros_like());
        fused_adamw(weights, &gradient, (&self.first, second), adam, decay)?;
        if !measure {
            return Ok(None);
        }
        let mut squares = gradient;
        let squares = squares.f_square_()?;
        ratios(&squares, second, adam).map(Some)
    }

    /// Adam's direction plus decay, scaled per tensor by ‖weights‖ / ‖direction‖ (ICLR 2020, Algorithm 2, φ = identity).
    fn lamb(
        &mut self,
        weights: &mut Tensor,
        gradient: Tensor,
        learning_rate: f64,
        measure: bool,
    ) -> Result<Option<Tensor>> {
        let (mut direction, ratios) = self.adam_direction(gradient, measure)?;
        self.add_decay(&mut direction, weights)?;
        let all: Vec<Span> = self.tensors.iter().map(|(span, _)| *span).collect();
        scale_by_trust(&all, weights, &direction, 1.0)?;
        let _ = weights.f_sub_(&direction.f_mul_scalar_(learning_rate)?)?;
        Ok(ratios)
    }

    /// m̂ / (√v̂ + ε), moving both moments.
    fn adam_direction(&mut self, gradient: Tensor, measure: bool) -> Result<(Tensor, Option<Tensor>)> {
        let OptimizerSettings { beta1, beta2, epsilon, .. } = self.settings;
        let exponent = i32::try_from(self.updates).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - beta1.powi(exponent), 1.0 - beta2.powi(exponent));
        let _ = self.first.f_lerp_(&gradient, 1.0 - beta1)?;
        let mut squares = gradient;
        let squares = squares.f_square_()?;
        let adam = self.adam(0.0);
        let second = self.second.get_or_insert_with(|| squares.zeros_like());
        let _ = second.f_mul_scalar_(beta2)?.f_add_(&squares.f_mul_scalar(1.0 - beta2)?)?;
        let denominator =
            second.f_sqrt()?.f_mul_scalar_(correction2.sqrt().recip())?.f_add_scalar_(epsilon)?;
        let direction = self.first.f_div(&denominator)?.f_mul_scalar_(correction1.recip())?;
        let ratios = if measure { Some(ratios(&squares, second, adam)?) } else { None };
        Ok((direction, ratios))
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

/// Gradient² over the second moment without its bias, which counts as at least ε².
fn ratios(squares: &Tensor, second: &Tensor, adam: Adam) -> Result<Tensor> {
    let exponent = i32::try_from(adam.update).unwrap_or(i32::MAX);
    let correction = 1.0 - adam.beta2.powi(exponent);
    let floor = adam.epsilon.powi(2).max(1e-37);
    Ok(squares.f_div(&second.f_mul_scalar(correction.recip())?.f_clamp_min(floor)?)?)
}

/// Multiplies each tensor of `direction` by coefficient·‖weights‖/‖direction‖, or by 1 where either norm is 0.
fn scale_by_trust(tensors: &[Span], weights: &Tensor, direction: &Tensor, coefficient: f64) -> Result<()> {
    if tensors.is_empty() {
        return Ok(());
    }
    let norms = |flat: &Tensor| -> Result<Tensor> {
        norms(&tensors.iter().map(|span| span.of(flat)).collect::<Result<Vec<_>>>()?, 2.0)
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
            optimizer.update(&flat, Tensor::from_slice(&gradient), lr, false).unwrap();
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

    /// The pass that measures as it goes against libtorch's fused kernel, over lengths around the chunks', with a vector
    /// that decay spares and for one thread and two.
    #[test]
    fn the_pass_equals_the_fused_kernel_and_measures_what_happened() {
        let counts = [1i64, 7, 4096, 16384, 16385, 40000];
        let mut slots = Vec::new();
        let mut end = 0;
        for (index, count) in counts.into_iter().enumerate() {
            let shape = if index == 1 { vec![count] } else { vec![1, count] };
            let padded = (count + 15) / 16 * 16;
            slots.push(Slot { name: index.to_string(), shape, layer: 0, offset: end, count, padded });
            end += padded;
        }
        let span = Span { start: 0, end };
        let settings =
            OptimizerSettings { decay_exclude: DecayExclude::BiasAndNorm, ..settings(Rule::AdamW, 1e-8) };
        let values = |seed: i64, count: i64| {
            tch::manual_seed(seed);
            Tensor::randn([count], tch::kind::FLOAT_CPU)
        };
        let mut seen: Vec<Vec<Stats>> = Vec::new();
        for threads in [1, 2] {
            crate::device::set_threads(threads);
            let (flat, twin) =
                (Tensor::zeros([end], tch::kind::FLOAT_CPU), Tensor::zeros([end], tch::kind::FLOAT_CPU));
            for slot in &slots {
                for flat in [&flat, &twin] {
                    let values = values(7 + slot.count, slot.count);
                    flat.narrow(0, slot.offset, slot.count).copy_(&values);
                }
            }
            let mut passing = Optimizer::new(settings, &flat, &slots, span).unwrap();
            let mut fused = Optimizer::new(settings, &twin, &slots, span).unwrap();
            for step in 0..3 {
                let gradients: Vec<Tensor> =
                    slots.iter().map(|slot| values(step * 100 + slot.count, slot.count)).collect();
                let whole = crate::gradient::flatten(&gradients, &slots, Device::Cpu).unwrap();
                let before = twin.copy();
                let found = passing.pass(&flat, &slots, &gradients, 0.01, true).unwrap();
                let ratios = fused.update(&twin, whole, 0.01, true).unwrap().unwrap();
                let off = (&flat - &twin).abs().max().double_value(&[]);
                assert!(off < 2e-6, "step {step}, {threads} threads: off by {off}");
                for (slot, (stats, gradient)) in slots.iter().zip(found.iter().zip(&gradients)) {
                    let cut = |flat: &Tensor| flat.narrow(0, slot.offset, slot.count).to_kind(Kind::Double);
                    let squares = |t: &Tensor| t.square().sum(Kind::Double).double_value(&[]);
                    for (value, expected) in [
                        (stats.gradient_squares, squares(&gradient.to_kind(Kind::Double))),
                        (stats.gradient_max, gradient.abs().max().double_value(&[])),
                        (stats.weight_squares, squares(&cut(&before))),
                        (stats.change_squares, squares(&(cut(&twin) - cut(&before)))),
                        (stats.adam_ratios, cut(&ratios).sum(Kind::Double).double_value(&[])),
                    ] {
                        assert!(
                            (value - expected).abs() <= 1e-3 * expected,
                            "{}: {value} for {expected}",
                            slot.name
                        );
                    }
                }
                seen.push(found);
            }
        }
        assert_eq!(seen[..3], seen[3..], "one thread and two");
    }

    #[test]
    fn not_a_number_is_not_passed_over() {
        let flat = Tensor::zeros([32], tch::kind::FLOAT_CPU);
        let slots = [slot(&[1, 32])];
        let mut adam =
            Optimizer::new(settings(Rule::AdamW, 1e-8), &flat, &slots, Span { start: 0, end: 32 }).unwrap();
        let mut values = [1f32; 32];
        values[9] = f32::NAN;
        let stats = adam.pass(&flat, &slots, &[Tensor::from_slice(&values)], 0.1, true).unwrap();
        assert!(stats[0].gradient_squares.is_nan() && stats[0].gradient_max.is_nan());
        let short = adam.pass(&flat, &slots, &[Tensor::from_slice(&values[1..])], 0.1, true);
        assert!(short.is_err(), "a gradient of another size must not be read");
    }

    #[test]
    fn a_zero_tensor_keeps_a_trust_ratio_of_one() {
        let flat = Tensor::zeros([2], tch::kind::FLOAT_CPU);
        let span = Span { start: 0, end: 2 };
        let mut lars = Optimizer::new(settings(Rule::Lars, 0.0), &flat, &[slot(&[1, 2])], span).unwrap();
        lars.update(&flat, Tensor::from_slice(&[1f32, -1.0]), 0.5, false).unwrap();
        assert_close(&Vec::<f64>::try_from(&flat.to_kind(Kind::Double)).unwrap(), &[-0.5, 0.5]);
    }
}
