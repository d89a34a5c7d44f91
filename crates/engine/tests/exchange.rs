//! Weights from and to other programs: official checkpoints, files that must be refused, and what timm is given.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use std::path::{Path, PathBuf};

use vitals_engine::{CheckpointState, Device, Trainer, export, import, inspect};
use vitals_recipe::{Backbone, Recipe};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

/// The geometry of `official.pth.tar`.
fn recipe() -> Recipe {
    Recipe {
        image_size: 8,
        backbone: Backbone::VitCustom,
        patch_size: 4,
        embed_dim: 8,
        depth: 1,
        num_heads: 2,
        head_hidden_dim: 8,
        head_out_dim: 4,
        batch_size: 8,
        knn_bank_size: 8,
        ..Recipe::default()
    }
}

fn tensors(file: &Path) -> std::collections::BTreeMap<String, (Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(file).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), view.data().to_vec()))).collect()
}

#[test]
fn an_official_checkpoint_becomes_one_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("imported");
    let found = import(&sample("official.pth.tar"), &recipe(), &out).unwrap();
    assert_eq!((found.architecture.as_deref(), found.epoch), (Some("vit_small"), Some(300)));
    assert!(found.missing.is_empty() && found.unexpected.is_empty(), "{found:?}");
    let mut trainer = Trainer::new(&recipe(), recipe().schedule(100), Device::Cpu).unwrap();
    assert_eq!(trainer.load(&out).unwrap(), 0);
    let stored = tensors(&out.join("model.safetensors"));
    assert_eq!(stored.len(), found.tensors);
    // Known values of torch's own generator, one of them stored transposed: `torch.manual_seed(1)`.
    let first = |name: &str| f32::from_le_bytes(stored[name].1[..4].try_into().unwrap());
    assert!((first("base_encoder.cls_token") - FIRST_OF_CLS_TOKEN).abs() < 1e-6);
    let (shape, bytes) = &stored["base_encoder.blocks.0.mlp.fc1.weight"];
    let sum: f64 = bytes
        .chunks_exact(4)
        .enumerate()
        .map(|(index, four)| f64::from(f32::from_le_bytes(four.try_into().unwrap())) * index as f64)
        .sum();
    assert_eq!(*shape, [32, 8]);
    assert!((sum - WEIGHTED_SUM_OF_FC1).abs() < 1e-2, "{sum}");
    assert_eq!(stored["predictor.4.num_batches_tracked"].1, 7i64.to_le_bytes());
}

/// Printed by torch for `official.pth.tar`: the first value, and the sum of value × index of the weight in row order.
const FIRST_OF_CLS_TOKEN: f32 = 0.6613522;
const WEIGHTED_SUM_OF_FC1: f64 = -206.6704;

#[test]
fn what_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let deeper = Recipe { depth: 2, ..recipe() };
    let found = import(&sample("official.pth.tar"), &deeper, &out).unwrap();
    assert_eq!(found.missing.len(), 2 * 12);
    assert!(found.missing.iter().all(|name| name.contains("blocks.1.")), "{:?}", found.missing);
    let bare = Recipe { predictor: false, ..recipe() };
    let found = import(&sample("official.pth.tar"), &bare, &folder.path().join("bare")).unwrap();
    assert!(
        found.unexpected.iter().all(|name| name.starts_with("predictor.")) && !found.unexpected.is_empty()
    );
    let wider = Recipe { embed_dim: 16, ..recipe() };
    let refused = folder.path().join("wider");
    let error = import(&sample("official.pth.tar"), &wider, &refused).unwrap_err().to_string();
    assert!(error.contains("another geometry") && error.contains("[8]"), "{error}");
    let error = import(&sample("linear.pth.tar"), &recipe(), &refused).unwrap_err().to_string();
    assert!(error.contains("query encoder"), "{error}");
    assert!(!refused.exists(), "a refused file leaves nothing behind");
}

#[test]
fn pretraining_is_told_from_a_linear_probe() {
    let found = inspect(&sample("official.pth.tar")).unwrap();
    assert_eq!((found.kind.as_str(), found.epoch), ("encoder pair", Some(300)));
    let probe = inspect(&sample("linear.pth.tar")).unwrap();
    assert_eq!((probe.kind.as_str(), probe.backbone.as_deref()), ("linear probe", Some("vit_small")));
    assert_eq!(probe.tensors, 20);
}

#[test]
fn nothing_in_a_file_is_executed() {
    for name in ["malicious.pth.tar", "malicious-4.pth.tar"] {
        let error = inspect(&sample(name)).unwrap_err().to_string();
        assert!(error.contains("posix.system") && error.contains("nothing was executed"), "{error}");
    }
    assert!(!Path::new("executed-by-a-pickle").exists());
    let error = inspect(&sample("short.pth.tar")).unwrap_err().to_string();
    assert!(error.contains("beyond its storage"), "{error}");
}

/// Every prefix of a good file, and many files with a flipped byte: an error or other values, never a crash.
#[test]
fn damaged_files_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(sample("linear.pth.tar")).unwrap();
    let file = folder.path().join("damaged.pth.tar");
    for length in (0..bytes.len()).step_by(97) {
        std::fs::write(&file, &bytes[..length]).unwrap();
        let error = inspect(&file).unwrap_err().to_string();
        assert!(error.contains("damaged.pth.tar"), "{error}");
    }
    let mut rng = vitals_recipe::keyed_rng(5, &["flips".into()]);
    for _ in 0..2000 {
        let mut bytes = bytes.clone();
        let at = rng.below(bytes.len() as u64) as usize;
        bytes[at] = rng.next_u64() as u8;
        std::fs::write(&file, &bytes).unwrap();
        // Either way is fine; what must not happen is anything else.
        let _ = inspect(&file);
    }
}

/// timm's own list of names and shapes (`timm.create_model('vit_small_patch16_224')` of 1.0.15, without its classifier).
#[test]
fn an_exported_vit_small_has_timms_names_and_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = Recipe {
        backbone: Backbone::VitSmall,
        embed_dim: 384,
        depth: 12,
        num_heads: 12,
        head_hidden_dim: 8,
        head_out_dim: 4,
        batch_size: 8,
        knn_bank_size: 8,
        ..Recipe::default()
    };
    let checkpoint = folder.path().join("step-0");
    Trainer::new(&recipe, recipe.schedule(100), Device::Cpu).unwrap().save(&checkpoint).unwrap();
    assert_eq!(CheckpointState::read(&checkpoint).unwrap().step, 0);
    let file = folder.path().join("backbone.safetensors");
    let names = export(&checkpoint, &file, false).unwrap();
    let stored = std::fs::read_to_string(sample("timm-vit_small_patch16_224.txt")).unwrap();
    let mut expected: Vec<&str> = stored.lines().collect();
    expected.sort_unstable();
    let found = tensors(&file);
    assert_eq!(names.len(), found.len());
    let mut lines: Vec<String> = found.iter().map(|(name, (shape, _))| format!("{name} {shape:?}")).collect();
    lines.sort_unstable();
    assert_eq!(lines, expected);
    assert_eq!(inspect(&file).unwrap().kind, "backbone");
    assert!(export(&checkpoint, &file, true).is_ok());
}
