//! What methods with a momentum encoder share: queries with a predictor on one side, a slow copy of the encoder on the
//! other. The order of operations is the reference's: queries, momentum update, keys (mocov3.md 1.6).

use tch::{Device, Tensor};

use crate::error::{EngineError, Result};
use crate::layers::{Head, HeadPlan};
use crate::methods::encoder::Encoder;
use crate::methods::method::Encode;
use crate::methods::networks::{BASE, Networks};
use crate::parameter::{Parameters, Span};
use crate::plan::Plan;
use crate::tensor_file::State;

const MOMENTUM: &str = "momentum_encoder";
const PREDICTOR: &str = "predictor";

/// The momentum encoder and its weights, outside the gradient graph.
pub(crate) struct MomentumEncoder {
    pub encoder: Encoder,
    pub parameters: Parameters,
}

impl MomentumEncoder {
    /// A copy of the query encoder.
    fn of(networks: &Networks, plan: &Plan, projector: &HeadPlan, device: Device) -> Result<MomentumEncoder> {
        let parameters = networks.parameters.twin(&format!("{BASE}."), &format!("{MOMENTUM}."))?;
        let encoder = Encoder::build(&plan.shape, projector, &parameters, MOMENTUM, device)?;
        Ok(MomentumEncoder { encoder, parameters })
    }

    /// key ← m·key + (1 − m)·query over backbone and projector, with the query's weights before this step's update
    /// (mocov3.md 1.6). Frozen tensors are left out: they are equal, and stay so to the last bit.
    pub(crate) fn follow(&self, networks: &Networks, momentum: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let base = networks.parameters.span(&format!("{BASE}."));
        // The query encoder is declared first: one span names the same tensors in both buffers.
        let moved = Span { start: networks.trained.start, end: base.end };
        let query = moved.of(&networks.parameters.flat)?;
        // lerp is key + (1 − m)·(query − key), which leaves equal weights exactly equal.
        let _ = moved.of(&self.parameters.flat)?.f_lerp_(&query, 1.0 - momentum)?;
        Ok(())
    }
}

/// Query encoder, predictor and momentum encoder.
pub(crate) struct Siamese {
    pub networks: Networks,
    pub predictor: Option<Head>,
    pub key: MomentumEncoder,
}

impl Siamese {
    /// At its start values; without a predictor queries are projections.
    pub(crate) fn new(
        plan: &Plan,
        projector: &HeadPlan,
        predictor: Option<&HeadPlan>,
        device: Device,
    ) -> Result<Siamese> {
        let declared = predictor.map(|predictor| predictor.declare(PREDICTOR, PREDICTOR));
        let networks = Networks::new(plan, projector, declared.unwrap_or_default(), device)?;
        let predictor = match predictor {
            Some(predictor) => Some(predictor.build(&networks.parameters, PREDICTOR, device)?),
            None => None,
        };
        let key = MomentumEncoder::of(&networks, plan, projector, device)?;
        Ok(Siamese { networks, predictor, key })
    }

    /// Queries and keys of every view from the features of the query encoder; the momentum encoder moves in between. The
    /// views pass one after the other, so that batch norms see one view at a time.
    pub(crate) fn outputs(
        &self,
        features: &[Tensor],
        momentum: f64,
        encode: Encode<'_>,
    ) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
        let queries = features.iter().map(|features| self.query(features)).collect::<Result<_>>()?;
        self.key.follow(&self.networks, momentum)?;
        let features = encode(self.key.encoder.backbone.as_ref())?;
        let keys = features.iter().map(|features| self.key(features)).collect::<Result<_>>()?;
        Ok((queries, keys))
    }

    fn query(&self, features: &Tensor) -> Result<Tensor> {
        // Both heads inside one change of number format: what passes between them is not rounded to fp32 and back.
        self.networks.reduced(|| {
            let projected = self.networks.query.projector.forward(features, true)?;
            match &self.predictor {
                Some(predictor) => predictor.forward(&projected, true),
                None => Ok(projected),
            }
        })
    }

    /// In training mode, without gradient.
    fn key(&self, features: &Tensor) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        self.networks.reduced(|| self.key.encoder.projector.forward(features, true))
    }

    /// Every tensor by its checkpoint name, sharing storage.
    pub(crate) fn state(&self) -> State {
        let mut found = self.networks.state();
        found.extend(self.predictor.iter().flat_map(Head::buffers));
        found.extend(self.key.parameters.named());
        found.extend(self.key.encoder.buffers());
        found
    }
}

/// The sum of a loss over every query with the keys of every other view.
pub(crate) fn both_ways(
    queries: &[Tensor],
    keys: &[Tensor],
    loss: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for (of_query, query) in queries.iter().enumerate() {
        for (_, key) in keys.iter().enumerate().filter(|(of_key, _)| *of_key != of_query) {
            let found = loss(query, key)?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&found)?,
                None => found,
            });
        }
    }
    sum.ok_or_else(|| EngineError::Input("a loss compares two views or more".to_owned()))
}
