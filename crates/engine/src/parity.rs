//! Replays a parity fixture: the same start, inputs and rates as the trajectory that the reference implementation made,
//! so that `compare.py` beside the fixtures can judge this engine step by step.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tch::Tensor;
use vitals_recipe::{Backbone, Method, Optimizer, Pooling, PositionEmbedding, Recipe};

use crate::backbones::{Gelu, Shape, StemKind};
use crate::core::Core;
use crate::device::Device;
use crate::error::{EngineError, Result, guarded};
use crate::plan::Plan;
use crate::rates::Rates;
use crate::tensor_file::{State, encode, read, restore};

/// A fixture's `config.json`. Absent keys mean MoCo v3 with a patch stem (README of the fixtures).
#[derive(Debug, Deserialize)]
struct Config {
    image_size: u32,
    patch_size: u32,
    embed_dim: u32,
    depth: u32,
    num_heads: u32,
    mlp_ratio: f64,
    head_hidden_dim: u32,
    head_out_dim: u32,
    temperature: f64,
    steps: u64,
    optimizer: Optimizer,
    learning_rate: f64,
    weight_decay: f64,
    encoder_momentum: f64,
    frozen_patch_projection: bool,
    layer_norm_eps: f64,
    #[serde(default)]
    gelu: Gelu,
    adam_betas: [f64; 2],
    adam_eps: f64,
    #[serde(alias = "lars_momentum", default = "default_momentum")]
    momentum: f64,
    #[serde(default = "default_trust")]
    lars_trust_coefficient: f64,
    #[serde(default = "default_method")]
    method: Method,
    #[serde(default = "default_position")]
    position_embedding: PositionEmbedding,
    #[serde(default = "default_pooling")]
    pooling: Pooling,
    #[serde(default = "default_stem")]
    stem: String,
    #[serde(default = "yes")]
    head_batch_norm: bool,
    #[serde(default = "yes")]
    predictor: bool,
    #[serde(default)]
    prototypes: u32,
    #[serde(default)]
    sinkhorn_epsilon: f64,
    #[serde(default)]
    sinkhorn_iterations: u32,
}

fn default_momentum() -> f64 {
    0.9
}

fn default_trust() -> f64 {
    0.001
}

fn default_method() -> Method {
    Method::MocoV3
}

fn default_position() -> PositionEmbedding {
    PositionEmbedding::SinCos
}

fn default_pooling() -> Pooling {
    Pooling::Cls
}

fn default_stem() -> String {
    "patch".to_owned()
}

fn yes() -> bool {
    true
}

impl Config {
    fn recipe(&self) -> Recipe {
        Recipe {
            image_size: self.image_size,
            backbone: Backbone::VitCustom,
            patch_size: self.patch_size,
            embed_dim: self.embed_dim,
            depth: self.depth,
            num_heads: self.num_heads,
            mlp_ratio: self.mlp_ratio,
            position_embedding: self.position_embedding,
            frozen_patch_projection: self.frozen_patch_projection,
            pooling: self.pooling,
            method: self.method,
            temperature: self.temperature,
            head_hidden_dim: self.head_hidden_dim,
            head_out_dim: self.head_out_dim,
            head_batch_norm: self.head_batch_norm,
            predictor: self.predictor,
            prototypes: self.prototypes,
            sinkhorn_epsilon: self.sinkhorn_epsilon,
            sinkhorn_iterations: self.sinkhorn_iterations,
            freeze_prototypes_steps: 0,
            optimizer: self.optimizer,
            micro_batch_size: 0,
            weight_decay: self.weight_decay,
            beta1: self.adam_betas[0],
            beta2: self.adam_betas[1],
            epsilon: self.adam_eps,
            momentum: self.momentum,
            trust_coefficient: self.lars_trust_coefficient,
            gradient_clip: 0.0,
            ..Recipe::default()
        }
    }

    /// Also what no recipe has a parameter for.
    fn plan(&self, recipe: &Recipe) -> Result<Plan> {
        let mut plan = Plan::from_recipe(recipe)?;
        if let Shape::Vit(geometry) = &mut plan.shape {
            geometry.layer_norm_epsilon = self.layer_norm_eps;
            geometry.gelu = self.gelu;
            if self.stem == "conv" {
                geometry.stem = StemKind::Conv;
                plan.frozen_patch_projection = false;
            }
        }
        Ok(plan)
    }
}

/// Replays `fixture` on a device and writes `result.json` and `final.safetensors` into `out`, which is made if need be.
/// Norms of a frozen patch projection are written as well, though the fixtures have none.
pub fn run(device: Device, fixture: &Path, out: &Path) -> std::result::Result<(), EngineError> {
    guarded(|| {
        replay(device, fixture, out, &mut |core, views, rates| {
            let outcome = core.advance(&views, rates, true)?;
            let norms = outcome.gradients.map(|gradients| gradients.tensor_norms);
            Ok((outcome.loss, norms.unwrap_or_default()))
        })
    })
}

/// One training step on prepared views: its loss, and the gradient norm of every tensor.
pub(crate) type Advance<'a> = &'a mut dyn FnMut(&mut Core, [&Tensor; 2], Rates) -> Result<(f64, Vec<f32>)>;

pub(crate) fn replay(device: Device, fixture: &Path, out: &Path, advance: Advance<'_>) -> Result<()> {
    let path = fixture.join("config.json");
    let refuse = |reason: String| EngineError::Fixture { path: path.clone(), reason };
    let text = fs::read_to_string(&path).map_err(|error| refuse(error.to_string()))?;
    let config: Config = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let init = fixture.join("init.safetensors");
    let recipe = config.recipe();
    let mut core = Core::new(&recipe, config.plan(&recipe)?, device.into())?;
    let unexpected = restore(&core.method.state(), &read(&init)?, &init)?;
    if !unexpected.is_empty() {
        let reason = format!("the network has no {}", unexpected.join(", "));
        return Err(EngineError::Fixture { path: init, reason });
    }
    let inputs = read(&fixture.join("inputs.safetensors"))?;
    let prepared = |core: &Core, name: &str| {
        let images = inputs.get(name).ok_or_else(|| refuse(format!("inputs.safetensors has no {name}")))?;
        core.networks().query.backbone.prepare(&images.f_to_device(core.device)?)
    };
    let probe = |core: &Core| -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        core.networks().query.backbone.forward(&prepared(core, "probe")?, false)
    };

    let before = probe(&core)?;
    let rates = Rates {
        learning_rate: config.learning_rate,
        encoder_momentum: config.encoder_momentum,
        loss_scale: 1.0,
    };
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    for step in 0..config.steps {
        let views = [prepared(&core, &format!("x1.{step}"))?, prepared(&core, &format!("x2.{step}"))?];
        let (loss, tensor_norms) = advance(&mut core, [&views[0], &views[1]], rates)?;
        losses.push(loss);
        let slots = core.networks().parameters.slots.iter();
        norms.push(slots.zip(tensor_norms).map(|(slot, norm)| (slot.name.clone(), json!(norm))).collect());
    }
    write(&core, out, losses, norms, [before, probe(&core)?])
}

fn write(
    core: &Core,
    out: &Path,
    losses: Vec<f64>,
    norms: Vec<Map<String, Value>>,
    probe: [Tensor; 2],
) -> Result<()> {
    fs::create_dir_all(out).map_err(EngineError::io("create", out))?;
    let result = out.join("result.json");
    let text = json!({ "loss": losses, "grad_l2_norm": norms }).to_string();
    fs::write(&result, text).map_err(EngineError::io("write", &result))?;
    let mut state: State = core.method.state();
    let [before, after] = probe;
    state.insert("probe_features.before".to_owned(), before);
    state.insert("probe_features.after".to_owned(), after);
    let tensors = out.join("final.safetensors");
    fs::write(&tensors, encode(&state)?).map_err(EngineError::io("write", &tensors))
}
