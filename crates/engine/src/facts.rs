//! Tests against the facts of mocov3.md and the golden outputs of the fixtures, for what only this crate can see.

use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};
use vitals_recipe::{Method, Optimizer, Pooling, PositionEmbedding, Precision, Recipe};

use crate::core::{Core, Rates};
use crate::gradient::flatten;
use crate::knn::Vote;
use crate::method::differentiate;
use crate::network::Networks;
use crate::parameter::{Parameters, fill};
use crate::plan::Plan;
use crate::tensor_file::{State, read};
use crate::vit::{Geometry, StemKind, Vit};

/// The shared fixtures; none where this clone stands alone, and then the test says that it did nothing.
fn fixtures() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    if !path.is_dir() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

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
    Core::new(Plan::from_recipe(recipe).unwrap(), Device::Cpu).unwrap()
}

fn images(seed: i64, count: i64) -> Tensor {
    tch::manual_seed(seed);
    Tensor::randn([count, 3, 16, 16], (Kind::Float, Device::Cpu))
}

const RATES: Rates = Rates { learning_rate: 1e-3, encoder_momentum: 0.9, loss_scale: 1.0 };

fn advance(core: &mut Core, seed: i64) -> crate::core::Outcome {
    let prepare = |seed| core.nets.query.backbone.prepare(&images(seed, 16)).unwrap();
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
        let declared = geometry.declare("base_encoder");
        assert_eq!(count(&declared, Some("patch_embed")), patch);
        let tokens = geometry.grid() * geometry.grid() + 1;
        assert_eq!(tokens * geometry.dim, position);
        assert_eq!(count(&declared, None) + position, backbone);
        if projector > 0 {
            let sizes = crate::head::HeadSizes { hidden: 4096, out: 256, batch_norm: true, short: false };
            let plan = crate::head::HeadPlan::projector(Method::MocoV3, geometry.dim, sizes);
            assert_eq!(count(&plan.declare("head", "projector"), None), projector);
            let predictor = crate::head::HeadPlan::predictor(Method::MocoV3, sizes).unwrap();
            assert_eq!(count(&predictor.declare("predictor", "predictor"), None), 2_105_344);
        }
    }
}

/// mocov3.md 1.2: every kind of tensor fills its bounds and does not pass them; heads are not xavier.
#[test]
fn start_values_fill_their_bounds() {
    let recipe = Recipe { embed_dim: 64, num_heads: 4, head_hidden_dim: 128, ..tiny() };
    let nets = core(&recipe).nets;
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
    for (base, momentum) in nets.parameters.tensors.iter().zip(&nets.key.unwrap().parameters.tensors) {
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
        core.nets.state().into_iter().map(copy).collect()
    };
    let start = snapshot(&core);
    advance(&mut core, 1);
    let after_one = snapshot(&core);
    let key_parameters = core.nets.key.as_ref().unwrap().parameters.slots.clone();
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
    let weight = |core: &Core, side: &str| core.nets.state()[&format!("{side}.{name}")].detach().copy();
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
    let before: Vec<Tensor> = core.nets.parameters.tensors.iter().map(|t| t.detach().copy()).collect();
    let views = [1, 1001].map(|seed| core.nets.query.backbone.prepare(&images(seed, 16)).unwrap());
    let other = self::core(&tiny());
    let wanted = &other.nets.parameters.tensors;
    let gradients =
        differentiate(&other.nets, &other.plan, &[&views[0], &views[1]], RATES, wanted).unwrap().gradients;
    let report = core.advance(&[&views[0], &views[1]], RATES, true).unwrap().gradients.unwrap();
    let (slots, layers) = (&core.nets.parameters.slots, &core.nets.parameters.layers);
    for (layer, (name, _)) in layers.iter().enumerate() {
        let (mut squares, mut largest, mut change, mut size) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.layer == layer) {
            let norm = gradients[index].norm().double_value(&[]);
            assert!((f64::from(report.tensor_norms[index]) - norm).abs() <= 1e-5 * norm, "{}", slot.name);
            squares += norm * norm;
            largest = largest.max(gradients[index].abs().max().double_value(&[]));
            let after = &core.nets.parameters.tensors[index];
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

/// Queries and keys of any size give the same attention once they are normalised; a scale on the branches starts at its
/// value; both are trained.
#[test]
fn stability_options_of_the_blocks() {
    let recipe = Recipe { qk_norm: true, layer_scale: 0.01, ..tiny() };
    let mut core = core(&recipe);
    let get =
        |core: &Core, name: &str| core.nets.parameters.get(&format!("base_encoder.blocks.0.{name}")).unwrap();
    assert_eq!(get(&core, "ls1.gamma").double_value(&[3]), f64::from(0.01f32));
    assert_eq!(get(&core, "attn.q_norm.weight").size(), [8]);
    let input = core.nets.query.backbone.prepare(&images(3, 4)).unwrap();
    let entropy = |core: &Core| {
        let found = core.nets.query.backbone.attention_entropy(&input).unwrap().unwrap();
        assert_eq!(found.size(), [2]);
        found.double_value(&[0])
    };
    let before = entropy(&core);
    let _ = tch::no_grad(|| get(&core, "attn.qkv.weight").narrow(0, 0, 64).f_mul_scalar_(10.0).unwrap());
    // Not to the last digit: the class token is so near zero at the start that the norm's epsilon counts.
    assert!((entropy(&core) - before).abs() < 0.02, "{} for {before}", entropy(&core));
    for name in ["ls1.gamma", "ls2.gamma", "attn.q_norm.weight", "attn.k_norm.bias"] {
        let before = get(&core, name).copy();
        advance(&mut core, 1);
        assert!(!get(&core, name).equal(&before), "{name}");
    }
}

/// Entropy of attention against the sum written out: keys that agree are looked at alike, one that stands out alone.
#[test]
fn attention_entropy_runs_from_one_token_to_all() {
    let core = core(&tiny());
    let input = core.nets.query.backbone.prepare(&images(3, 4)).unwrap();
    let scaled = |factor: f64| {
        let name = "base_encoder.blocks.0.attn.qkv.weight";
        let _ = tch::no_grad(|| {
            core.nets.parameters.get(name).unwrap().narrow(0, 0, 64).f_mul_scalar_(factor).unwrap()
        });
        core.nets.query.backbone.attention_entropy(&input).unwrap().unwrap().double_value(&[0])
    };
    let as_drawn = scaled(1.0);
    assert!(0.5 < as_drawn && as_drawn < 1.0, "{as_drawn}");
    assert!(scaled(1000.0) < 0.05);
    assert!((scaled(0.0) - 1.0).abs() < 1e-5, "queries and keys of zero see every token alike");
}

/// Half the patch projection's rate halves its change and nothing else's, on every way an update can go.
#[test]
fn the_patch_projection_can_learn_slower() {
    for (optimizer, gradient_clip) in
        [(Optimizer::AdamW, 0.0), (Optimizer::AdamW, 1e9), (Optimizer::Lars, 0.0)]
    {
        let run = |patch_lr_factor| {
            let recipe = Recipe {
                patch_lr_factor,
                optimizer,
                gradient_clip,
                frozen_patch_projection: false,
                ..tiny()
            };
            let mut core = core(&recipe);
            let before = core.nets.parameters.flat.copy();
            let ratio = advance(&mut core, 1).gradients.unwrap().update_ratio;
            let change = &core.nets.parameters.flat - before;
            let end = core.nets.parameters.layers[0].1.end;
            (change.narrow(0, 0, end), change.narrow(0, end, change.size()[0] - end), ratio)
        };
        let ((patch, rest, ratio), (half_patch, half_rest, half_ratio)) = (run(1.0), run(0.5));
        let off = ((&half_patch * 2.0 - &patch).norm() / patch.norm()).double_value(&[]);
        assert!(off < 1e-3, "{optimizer}: {off}");
        assert!(rest.equal(&half_rest));
        assert!((half_ratio[0] * 2.0 / ratio[0] - 1.0).abs() < 1e-3);
        assert_eq!(half_ratio[1..], ratio[1..]);
    }
}

/// A bound on each tensor's gradient is a bound on what SGD makes of it.
#[test]
fn tensors_are_clipped_one_by_one() {
    let recipe = Recipe {
        gradient_clip_per_tensor: 0.01,
        optimizer: Optimizer::Sgd,
        weight_decay: 0.0,
        frozen_patch_projection: false,
        ..tiny()
    };
    let mut core = core(&recipe);
    let before: Vec<Tensor> = core.nets.parameters.tensors.iter().map(|t| t.detach().copy()).collect();
    let raw = advance(&mut core, 1).gradients.unwrap().tensor_norms;
    for ((slot, after), (before, raw)) in
        core.nets.parameters.slots.iter().zip(&core.nets.parameters.tensors).zip(before.iter().zip(raw))
    {
        let change = (after - before).norm().double_value(&[]) / RATES.learning_rate;
        let expected = f64::from(raw).min(0.01);
        assert!(
            (change - expected).abs() <= 1e-2 * expected + 1e-4,
            "{}: {change} for {expected}",
            slot.name
        );
    }
}

/// Reduced precision stays near fp32, keeps weights and norms in fp32, and half precision skips what overflows.
#[test]
fn reduced_precision_trains() {
    let run = |precision, loss_scale| {
        let mut core = core(&Recipe { precision, batch_size: 64, ..tiny() });
        let views = [7, 1007].map(|seed| core.nets.query.backbone.prepare(&images(seed, 64)).unwrap());
        let before = core.nets.parameters.flat.copy();
        let rates = Rates { loss_scale, ..RATES };
        let outcome = core.advance(&[&views[0], &views[1]], rates, true).unwrap();
        let moved = (&core.nets.parameters.flat - before).abs().max().double_value(&[]) > 0.0;
        assert_eq!(core.nets.parameters.flat.kind(), Kind::Float);
        (outcome.loss, outcome.gradients.unwrap().grad_norm, outcome.skipped, moved)
    };
    let (loss, norm, _, _) = run(Precision::Fp32, 1.0);
    for (precision, scale) in [(Precision::Bf16, 1.0), (Precision::Fp16, 1024.0)] {
        let (reduced, reduced_norm, skipped, moved) = run(precision, scale);
        assert!(!skipped && moved);
        assert!(reduced != loss && (reduced / loss - 1.0).abs() < 0.02, "{precision}: {reduced} for {loss}");
        assert!((reduced_norm / norm - 1.0).abs() < 0.05, "{precision}: {reduced_norm} for {norm}");
    }
    let (_, _, skipped, moved) = run(Precision::Fp16, 1e30);
    assert!(skipped && !moved, "an overflow must not reach the weights");
}

/// A batch in pieces gives the gradients of the whole one, for every method that has them and for pieces that do not
/// divide the batch.
#[test]
fn pieces_give_the_gradient_of_the_whole_batch() {
    for &method in Method::ALL {
        let recipe = Recipe { method, prototypes: 24, batch_size: 64, ..tiny() };
        let mut seen = Vec::new();
        for micro_batch_size in [0, 8, 24, 64] {
            let core = core(&Recipe { micro_batch_size, ..recipe.clone() });
            let views = [3, 1003].map(|seed| core.nets.query.backbone.prepare(&images(seed, 64)).unwrap());
            let wanted = &core.nets.parameters.tensors;
            let found =
                differentiate(&core.nets, &core.plan, &[&views[0], &views[1]], RATES, wanted).unwrap();
            let flat = flatten(&found.gradients, &core.nets.parameters.slots, Device::Cpu).unwrap();
            seen.push((found.loss.double_value(&[]), found.features, flat, core.nets.state()));
        }
        let (loss, features, gradient, state) = &seen[0];
        assert!(gradient.norm().double_value(&[]) > 0.0);
        for (of_loss, of_features, of_gradient, of_state) in &seen[1..] {
            let off = |a: &Tensor, b: &Tensor| ((a - b).norm() / b.norm()).double_value(&[]);
            assert!((of_loss - loss).abs() <= 1e-5 * loss.abs(), "{method}: {of_loss} for {loss}");
            assert!(off(of_features, features) < 1e-5, "{method}");
            assert!(off(of_gradient, gradient) < 1e-5, "{method}: {}", off(of_gradient, gradient));
            for (name, tensor) in of_state {
                let (tensor, whole) = (tensor.to_kind(Kind::Double), state[name].to_kind(Kind::Double));
                let off = (&tensor - &whole).abs().max().double_value(&[]);
                assert!(off <= 1e-6 * whole.abs().max().double_value(&[]).max(1.0), "{method} {name}: {off}");
            }
        }
    }
}

/// One step of 4,096 images in pieces of 64 against the same step at once.
#[test]
fn a_step_of_4096_images_in_pieces_of_64() {
    let recipe = Recipe { batch_size: 4096, embed_dim: 16, num_heads: 2, patch_size: 8, ..tiny() };
    let step = |micro_batch_size| {
        let mut core = core(&Recipe { micro_batch_size, ..recipe.clone() });
        let views = [5, 1005].map(|seed| core.nets.query.backbone.prepare(&images(seed, 4096)).unwrap());
        let outcome = core.advance(&[&views[0], &views[1]], RATES, true).unwrap();
        (outcome.loss, outcome.gradients.unwrap().tensor_norms)
    };
    let ((whole, norms), (pieces, norms_of_pieces)) = (step(0), step(64));
    assert!((pieces - whole).abs() <= 1e-5 * whole, "{pieces} for {whole}");
    let largest = norms.iter().copied().fold(0.0, f32::max);
    for (norm, of_pieces) in norms.iter().zip(&norms_of_pieces) {
        // A gradient that is zero but for rounding has no relative precision: see the fixtures' README.
        assert!((norm - of_pieces).abs() <= 1e-5 * norm + 1e-6 * largest, "{of_pieces} for {norm}");
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
        let prepare = |seed| core.nets.query.backbone.prepare(&images(seed, batch)).unwrap();
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
        let prototypes = core.nets.prototypes.as_ref().unwrap();
        let unit = crate::loss::normalize(&prototypes.detach()).unwrap();
        advance(core, step);
        (core.nets.prototypes.as_ref().unwrap() - unit).abs().max().double_value(&[])
    };
    assert!(moved(&mut core, 1) < 1e-6);
    assert!(moved(&mut core, 2) < 1e-6);
    assert!(moved(&mut core, 3) > 1e-6);
    assert_eq!(core.prototype_optimizer.unwrap().updates, 1);
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
        let names: Vec<String> = core.nets.parameters.slots.iter().map(|slot| slot.name.clone()).collect();
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

#[test]
fn knn_votes_equal_the_golden_ones() {
    let Some(fixtures) = fixtures() else { return };
    let golden = read(&fixtures.join("goldens/goldens.safetensors")).unwrap();
    let unit = |name: &str| crate::loss::normalize(&golden[name].to_kind(Kind::Double)).unwrap();
    for (k, temperature) in [(10, 0.07), (200, 0.1)] {
        let vote = Vote { k, temperature };
        let scores = vote.scores(&unit("knn.bank"), &golden["knn.labels"], &unit("knn.queries")).unwrap();
        let expected = &golden[&format!("knn.scores.k{k}")];
        let off = ((&scores - expected).abs() / (expected.abs() + 1e-9)).max().double_value(&[]);
        assert!(off < 1e-5, "k {k}: scores off by {off}");
        assert!(scores.argmax(1, false).equal(&golden[&format!("knn.predictions.k{k}")]));
    }
}

/// Features of a ViT whose weights are a formula of their names (goldens.json, `fill`).
#[test]
fn features_of_timm_models_with_formula_weights() {
    let Some(fixtures) = fixtures() else { return };
    let golden = read(&fixtures.join("goldens/goldens.safetensors")).unwrap();
    for (name, geometry) in
        [("vit_small", geometry(224, 16, 384, 12, 12)), ("vit_base", geometry(224, 16, 768, 12, 12))]
    {
        let parameters = Parameters::new(&geometry.declare("x"), 0, Device::Cpu).unwrap();
        for (slot, tensor) in parameters.slots.iter().zip(&parameters.tensors) {
            let values = formula_weights(&slot.name["x.".len()..], &slot.shape);
            fill(tensor, &Tensor::from_slice(&values)).unwrap();
        }
        let vit = Vit::build(&geometry, &parameters, "x", Device::Cpu).unwrap();
        let pixels: Vec<f32> = (0..3 * 224 * 224).map(|i| (0.01 * f64::from(i)).sin() as f32).collect();
        let input = vit.preparation().apply(&Tensor::from_slice(&pixels).view([1, 3, 224, 224])).unwrap();
        let features = vit.forward(&input, false).unwrap().detach();
        let expected = &golden[&format!("{name}.features")];
        let off = ((&features - expected).norm() / expected.norm()).double_value(&[]);
        assert!(off < 1e-4, "{name}: off by {off}");
    }
}

/// The same for ResNet-50, batch norms with running statistics of their own.
#[test]
fn features_of_resnet50_with_formula_weights() {
    let Some(fixtures) = fixtures() else { return };
    let golden = read(&fixtures.join("goldens/goldens.safetensors")).unwrap();
    let parameters = Parameters::new(&crate::resnet::declare("x"), 0, Device::Cpu).unwrap();
    let resnet = crate::resnet::ResNet::build(&parameters, "x", Device::Cpu).unwrap();
    let named =
        parameters.slots.iter().zip(&parameters.tensors).map(|(slot, t)| (&slot.name, t.shallow_clone()));
    let buffers = resnet.buffers();
    for (name, tensor) in named.chain(buffers.iter().map(|(name, t)| (name, t.shallow_clone()))) {
        if !name.ends_with("num_batches_tracked") {
            let values = formula_weights(&name["x.".len()..], &tensor.size());
            fill(&tensor, &Tensor::from_slice(&values)).unwrap();
        }
    }
    let pixels: Vec<f32> = (0..2 * 3 * 64 * 64).map(|i| (0.01 * f64::from(i)).sin() as f32).collect();
    let features = resnet.forward(&Tensor::from_slice(&pixels).view([2, 3, 64, 64]), false).unwrap();
    let expected = &golden["resnet50.features"];
    let off = ((&features.detach() - expected).norm() / expected.norm()).double_value(&[]);
    assert!(off < 1e-4, "off by {off}");
}

/// torchvision's count without the classifier, and a step through heads as the official ResNet has them.
#[test]
fn a_resnet_trains_under_its_official_names() {
    let declared = crate::resnet::declare("base_encoder");
    assert_eq!(declared.iter().map(|d| d.shape.iter().product::<i64>()).sum::<i64>(), 23_508_032);
    let recipe = Recipe {
        backbone: vitals_recipe::Backbone::ResNet50,
        frozen_patch_projection: false,
        image_size: 32,
        ..tiny()
    };
    let mut core = core(&recipe);
    tch::manual_seed(1);
    let views = [(); 2].map(|()| Tensor::randn([4, 3, 32, 32], tch::kind::FLOAT_CPU));
    let outcome = core.advance(&[&views[0], &views[1]], RATES, true).unwrap();
    assert!(outcome.loss.is_finite());
    assert_eq!(outcome.features.size(), [4, 2048]);
    let state = core.nets.state();
    for name in ["base_encoder.fc.0.weight", "base_encoder.fc.4.running_mean", "predictor.3.weight"] {
        assert!(state.contains_key(name), "{name}");
    }
    for name in ["base_encoder.fc.6.weight", "predictor.4.running_mean", "base_encoder.pos_embed"] {
        assert!(!state.contains_key(name), "{name}");
    }
    let layers: Vec<&str> = core.nets.parameters.layers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(layers[..3], ["conv1", "layer1.0", "layer1.1"]);
    assert_eq!(layers[16..], ["layer4.2", "projector", "predictor"]);
    let last = &state["base_encoder.layer1.0.bn3.weight"];
    assert!(last.abs().max().double_value(&[]) < 0.01, "a block starts as its shortcut");
}

fn formula_weights(name: &str, shape: &[i64]) -> Vec<f32> {
    let phase = f64::from(crc32(name.as_bytes()) % 1000) / 100.0;
    let fan_in = shape.iter().skip(1).product::<i64>() as f64;
    let count: i64 = shape.iter().product();
    let value = |s: f64| match name {
        _ if name.ends_with(".running_var") => 1.0 + 0.2 * s.abs(),
        _ if name.ends_with(".running_mean") => 0.1 * s,
        _ if name.ends_with("downsample.1.weight") => 1.0 + 0.1 * s,
        _ if name.ends_with(".weight") && (name.contains("norm") || name.contains("bn")) => 1.0 + 0.1 * s,
        _ if name.ends_with(".bias") => 0.05 * s,
        "cls_token" => 0.02 * s,
        _ => (3.0 / fan_in).sqrt() * s,
    };
    (0..count).map(|i| value((0.37 * i as f64 + phase).sin()) as f32).collect()
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
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
    let nets = Networks::new(&Plan::from_recipe(&tiny()).unwrap(), Device::Cpu).unwrap();
    assert!(nets.parameters.get("base_encoder.pos_embed").is_err());
}
