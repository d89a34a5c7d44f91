//! Projection and prediction heads: short sequences of linear layers, batch norms and rectifiers, numbered as in the
//! official checkpoints (`head.0`, `head.1`, …). Which of them a method puts in a row, the method knows.

use tch::{Device, Tensor};

use crate::error::Result;
use crate::layers::batch_norm::BatchNorm;
use crate::parameter::{Declaration, Parameters, Start};

/// One module of a head, by its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Linear { inputs: i64, outputs: i64, bias: bool },
    BatchNorm { width: i64, affine: bool },
    Relu,
}

impl Piece {
    pub(crate) fn linear(inputs: i64, outputs: i64) -> Piece {
        Piece::Linear { inputs, outputs, bias: false }
    }

    pub(crate) fn biased(inputs: i64, outputs: i64) -> Piece {
        Piece::Linear { inputs, outputs, bias: true }
    }

    /// With a learned scale and shift.
    pub(crate) fn norm(width: i64) -> Piece {
        Piece::BatchNorm { width, affine: true }
    }

    /// Without.
    pub(crate) fn bare_norm(width: i64) -> Piece {
        Piece::BatchNorm { width, affine: false }
    }
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

impl HeadPlan {
    /// These modules in a row.
    pub(crate) fn new(pieces: Vec<Piece>) -> HeadPlan {
        HeadPlan(pieces)
    }

    /// The same, without its batch norms unless `keep`.
    pub(crate) fn with_batch_norm(mut self, keep: bool) -> HeadPlan {
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
