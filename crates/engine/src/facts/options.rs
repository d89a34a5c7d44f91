//! What a recipe can switch on: stability options, reduced precision, batches in pieces. Each against the plain way.

use super::*;

/// Queries and keys of any size give the same attention once they are normalised; a scale on the branches starts at its
/// value; both are trained.
#[test]
fn stability_options_of_the_blocks() {
    let recipe = Recipe { qk_norm: true, layer_scale: 0.01, ..tiny() };
    let mut core = core(&recipe);
    let get = |core: &Core, name: &str| {
        core.networks().parameters.get(&format!("base_encoder.blocks.0.{name}")).unwrap()
    };
    assert_eq!(get(&core, "ls1.gamma").double_value(&[3]), f64::from(0.01f32));
    assert_eq!(get(&core, "attn.q_norm.weight").size(), [8]);
    let input = core.networks().query.backbone.prepare(&images(3, 4)).unwrap();
    let entropy = |core: &Core| {
        let found = core.networks().query.backbone.attention_entropy(&input).unwrap().unwrap();
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
    let input = core.networks().query.backbone.prepare(&images(3, 4)).unwrap();
    let scaled = |factor: f64| {
        let name = "base_encoder.blocks.0.attn.qkv.weight";
        let _ = tch::no_grad(|| {
            core.networks().parameters.get(name).unwrap().narrow(0, 0, 64).f_mul_scalar_(factor).unwrap()
        });
        core.networks().query.backbone.attention_entropy(&input).unwrap().unwrap().double_value(&[0])
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
            let before = core.networks().parameters.flat.copy();
            let ratio = advance(&mut core, 1).gradients.unwrap().update_ratio;
            let change = &core.networks().parameters.flat - before;
            let end = core.networks().parameters.layers[0].1.end;
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
    let before: Vec<Tensor> = core.networks().parameters.tensors.iter().map(|t| t.detach().copy()).collect();
    let raw = advance(&mut core, 1).gradients.unwrap().tensor_norms;
    for ((slot, after), (before, raw)) in core
        .networks()
        .parameters
        .slots
        .iter()
        .zip(&core.networks().parameters.tensors)
        .zip(before.iter().zip(raw))
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
    let run = |precision, loss_scale, class_token: f64| {
        let mut core = core(&Recipe { precision, batch_size: 64, ..tiny() });
        if class_token > 0.0 {
            let token = core.networks().parameters.get("base_encoder.cls_token").unwrap();
            fill(&token, &(images(5, 1).view([-1]).narrow(0, 0, 32) * class_token)).unwrap();
        }
        let views = [7, 1007].map(|seed| core.networks().query.backbone.prepare(&images(seed, 64)).unwrap());
        let before = core.networks().parameters.flat.copy();
        let rates = Rates { loss_scale, ..RATES };
        let outcome = core.advance(&[&views[0], &views[1]], rates, true).unwrap();
        let moved = (&core.networks().parameters.flat - before).abs().max().double_value(&[]) > 0.0;
        assert_eq!(core.networks().parameters.flat.kind(), Kind::Float);
        let layers: Vec<String> =
            core.networks().parameters.layers.iter().map(|(name, _)| name.clone()).collect();
        (outcome.loss, outcome.gradients.unwrap(), outcome.skipped, moved, layers)
    };
    for (precision, scale) in [(Precision::Bf16, 1.0), (Precision::Fp16, 1024.0)] {
        // At its start the class token is so near zero that the first norm makes every rounding of it a thousand times
        // larger: its own gradient is that rounding, which differs between processors. Every other layer's is not.
        let (loss, expected, _, _, layers) = run(Precision::Fp32, 1.0, 0.0);
        let (reduced, found, skipped, moved, _) = run(precision, scale, 0.0);
        assert!(!skipped && moved);
        assert!(reduced != loss && (reduced / loss - 1.0).abs() < 0.02, "{precision}: {reduced} for {loss}");
        for (layer, (norm, of_reduced)) in expected.layer_norms.iter().zip(&found.layer_norms).enumerate() {
            let is_near = (of_reduced / norm - 1.0).abs() < 0.05;
            assert!(
                is_near || layers[layer] == "cls_token",
                "{precision} {}: {of_reduced} for {norm}",
                layers[layer]
            );
        }
        // With a token that is not near zero there is no exception.
        let (loss, expected, ..) = run(Precision::Fp32, 1.0, 0.02);
        let (reduced, found, skipped, moved, _) = run(precision, scale, 0.02);
        assert!(!skipped && moved);
        assert!(reduced != loss && (reduced / loss - 1.0).abs() < 0.02, "{precision}: {reduced} for {loss}");
        let (norm, of_reduced) = (expected.grad_norm, found.grad_norm);
        assert!((of_reduced / norm - 1.0).abs() < 0.05, "{precision}: {of_reduced} for {norm}");
    }
    let (_, _, skipped, moved, _) = run(Precision::Fp16, 1e30, 0.0);
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
            let views =
                [3, 1003].map(|seed| core.networks().query.backbone.prepare(&images(seed, 64)).unwrap());
            let wanted = &core.networks().parameters.tensors;
            let found = core.differentiate(&[&views[0], &views[1]], RATES, wanted).unwrap();
            let flat = flatten(&found.gradients, &core.networks().parameters.slots, Device::Cpu).unwrap();
            seen.push((found.loss.double_value(&[]), found.features, flat, core.method.state()));
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
        let views =
            [5, 1005].map(|seed| core.networks().query.backbone.prepare(&images(seed, 4096)).unwrap());
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

/// What a recipe is said to leave unread moves no bit of its training, and what it is said to read does.
#[test]
fn a_method_and_an_optimizer_read_what_is_said_of_them() {
    let base = Recipe { prototypes: 24, freeze_prototypes_steps: 0, ..tiny() };
    let losses = |recipe: &Recipe| {
        let mut core = core(recipe);
        [0, 1, 2].map(|step| advance(&mut core, step).loss.to_bits())
    };
    let changes: [(&str, serde_json::Value); 12] = [
        ("temperature", 0.7.into()),
        ("head_batch_norm", false.into()),
        ("predictor", false.into()),
        ("prototypes", 12.into()),
        ("sinkhorn_epsilon", 0.3.into()),
        ("sinkhorn_iterations", 1.into()),
        ("freeze_prototypes_steps", 2.into()),
        ("beta1", 0.5.into()),
        ("beta2", 0.3.into()),
        ("epsilon", 0.1.into()),
        ("momentum", 0.1.into()),
        ("trust_coefficient", 0.5.into()),
    ];
    let methods = Method::ALL.iter().map(|&method| Recipe { method, ..base.clone() });
    let optimizers = Optimizer::ALL.iter().map(|&optimizer| Recipe { optimizer, ..base.clone() });
    for recipe in methods.chain(optimizers) {
        let (before, unread) = (losses(&recipe), vitals_recipe::unread(&recipe));
        for (name, value) in &changes {
            let mut other = recipe.clone();
            other.set(name, value).unwrap();
            let is_read = losses(&other) != before;
            assert_eq!(is_read, !unread.contains(name), "{name} of {} {}", recipe.method, recipe.optimizer);
        }
    }
}
