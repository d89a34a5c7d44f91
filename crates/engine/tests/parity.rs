//! The engine against trajectories of the reference implementation, judged by the fixtures' own `compare.py`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use std::path::{Path, PathBuf};
use std::process::Command;

use vitals_engine::Device;
use vitals_fixtures::path;

/// Replays one folder; whether `compare.py` accepts the result, and its words.
fn judge(fixture: &Path, out: &Path) -> (bool, String) {
    vitals_engine::parity::run(Device::Cpu, fixture, out).unwrap();
    vitals_fixtures::compare(fixture, out)
}

/// Replays every folder of a family.
fn replay(family: &str, threads: u32, expected_folders: usize) {
    vitals_engine::set_threads(threads);
    let out = tempfile::tempdir().unwrap();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(path(family)).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), expected_folders);
    let mut wrong = Vec::new();
    for folder in folders {
        let (is_right, words) = judge(&folder, &out.path().join(folder.file_name().unwrap()));
        println!("{}: {words}", folder.display());
        if !is_right {
            wrong.push(format!("{}: {words}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The comparison can fail: one constant a little off, and it does.
#[test]
fn small_mistakes_are_caught() {
    vitals_engine::set_threads(1);
    let folder = tempfile::tempdir().unwrap();
    for (fixture, right, wrong) in [
        ("learned_adamw", "\"adam_eps\": 1e-08", "\"adam_eps\": 1e-06"),
        ("learned_adamw", "\"weight_decay\": 0.1", "\"weight_decay\": 0.0"),
        ("learned_adamw", "\"encoder_momentum\": 0.99", "\"encoder_momentum\": 0.9"),
        ("learned_adamw", "\"temperature\": 0.2", "\"temperature\": 0.21"),
        ("learned_adamw", "\"num_heads\": 3", "\"num_heads\": 6"),
        ("learned_adamw", "\"layer_norm_eps\": 1e-06", "\"layer_norm_eps\": 1e-05"),
        ("learned_adamw", "\"depth\": 2", "\"depth\": 2, \"gelu\": \"tanh\""),
        ("frozen_adamw", "\"frozen_patch_projection\": true", "\"frozen_patch_projection\": false"),
        ("frozen_lamb", "\"adam_eps\": 1e-06", "\"adam_eps\": 1e-05"),
        ("learned_lars", "\"lars_trust_coefficient\": 0.001", "\"lars_trust_coefficient\": 0.0011"),
    ] {
        let source = path("mocov3-parity").join(fixture);
        let copy = folder.path().join("copy");
        std::fs::create_dir_all(&copy).unwrap();
        for name in ["init.safetensors", "inputs.safetensors", "expected.json", "final.safetensors"] {
            let _ = std::fs::remove_file(copy.join(name));
            std::fs::copy(source.join(name), copy.join(name)).unwrap();
        }
        let config = std::fs::read_to_string(source.join("config.json")).unwrap();
        assert!(config.contains(right), "{right} is not in {fixture}");
        std::fs::write(copy.join("config.json"), config.replace(right, wrong)).unwrap();
        let (is_right, words) = judge(&copy, &folder.path().join("out"));
        assert!(!is_right, "{wrong} passed: {words}");
        assert!(words.starts_with("OFF"), "{words}");
    }
}

#[test]
fn mocov3_on_one_thread() {
    replay("mocov3-parity", 1, 4);
}

#[test]
fn mocov3_on_two_threads() {
    replay("mocov3-parity", 2, 4);
}

#[test]
fn variants_on_one_thread() {
    replay("mocov3-variants", 1, 12);
}

#[test]
fn variants_on_two_threads() {
    replay("mocov3-variants", 2, 12);
}

/// At step 0 the frozen and the learned trajectory have the same start and inputs, so the frozen patch projection's
/// norm, which the reference does not compute, must be the learned one's.
#[test]
fn a_frozen_patch_projection_reports_the_gradient_it_would_have_had() {
    vitals_engine::set_threads(1);
    let out = tempfile::tempdir().unwrap();
    let norms = |name: &str| -> [f64; 2] {
        let out = out.path().join(name);
        vitals_engine::parity::run(Device::Cpu, &path("mocov3-parity").join(name), &out).unwrap();
        let text = std::fs::read_to_string(out.join("result.json")).unwrap();
        let result: serde_json::Value = serde_json::from_str(&text).unwrap();
        ["weight", "bias"].map(|part| {
            result["grad_l2_norm"][0][format!("base_encoder.patch_embed.proj.{part}")].as_f64().unwrap()
        })
    };
    for (frozen, learned) in norms("frozen_adamw").into_iter().zip(norms("learned_adamw")) {
        assert!((frozen - learned).abs() <= 1e-4 * learned, "{frozen} for {learned}");
    }
}

/// timm loads what the engine wrote, name by name, and computes the same features.
#[test]
fn timm_computes_the_same_features() {
    if !Command::new("python3").args(["-c", "import timm"]).output().is_ok_and(|told| told.status.success()) {
        // exchange.rs compares with timm's stored names and shapes, golden.rs with its stored outputs.
        return vitals_fixtures::not_run("`python3` has no timm");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/timm_features.py");
    let fixture = path("mocov3-parity/learned_adamw");
    let out = tempfile::tempdir().unwrap();
    vitals_engine::parity::run(Device::Cpu, &fixture, out.path()).unwrap();
    let told = Command::new("python3").arg(script).arg(fixture).arg(out.path()).output().unwrap();
    assert!(told.status.success(), "{told:?}");
}

/// A fixture that is not there, and one with a tensor too many, are errors that name the file.
#[test]
fn broken_fixtures_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = vitals_engine::parity::run(Device::Cpu, Path::new("/nowhere"), out.path()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/config.json"), "{error}");
    let broken = out.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    let source = path("mocov3-parity/learned_adamw");
    for name in ["init.safetensors", "inputs.safetensors"] {
        std::fs::copy(source.join(name), broken.join(name)).unwrap();
    }
    let config = std::fs::read_to_string(source.join("config.json")).unwrap();
    std::fs::write(broken.join("config.json"), config.replace("\"depth\": 2", "\"depth\": 1")).unwrap();
    let error = vitals_engine::parity::run(Device::Cpu, &broken, out.path()).unwrap_err().to_string();
    assert!(error.contains("init.safetensors") && error.contains("blocks.1"), "{error}");
}
