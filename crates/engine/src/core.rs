//! Networks, method and optimizer together: one training step on two views at a given learning rate and momentum. It
//! knows no schedule, data set or monitor.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::gradient::{Gradients, Measurement, contiguous, flatten, report, stats};
use crate::method::{Differentiated, Images, differentiate};
use crate::monitor::spread;
use crate::network::Networks;
use crate::optimizer::Optimizer;
use crate::parameter::Span;
use crate::plan::Plan;
use crate::shim::{Stats, norms};

/// The rates of one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub learning_rate: f64,
    pub encoder_momentum: f64,
    /// What the loss is multiplied with before the backward pass, so that small gradients survive half precision.
    pub loss_scale: f64,
}

impl Rates {
    pub(crate) fn scaled(&self, loss: &Tensor) -> Result<Tensor> {
        Ok(if self.loss_scale == 1.0 { loss.shallow_clone() } else { loss.f_mul_scalar(self.loss_scale)? })
    }
}

/// What one step leaves.
pub(crate) struct Outcome {
    pub loss: f64,
    pub feature_std: f64,
    pub feature_cosine: f64,
    /// View-1 features (N, D) on the device.
    pub features: Tensor,
    pub gradients: Option<Gradients>,
    /// Whether the update was left out because a gradient overflowed in half precision.
    pub skipped: bool,
}

/// All that training changes.
pub(crate) struct Core {
    pub plan: Plan,
    pub device: Device,
    pub nets: Networks,
    pub optimizer: Optimizer,
    /// SwAV's prototypes count their updates on their own, because they may rest at first.
    pub prototype_optimizer: Option<Optimizer>,
}

impl Core {
    pub(crate) fn new(plan: Plan, device: Device) -> Result<Core> {
        let nets = Networks::new(&plan, device)?;
        let optimizer =
            |span: Span| Optimizer::new(plan.optimizer, &nets.parameters.flat, &nets.parameters.slots, span);
        let main = optimizer(nets.main)?;
        let prototype_optimizer = match &nets.prototypes {
            Some(_) => Some(optimizer(Span { start: nets.main.end, end: nets.trained.end })?),
            None => None,
        };
        Ok(Core { plan, device, optimizer: main, prototype_optimizer, nets })
    }

    /// One step on two views. With `measure`, norms of every gradient and update come back.
    pub(crate) fn advance(&mut self, views: &dyn Images, rates: Rates, measure: bool) -> Result<Outcome> {
        let slots = &self.nets.parameters.slots;
        // The gradient of a frozen patch projection is wanted for display alone.
        let first = slots.iter().position(|slot| measure || self.nets.is_trained(slot.offset)).unwrap_or(0);
        let wanted = &self.nets.parameters.tensors[first..];
        let Differentiated { loss, features, gradients } =
            differentiate(&self.nets, &self.plan, views, rates, wanted)?;
        let [deviation, cosine] = spread(&features)?;
        let mut scalars = vec![loss.f_view([1])?, deviation.f_view([1])?, cosine.f_view([1])?];

        let mut skipped = false;
        let patch = self.patch_before()?;
        let passed = match self.passes() && rates.loss_scale == 1.0 {
            true => {
                let mut found = self.pass(gradients, first, rates.learning_rate)?;
                self.damp_patch(patch.as_ref())?;
                let span = patch.as_ref().map_or(0, |(span, _)| span.end);
                let slots = self.nets.parameters.slots[first..].iter().zip(&mut found);
                for (_, stats) in slots.filter(|(slot, _)| slot.offset < span) {
                    stats.change_squares *= self.plan.patch_lr_factor.powi(2);
                }
                Some(found)
            }
            false => {
                let gradient = flatten(&gradients, &self.nets.parameters.slots[first..], self.device)?;
                drop(gradients);
                if rates.loss_scale != 1.0 {
                    let _ = gradient.shallow_clone().f_mul_scalar_(rates.loss_scale.recip())?;
                    // The one wait for the device in a step: whether to update is decided here.
                    skipped = gradient.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0;
                }
                let measurement =
                    if measure { Some(Measurement::begin(&self.nets, &gradient)?) } else { None };
                let start = self.nets.parameters.slots.get(first).map_or(0, |slot| slot.offset);
                let ratios = match skipped {
                    true => None,
                    false => self.descend(&gradient, start, rates.learning_rate, measure)?,
                };
                self.damp_patch(patch.as_ref())?;
                if let Some(measurement) = measurement {
                    scalars.push(measurement.end(&self.nets, ratios.as_ref())?);
                }
                None
            }
        };
        let host: Vec<f32> = (&Tensor::f_cat(&scalars, 0)?).try_into()?;
        let has_second_moment = self.optimizer.second.is_some();
        let gradients = measure
            .then(|| report(&self.nets, &passed.unwrap_or_else(|| stats(&host[3..])), has_second_moment));
        Ok(Outcome {
            loss: f64::from(host[0]),
            feature_std: f64::from(host[1]),
            feature_cosine: f64::from(host[2]),
            features,
            gradients,
            skipped,
        })
    }

    /// Norm and maximum of every gradient, brought to the host, and nothing else of a step.
    pub(crate) fn measure(&mut self, gradients: &[Tensor]) -> Result<()> {
        if self.passes() {
            let slots = &self.nets.parameters.slots;
            self.optimizer.pass(&self.nets.parameters.flat, slots, gradients, 0.0, false)?;
            return Ok(());
        }
        for order in [2.0, f64::INFINITY] {
            Vec::<f32>::try_from(&norms(gradients, order)?)?;
        }
        Ok(())
    }

    /// Whether one pass over the tensors can do it all: AdamW on the CPU, and nothing that must know a total first.
    fn passes(&self) -> bool {
        let clips_nothing = self.plan.gradient_clip == 0.0 && self.plan.gradient_clip_per_tensor == 0.0;
        self.device == Device::Cpu && clips_nothing && self.optimizer.can_pass()
    }

    /// The patch projection's weights, where its updates are to be scaled. Every rule's update is linear in its learning
    /// rate, so that scaling the change is scaling the rate.
    fn patch_before(&self) -> Result<Option<(Span, Tensor)>> {
        let layer = self.nets.parameters.layers.first().filter(|(name, _)| name == crate::stem::LAYER);
        match layer {
            Some((_, span)) if self.plan.patch_lr_factor != 1.0 && self.nets.is_trained(span.start) => {
                Ok(Some((*span, span.of(&self.nets.parameters.flat)?.f_detach_copy()?)))
            }
            _ => Ok(None),
        }
    }

    fn damp_patch(&self, before: Option<&(Span, Tensor)>) -> Result<()> {
        let Some((span, before)) = before else { return Ok(()) };
        let _guard = tch::no_grad_guard();
        let mut after = span.of(&self.nets.parameters.flat)?;
        let change = after.f_sub(before)?.f_mul_scalar_(self.plan.patch_lr_factor)?;
        after.f_copy_(&before.f_add(&change)?)?;
        Ok(())
    }

    /// Updates the weights and measures on the way. `gradients` are those of the slots from `first` on.
    fn pass(&mut self, gradients: Vec<Tensor>, first: usize, learning_rate: f64) -> Result<Vec<Stats>> {
        let slots = &self.nets.parameters.slots[first..];
        let gradients = contiguous(gradients, slots, self.device)?;
        let split = slots.partition_point(|slot| slot.offset < self.nets.main.end);
        let ((main, rest), (of_main, of_rest)) = (slots.split_at(split), gradients.split_at(split));
        let flat = &self.nets.parameters.flat;
        let prototypes_move = self.prototypes_move();
        let mut found = self.optimizer.pass(flat, main, of_main, learning_rate, true)?;
        if let Some(prototypes) = &mut self.prototype_optimizer {
            found.extend(prototypes.pass(flat, rest, of_rest, learning_rate, prototypes_move)?);
        }
        Ok(found)
    }

    fn prototypes_move(&self) -> bool {
        self.optimizer.updates >= self.plan.swav.freeze_steps
    }

    /// Clips where asked to and updates the weights. `gradient` starts at `start` of the parameter buffer. With
    /// `measure`, Adam's ratios over the trained part come back where there are any.
    fn descend(
        &mut self,
        gradient: &Tensor,
        start: i64,
        learning_rate: f64,
        measure: bool,
    ) -> Result<Option<Tensor>> {
        let _guard = tch::no_grad_guard();
        let within = |span: Span| Span { start: span.start - start, end: span.end - start };
        if self.plan.gradient_clip_per_tensor > 0.0 {
            let slots = self.nets.parameters.slots.iter().filter(|slot| self.nets.is_trained(slot.offset));
            let mut slices = slots
                .map(|slot| within(Span { start: slot.offset, end: slot.offset + slot.count }).of(gradient))
                .collect::<Result<Vec<_>>>()?;
            let scales = norms(&slices, 2.0)?.f_add_scalar_(1e-6)?.f_reciprocal()?;
            let scales = scales.f_mul_scalar(self.plan.gradient_clip_per_tensor)?.f_clamp_max(1.0)?;
            for (slice, scale) in slices.iter_mut().zip(scales.f_unbind(0)?) {
                let _ = slice.f_mul_(&scale)?;
            }
        }
        if self.plan.gradient_clip > 0.0 {
            let mut trained = within(self.nets.trained).of(gradient)?;
            let norm = trained.f_norm()?.f_add_scalar(1e-6)?;
            let scale = norm.f_reciprocal()?.f_mul_scalar(self.plan.gradient_clip)?.f_clamp_max(1.0)?;
            let _ = trained.f_mul_(&scale)?;
        }
        let flat = &self.nets.parameters.flat;
        let prototypes_move = self.prototypes_move();
        let main = within(self.nets.main).of(gradient)?;
        let mut ratios: Vec<Tensor> =
            self.optimizer.update(flat, main, learning_rate, measure)?.into_iter().collect();
        if let Some(prototypes) = &mut self.prototype_optimizer {
            let span = within(Span { start: self.nets.main.end, end: self.nets.trained.end });
            let rest = span.of(gradient)?;
            let found = match prototypes_move {
                true => prototypes.update(flat, rest, learning_rate, measure)?,
                false => Some(rest.f_zeros_like()?),
            };
            ratios.extend(found.filter(|_| !ratios.is_empty()));
        }
        Ok(if ratios.is_empty() { None } else { Some(Tensor::f_cat(&ratios, 0)?) })
    }
}
