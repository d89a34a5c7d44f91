//! ResNet-50 as torchvision has it and MoCo v3 compares with: bottlenecks with the stride on the 3 × 3 convolution, the
//! last batch norm of each started at zero, features after global average pooling (methods.md, "Backbone variants").

use tch::{Device, Kind, Tensor};

use crate::backbones::backbone::Backbone;
use crate::backbones::preparation::Preparation;
use crate::error::Result;
use crate::layers::BatchNorm;
use crate::parameter::{Declaration, Parameters, Start};

/// Width of the features.
pub(crate) const FEATURES: i64 = 2048;
/// Blocks of each stage.
const STAGES: [usize; 4] = [3, 4, 6, 3];
/// Channels that a bottleneck puts out for each of its inner ones.
const EXPANSION: i64 = 4;

/// A convolution without bias and its batch norm, by their sizes.
#[derive(Debug, Clone, Copy)]
struct Shape {
    inputs: i64,
    outputs: i64,
    kernel: i64,
    stride: i64,
    /// Scale of the batch norm at the start.
    scale: f32,
}

impl Shape {
    /// Kaiming's normal start by fan-out, as torchvision draws it.
    fn declare(self, prefix: &str, conv: &str, norm: &str, layer: &str) -> [Declaration; 3] {
        let fan_out = (self.kernel * self.kernel * self.outputs) as f64;
        let [mut weight, bias] = BatchNorm::declare(&format!("{prefix}.{norm}"), self.outputs, layer);
        weight.start = Start::Constant(self.scale);
        let convolution = Declaration {
            name: format!("{prefix}.{conv}.weight"),
            shape: vec![self.outputs, self.inputs, self.kernel, self.kernel],
            layer: layer.to_owned(),
            start: Start::Normal((2.0 / fan_out).sqrt()),
        };
        [convolution, weight, bias]
    }

    fn build(
        self,
        parameters: &Parameters,
        prefix: &str,
        names: (&str, &str),
        device: Device,
    ) -> Result<Unit> {
        Ok(Unit {
            weight: parameters.get(&format!("{prefix}.{}.weight", names.0))?,
            norm: BatchNorm::build(parameters, &format!("{prefix}.{}", names.1), self.outputs, true, device)?,
            stride: self.stride,
            padding: self.kernel / 2,
        })
    }
}

const STEM: Shape = Shape { inputs: 3, outputs: 64, kernel: 7, stride: 2, scale: 1.0 };

/// One block: its place, and the shapes of its three convolutions and of the shortcut where it has one.
struct BlockShape {
    name: String,
    inner: [Shape; 3],
    shortcut: Option<Shape>,
}

/// Names of the three convolutions and their norms.
const INNER: [(&str, &str); 3] = [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")];
const SHORTCUT: (&str, &str) = ("downsample.0", "downsample.1");

fn blocks() -> Vec<BlockShape> {
    let mut found = Vec::new();
    let mut inputs = STEM.outputs;
    for (stage, count) in STAGES.into_iter().enumerate() {
        let width = 64 << stage;
        let outputs = EXPANSION * width;
        for index in 0..count {
            // The first stage lies behind the stem's two halvings and has none of its own.
            let stride = if stage > 0 && index == 0 { 2 } else { 1 };
            let shape =
                |inputs, outputs, kernel, stride, scale| Shape { inputs, outputs, kernel, stride, scale };
            found.push(BlockShape {
                name: format!("layer{}.{index}", stage + 1),
                inner: [
                    shape(inputs, width, 1, 1, 1.0),
                    shape(width, width, 3, stride, 1.0),
                    // A scale of 0 makes each block start as its shortcut (torchvision's `zero_init_residual`).
                    shape(width, outputs, 1, 1, 0.0),
                ],
                shortcut: (index == 0).then(|| shape(inputs, outputs, 1, stride, 1.0)),
            });
            inputs = outputs;
        }
    }
    found
}

/// A convolution and its batch norm.
struct Unit {
    weight: Tensor,
    norm: BatchNorm,
    stride: i64,
    padding: i64,
}

impl Unit {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let (stride, padding) = (self.stride, self.padding);
        let no_bias: Option<&Tensor> = None;
        let x = x.f_conv2d(&self.weight, no_bias, [stride, stride], [padding, padding], [1, 1], 1)?;
        self.norm.forward(&x, train)
    }
}

struct Bottleneck {
    inner: [Unit; 3],
    shortcut: Option<Unit>,
}

impl Bottleneck {
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let [first, second, third] = &self.inner;
        let inner = first.forward(x, train)?.f_relu()?;
        let inner = third.forward(&second.forward(&inner, train)?.f_relu()?, train)?;
        let shortcut = match &self.shortcut {
            Some(unit) => unit.forward(x, train)?,
            None => x.shallow_clone(),
        };
        Ok(inner.f_add(&shortcut)?.f_relu()?)
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        self.inner.iter().chain(&self.shortcut)
    }
}

/// A built ResNet-50.
pub(crate) struct ResNet {
    stem: Unit,
    blocks: Vec<Bottleneck>,
}

impl ResNet {
    /// The tensors below `prefix`, in network order. Layers are the stem (`conv1`) and every block.
    pub(crate) fn declare(prefix: &str) -> Vec<Declaration> {
        let mut found: Vec<Declaration> = STEM.declare(prefix, "conv1", "bn1", "conv1").into();
        for block in blocks() {
            let name = format!("{prefix}.{}", block.name);
            for (shape, (conv, norm)) in block.inner.into_iter().zip(INNER) {
                found.extend(shape.declare(&name, conv, norm, &block.name));
            }
            if let Some(shape) = block.shortcut {
                found.extend(shape.declare(&name, SHORTCUT.0, SHORTCUT.1, &block.name));
            }
        }
        found
    }

    /// The network over the tensors declared below `prefix`.
    pub(crate) fn build(parameters: &Parameters, prefix: &str, device: Device) -> Result<ResNet> {
        let block = |block: BlockShape| -> Result<Bottleneck> {
            let name = format!("{prefix}.{}", block.name);
            let [first, second, third] = block.inner;
            let build = |shape: Shape, names| shape.build(parameters, &name, names, device);
            Ok(Bottleneck {
                inner: [build(first, INNER[0])?, build(second, INNER[1])?, build(third, INNER[2])?],
                shortcut: match block.shortcut {
                    Some(shape) => Some(build(shape, SHORTCUT)?),
                    None => None,
                },
            })
        };
        Ok(ResNet {
            stem: STEM.build(parameters, prefix, ("conv1", "bn1"), device)?,
            blocks: blocks().into_iter().map(block).collect::<Result<_>>()?,
        })
    }
}

impl Backbone for ResNet {
    fn preparation(&self) -> Preparation {
        Preparation { patch: None }
    }

    fn forward(&self, images: &Tensor, train: bool) -> Result<Tensor> {
        let x = self.stem.forward(images, train)?.f_relu()?;
        let mut x = x.f_max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false)?;
        for block in &self.blocks {
            x = block.forward(&x, train)?;
        }
        Ok(x.f_mean_dim([2i64, 3].as_slice(), false, Kind::Float)?)
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let units = std::iter::once(&self.stem).chain(self.blocks.iter().flat_map(Bottleneck::units));
        units.flat_map(|unit| unit.norm.buffers()).collect()
    }
}
