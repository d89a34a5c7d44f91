//! Parameters of a network in one flat buffer. Every tensor is a view of it, in network order and layer by layer, so
//! that an optimizer step or a momentum update is a handful of operations on one long vector instead of hundreds on
//! short ones, and a layer's norm is the norm of one slice.

use tch::{Device, Kind, Tensor};
use vitals_recipe::keyed_rng;

use crate::error::{EngineError, Result};

/// Views start at multiples of this many floats (a cache line), with zeros between.
const ALIGNMENT: usize = 16;

/// How a tensor starts (mocov3.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// Uniform in [-bound, bound).
    Uniform(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    Constant(f32),
}

impl Start {
    /// Xavier's uniform bound.
    pub(crate) fn xavier(fan_in: i64, fan_out: i64) -> Start {
        Start::Uniform((6.0 / (fan_in + fan_out) as f64).sqrt())
    }

    /// PyTorch's default for linear and convolutional layers, weights and biases alike: 1/sqrt(fan_in).
    pub(crate) fn torch_default(fan_in: i64) -> Start {
        Start::Uniform(1.0 / (fan_in as f64).sqrt())
    }

    /// The values of the tensor of that name, drawn from the address (seed, name) alone.
    fn values(self, seed: u64, name: &str, count: usize) -> Vec<f32> {
        let mut rng = keyed_rng(seed, &["start values".into(), name.into()]);
        match self {
            Start::Uniform(bound) => (0..count).map(|_| rng.uniform(-bound, bound) as f32).collect(),
            Start::Normal(deviation) => (0..count).map(|_| (deviation * rng.normal()) as f32).collect(),
            Start::Constant(value) => vec![value; count],
        }
    }
}

/// One tensor that a network needs.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    /// Its checkpoint name.
    pub name: String,
    pub shape: Vec<i64>,
    /// The layer of the contract that it belongs to; a layer's tensors are declared in a row.
    pub layer: String,
    pub start: Start,
}

/// Where a tensor lies in the flat buffer.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub name: String,
    pub shape: Vec<i64>,
    pub layer: usize,
    pub offset: i64,
    /// Elements of the tensor; the slot ends with zeros up to the next multiple of the alignment.
    pub count: i64,
    pub padded: i64,
}

/// A half-open range of the flat buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: i64,
    pub end: i64,
}

impl Span {
    /// That part of a flat tensor, sharing its storage.
    pub(crate) fn of(self, flat: &Tensor) -> Result<Tensor> {
        Ok(flat.f_narrow(0, self.start, self.end - self.start)?)
    }
}

/// The tensors of one network or several, in one flat buffer.
pub(crate) struct Parameters {
    pub flat: Tensor,
    pub slots: Vec<Slot>,
    /// Leaves of the gradient graph, in the order of `slots`, sharing `flat`'s storage.
    pub tensors: Vec<Tensor>,
    /// Names and ranges of the layers, in network order.
    pub layers: Vec<(String, Span)>,
}

impl Parameters {
    /// Allocates and fills the declared tensors.
    pub(crate) fn new(declarations: &[Declaration], seed: u64, device: Device) -> Result<Parameters> {
        let (slots, layers) = place(declarations);
        let total = layers.last().map_or(0, |(_, span)| span.end);
        let flat = Tensor::f_zeros([total], (Kind::Float, device))?;
        let parameters = Parameters::over(flat, slots, layers, true)?;
        for (declaration, tensor) in declarations.iter().zip(&parameters.tensors) {
            let count = declaration.shape.iter().product::<i64>() as usize;
            let values = declaration.start.values(seed, &declaration.name, count);
            fill(tensor, &Tensor::f_from_slice(&values)?)?;
        }
        Ok(parameters)
    }

    fn over(flat: Tensor, slots: Vec<Slot>, layers: Vec<(String, Span)>, grad: bool) -> Result<Parameters> {
        let tensors = slots
            .iter()
            .map(|slot| {
                let view = flat.f_narrow(0, slot.offset, slot.count)?.f_view(slot.shape.as_slice())?;
                Ok(view.f_detach()?.f_set_requires_grad(grad)?)
            })
            .collect::<Result<_>>()?;
        Ok(Parameters { flat, slots, tensors, layers })
    }

    /// A copy of the tensors below `prefix`, renamed to stand below `renamed`, outside the gradient graph. They must
    /// lie in a row.
    pub(crate) fn twin(&self, prefix: &str, renamed: &str) -> Result<Parameters> {
        let is_inside = |slot: &&Slot| slot.name.starts_with(prefix);
        let first = self.slots.iter().find(is_inside).map_or(0, |slot| slot.offset);
        let slots: Vec<Slot> = self
            .slots
            .iter()
            .filter(is_inside)
            .map(|slot| Slot {
                name: format!("{renamed}{}", &slot.name[prefix.len()..]),
                offset: slot.offset - first,
                ..slot.clone()
            })
            .collect();
        let end = slots.last().map_or(0, |slot| slot.offset + slot.padded);
        let flat = self.flat.f_narrow(0, first, end)?.f_detach_copy()?;
        Parameters::over(flat, slots, Vec::new(), false)
    }

    /// The tensor of that name, sharing storage.
    pub(crate) fn get(&self, name: &str) -> Result<Tensor> {
        self.slots
            .iter()
            .position(|slot| slot.name == name)
            .map(|index| self.tensors[index].shallow_clone())
            .ok_or_else(|| EngineError::Input(format!("no parameter {name} in this network")))
    }

    /// Every tensor by its checkpoint name, sharing storage.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, Tensor)> + '_ {
        let names = self.slots.iter().map(|slot| slot.name.clone());
        names.zip(self.tensors.iter().map(Tensor::shallow_clone))
    }

    /// The smallest range that holds every tensor below `prefix`.
    pub(crate) fn span(&self, prefix: &str) -> Span {
        let mut inside = self.slots.iter().filter(|slot| slot.name.starts_with(prefix));
        let first = inside.next();
        let last = inside.next_back().or(first);
        Span {
            start: first.map_or(0, |slot| slot.offset),
            end: last.map_or(0, |slot| slot.offset + slot.padded),
        }
    }
}

/// Overwrites a tensor in place, outside the gradient graph.
pub(crate) fn fill(tensor: &Tensor, values: &Tensor) -> Result<()> {
    let shaped = values.f_view(tensor.size().as_slice())?;
    tch::no_grad(|| tensor.shallow_clone().f_copy_(&shaped))?;
    Ok(())
}

fn place(declarations: &[Declaration]) -> (Vec<Slot>, Vec<(String, Span)>) {
    let mut slots = Vec::with_capacity(declarations.len());
    let mut layers: Vec<(String, Span)> = Vec::new();
    let mut offset = 0;
    for declaration in declarations {
        let count: i64 = declaration.shape.iter().product();
        let padded = (count as usize).next_multiple_of(ALIGNMENT) as i64;
        if layers.last().is_none_or(|(name, _)| *name != declaration.layer) {
            layers.push((declaration.layer.clone(), Span { start: offset, end: offset }));
        }
        slots.push(Slot {
            name: declaration.name.clone(),
            shape: declaration.shape.clone(),
            layer: layers.len() - 1,
            offset,
            count,
            padded,
        });
        offset += padded;
        if let Some((_, span)) = layers.last_mut() {
            span.end = offset;
        }
    }
    (slots, layers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declare(name: &str, shape: &[i64], layer: &str) -> Declaration {
        let start = Start::Uniform(0.5);
        Declaration { name: name.to_owned(), shape: shape.to_vec(), layer: layer.to_owned(), start }
    }

    #[test]
    fn views_share_the_flat_buffer_and_leave_zeros_between() {
        let declarations =
            [declare("a.x", &[3, 5], "one"), declare("a.y", &[2], "one"), declare("b.z", &[16], "two")];
        let parameters = Parameters::new(&declarations, 7, Device::Cpu).unwrap();
        assert_eq!(parameters.flat.size(), [48]);
        assert_eq!(
            parameters.layers,
            [("one".to_owned(), Span { start: 0, end: 32 }), ("two".to_owned(), Span { start: 32, end: 48 })]
        );
        let _ = tch::no_grad(|| parameters.flat.shallow_clone().f_mul_scalar_(2.0));
        let flat: Vec<f32> = (&parameters.flat).try_into().unwrap();
        let y: Vec<f32> = (&parameters.get("a.y").unwrap()).try_into().unwrap();
        assert_eq!(flat[16..18], y[..]);
        assert!(flat[15] == 0.0 && flat[18..32].iter().all(|&x| x == 0.0));
        assert_eq!(parameters.span("a."), Span { start: 0, end: 32 });

        let twin = parameters.twin("b.", "c.").unwrap();
        assert_eq!(twin.slots[0].name, "c.z");
        assert!(twin.get("c.z").unwrap().equal(&parameters.get("b.z").unwrap()));
        let _ = twin.flat.shallow_clone().zero_();
        assert!(parameters.get("b.z").unwrap().abs().sum(Kind::Float).double_value(&[]) > 0.0);
    }

    #[test]
    fn start_values_depend_on_seed_and_name_alone() {
        let draw = |seed, name| Start::Normal(1.0).values(seed, name, 4);
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_eq!(draw(1, "a")[..2], Start::Normal(1.0).values(1, "a", 2)[..]);
    }
}
