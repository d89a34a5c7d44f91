//! Projection and prediction heads: short sequences of linear layers, batch norms and rectifiers, numbered as in the
//! official checkpoints (`head.0`, `head.1`, …). What each method puts in a row is in methods.md, "Heads".

use tch::{Device, Tensor};
use vitals_recipe::Method;

use crate::batch_norm::BatchNorm;
use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};

/// One module of a head, by its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Linear { inputs: i64, outputs: i64, bias: bool },
    BatchNorm { width: i64, affine: bool },
    Relu,
}

/// A head that is not built yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadPlan(Vec<Piece>);

/// The sizes that heads share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadSizes {
    pub hidden: i64,
    pub out: i64,
    /// False drops every batch norm of MoCo v3's and SimCLR's heads, and the indices close up.
    pub batch_norm: bool,
    /// MoCo v3 on a ResNet: a projector of two layers, and a predictor that ends without batch norm.
    pub short: bool,
}

fn linear(inputs: i64, outputs: i64, bias: bool) -> Piece {
    Piece::Linear { inputs, outputs, bias }
}

fn norm(width: i64, affine: bool) -> Piece {
    Piece::BatchNorm { width, affine }
}

impl HeadPlan {
    /// The projector of a method on features of width `inputs`.
    pub(crate) fn projector(method: Method, inputs: i64, sizes: HeadSizes) -> HeadPlan {
        let HeadSizes { hidden, out, batch_norm, short } = sizes;
        let plan = match method {
            Method::MocoV3 | Method::SimClr if short => vec![
                linear(inputs, hidden, false),
                norm(hidden, true),
                Piece::Relu,
                linear(hidden, out, false),
                norm(out, false),
            ],
            Method::MocoV3 | Method::SimClr => vec![
                linear(inputs, hidden, false),
                norm(hidden, true),
                Piece::Relu,
                linear(hidden, hidden, false),
                norm(hidden, true),
                Piece::Relu,
                linear(hidden, out, false),
                norm(out, false),
            ],
            Method::Byol => byol(inputs, hidden, out),
            Method::Swav => vec![linear(inputs, hidden, true), Piece::Relu, linear(hidden, out, true)],
        };
        HeadPlan(plan).with_batch_norm(batch_norm || matches!(method, Method::Byol))
    }

    /// The predictor of the query side, for the methods that have one.
    pub(crate) fn predictor(method: Method, sizes: HeadSizes) -> Option<HeadPlan> {
        let HeadSizes { hidden, out, batch_norm, short } = sizes;
        match method {
            Method::MocoV3 => {
                let mut plan = vec![
                    linear(out, hidden, false),
                    norm(hidden, true),
                    Piece::Relu,
                    linear(hidden, out, false),
                ];
                if !short {
                    plan.push(norm(out, false));
                }
                Some(HeadPlan(plan).with_batch_norm(batch_norm))
            }
            Method::Byol => Some(HeadPlan(byol(out, hidden, out))),
            Method::SimClr | Method::Swav => None,
        }
    }

    fn with_batch_norm(mut self, keep: bool) -> HeadPlan {
        self.0.retain(|piece| keep || !matches!(piece, Piece::BatchNorm { .. }));
        self
    }

    /// The tensors below `prefix`.
    pub(crate) fn declare(&self, prefix: &str, layer: &str) -> Vec<Declaration> {
        let mut found = Vec::new();
        for (index, piece) in self.0.iter().enumerate() {
            let name = format!("{prefix}.{index}");
            match *piece {
                Piece::Linear { inputs, outputs, bias } => {
                    let mut declare = |part: &str, shape: Vec<i64>| {
                        let (name, layer) = (format!("{name}.{part}"), layer.to_owned());
                        found.push(Declaration { name, shape, layer, start: Start::torch_default(inputs) });
                    };
                    declare("weight", vec![outputs, inputs]);
                    if bias {
                        declare("bias", vec![outputs]);
                    }
                }
                Piece::BatchNorm { width, affine: true } => {
                    found.extend(BatchNorm::declare(&name, width, layer));
                }
                Piece::BatchNorm { affine: false, .. } | Piece::Relu => {}
            }
        }
        found
    }

    /// The head over its declared parameters.
    pub(crate) fn build(&self, parameters: &Parameters, prefix: &str, device: Device) -> Result<Head> {
        let mut modules = Vec::with_capacity(self.0.len());
        for (index, piece) in self.0.iter().enumerate() {
            let name = format!("{prefix}.{index}");
            modules.push(match *piece {
                Piece::Linear { bias, .. } => {
                    let bias = if bias { Some(parameters.get(&format!("{name}.bias"))?) } else { None };
                    Module::Linear { weight: parameters.get(&format!("{name}.weight"))?, bias }
                }
                Piece::BatchNorm { width, affine } => {
                    Module::BatchNorm(BatchNorm::build(parameters, &name, width, affine, device)?)
                }
                Piece::Relu => Module::Relu,
            });
        }
        Ok(Head { modules })
    }
}

fn byol(inputs: i64, hidden: i64, out: i64) -> Vec<Piece> {
    vec![linear(inputs, hidden, true), norm(hidden, true), Piece::Relu, linear(hidden, out, false)]
}

enum Module {
    Linear { weight: Tensor, bias: Option<Tensor> },
    BatchNorm(BatchNorm),
    Relu,
}

/// A built head.
pub(crate) struct Head {
    modules: Vec<Module>,
}

impl Head {
    /// (N, in) → (N, out). Batch norms use the statistics of this batch in training.
    pub(crate) fn forward(&self, input: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = input.shallow_clone();
        for module in &self.modules {
            x = match module {
                Module::Linear { weight, bias } => x.f_linear(weight, bias.as_ref())?,
                Module::BatchNorm(norm) => norm.forward(&x, train)?,
                Module::Relu => x.f_relu()?,
            };
        }
        Ok(x)
    }

    /// Buffers of its batch norms, by checkpoint name.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        let norms = self.modules.iter().filter_map(|module| match module {
            Module::BatchNorm(norm) => Some(norm.buffers()),
            Module::Linear { .. } | Module::Relu => None,
        });
        norms.flatten().collect()
    }
}
