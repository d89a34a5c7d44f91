//! Gradient norms of every tensor, and what an update did to every layer. All of it is computed on the device and
//! crosses to the host in one copy (architecture.md, invariant 6).

use tch::{Device, Kind, Tensor};

use crate::error::Result;
use crate::network::Networks;
use crate::parameter::{Slot, Span};

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

/// Norms that were asked for and have not crossed to the host yet.
pub(crate) struct Measurement {
    before: Tensor,
    trained: Vec<Span>,
    scalars: Vec<Tensor>,
}

impl Measurement {
    /// Before the update: `gradient` covers the whole parameter buffer.
    pub(crate) fn begin(nets: &Networks, gradient: &Tensor) -> Result<Measurement> {
        let _guard = tch::no_grad_guard();
        let slots = &nets.parameters.slots;
        let mut scalars = Vec::with_capacity(slots.len() + 3 * nets.parameters.layers.len());
        for slot in slots {
            scalars.push(gradient.f_narrow(0, slot.offset, slot.count)?.f_norm()?);
        }
        for (_, span) in &nets.parameters.layers {
            scalars.push(span.of(gradient)?.f_norm_scalaropt_dim(f64::INFINITY, [0i64], false)?);
        }
        let start = nets.trained.start;
        let is_trained = |span: &&Span| nets.is_trained(span.start);
        let spans = nets.parameters.layers.iter().map(|(_, span)| span).filter(is_trained);
        let trained = spans.map(|span| Span { start: span.start - start, end: span.end - start }).collect();
        Ok(Measurement { before: nets.trained.of(&nets.parameters.flat)?.f_detach_copy()?, trained, scalars })
    }

    /// After the update: the scalars to copy to the host, to be given to `read` in the same order.
    pub(crate) fn end(mut self, nets: &Networks) -> Result<Vec<Tensor>> {
        let _guard = tch::no_grad_guard();
        let change = nets.trained.of(&nets.parameters.flat)?.f_sub(&self.before)?;
        for span in &self.trained {
            self.scalars.push(span.of(&change)?.f_norm()?);
            self.scalars.push(span.of(&self.before)?.f_norm()?);
        }
        Ok(self.scalars)
    }
}

/// Makes the report from the scalars of `Measurement::end` on the host.
pub(crate) fn read(nets: &Networks, scalars: &[f32]) -> Gradients {
    let (slots, layers) = (&nets.parameters.slots, &nets.parameters.layers);
    let (tensor_norms, rest) = scalars.split_at(slots.len());
    let (layer_max, mut updates) = rest.split_at(layers.len());
    let mut squares = vec![0f64; layers.len()];
    for (slot, norm) in slots.iter().zip(tensor_norms) {
        squares[slot.layer] += f64::from(*norm).powi(2);
    }
    let is_trained = |index: &usize| nets.is_trained(layers[*index].1.start);
    let trained_squares: f64 = (0..layers.len()).filter(is_trained).map(|index| squares[index]).sum();
    let update_ratio = (0..layers.len())
        .map(|index| match updates {
            [change, before, rest @ ..] if is_trained(&index) => {
                updates = rest;
                change / before
            }
            _ => 0.0,
        })
        .collect();
    Gradients {
        grad_norm: trained_squares.sqrt(),
        layer_norms: squares.iter().map(|squares| squares.sqrt() as f32).collect(),
        tensor_norms: tensor_norms.to_vec(),
        layer_max: layer_max.to_vec(),
        update_ratio,
    }
}
