//! Benchmarks of the whole: a short run is trained as a user would train it, in a workspace of its own, and what it
//! recorded is read back through the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::{Value, json};

use super::{Group, built, documents, line};
use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, run};

/// The demo's size, long enough that the start does not count.
const SWEEP: &str = "format = 1\nname = \"bench\"\nseeds = [0]\n\n[recipe]\npreset = \"mocov3_vit_micro\"\n\
                     dataset = \"fashion-mnist\"\nmax_steps = 100\nwarmup_epochs = 0\n";

pub fn groups(place: &Place) -> Vec<Group<'_>> {
    vec![
        Group {
            names: vec!["data_wait/mocov3_vit_micro".to_owned()],
            measure: Box::new(move || Ok(vec![data_wait(&train(place)?)?])),
        },
        Group { names: vec!["window_memory".to_owned()], measure: Box::new(move || window_memory(place)) },
    ]
}

/// The window's memory while four runs are live, as `tests/e2e/memory.mjs` measures it through WebDriver.
fn window_memory(place: &Place) -> anyhow::Result<Vec<Value>> {
    setup::require(place, Wanted { build: true, window: true, tests: true, cuda: false })?;
    binaries::interface(place)?;
    for program in ["vitals", "vitals-worker", "vitals-desktop"] {
        built(place, &["--package", program, "--bin", program], program)?;
    }
    let mut measure = run::command("npm", &place.e2e());
    measure.args(["run", "--silent", "memory"]).env("VITALS_BINARIES", place.target.join("release"));
    documents(&run::read(&mut measure)?)
}

/// A trained run, and the command line that asks about it.
struct Trained {
    vitals: PathBuf,
    workspace: PathBuf,
    run: String,
}

impl Trained {
    fn ask(&self, arguments: &[&str]) -> Command {
        vitals(&self.vitals, &self.workspace, arguments)
    }
}

fn vitals(program: &Path, workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = run::command(program, workspace);
    command.arg("--workspace").arg(workspace).args(["--json", "--quiet"]).args(arguments);
    command
}

fn train(place: &Place) -> anyhow::Result<Trained> {
    built(place, &["--package", "vitals-worker", "--bin", "vitals-worker"], "vitals-worker")?;
    let program = built(place, &["--package", "vitals", "--bin", "vitals"], "vitals")?;
    let workspace = place.target.join("bench-workspace");
    if workspace.exists() {
        fs::remove_dir_all(&workspace).with_context(|| format!("empty {}", place.show(&workspace)))?;
    }
    fs::create_dir_all(&workspace).with_context(|| format!("create {}", place.show(&workspace)))?;
    let sweep = workspace.join("bench.toml");
    fs::write(&sweep, SWEEP).with_context(|| format!("write {}", place.show(&sweep)))?;
    run::read(&mut vitals(&program, &workspace, &["sweep", "run", "bench.toml", "--wait"]))?;
    let runs = documents(&run::read(&mut vitals(&program, &workspace, &["runs"]))?)?;
    let id = runs.first().and_then(|run| run["id"].as_str()).context("the trained run is not listed")?;
    Ok(Trained { run: id.to_owned(), vitals: program, workspace })
}

/// The part of the step's time that went into waiting for a batch.
fn data_wait(trained: &Trained) -> anyhow::Result<Value> {
    let names = ["data_wait_seconds", "step_seconds"];
    let mut ask = trained.ask(&["series", &trained.run]);
    let answer = documents(&run::read(ask.args(names).args(["--points", "all"]))?)?;
    let [waited, whole] = names.map(|name| total(&answer, name));
    let (waited, whole) = (waited?, whole?);
    let details =
        json!({"wait_seconds": waited, "steps_seconds": whole, "steps": 100, "dataset": "fashion-mnist"});
    let share = json!(waited / whole);
    Ok(line("data_wait/mocov3_vit_micro", &share, "fraction of the step", false, &details))
}

fn total(series: &[Value], name: &str) -> anyhow::Result<f64> {
    let one = series.iter().find(|one| one["name"] == name);
    let values = one.and_then(|one| one["values"].as_array());
    let values = values.with_context(|| format!("the run has no values of {name}"))?;
    Ok(values.iter().filter_map(Value::as_f64).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_of_one_series() {
        let series =
            [json!({"name": "a", "values": [1.0, "NaN", 2.5]}), json!({"name": "b", "values": [9.0]})];
        assert!((total(&series, "a").unwrap() - 3.5).abs() < 1e-12);
        assert!(total(&series, "c").unwrap_err().to_string().contains("no values of c"));
    }
}
