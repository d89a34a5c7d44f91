//! Gradient norms of every tensor, and what an update did to every layer. On the CPU the optimizer's own pass measures;
//! elsewhere norms are taken on the device and cross to the host in one copy (architecture.md, invariant 6).

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::methods::Networks;
use crate::parameter::{Slot, Span};
use crate::shim::{Stats, norms};

/// Gradients and updates of one step (contract section 4). Raw: before clipping.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// L2 norm over all trained tensors.
    pub grad_norm: f64,
    /// Per layer, in the order of `Trainer::layers`: root of the sum of squares of its tensors' norms.
    pub layer_norms: Vec<f32>,
    /// Per tensor, in the order of `Trainer::tensors`: L2 norm.
    pub tensor_norms: Vec<f32>,
    /// Per layer: largest absolute value.
    pub layer_max: Vec<f32>,
    /// Per layer: ‖after − before‖ / ‖before‖ of its weights; 0 for a frozen layer, NaN for one that began as zeros.
    pub update_ratio: Vec<f32>,
    /// Per layer: root of the mean of gradient² over Adam's second moment without its bias; far above 1 where the
    /// moment lags behind the gradient. 0 for a frozen layer. Empty for optimizers without a second moment.
    pub adam_rms: Vec<f32>,
}

/// Gradients as a pass reads them: values in a row, zeros where the loss does not depend on a tensor.
pub(crate) fn contiguous(gradients: Vec<Tensor>, slots: &[Slot], device: Device) -> Result<Vec<Tensor>> {
    let plain = gradients.into_iter().zip(slots).map(|(gradient, slot)| match gradient.defined() {
        true => Ok(gradient.f_contiguous()?),
        false => Ok(Tensor::f_zeros([slot.count], (Kind::Float, device))?),
    });
    plain.collect()
}

/// Gradients in one vector with the layout of the slots' parameters, zeros between.
pub(crate) fn flatten(gradients: &[Tensor], slots: &[Slot], device: Device) -> Result<Tensor> {
    let zeros = |count: i64| Tensor::f_zeros([count], (Kind::Float, device));
    let mut parts = Vec::with_capacity(gradients.len());
    for (gradient, slot) in gradients.iter().zip(slots) {
        if !gradient.defined() {
            parts.push(zeros(slot.padded)?);
            continue;
        }
        parts.push(gradient.f_reshape([slot.count])?);
        if slot.padded > slot.count {
            parts.push(zeros(slot.padded - slot.count)?);
        }
    }
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// Norms that were asked for and have not crossed to the host yet: of gradients before the update, of weights and
/// their change after it.
pub(crate) struct Measurement {
    /// The trained part of the weights.
    before: Tensor,
    gradient_norms: Tensor,
    gradient_max: Tensor,
}

/// Vectors of one value per slot, on the device: gradient norms, gradient maxima, norms of change, norms of weights,
/// sums of Adam's ratios. The last three are 0 for frozen slots.
const ROWS: usize = 5;

impl Measurement {
    /// Before the update: `gradient` covers the whole parameter buffer.
    pub(crate) fn begin(nets: &Networks, gradient: &Tensor) -> Result<Measurement> {
        let _guard = tch::no_grad_guard();
        let slices = slices(&nets.parameters.slots, gradient, 0)?;
        Ok(Measurement {
            // A copy, because the update changes the same buffer in place.
            before: nets.trained.of(&nets.parameters.flat)?.f_detach_copy()?,
            gradient_norms: norms(&slices, 2.0)?,
            gradient_max: norms(&slices, f64::INFINITY)?,
        })
    }

    /// After the update: `ROWS` values per slot, in one vector. `ratios` covers the trained part of the buffer.
    pub(crate) fn end(self, nets: &Networks, ratios: Option<&Tensor>) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let slots = &nets.parameters.slots;
        let start = nets.trained.start;
        // Frozen tensors lie in front of all others, so that one cut parts them.
        let (frozen, trained) = slots.split_at(slots.partition_point(|slot| slot.offset < start));
        let change = nets.trained.of(&nets.parameters.flat)?.f_sub(&self.before)?;
        let missing = self.gradient_norms.f_zeros_like()?.f_narrow(0, 0, frozen.len() as i64)?;
        let mut rows = vec![self.gradient_norms, self.gradient_max];
        // The ratios' 1-norm is their sum, as none is negative.
        for (flat, order) in [(Some(&change), 2.0), (Some(&self.before), 2.0), (ratios, 1.0)] {
            let found = match flat {
                Some(flat) => norms(&slices(trained, flat, start)?, order)?,
                None => rows[0].f_zeros_like()?.f_narrow(0, 0, trained.len() as i64)?,
            };
            rows.push(Tensor::f_cat(&[&missing, &found], 0)?);
        }
        Ok(Tensor::f_cat(&rows, 0)?)
    }
}

fn slices(slots: &[Slot], flat: &Tensor, start: i64) -> Result<Vec<Tensor>> {
    slots
        .iter()
        .map(|slot| Span { start: slot.offset - start, end: slot.offset - start + slot.count }.of(flat))
        .collect()
}

/// The sums of each slot from the vector of `Measurement::end` on the host.
pub(crate) fn stats(values: &[f32]) -> Vec<Stats> {
    let slots = values.len() / ROWS;
    let row = |row: usize, slot: usize| f64::from(values[row * slots + slot]);
    (0..slots)
        .map(|slot| Stats {
            // Squares again: the norms of a layer's tensors add as such.
            gradient_squares: row(0, slot).powi(2),
            gradient_max: row(1, slot),
            change_squares: row(2, slot).powi(2),
            weight_squares: row(3, slot).powi(2),
            adam_ratios: row(4, slot),
        })
        .collect()
}

/// Makes the report from the sums of every slot.
pub(crate) fn report(nets: &Networks, stats: &[Stats], has_second_moment: bool) -> Gradients {
    let (slots, layers) = (&nets.parameters.slots, &nets.parameters.layers);
    let mut sums = vec![Stats::default(); layers.len()];
    let mut counts = vec![0i64; layers.len()];
    let mut trained_squares = 0.0;
    for (slot, stats) in slots.iter().zip(stats) {
        let sum = &mut sums[slot.layer];
        // Without the padding, whose zeros are no weights and would dilute the mean.
        counts[slot.layer] += slot.count;
        sum.gradient_squares += stats.gradient_squares;
        // Not `max`, which passes over NaN.
        if stats.gradient_max > sum.gradient_max || stats.gradient_max.is_nan() {
            sum.gradient_max = stats.gradient_max;
        }
        sum.change_squares += stats.change_squares;
        sum.weight_squares += stats.weight_squares;
        sum.adam_ratios += stats.adam_ratios;
        if nets.is_trained(slot.offset) {
            trained_squares += stats.gradient_squares;
        }
    }
    let is_trained = |layer: usize| nets.is_trained(layers[layer].1.start);
    let per_layer = |value: &dyn Fn(usize, &Stats) -> f64| -> Vec<f32> {
        sums.iter().enumerate().map(|(layer, sum)| value(layer, sum) as f32).collect()
    };
    let ratio = |layer: usize, sum: &Stats| match is_trained(layer) {
        true => (sum.change_squares / sum.weight_squares).sqrt(),
        false => 0.0,
    };
    Gradients {
        grad_norm: trained_squares.sqrt(),
        layer_norms: per_layer(&|_, sum| sum.gradient_squares.sqrt()),
        tensor_norms: stats.iter().map(|stats| stats.gradient_squares.sqrt() as f32).collect(),
        layer_max: per_layer(&|_, sum| sum.gradient_max),
        update_ratio: per_layer(&ratio),
        adam_rms: match has_second_moment {
            true => per_layer(&|layer, sum| (sum.adam_ratios / counts[layer].max(1) as f64).sqrt()),
            false => Vec::new(),
        },
    }
}
