//! Tests against the facts of mocov3.md and the golden outputs of the fixtures, for what only this crate can see.

mod golden;
mod mistakes;
mod options;

use std::any::Any;

use tch::{Device, Kind, Tensor};
use vitals_recipe::{Method, Optimizer, Pooling, PositionEmbedding, Precision, Recipe};

use crate::backbones::{Backbone as _, Gelu, Geometry, StemKind, Vit};
use crate::core::Core;
use crate::gradient::flatten;
use crate::knn::Vote;
use crate::methods::{self, MocoV3, Swav};
use crate::parameter::{Parameters, fill};
use crate::plan::Plan;
use crate::rates::Rates;
use crate::tensor_file::{State, read};

fn geometry(image_size: i64, patch_size: i64, dim: i64, depth: usize, heads: i64) -> Geometry {
    Geometry {
        image_size,
        patch_size,
        dim,
        depth,
        heads,
        mlp_hidden: 4 * dim,
        position: PositionEmbedding::SinCos,
        pooling: Pooling::Cls,
        stem: StemKind::Patch,
        qk_norm: false,
        layer_scale: 0.0,
        layer_norm_epsilon: 1e-6,
        gelu: Gelu::Exact,
    }
}

fn tiny() -> Recipe {
    Recipe {
        image_size: 16,
        patch_size: 4,
        embed_dim: 32,
        depth: 2,
        num_heads: 4,
        mlp_ratio: 4.0,
        head_hidden_dim: 48,
        head_out_dim: 16,
        batch_size: 16,
        ..Recipe::preset("mocov3_vit_micro").expect("the preset is there")
    }
}

fn core(recipe: &Recipe) -> Core {
    crate::device::set_threads(1);
    Core::new(recipe, Plan::from_recipe(recipe).unwrap(), Device::Cpu).unwrap()
}

fn mocov3(core: &Core) -> &MocoV3 {
    let method: &dyn Any = core.method.as_ref();
    method.downcast_ref().expect("the method is MoCo v3")
}

fn swav(core: &Core) -> &Swav {
    let method: &dyn Any = core.method.as_ref();
    method.downcast_ref().expect("the method is SwAV")
}

fn images(seed: i64, count: i64) -> Tensor {
    tch::manual_seed(seed);
    Tensor::randn([count, 3, 16, 16], (Kind::Float, Device::Cpu))
}

const RATES: Rates = Rates { learning_rate: 1e-3, encoder_momentum: 0.9, loss_scale: 1.0 };

fn advance(core: &mut Core, seed: i64) -> crate::core::Outcome {
    let prepare = |seed| core.networks().query.backbone.prepare(&images(seed, 16)).unwrap();
    let (first, second) = (prepare(seed), prepare(seed + 1000));
    core.advance(&[&first, &second], RATES, true).unwrap()
}

/// mocov3.md 1.1, the table of counts.
#[test]
fn parameter_counts_of_the_paper() {
    let count = |declarations: &[crate::parameter::Declaration], layer: Option<&str>| -> i64 {
        let wanted = declarations.iter().filter(|d| layer.is_none_or(|layer| d.layer == layer));
        wanted.map(|d| d.shape.iter().product::<i64>()).sum()
    };
    for (geometry, backbone, patch, position, projector) in [
        (geometry(224, 16, 384, 12, 12), 21_665_664, 295_296, 75_648, 19_415_040),
        (geometry(224, 16, 768, 12, 12), 85_798_656, 590_592, 151_296, 20_987_904),
        (geometry(224, 16, 1024, 24, 16), 303_301_632, 787_456, 201_728, 22_036_480),
        (geometry(224, 14, 1280, 32, 16), 630_764_800, 753_920, 328_960, 23_085_056),
        (geometry(32, 4, 192, 12, 3), 5_360_832, 9_408, 12_480, 0),
    ] {
        let declared = Vit::declare(&geometry, "base_encoder");
        assert_eq!(count(&declared, Some("patch_embed")), patch);
        let tokens = geometry.grid() * geometry.grid() + 1;
        assert_eq!(tokens * geometry.dim, position);
        assert_eq!(count(&declared, None) + position, backbone);
        if projector > 0 {
            let sizes = crate::layers::HeadSizes { hidden: 4096, out: 256, batch_norm: true, short: false };
            let plan = methods::of_width(geometry.dim, sizes);
            assert_eq!(count(&plan.declare("head", "projector"), None), projector);
            let predictor = methods::predictor(sizes);
            assert_eq!(count(&predictor.declare("predictor", "predictor"), None), 2_105_344);
        }
    }
}

/// mocov3.md 1.2: every kind of tensor fills its bounds and does not pass them; heads are not xavier.
#[test]
fn start_values_fill_their_bounds() {
    let recipe = Recipe { embed_dim: 64, num_heads: 4, head_hidden_dim: 128, ..tiny() };
    let core = core(&recipe);
    let nets = core.networks();
    let (dim, hidden) = (64f64, 128f64);
    for (name, bound) in [
        ("patch_embed.proj.weight", (6.0 / (48.0 + dim)).sqrt()),
        ("blocks.0.attn.qkv.weight", (3.0 / dim).sqrt()),
        ("blocks.1.attn.proj.weight", (6.0 / (2.0 * dim)).sqrt()),
        ("blocks.0.mlp.fc1.weight", (6.0 / (5.0 * dim)).sqrt()),
        ("head.0.weight", 1.0 / dim.sqrt()),
        ("head.3.weight", 1.0 / hidden.sqrt()),
    ] {
        let largest = nets.parameters.get(&format!("base_encoder.{name}")).unwrap().abs().max();
        let filled = largest.double_value(&[]) / bound;
        assert!((0.99..=1.0).contains(&filled), "{name}: {filled} of its bound");
    }
    for (name, value) in [
        ("blocks.0.norm1.weight", 1.0),
        ("blocks.0.norm1.bias", 0.0),
        ("blocks.0.attn.qkv.bias", 0.0),
        ("patch_embed.proj.bias", 0.0),
        ("head.1.weight", 1.0),
        ("head.1.bias", 0.0),
    ] {
        let tensor = nets.parameters.get(&format!("base_encoder.{name}")).unwrap();
        assert_eq!(f64::try_from((tensor - value).abs().max()).unwrap(), 0.0, "{name}");
    }
    let token = nets.parameters.get("base_encoder.cls_token").unwrap().abs().max().double_value(&[]);
    assert!((1e-6..1e-5).contains(&token), "class token {token}");
    for (base, momentum) in nets.parameters.tensors.iter().zip(&mocov3(&core).siamese.key.parameters.tensors)
    {
        assert!(base.equal(momentum));
    }
}

/// mocov3.md 1.6: the first momentum update changes nothing, later ones do; the predictor has none; buffers of the two
/// encoders go their own ways.
#[test]
fn the_momentum_update_comes_first_and_covers_parameters_only() {
    let mut core = core(&tiny());
    let snapshot = |core: &Core| -> State {
        let copy = |(name, tensor): (String, Tensor)| (name, tensor.detach().copy());
        core.method.state().into_iter().map(copy).collect()
    };
    let start = snapshot(&core);
    advance(&mut core, 1);
    let after_one = snapshot(&core);
    let key_parameters = mocov3(&core).siamese.key.parameters.slots.clone();
    for slot in &key_parameters {
        assert!(start[&slot.name].equal(&after_one[&slot.name]), "{} moved at step 0", slot.name);
    }
    advance(&mut core, 2);
    let after_two = snapshot(&core);
    let name = "blocks.0.mlp.fc1.weight";
    let (key, query) = (format!("momentum_encoder.{name}"), format!("base_encoder.{name}"));
    let expected = &after_one[&key] * 0.9 + &after_one[&query] * 0.1;
    assert!((expected - &after_two[&key]).abs().max().double_value(&[]) < 1e-7);
    assert!(
        !after_two["base_encoder.head.1.running_mean"]
            .equal(&after_two["momentum_encoder.head.1.running_mean"])
    );
    assert_eq!(after_two["base_encoder.head.7.num_batches_tracked"].int64_value(&[]), 4);
    assert!(!after_two.keys().any(|name| name.starts_with("momentum_encoder.predictor")));
}

/// A frozen patch projection reports its gradient, keeps every bit, and counts in no total.
#[test]
fn a_frozen_patch_projection_is_measured_and_not_moved() {
    let frozen_recipe = Recipe { frozen_patch_projection: true, ..tiny() };
    let mut frozen = core(&frozen_recipe);
    let mut learned = core(&Recipe { frozen_patch_projection: false, ..tiny() });
    let name = "patch_embed.proj.weight";
    let weight = |core: &Core, side: &str| core.method.state()[&format!("{side}.{name}")].detach().copy();
    let start = weight(&frozen, "base_encoder");
    let (of_frozen, of_learned) = (advance(&mut frozen, 1), advance(&mut learned, 1));
    let (of_frozen, of_learned) = (of_frozen.gradients.unwrap(), of_learned.gradients.unwrap());
    assert_eq!(of_frozen.tensor_norms, of_learned.tensor_norms);
    assert!(of_frozen.layer_norms[0] > 0.0);
    let rest = of_learned.grad_norm.powi(2) - f64::from(of_learned.layer_norms[0]).powi(2);
    assert!((of_frozen.grad_norm - rest.sqrt()).abs() < 1e-5 * of_learned.grad_norm);
    assert_eq!(of_frozen.update_ratio[0], 0.0);
    assert!(of_learned.update_ratio[0] > 0.0);
    for step in 2..11 {
        advance(&mut frozen, step);
    }
    for side in ["base_encoder", "momentum_encoder"] {
        assert!(weight(&frozen, side).equal(&start), "{side}");
    }
    assert!(!weight(&learned, "base_encoder").equal(&start));
}

/// Norms, maxima and update ratios against sums written out tensor by tensor.
#[test]
fn reported_norms_equal_the_slow_ones() {
    let mut core = core(&Recipe { gradient_clip: 0.01, ..tiny() });
    let before: Vec<Tensor> = core.networks().parameters.tensors.iter().map(|t| t.detach().copy()).collect();
    let views = [1, 1001].map(|seed| core.networks().query.backbone.prepare(&images(seed, 16)).unwrap());
    let other = self::core(&tiny());
    let wanted = &other.networks().parameters.tensors;
    let gradients = other.differentiate(&[&views[0], &views[1]], RATES, wanted).unwrap().gradients;
    let report = core.advance(&[&views[0], &views[1]], RATES, true).unwrap().gradients.unwrap();
    let (slots, layers) = (&core.networks().parameters.slots, &core.networks().parameters.layers);
    for (layer, (name, _)) in layers.iter().enumerate() {
        let (mut squares, mut largest, mut change, mut size) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.layer == layer) {
            let norm = gradients[index].norm().double_value(&[]);
            assert!((f64::from(report.tensor_norms[index]) - norm).abs() <= 1e-5 * norm, "{}", slot.name);
            squares += norm * norm;
            largest = largest.max(gradients[index].abs().max().double_value(&[]));
            let after = &core.networks().parameters.tensors[index];
            change += (after - &before[index]).norm().double_value(&[]).powi(2);
            size += before[index].norm().double_value(&[]).powi(2);
        }
        let close = |a: f32, b: f64| (f64::from(a) - b).abs() <= 1e-4 * b;
        assert!(close(report.layer_norms[layer], squares.sqrt()), "{name}");
        assert!(close(report.layer_max[layer], largest), "{name}");
        assert!(close(report.update_ratio[layer], (change / size).sqrt()), "{name}");
        // At the first update the second moment without its bias is the gradient's square.
        assert!(close(report.adam_rms[layer], 1.0) || report.adam_rms[layer] < 1.0, "{name}");
    }
}

/// The start loss is 4·tau·ln N on average (mocov3.md 1.6).
#[test]
fn the_first_loss_is_that_of_guessing() {
    let batch = 128;
    let mut total = 0.0;
    let seeds = 4;
    for seed in 0..seeds {
        let mut core = core(&Recipe { seed, head_out_dim: 64, head_hidden_dim: 128, ..tiny() });
        let seed = seed as i64;
        let prepare = |seed| core.networks().query.backbone.prepare(&images(seed, batch)).unwrap();
        let (first, second) = (prepare(seed), prepare(seed + 100));
        total += core.advance(&[&first, &second], RATES, false).unwrap().loss / seeds as f64;
    }
    let expected = 4.0 * 0.2 * (batch as f64).ln();
    assert!((total / expected - 1.0).abs() < 0.05, "{total} for {expected}");
}

/// Prototypes rest, with their optimizer, for as many steps as the recipe says.
#[test]
fn swav_prototypes_rest_at_first() {
    let recipe = Recipe { method: Method::Swav, prototypes: 20, freeze_prototypes_steps: 2, ..tiny() };
    let recipe = Recipe { sinkhorn_epsilon: 0.05, sinkhorn_iterations: 3, temperature: 0.1, ..recipe };
    let mut core = core(&recipe);
    let moved = |core: &mut Core, step| {
        let unit = crate::layers::normalize(&swav(core).prototypes.detach()).unwrap();
        advance(core, step);
        (&swav(core).prototypes - unit).abs().max().double_value(&[])
    };
    assert!(moved(&mut core, 1) < 1e-6);
    assert!(moved(&mut core, 2) < 1e-6);
    assert!(moved(&mut core, 3) > 1e-6);
    assert_eq!(core.optimizers[1].1.updates, 1);
}

/// Every optimizer and method makes finite progress with every position embedding and pooling.
#[test]
fn every_variant_trains() {
    let mut variants = Vec::new();
    for &optimizer in Optimizer::ALL {
        variants.push(Recipe { optimizer, ..tiny() });
    }
    for &position_embedding in PositionEmbedding::ALL {
        for &pooling in Pooling::ALL {
            variants.push(Recipe { position_embedding, pooling, ..tiny() });
        }
    }
    for &method in Method::ALL {
        variants.push(Recipe { method, prototypes: 24, ..tiny() });
    }
    variants.push(Recipe { qk_norm: true, layer_scale: 0.1, ..tiny() });
    variants.push(Recipe { gradient_clip_per_tensor: 0.01, patch_lr_factor: 0.5, ..tiny() });
    for recipe in variants {
        let mut core = core(&recipe);
        let names: Vec<String> =
            core.networks().parameters.slots.iter().map(|slot| slot.name.clone()).collect();
        for step in 0..2 {
            let outcome = advance(&mut core, step);
            let gradients = outcome.gradients.unwrap();
            assert!(outcome.loss.is_finite() && gradients.grad_norm > 0.0, "{recipe:?}");
            for (norm, name) in gradients.tensor_norms.iter().zip(&names) {
                assert!(norm.is_finite(), "{name} of {recipe:?}");
            }
        }
    }
}

/// A network of another shape must not be built silently.
#[test]
fn impossible_recipes_are_refused_with_their_reason() {
    for (recipe, words) in [
        (Recipe { patch_size: 5, ..tiny() }, "patch size of 5"),
        (Recipe { num_heads: 5, ..tiny() }, "5 heads"),
        (Recipe { embed_dim: 30, num_heads: 2, ..tiny() }, "divisible by 4"),
        (
            Recipe {
                backbone: vitals_recipe::Backbone::ResNet50,
                frozen_patch_projection: false,
                micro_batch_size: 4,
                ..tiny()
            },
            "batch norm",
        ),
    ] {
        let error = Plan::from_recipe(&recipe).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(core(&tiny()).networks().parameters.get("base_encoder.pos_embed").is_err());
}
