//! What a probe must do, against plain loops, closed forms and what must not move.

use std::path::Path;

use tch::{Kind, Tensor};
use vitals_recipe::{DecayExclude, Optimizer as Rule, Pooling, Recipe, Schedule, Task, keyed_rng};

use super::mix::Mixing;
use super::training::cross_entropy;
use super::*;
use crate::backbones::Kept;
use crate::device::Device;
use crate::knn::LabelledImages;
use crate::parameter::Span;
use crate::trainer::{Trainer, Views};

const SIZE: u32 = 8;
const CLASSES: u32 = 3;

fn small(task: Task) -> Recipe {
    let judged = Recipe {
        image_size: SIZE,
        patch_size: 4,
        embed_dim: 8,
        depth: 2,
        num_heads: 2,
        batch_size: 6,
        head_hidden_dim: 16,
        head_out_dim: 8,
        knn_bank_size: 16,
        max_steps: 8,
        warmup_epochs: 0.0,
        ..Recipe::preset("mocov3_vit_micro").unwrap()
    };
    if task == Task::Pretrain {
        return judged;
    }
    let recipe = vitals_recipe::probe(task, &judged, "any", &[]).unwrap();
    Recipe { batch_size: 6, max_steps: 8, warmup_epochs: 0.0, ..recipe }
}

const SCHEDULE: Schedule = Schedule { steps_per_epoch: 2, total_steps: 8, warmup_steps: 0.0 };

fn probe(recipe: &Recipe, checkpoint: Option<&Path>) -> Probe {
    Probe::new(recipe, SCHEDULE, CLASSES, Device::Cpu, checkpoint).unwrap()
}

/// Images whose brightness tells their class, with some noise.
fn images(seed: u64, count: usize) -> (Vec<u8>, Vec<u32>) {
    let mut rng = keyed_rng(seed, &["images".into()]);
    let labels: Vec<u32> = (0..count).map(|index| index as u32 % CLASSES).collect();
    let pixels = labels.iter().flat_map(|label| {
        let base = 40 + 80 * label;
        (0..3 * SIZE * SIZE).map(|_| (base + rng.below(30) as u32) as u8).collect::<Vec<u8>>()
    });
    (pixels.collect(), labels)
}

fn some(labels: &[u32]) -> Vec<Option<u32>> {
    labels.iter().copied().map(Some).collect()
}

fn train(probe: &mut Probe, steps: std::ops::Range<u64>) -> Vec<ProbeReport> {
    steps
        .map(|step| {
            let (pixels, labels) = images(step, 6);
            probe.step(step, Examples::Images { pixels: &pixels, labels: &some(&labels) }).unwrap()
        })
        .collect()
}

fn hash(probe: &Probe) -> String {
    blake3::hash(&crate::tensor_file::encode(&probe.net.state()).unwrap()).to_hex().to_string()
}

#[test]
fn a_linear_probe_learns_and_moves_no_bit_of_the_backbone() {
    let recipe = Recipe { base_learning_rate: 40.0, ..small(Task::Linear) };
    let mut linear = probe(&recipe, None);
    let before = (linear.backbone_hash().unwrap(), hash(&linear));
    let reports = train(&mut linear, 0..8);
    assert_eq!(linear.backbone_hash().unwrap(), before.0);
    assert_ne!(hash(&linear), before.1, "the classifier moves");
    // With tiny weights every class has a third.
    assert!((reports[0].loss - 3f64.ln()).abs() < 0.1, "{reports:?}");
    assert!(reports[7].loss < reports[0].loss, "{reports:?}");
    // The rate falls once an epoch of two steps, along half a cosine.
    let rates: Vec<f64> = reports.iter().map(|report| report.learning_rate).collect();
    let peak = 40.0 * 6.0 / 256.0;
    for (step, rate) in rates.iter().enumerate() {
        let epoch = (step / 2) as f64;
        let expected = peak * 0.5 * (1.0 + (std::f64::consts::PI * epoch / 4.0).cos());
        assert!((rate - expected).abs() < 1e-12, "step {step}: {rate} for {expected}");
    }
}

#[test]
fn fine_tuning_moves_every_layer() {
    let mut finetune = probe(&small(Task::Finetune), None);
    let before: Vec<Tensor> =
        finetune.net.parameters.tensors.iter().map(|tensor| tensor.detach().copy()).collect();
    train(&mut finetune, 0..3);
    let moved = finetune.net.parameters.tensors.iter().zip(&before).zip(&finetune.net.parameters.slots);
    for ((after, before), slot) in moved {
        assert!(!after.equal(before), "{} stayed", slot.name);
    }
}

#[test]
fn layers_move_by_their_share_of_the_rate() {
    let moved = |layer_decay: f64| -> Vec<(String, f64)> {
        let recipe = Recipe {
            optimizer: Rule::Sgd,
            momentum: 0.0,
            weight_decay: 0.0,
            base_learning_rate: 10.0,
            drop_path: 0.0,
            mixup: 0.0,
            cutmix: 0.0,
            layer_decay,
            ..small(Task::Finetune)
        };
        let mut probe = probe(&recipe, None);
        let before = probe.net.parameters.flat.detach().copy();
        train(&mut probe, 0..1);
        let change = (&probe.net.parameters.flat - before).abs();
        let sum = |span: Span| span.of(&change).unwrap().sum(Kind::Double).double_value(&[]);
        probe.net.parameters.layers.iter().map(|(name, span)| (name.clone(), sum(*span))).collect()
    };
    for ((name, whole), (_, less)) in moved(1.0).into_iter().zip(moved(0.5)) {
        let expected = match name.as_str() {
            "head" | "norm" => 1.0,
            "blocks.1" => 0.5,
            "blocks.0" => 0.25,
            _ => 0.125,
        };
        assert!((less / whole - expected).abs() < 1e-3, "{name}: {} for {expected}", less / whole);
    }
}

#[test]
fn a_resumed_probe_is_the_uninterrupted_one_bit_for_bit() {
    for task in [Task::Linear, Task::Finetune] {
        let recipe = Recipe { layer_decay: 0.7, ..small(task) };
        let folder = tempfile::tempdir().unwrap();
        let mut whole = probe(&recipe, None);
        train(&mut whole, 0..7);
        let mut first = probe(&recipe, None);
        train(&mut first, 0..3);
        first.save(&folder.path().join("step-3")).unwrap();
        let mut second = probe(&recipe, None);
        assert_eq!(second.load(&folder.path().join("step-3")).unwrap(), 3);
        train(&mut second, 3..7);
        assert_eq!(hash(&second), hash(&whole), "{task}");
        let other = if task == Task::Linear { Task::Finetune } else { Task::Linear };
        let error = probe(&small(other), None).load(&folder.path().join("step-3")).unwrap_err();
        assert!(error.to_string().contains("kind"), "{error}");
    }
}

#[test]
fn the_backbone_is_the_checkpoints_or_the_start_of_its_seed() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = small(Task::Pretrain);
    let mut trainer = Trainer::new(&recipe, SCHEDULE, Device::Cpu).unwrap();
    trainer.save(&folder.path().join("start")).unwrap();
    let (pixels, _) = images(3, 6);
    let views = Views { views: &[&pixels, &pixels], labels: &[], batch: 6, image_size: SIZE };
    // The first step has a learning rate above 0, as there is no warm-up.
    trainer.step(0, &views).unwrap();
    trainer.save(&folder.path().join("trained")).unwrap();
    let of = |checkpoint: Option<&str>| {
        let folder = checkpoint.map(|name| folder.path().join(name));
        probe(&small(Task::Linear), folder.as_deref()).backbone_hash().unwrap()
    };
    assert_eq!(of(None), of(Some("start")));
    assert_ne!(of(None), of(Some("trained")));

    let wider = Recipe { embed_dim: 16, ..small(Task::Linear) };
    let refused = Probe::new(&wider, SCHEDULE, CLASSES, Device::Cpu, Some(&folder.path().join("trained")));
    let message = refused.err().unwrap().to_string();
    assert!(message.contains("shape") && message.contains("model.safetensors"), "{message}");
}

#[test]
fn a_probes_file_is_told_from_pretraining_and_gives_its_backbone() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("step-0");
    probe(&small(Task::Finetune), None).save(&place).unwrap();
    let found = crate::inspect(&place).unwrap();
    assert_eq!((found.kind.as_str(), found.step), ("linear probe", Some(0)));
    let names = crate::export(&place, &folder.path().join("backbone.safetensors"), false).unwrap();
    assert!(
        names.contains(&"blocks.1.mlp.fc2.weight".to_owned())
            && !names.iter().any(|name| name.starts_with("head"))
    );
}

#[test]
fn smoothed_cross_entropy_has_its_closed_form() {
    // Logits 2, 0, 0: −log softmax is a = ln(e² + 2) − 2 for the first class and b = ln(e² + 2) for the others.
    let logits = Tensor::from_slice(&[2.0f32, 0.0, 0.0]).view([1, 3]);
    let mixing = Mixing { mixup: 0.0, cutmix: 0.0, smoothing: 0.3, classes: 3 };
    let targets = mixing.targets(&Tensor::from_slice(&[0i64]), 1.0).unwrap();
    let b = (2f64.exp() + 2.0).ln();
    let expected = 0.8 * (b - 2.0) + 0.2 * b;
    assert!((cross_entropy(&logits, &targets).unwrap().double_value(&[]) - expected).abs() < 1e-6);
}

#[test]
fn with_every_branch_left_out_the_image_cannot_be_seen() {
    let net = probe(&small(Task::Finetune), None).net;
    let images = Tensor::randn([4, 3, 8, 8], tch::kind::FLOAT_CPU);
    let prepared = net.backbone.prepare(&images).unwrap();
    let all = |factor: f32| -> Vec<Kept> {
        let factors = || Tensor::from_slice(&[factor; 4]);
        (0..2).map(|_| Kept { attention: factors(), mlp: factors() }).collect()
    };
    let whole = net.backbone.forward(&prepared, true).unwrap();
    let kept = net.backbone.forward_kept(&prepared, &all(1.0)).unwrap();
    assert!((&whole - kept).abs().max().double_value(&[]) == 0.0);
    let blind = net.backbone.forward_kept(&prepared, &all(0.0)).unwrap();
    assert!((&blind - blind.narrow(0, 0, 1)).abs().max().double_value(&[]) == 0.0);
    assert!((&whole - whole.narrow(0, 0, 1)).abs().max().double_value(&[]) > 0.0);
    // One image's factors touch no other image.
    let one = Tensor::from_slice(&[1.0f32, 0.0, 1.0, 1.0]);
    let some: Vec<Kept> =
        (0..2).map(|_| Kept { attention: one.shallow_clone(), mlp: one.shallow_clone() }).collect();
    let some = net.backbone.forward_kept(&prepared, &some).unwrap();
    assert!((&some - &whole).select(0, 0).abs().max().double_value(&[]) < 1e-6);
    assert!((&some - &blind).select(0, 1).abs().max().double_value(&[]) < 1e-6);
}

#[test]
fn stored_features_teach_what_their_images_do() {
    let recipe = Recipe { base_learning_rate: 10.0, ..small(Task::Linear) };
    let (pixels, labels) = images(1, 12);
    let (mut by_image, mut by_feature) = (probe(&recipe, None), probe(&recipe, None));
    let mut collector = FeatureCollector::default();
    let half = pixels.len() / 2;
    for (pixels, labels) in [(&pixels[..half], &labels[..6]), (&pixels[half..], &labels[6..])] {
        collector.add(&by_feature, LabelledImages { pixels, labels }).unwrap();
    }
    let bank = collector.gather().unwrap();
    let rows: Vec<u64> = vec![7, 0, 3, 11, 5, 2];
    let per_image = pixels.len() / 12;
    let chosen: Vec<u8> =
        rows.iter().flat_map(|&row| pixels[row as usize * per_image..][..per_image].to_vec()).collect();
    let chosen_labels: Vec<u32> = rows.iter().map(|&row| labels[row as usize]).collect();
    let one = by_image.step(0, Examples::Images { pixels: &chosen, labels: &some(&chosen_labels) }).unwrap();
    let other = by_feature.step(0, Examples::Features { bank: &bank, rows: &rows }).unwrap();
    assert!((one.loss - other.loss).abs() < 1e-6);
    let judged = |probe: &Probe| probe.judge(LabelledImages { pixels: &pixels, labels: &labels }).unwrap();
    assert!((judged(&by_image).loss - judged(&by_feature).loss).abs() < 1e-4);
    let mut finetune = probe(&small(Task::Finetune), None);
    assert!(finetune.step(0, Examples::Features { bank: &bank, rows: &rows }).is_err());
}

#[test]
fn votes_are_those_of_plain_loops() {
    let recipe = Recipe { knn_k: 5, knn_temperature: 0.5, pooling: Pooling::Cls, ..small(Task::Knn) };
    let probe = probe(&recipe, None);
    let ((bank, bank_labels), (queries, labels)) = (images(1, 15), images(2, 9));
    let unit = |pixels: &[u8]| -> Vec<Vec<f64>> {
        let features = probe.features(pixels).unwrap();
        (0..features.size()[0])
            .map(|row| {
                let row: Vec<f32> = (&features.select(0, row)).try_into().unwrap();
                let norm = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
                row.iter().map(|x| f64::from(*x) / norm).collect()
            })
            .collect()
    };
    let (near, asked) = (unit(&bank), unit(&queries));
    let right = asked.iter().zip(&labels).filter(|(query, label)| {
        let mut cosines: Vec<(f64, u32)> = near
            .iter()
            .zip(&bank_labels)
            .map(|(row, label)| (row.iter().zip(*query).map(|(a, b)| a * b).sum(), *label))
            .collect();
        cosines.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut votes = [0.0; CLASSES as usize];
        cosines.iter().take(5).for_each(|(cosine, label)| votes[*label as usize] += (cosine / 0.5).exp());
        let best = (0..votes.len()).max_by(|a, b| votes[*a].total_cmp(&votes[*b])).unwrap();
        best as u32 == **label
    });
    let expected = right.count() as u64;
    let mut collector = FeatureCollector::default();
    collector.add(&probe, LabelledImages { pixels: &bank, labels: &bank_labels }).unwrap();
    let neighbours = Neighbours::new(&probe, collector.gather().unwrap()).unwrap();
    let tally = neighbours.judge(&probe, LabelledImages { pixels: &queries, labels: &labels }).unwrap();
    assert_eq!((tally.images, tally.first, tally.first_five), (9, expected, 9));
}

#[test]
fn unlabelled_images_teach_nothing() {
    let recipe = Recipe { momentum: 0.0, ..small(Task::Linear) };
    let mut linear = probe(&recipe, None);
    let before = hash(&linear);
    let (pixels, labels) = images(0, 6);
    linear.step(0, Examples::Images { pixels: &pixels, labels: &[None; 6] }).unwrap();
    assert_eq!(hash(&linear), before);
    assert!(linear.step(1, Examples::Images { pixels: &pixels, labels: &some(&labels[..4]) }).is_err());
    assert!(linear.step(5, Examples::Images { pixels: &pixels, labels: &some(&labels) }).is_err());
}

#[test]
fn exclusion_from_decay_holds_in_every_range() {
    let recipe = Recipe {
        decay_exclude: DecayExclude::BiasAndNorm,
        weight_decay: 0.5,
        base_learning_rate: 20.0,
        layer_decay: 0.9,
        ..small(Task::Finetune)
    };
    let mut finetune = probe(&recipe, None);
    // Nothing is taught, so that decay alone moves: matrices shrink, biases and norms stay.
    let (pixels, _) = images(0, 6);
    let before: Vec<Tensor> =
        finetune.net.parameters.tensors.iter().map(|tensor| tensor.detach().copy()).collect();
    finetune.step(0, Examples::Images { pixels: &pixels, labels: &[None; 6] }).unwrap();
    let state = finetune.net.parameters.slots.iter().zip(&finetune.net.parameters.tensors).zip(&before);
    for ((slot, after), before) in state {
        let (after, before) = (after.norm().double_value(&[]), before.norm().double_value(&[]));
        match slot.shape.len() {
            1 => assert_eq!(after, before, "{}", slot.name),
            _ => assert!(after < before || before == 0.0, "{}: {after} from {before}", slot.name),
        }
    }
}
