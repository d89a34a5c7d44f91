//! What every method trains: the query encoder, and whatever else it declares, in one buffer. Names are those of official
//! checkpoints: `base_encoder.…` and so on (mocov3.md 1.11).

use tch::{Device, Tensor};
use vitals_recipe::Precision;

use crate::error::Result;
use crate::layers::HeadPlan;
use crate::methods::encoder::Encoder;
use crate::parameter::{Declaration, Parameters, Span};
use crate::plan::Plan;
use crate::precision::reduced;
use crate::tensor_file::State;

/// The query encoder's place in checkpoints.
pub(crate) const BASE: &str = "base_encoder";

/// The query encoder and all that has gradients.
pub(crate) struct Networks {
    pub parameters: Parameters,
    pub query: Encoder,
    /// The range of `parameters.flat` that optimizers move: all but a frozen patch projection, which lies in front.
    pub trained: Span,
    precision: Precision,
}

impl Networks {
    /// Networks at their start values; `more` is what a method has beside the query encoder.
    pub(crate) fn new(
        plan: &Plan,
        projector: &HeadPlan,
        more: Vec<Declaration>,
        device: Device,
    ) -> Result<Networks> {
        let mut declarations = Encoder::declare(&plan.shape, projector, BASE);
        declarations.extend(more);
        let parameters = Parameters::new(&declarations, plan.seed, device)?;
        let query = Encoder::build(&plan.shape, projector, &parameters, BASE, device)?;
        let frozen = if plan.frozen_patch_projection { parameters.layers[0].1.end } else { 0 };
        let trained = Span { start: frozen, end: parameters.flat.size()[0] };
        Ok(Networks { parameters, query, trained, precision: plan.precision })
    }

    /// Whether an optimizer moves the tensor or layer that starts at this offset.
    pub(crate) fn is_trained(&self, offset: i64) -> bool {
        offset >= self.trained.start
    }

    /// Runs a part of the networks in the recipe's number format; what comes out is fp32.
    pub(crate) fn reduced(&self, work: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
        reduced(self.precision, self.parameters.flat.device(), work)
    }

    /// Features → projections of the query encoder in training.
    pub(crate) fn projected(&self, features: &Tensor) -> Result<Tensor> {
        self.reduced(|| self.query.projector.forward(features, true))
    }

    /// Parameters, buffers and constants by checkpoint name, sharing storage.
    pub(crate) fn state(&self) -> State {
        self.parameters.named().chain(self.query.buffers()).collect()
    }
}
