//! The networks of a method: the query encoder with its predictor or prototypes, and the momentum encoder. Names are
//! those of official checkpoints: `base_encoder.…`, `momentum_encoder.…`, `predictor.…` (mocov3.md 1.11).

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use crate::backbone::Backbone;
use crate::error::Result;
use crate::head::{Head, HeadPlan};
use crate::parameter::{Declaration, Parameters, Span, Start};
use crate::plan::Plan;

const BASE: &str = "base_encoder";
const MOMENTUM: &str = "momentum_encoder";
const PREDICTOR: &str = "predictor";
const PROTOTYPES: &str = "prototypes.weight";

/// Backbone and projector.
pub(crate) struct Encoder {
    pub backbone: Backbone,
    pub projector: Head,
}

impl Encoder {
    fn build(plan: &Plan, parameters: &Parameters, prefix: &str, device: Device) -> Result<Encoder> {
        let projector = HeadPlan::projector(plan.method, plan.shape.dim(), plan.heads);
        Ok(Encoder {
            backbone: plan.shape.build(parameters, prefix, device)?,
            projector: projector.build(
                parameters,
                &format!("{prefix}.{}", plan.shape.head_name()),
                device,
            )?,
        })
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let mut found = self.backbone.buffers();
        found.extend(self.projector.buffers());
        found
    }
}

/// Everything with weights.
pub(crate) struct Networks {
    pub parameters: Parameters,
    pub query: Encoder,
    pub predictor: Option<Head>,
    /// (K, O), SwAV only.
    pub prototypes: Option<Tensor>,
    pub key: Option<KeyEncoder>,
    /// The range of `parameters.flat` that the optimizer moves: all but a frozen patch projection, which lies in front.
    pub trained: Span,
    /// The part of `trained` without the prototypes, which may rest at first.
    pub main: Span,
}

/// The momentum encoder and its weights.
pub(crate) struct KeyEncoder {
    pub encoder: Encoder,
    pub parameters: Parameters,
}

fn declare(plan: &Plan) -> (Vec<Declaration>, Option<HeadPlan>) {
    let mut found = plan.shape.declare(BASE);
    let projector = HeadPlan::projector(plan.method, plan.shape.dim(), plan.heads);
    found.extend(projector.declare(&format!("{BASE}.{}", plan.shape.head_name()), "projector"));
    let predictor = HeadPlan::predictor(plan.method, plan.heads)
        .filter(|_| plan.predictor || plan.method == vitals_recipe::Method::Byol);
    if let Some(predictor) = &predictor {
        found.extend(predictor.declare(PREDICTOR, "predictor"));
    }
    if plan.method == vitals_recipe::Method::Swav {
        found.push(Declaration {
            name: PROTOTYPES.to_owned(),
            shape: vec![plan.swav.prototypes, plan.heads.out],
            layer: "prototypes".to_owned(),
            start: Start::torch_default(plan.heads.out),
        });
    }
    (found, predictor)
}

impl Networks {
    /// Networks at their start values; the momentum encoder is a copy of the query encoder.
    pub(crate) fn new(plan: &Plan, device: Device) -> Result<Networks> {
        let (declarations, predictor) = declare(plan);
        let parameters = Parameters::new(&declarations, plan.seed, device)?;
        let query = Encoder::build(plan, &parameters, BASE, device)?;
        let predictor = match predictor {
            Some(predictor) => Some(predictor.build(&parameters, PREDICTOR, device)?),
            None => None,
        };
        let has_prototypes = plan.method == vitals_recipe::Method::Swav;
        let key = match plan.has_key_encoder() {
            true => {
                let twin = parameters.twin(&format!("{BASE}."), &format!("{MOMENTUM}."))?;
                let encoder = Encoder::build(plan, &twin, MOMENTUM, device)?;
                Some(KeyEncoder { encoder, parameters: twin })
            }
            false => None,
        };
        let all = Span { start: 0, end: parameters.flat.size()[0] };
        let frozen = if plan.frozen_patch_projection { parameters.layers[0].1.end } else { 0 };
        let trained = Span { start: frozen, ..all };
        let end = if has_prototypes { parameters.span(PROTOTYPES).start } else { all.end };
        Ok(Networks {
            prototypes: if has_prototypes { Some(parameters.get(PROTOTYPES)?) } else { None },
            parameters,
            query,
            predictor,
            key,
            trained,
            main: Span { end, ..trained },
        })
    }

    /// Whether the optimizer moves the tensor or layer that starts at this offset.
    pub(crate) fn is_trained(&self, offset: i64) -> bool {
        offset >= self.trained.start
    }

    /// key ← m·key + (1 − m)·query over backbone and projector, with the query's weights before this step's update
    /// (mocov3.md 1.6). Frozen tensors are left out: they are equal, and stay so to the last bit.
    pub(crate) fn update_key(&self, momentum: f64) -> Result<()> {
        let Some(key) = &self.key else { return Ok(()) };
        let _guard = tch::no_grad_guard();
        let base = self.parameters.span(&format!("{BASE}."));
        let moved = Span { start: self.trained.start, end: base.end };
        let _ = moved.of(&key.parameters.flat)?.f_lerp_(&moved.of(&self.parameters.flat)?, 1.0 - momentum)?;
        Ok(())
    }

    /// Parameters, buffers and constants by checkpoint name, sharing storage.
    pub(crate) fn state(&self) -> BTreeMap<String, Tensor> {
        let named = |parameters: &Parameters| -> Vec<(String, Tensor)> {
            let names = parameters.slots.iter().map(|slot| slot.name.clone());
            names.zip(parameters.tensors.iter().map(Tensor::shallow_clone)).collect()
        };
        let mut found = named(&self.parameters);
        found.extend(self.query.buffers());
        found.extend(self.predictor.iter().flat_map(Head::buffers));
        if let Some(key) = &self.key {
            found.extend(named(&key.parameters));
            found.extend(key.encoder.buffers());
        }
        found.into_iter().collect()
    }
}
