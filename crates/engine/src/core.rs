//! Method and optimizers together: one training step on the views of a batch at given rates. It knows no schedule, data
//! set or monitor.

use tch::{Device, Tensor};
use vitals_recipe::Recipe;

use crate::backbones::STEM_LAYER;
use crate::clip;
use crate::error::Result;
use crate::gradient::{Gradients, Measurement, contiguous, flatten, report, stats};
use crate::methods::{self, Group, Method, Networks};
use crate::monitor::spread;
use crate::optimizers::{self, Optimizer};
use crate::parameter::{Slot, Span};
use crate::pieces::{Differentiated, differentiate};
use crate::plan::Plan;
use crate::rates::Rates;
use crate::shim::{Stats, norms};
use crate::views::Images;

/// What one step leaves.
pub(crate) struct Outcome {
    pub loss: f64,
    pub feature_std: f64,
    pub feature_cosine: f64,
    /// Features of the first view (N, D) on the device.
    pub features: Tensor,
    pub gradients: Option<Gradients>,
    /// Whether the update was left out because a gradient overflowed in half precision.
    pub skipped: bool,
}

/// All that training changes.
pub(crate) struct Core {
    pub plan: Plan,
    pub device: Device,
    pub method: Box<dyn Method>,
    /// One for each of the method's groups, in their order.
    pub optimizers: Vec<(Group, Optimizer)>,
}

impl Core {
    /// Networks at their start values, optimizers at rest. `plan` is that of the recipe.
    pub(crate) fn new(recipe: &Recipe, plan: Plan, device: Device) -> Result<Core> {
        let method = methods::build(recipe, &plan, device)?;
        let parameters = &method.networks().parameters;
        let optimizer = |group: Group| {
            Ok((group, optimizers::build(recipe, &parameters.flat, &parameters.slots, group.span)?))
        };
        let optimizers = method.groups().into_iter().map(optimizer).collect::<Result<_>>()?;
        Ok(Core { plan, device, method, optimizers })
    }

    /// The query encoder and all that has gradients.
    pub(crate) fn networks(&self) -> &Networks {
        self.method.networks()
    }

    /// Loss and gradients of the wanted tensors; also moves the momentum encoder and the statistics of batch norms.
    pub(crate) fn differentiate(
        &self,
        views: &dyn Images,
        rates: Rates,
        wanted: &[Tensor],
    ) -> Result<Differentiated> {
        differentiate(self.method.as_ref(), self.plan.piece, views, rates, wanted)
    }

    /// One step. With `measure`, norms of every gradient and update come back.
    pub(crate) fn advance(&mut self, views: &dyn Images, rates: Rates, measure: bool) -> Result<Outcome> {
        let slots = &self.networks().parameters.slots;
        // The gradient of a frozen patch projection is wanted for display alone.
        let first = slots.iter().position(|slot| measure || self.networks().is_trained(slot.offset));
        let first = first.unwrap_or(0);
        let wanted = &self.networks().parameters.tensors[first..];
        let Differentiated { loss, features, gradients } = self.differentiate(views, rates, wanted)?;
        let [deviation, cosine] = spread(&features)?;
        let mut scalars = vec![loss.f_view([1])?, deviation.f_view([1])?, cosine.f_view([1])?];

        let mut skipped = false;
        let patch = self.patch_before()?;
        let passed = match self.passes() && rates.loss_scale == 1.0 {
            true => {
                let mut found = self.pass(gradients, first, rates.learning_rate)?;
                self.damp_patch(patch.as_ref())?;
                let span = patch.as_ref().map_or(0, |(span, _)| span.end);
                let slots = self.networks().parameters.slots[first..].iter().zip(&mut found);
                for (_, stats) in slots.filter(|(slot, _)| slot.offset < span) {
                    // The pass measured the change before it was damped; these are squares.
                    stats.change_squares *= self.plan.patch_lr_factor.powi(2);
                }
                Some(found)
            }
            false => {
                let gradient = flatten(&gradients, &self.networks().parameters.slots[first..], self.device)?;
                drop(gradients);
                if rates.loss_scale != 1.0 {
                    // Before anything is measured or clipped: both mean the gradient of the loss itself.
                    let _ = gradient.shallow_clone().f_mul_scalar_(rates.loss_scale.recip())?;
                    // The one wait for the device in a step: whether to update is decided here.
                    skipped = gradient.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0;
                }
                let measurement =
                    if measure { Some(Measurement::begin(self.networks(), &gradient)?) } else { None };
                let start = self.networks().parameters.slots.get(first).map_or(0, |slot| slot.offset);
                let ratios = match skipped {
                    true => None,
                    false => self.descend(&gradient, start, rates.learning_rate, measure)?,
                };
                self.damp_patch(patch.as_ref())?;
                if let Some(measurement) = measurement {
                    scalars.push(measurement.end(self.networks(), ratios.as_ref())?);
                }
                None
            }
        };
        let host: Vec<f32> = (&Tensor::f_cat(&scalars, 0)?).try_into()?;
        let has_second_moment = self.optimizers.first().is_some_and(|(_, main)| main.has_second_moment());
        let gradients = measure.then(|| {
            // Loss, deviation and cosine stand in front.
            report(self.networks(), &passed.unwrap_or_else(|| stats(&host[3..])), has_second_moment)
        });
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
        if self.passes()
            && let Some((_, main)) = self.optimizers.first_mut()
        {
            let parameters = &self.method.networks().parameters;
            main.pass(&parameters.flat, &parameters.slots, gradients, 0.0, false)?;
            return Ok(());
        }
        for order in [2.0, f64::INFINITY] {
            Vec::<f32>::try_from(&norms(gradients, order)?)?;
        }
        Ok(())
    }

    /// Whether one pass over the tensors can do it all: on the CPU, a rule that has one, and nothing that must know a total
    /// first.
    fn passes(&self) -> bool {
        let clips_nothing = self.plan.gradient_clip == 0.0 && self.plan.gradient_clip_per_tensor == 0.0;
        self.device == Device::Cpu
            && clips_nothing
            && self.optimizers.iter().all(|(_, optimizer)| optimizer.can_pass())
    }

    /// The patch projection's weights, where its updates are to be scaled. Every rule's update is linear in its learning
    /// rate, so that scaling the change is scaling the rate.
    fn patch_before(&self) -> Result<Option<(Span, Tensor)>> {
        let nets = self.networks();
        let layer = nets.parameters.layers.first().filter(|(name, _)| name == STEM_LAYER);
        match layer {
            Some((_, span)) if self.plan.patch_lr_factor != 1.0 && nets.is_trained(span.start) => {
                Ok(Some((*span, span.of(&nets.parameters.flat)?.f_detach_copy()?)))
            }
            _ => Ok(None),
        }
    }

    fn damp_patch(&self, before: Option<&(Span, Tensor)>) -> Result<()> {
        let Some((span, before)) = before else { return Ok(()) };
        let _guard = tch::no_grad_guard();
        let mut after = span.of(&self.networks().parameters.flat)?;
        let change = after.f_sub(before)?.f_mul_scalar_(self.plan.patch_lr_factor)?;
        after.f_copy_(&before.f_add(&change)?)?;
        Ok(())
    }

    /// Which groups move at this update.
    fn moving(&self) -> Vec<bool> {
        let updates = self.optimizers.first().map_or(0, |(_, main)| main.updates);
        self.optimizers.iter().map(|(group, _)| updates >= group.rests).collect()
    }

    /// Updates the weights and measures on the way. `gradients` are those of the slots from `first` on.
    fn pass(&mut self, gradients: Vec<Tensor>, first: usize, learning_rate: f64) -> Result<Vec<Stats>> {
        let moving = self.moving();
        let parameters = &self.method.networks().parameters;
        let mut slots: &[Slot] = &parameters.slots[first..];
        let gradients = contiguous(gradients, slots, self.device)?;
        let mut gradients = gradients.as_slice();
        let mut found = Vec::with_capacity(slots.len());
        for ((group, optimizer), moves) in self.optimizers.iter_mut().zip(moving) {
            // The first group also measures what is frozen, which lies in front of it.
            let split = slots.partition_point(|slot| slot.offset < group.span.end);
            let (of_group, of_rest) = slots.split_at(split);
            let (its_gradients, rest) = gradients.split_at(split);
            found.extend(optimizer.pass(&parameters.flat, of_group, its_gradients, learning_rate, moves)?);
            (slots, gradients) = (of_rest, rest);
        }
        Ok(found)
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
        let moving = self.moving();
        let nets = self.method.networks();
        let within = |span: Span| Span { start: span.start - start, end: span.end - start };
        if self.plan.gradient_clip_per_tensor > 0.0 {
            let slots = nets.parameters.slots.iter().filter(|slot| nets.is_trained(slot.offset));
            let slices = slots
                .map(|slot| within(Span { start: slot.offset, end: slot.offset + slot.count }).of(gradient))
                .collect::<Result<Vec<_>>>()?;
            clip::each(slices, self.plan.gradient_clip_per_tensor)?;
        }
        if self.plan.gradient_clip > 0.0 {
            clip::total(within(nets.trained).of(gradient)?, self.plan.gradient_clip)?;
        }
        let mut ratios: Vec<Tensor> = Vec::new();
        for (index, ((group, optimizer), moves)) in self.optimizers.iter_mut().zip(moving).enumerate() {
            let part = within(group.span).of(gradient)?;
            let found = match moves {
                true => optimizer.update(&nets.parameters.flat, part, learning_rate, measure)?,
                false => Some(part.f_zeros_like()?),
            };
            // A group at rest has ratios of 0 where the others have any.
            ratios.extend(found.filter(|_| index == 0 || !ratios.is_empty()));
        }
        Ok(if ratios.is_empty() { None } else { Some(Tensor::f_cat(&ratios, 0)?) })
    }
}
