//! The worker replays the reference's training steps; `compare.py` of the fixtures judges.

use std::process::Command;

use crate::support::{Told, binary, shared};

/// Every folder of a group of fixtures, with one thread and with two.
fn check(group: &str) {
    let (Some(fixtures), Some(compare)) =
        (shared(&format!("fixtures/{group}")), shared("fixtures/compare.py"))
    else {
        return;
    };
    let mut seen = 0;
    for fixture in std::fs::read_dir(fixtures).expect("the fixtures can be listed") {
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
            let verdict = Command::new("python3").arg(&compare).arg(&fixture).arg(out.path()).output();
            let verdict = Told::of(verdict.expect("python3 is there"));
            println!("{} · {threads} threads: {}", fixture.display(), verdict.out.trim());
            assert_eq!(verdict.code, 0, "{}: {}", fixture.display(), verdict.out);
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
    let norm = |name: &str| -> Option<f64> {
        let fixture = shared(&format!("fixtures/mocov3-parity/{name}"))?;
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
        result["grad_l2_norm"][0]["base_encoder.patch_embed.proj.weight"].as_f64()
    };
    let (Some(frozen), Some(learned)) = (norm("frozen_adamw"), norm("learned_adamw")) else {
        assert!(shared("fixtures").is_none(), "no gradient norm was reported");
        return;
    };
    assert!((frozen / learned - 1.0).abs() < 1e-4, "frozen {frozen}, learned {learned}");
}
