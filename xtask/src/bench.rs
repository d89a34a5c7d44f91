//! `cargo xtask bench`: one JSON object a line for each benchmark, from optimised builds. Measures nothing itself: rooms
//! have examples that print such lines, and the worker times its own steps and loader.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, run};

/// An example that prints benchmarks: their names, its package, its name.
const EXAMPLES: &[(&[&str], &str, &str)] = &[
    (&["record_step"], "vitals-journal", "bench_record"),
    (&["ingest", "disk_per_value", "list_runs"], "vitals-store", "bench_ingest"),
];

/// Presets whose step is timed.
const PRESETS: &[&str] = &["mocov3_vit_micro"];
/// Sources and image sizes whose loading is timed.
const LOADERS: &[(&str, u32)] = &[("fashion-mnist", 32)];
const STEPS: &str = "50";
const LOADER_SECONDS: &str = "10";

pub fn run(place: &Place, names: &[String]) -> anyhow::Result<()> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|asked| matches(asked, name));
    for (provided, package, example) in EXAMPLES {
        if provided.iter().any(|name| wanted(name)) {
            for line in example_lines(place, package, example)? {
                if line["name"].as_str().is_some_and(wanted) {
                    println!("{line}");
                }
            }
        }
    }
    let steps: Vec<&str> =
        PRESETS.iter().copied().filter(|preset| step_names(preset).iter().any(|n| wanted(n))).collect();
    let loaders: Vec<_> =
        LOADERS.iter().filter(|(source, size)| wanted(&loader_name(source, *size))).collect();
    if steps.is_empty() && loaders.is_empty() {
        return Ok(());
    }
    setup::run(place, Wanted { build: true, window: false, tests: false, cuda: false }, true)
        .context("the worker's benchmarks need libtorch")?;
    let worker = built(place, &["--package", "vitals-worker", "--bin", "vitals-worker"], "vitals-worker")?;
    for preset in steps {
        let recipe = place.target.join(format!("bench-{preset}.toml"));
        let text = format!("format = 1\nname = \"bench\"\nseeds = [0]\n\n[recipe]\npreset = \"{preset}\"\n");
        fs::write(&recipe, text).with_context(|| format!("write {}", recipe.display()))?;
        let mut bench = run::command(&worker, &place.root);
        bench.args(["bench", "--steps", STEPS, "--recipe"]).arg(&recipe);
        for line in step_lines(preset, &document(&run::read(&mut bench)?)?) {
            if line["name"].as_str().is_some_and(wanted) {
                println!("{line}");
            }
        }
    }
    for (source, size) in loaders {
        let mut bench = run::command(&worker, &place.root);
        bench.args([
            "loader-bench",
            "--seconds",
            LOADER_SECONDS,
            "--dataset",
            source,
            "--image-size",
            &size.to_string(),
        ]);
        let report = document(&run::read(&mut bench)?)?;
        println!(
            "{}",
            line(&loader_name(source, *size), &report["images_per_second"], "images/s", true, &report)
        );
    }
    Ok(())
}

/// A benchmark is asked for by its name or by the part before a slash.
fn matches(asked: &str, name: &str) -> bool {
    name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn step_names(preset: &str) -> [String; 2] {
    [format!("train_step/{preset}"), format!("gradient_norms/{preset}")]
}

fn loader_name(source: &str, size: u32) -> String {
    format!("loader/{source}/{size}")
}

/// The worker's report as two benchmarks.
fn step_lines(preset: &str, report: &Value) -> [Value; 2] {
    let [step, norms] = step_names(preset);
    [
        line(&step, &report["images_per_second"], "images/s", true, report),
        line(&norms, &report["gradient_norm_overhead"], "fraction of the step", false, report),
    ]
}

fn line(name: &str, value: &Value, unit: &str, higher_is_better: bool, details: &Value) -> Value {
    json!({"name": name, "value": value, "unit": unit, "higher_is_better": higher_is_better, "details": details})
}

fn example_lines(place: &Place, package: &str, example: &str) -> anyhow::Result<Vec<Value>> {
    let program =
        built(place, &["--package", package, "--example", example], &format!("examples/{example}"))?;
    let answer = run::read(&mut run::command(program, &place.root))?;
    answer.lines().filter(|line| line.starts_with('{')).map(document).collect()
}

/// Builds optimised and returns the program.
fn built(place: &Place, what: &[&str], program: &str) -> anyhow::Result<std::path::PathBuf> {
    let mut build = binaries::cargo(place, &["build", "--release"]);
    run::check(build.args(what))?;
    Ok(place.target.join(Path::new("release")).join(program))
}

fn document(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).with_context(|| format!("read a benchmark's answer: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_is_no_name() {
        assert!(matches("train_step", "train_step/mocov3_vit_micro") && matches("ingest", "ingest"));
        assert!(!matches("in", "ingest") && !matches("list", "list_runs"));
    }

    #[test]
    fn one_report_is_two_benchmarks() {
        let report = json!({"images_per_second": 420.0, "gradient_norm_overhead": 0.03, "device": "cpu"});
        let [step, norms] = step_lines("p", &report);
        assert_eq!(
            (&step["name"], &step["value"], &step["higher_is_better"]),
            (&json!("train_step/p"), &json!(420.0), &json!(true))
        );
        assert_eq!((&norms["value"], &norms["details"]["device"]), (&json!(0.03), &json!("cpu")));
    }
}
