//! A backbone with one linear layer on its pooled features. Its checkpoint has the names of official linear-probe files:
//! the backbone's own, and `head` (ViT) or `fc` (ResNet).

use std::path::Path;

use tch::{Device, Tensor};
use vitals_recipe::Task;

use crate::backbones::{Backbone, Shape};
use crate::error::Result;
use crate::methods::BASE;
use crate::parameter::{Declaration, Parameters, Span, Start};
use crate::tensor_file::{State, encode, restore};

/// The query encoder's place in a pre-training checkpoint; start values are keyed by names below it.
const PREFIX: &str = BASE;

pub(crate) struct Classifier {
    pub parameters: Parameters,
    pub backbone: Box<dyn Backbone>,
    weight: Tensor,
    bias: Tensor,
    /// Where the linear layer lies: behind all else.
    pub head: Span,
    head_name: &'static str,
}

impl Classifier {
    /// At its start values: the head's weights normal with deviation 0.01 for a linear probe (mocov3.md 1.12), 0.02 for
    /// fine-tuning as ViTs are.
    pub(crate) fn new(
        shape: &Shape,
        task: Task,
        classes: i64,
        seed: u64,
        device: Device,
    ) -> Result<Classifier> {
        let head_name = shape.head_name();
        let deviation = if task == Task::Finetune { 0.02 } else { 0.01 };
        let mut declarations = shape.declare(PREFIX);
        let parts = [
            ("weight", vec![classes, shape.dim()], Start::Normal(deviation)),
            ("bias", vec![classes], Start::Constant(0.0)),
        ];
        declarations.extend(parts.map(|(part, shape, start)| Declaration {
            name: format!("{PREFIX}.{head_name}.{part}"),
            shape,
            layer: "head".to_owned(),
            start,
        }));
        let parameters = Parameters::new(&declarations, seed, device)?;
        let part = |part: &str| parameters.get(&format!("{PREFIX}.{head_name}.{part}"));
        let head = parameters.span(&format!("{PREFIX}.{head_name}."));
        Ok(Classifier {
            weight: part("weight")?,
            bias: part("bias")?,
            backbone: shape.build(&parameters, PREFIX, device)?,
            parameters,
            head,
            head_name,
        })
    }

    /// Features (N, D) → logits (N, classes).
    pub(crate) fn logits(&self, features: &Tensor) -> Result<Tensor> {
        Ok(features.f_linear(&self.weight, Some(&self.bias))?)
    }

    /// Every tensor by its checkpoint name, sharing storage.
    pub(crate) fn state(&self) -> State {
        self.parameters
            .named()
            .chain(self.backbone.buffers())
            .map(|(name, tensor)| (name[PREFIX.len() + 1..].to_owned(), tensor))
            .collect()
    }

    /// The same without the linear layer.
    fn backbone_state(&self) -> State {
        self.state().into_iter().filter(|(name, _)| !self.is_head(name)).collect()
    }

    fn is_head(&self, name: &str) -> bool {
        name.strip_prefix(self.head_name).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Takes the query encoder's backbone of a pre-training checkpoint; `path` is for messages.
    pub(crate) fn take_backbone(&self, stored: State, path: &Path) -> Result<()> {
        let stored = stored.into_iter().filter_map(|(name, tensor)| {
            let name = name.strip_prefix(PREFIX)?.strip_prefix('.')?.to_owned();
            Some((name, tensor))
        });
        restore(&self.backbone_state(), &stored.collect(), path)?;
        Ok(())
    }

    pub(crate) fn backbone_hash(&self) -> Result<String> {
        Ok(blake3::hash(&encode(&self.backbone_state())?).to_hex().to_string())
    }
}
