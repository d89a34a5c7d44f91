//! Features and votes that the fixtures hold for networks whose weights are a formula of their names. Trains nothing.

use super::*;

#[test]
fn knn_votes_equal_the_golden_ones() {
    let golden = read(&vitals_fixtures::path("goldens/goldens.safetensors")).unwrap();
    let unit = |name: &str| crate::layers::normalize(&golden[name].to_kind(Kind::Double)).unwrap();
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
    let golden = read(&vitals_fixtures::path("goldens/goldens.safetensors")).unwrap();
    for (name, geometry) in
        [("vit_small", geometry(224, 16, 384, 12, 12)), ("vit_base", geometry(224, 16, 768, 12, 12))]
    {
        let parameters = Parameters::new(&Vit::declare(&geometry, "x"), 0, Device::Cpu).unwrap();
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
    let golden = read(&vitals_fixtures::path("goldens/goldens.safetensors")).unwrap();
    let parameters = Parameters::new(&crate::backbones::ResNet::declare("x"), 0, Device::Cpu).unwrap();
    let resnet = crate::backbones::ResNet::build(&parameters, "x", Device::Cpu).unwrap();
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
    let declared = crate::backbones::ResNet::declare("base_encoder");
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
    let state = core.method.state();
    for name in ["base_encoder.fc.0.weight", "base_encoder.fc.4.running_mean", "predictor.3.weight"] {
        assert!(state.contains_key(name), "{name}");
    }
    for name in ["base_encoder.fc.6.weight", "predictor.4.running_mean", "base_encoder.pos_embed"] {
        assert!(!state.contains_key(name), "{name}");
    }
    let layers: Vec<&str> = core.networks().parameters.layers.iter().map(|(name, _)| name.as_str()).collect();
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
