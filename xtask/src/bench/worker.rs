//! Benchmarks that the worker measures itself: its steps, what gradient norms cost of one, its loader.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use super::{Group, built, document, line};
use crate::place::Place;
use crate::run;

/// Presets whose step is timed.
const PRESETS: &[&str] = &["mocov3_vit_micro"];
/// Sources and image sizes whose loading is timed.
const LOADERS: &[(&str, u32)] = &[("fashion-mnist", 32)];
const STEPS: &str = "50";
const LOADER_SECONDS: &str = "10";

pub fn groups(place: &Place) -> Vec<Group<'_>> {
    let steps = PRESETS.iter().map(|preset| Group {
        names: step_names(preset).to_vec(),
        measure: Box::new(move || steps_of(place, preset)),
    });
    let loaders = LOADERS.iter().map(|(source, size)| Group {
        names: vec![loader_name(source, *size)],
        measure: Box::new(move || loading_of(place, source, *size)),
    });
    steps.chain(loaders).collect()
}

fn worker(place: &Place) -> anyhow::Result<PathBuf> {
    built(place, &["--package", "vitals-worker", "--bin", "vitals-worker"], "vitals-worker")
}

fn steps_of(place: &Place, preset: &str) -> anyhow::Result<Vec<Value>> {
    let recipe = place.target.join(format!("bench-{preset}.toml"));
    let text = format!(
        "format = 1\nname = \"bench\"\nseeds = [0]\n\n[recipe]\npreset = \"{preset}\"\nthreads = 1\n"
    );
    fs::write(&recipe, text).with_context(|| format!("write {}", place.show(&recipe)))?;
    let mut bench = run::command(worker(place)?, &place.root);
    bench.args(["bench", "--steps", STEPS, "--recipe"]).arg(&recipe);
    Ok(step_lines(preset, &document(&run::read(&mut bench)?)?).to_vec())
}

fn loading_of(place: &Place, source: &str, size: u32) -> anyhow::Result<Vec<Value>> {
    let mut bench = run::command(worker(place)?, &place.root);
    bench.args(["loader-bench", "--seconds", LOADER_SECONDS, "--dataset", source]);
    bench.args(["--image-size", &size.to_string()]);
    let report = document(&run::read(&mut bench)?)?;
    Ok(vec![line(&loader_name(source, size), &report["images_per_second"], "images/s", true, &report)])
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
