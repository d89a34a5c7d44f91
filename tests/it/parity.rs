//! The worker replays the reference's training steps; `compare.py` of the fixtures judges.

use std::process::Command;

use vitals_fixtures::path;

use crate::support::{Told, binary};

/// Every folder of a group of fixtures, with one thread and with two.
fn check(group: &str) {
    let mut seen = 0;
    for fixture in std::fs::read_dir(path(group)).expect("the fixtures can be listed") {
        let fixture = fixture.expect("an entry").path();
        if !fixture.join("config.json").is_file() {
            continue;
        }
        for threads in ["1", "2"] {
            let out = tempfile::tempdir().expect("a folder");
            let mut worker = Command::new(binary("vitals-worker"));
            worker.arg("parity").arg(&fixture).arg("--out").arg(out.path()).args(["--threads", threads]);
            let told = Told::of(worker.output().expect("the worker starts"));
            assert_eq!(told.code, 0, "{}: {told:?}", fixture.display());
            let (is_right, words) = vitals_fixtures::compare(&fixture, out.path());
            println!("{} · {threads} threads: {words}", fixture.display());
            assert!(is_right, "{}: {words}", fixture.display());
        }
        seen += 1;
    }
    assert!(seen >= 4, "{seen} fixtures in {group}");
}

#[test]
fn the_references_trajectories_are_replayed() {
    check("mocov3-parity");
}

/// Same start, same inputs: freezing must not change what the patch projection's gradient is reported to be.
#[test]
fn a_frozen_patch_projection_reports_the_gradient_it_would_have_had() {
    let norm = |name: &str| {
        let fixture = path(&format!("mocov3-parity/{name}"));
        let out = tempfile::tempdir().expect("a folder");
        let worker = Command::new(binary("vitals-worker"))
            .arg("parity")
            .arg(fixture)
            .arg("--out")
            .arg(out.path())
            .output();
        let told = Told::of(worker.expect("the worker starts"));
        assert_eq!(told.code, 0, "{told:?}");
        let result = std::fs::read(out.path().join("result.json")).expect("a result");
        let result: serde_json::Value = serde_json::from_slice(&result).expect("JSON");
        result["grad_l2_norm"][0]["base_encoder.patch_embed.proj.weight"].as_f64().expect("a norm")
    };
    let (frozen, learned) = (norm("frozen_adamw"), norm("learned_adamw"));
    assert!((frozen / learned - 1.0).abs() < 1e-4, "frozen {frozen}, learned {learned}");
}
