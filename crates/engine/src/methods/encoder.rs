//! A backbone with its projector: what both sides of a method consist of.

use tch::{Device, Tensor};

use crate::backbones::{Backbone, Shape};
use crate::error::Result;
use crate::layers::{Head, HeadPlan};
use crate::parameter::{Declaration, Parameters};

/// Backbone and projector.
pub(crate) struct Encoder {
    pub backbone: Box<dyn Backbone>,
    pub projector: Head,
}

impl Encoder {
    /// The tensors below `prefix`, in network order.
    pub(crate) fn declare(shape: &Shape, projector: &HeadPlan, prefix: &str) -> Vec<Declaration> {
        let mut found = shape.declare(prefix);
        found.extend(projector.declare(&format!("{prefix}.{}", shape.head_name()), "projector"));
        found
    }

    /// The encoder over the tensors declared below `prefix`.
    pub(crate) fn build(
        shape: &Shape,
        projector: &HeadPlan,
        parameters: &Parameters,
        prefix: &str,
        device: Device,
    ) -> Result<Encoder> {
        Ok(Encoder {
            backbone: shape.build(parameters, prefix, device)?,
            projector: projector.build(parameters, &format!("{prefix}.{}", shape.head_name()), device)?,
        })
    }

    /// Buffers and constants by checkpoint name.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        let mut found = self.backbone.buffers();
        found.extend(self.projector.buffers());
        found
    }
}
