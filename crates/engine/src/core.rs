//! Networks, method and optimizer together: one training step on two prepared views at a given learning rate and
//! momentum. It knows no schedule, data set or monitor.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::gradient::{Gradients, Measurement, flatten, read};
use crate::method::{Forward, forward};
use crate::monitor::spread;
use crate::network::Networks;
use crate::optimizer::Optimizer;
use crate::parameter::Span;
use crate::plan::Plan;

/// The rates of one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub learning_rate: f64,
    pub encoder_momentum: f64,
}

/// What one step leaves.
pub(crate) struct Outcome {
    pub loss: f64,
    pub feature_std: f64,
    pub feature_cosine: f64,
    /// View-1 features (N, D) on the device.
    pub features: Tensor,
    pub gradients: Option<Gradients>,
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

    /// One step on two prepared views. With `measure`, norms of every gradient and update come back.
    pub(crate) fn advance(&mut self, views: [&Tensor; 2], rates: Rates, measure: bool) -> Result<Outcome> {
        let Forward { loss, features } = forward(&self.nets, &self.plan, views, rates.encoder_momentum)?;
        let nets = &self.nets;
        // The gradient of a frozen patch projection is wanted for display alone.
        let first = nets.parameters.slots.iter().position(|slot| measure || nets.is_trained(slot.offset));
        let first = first.unwrap_or(0);
        let (tensors, slots) = (&nets.parameters.tensors[first..], &nets.parameters.slots[first..]);
        let gradients = Tensor::f_run_backward(&[&loss], tensors, false, false)?;
        let gradient = flatten(&gradients, slots, self.device)?;
        drop(gradients);

        let measurement = if measure { Some(Measurement::begin(nets, &gradient)?) } else { None };
        let start = slots.first().map_or(0, |slot| slot.offset);
        self.descend(&gradient, start, rates.learning_rate)?;

        let [deviation, cosine] = spread(&features)?;
        let mut scalars = vec![loss.f_detach()?, deviation, cosine];
        if let Some(measurement) = measurement {
            scalars.extend(measurement.end(&self.nets)?);
        }
        let host: Vec<f32> = (&Tensor::f_stack(&scalars, 0)?).try_into()?;
        Ok(Outcome {
            loss: f64::from(host[0]),
            feature_std: f64::from(host[1]),
            feature_cosine: f64::from(host[2]),
            features,
            gradients: measure.then(|| read(&self.nets, &host[3..])),
        })
    }

    /// Clips where asked to and updates the weights. `gradient` starts at `start` of the parameter buffer.
    fn descend(&mut self, gradient: &Tensor, start: i64, learning_rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let within = |span: Span| Span { start: span.start - start, end: span.end - start };
        if self.plan.gradient_clip > 0.0 {
            let mut trained = within(self.nets.trained).of(gradient)?;
            let norm = trained.f_norm()?.f_add_scalar(1e-6)?;
            let scale = norm.f_reciprocal()?.f_mul_scalar(self.plan.gradient_clip)?.f_clamp_max(1.0)?;
            let _ = trained.f_mul_(&scale)?;
        }
        let flat = &self.nets.parameters.flat;
        if let Some(prototypes) = &mut self.prototype_optimizer
            && self.optimizer.updates >= self.plan.swav.freeze_steps
        {
            let span = Span { start: self.nets.main.end, end: self.nets.trained.end };
            prototypes.update(flat, within(span).of(gradient)?, learning_rate)?;
        }
        self.optimizer.update(flat, within(self.nets.main).of(gradient)?, learning_rate)
    }
}
